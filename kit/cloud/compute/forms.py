"""What values look like in Nova's bodies, and Nova's words for names that do not.

Source: nova/api/validation/parameter_types.py, Nova 34. The order of a schema's keywords is Nova's too: of errors
that are equally deep, the first is the one that is told.
"""

from __future__ import annotations

from typing import Any

Form = dict[str, Any]

# Control characters, format characters, line separators, private use; and all beyond the basic plane.
_SPOILED = (
    r"\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff\ufff0-\uffff"
    "\U00010000-\U0010ffff"
)


def _name(pattern: str) -> Form:
    return {"type": "string", "pattern": pattern, "minLength": 1, "maxLength": 255}


NAME = _name(rf"^(?!\s)[^{_SPOILED}]*(?<!\s)$")
# A name that may begin and end with spaces, but is not all spaces.
SPACED_NAME = _name(rf"^[^{_SPOILED}]*[^\s{_SPOILED}][^{_SPOILED}]*$")
ZONE = _name(rf"^(?!\s)[^:{_SPOILED}]*(?<!\s)$")
# What is said of a name by the pattern that it does not match.
WORDS = {
    NAME["pattern"]: "printable characters. Can not start or end with whitespace.",
    SPACED_NAME["pattern"]: "printable characters with at least one non space character",
    ZONE["pattern"]: "printable characters except :.Can not start or end with whitespace.",
}

DESCRIPTION: Form = {
    "type": ["string", "null"], "minLength": 0, "maxLength": 255, "pattern": f"^[^{_SPOILED}]*$",
}  # fmt: skip
HOSTNAME: Form = {
    "type": "string", "pattern": "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$", "minLength": 2, "maxLength": 63,
}  # fmt: skip
# From 2.94 on, a host name may be a whole domain name.
DOMAIN_NAME: Form = {"type": "string", "pattern": "^[a-zA-Z0-9-._]*$", "minLength": 1, "maxLength": 255}
# A compute host, as operators name it.
HOST: Form = DOMAIN_NAME
HOST_OR_NONE: Form = {**HOST, "type": ["string", "null"]}
BOOLEAN: Form = {
    "type": ["boolean", "string"],
    "enum": [
        True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
        False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no",
    ],
}  # fmt: skip
INTEGER: Form = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 0}
COUNT: Form = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 0, "minLength": 1}
POSITIVE: Form = {**COUNT, "minimum": 1}
# With hyphens or without (oslo_utils.uuidutils.is_uuid_like); jsonschema's own format knows only the first.
UUID: Form = {"type": "string", "pattern": r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"}
ADDRESS: Form = {"type": "string", "oneOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
DISK_CONFIG: Form = {"type": "string", "enum": ["AUTO", "MANUAL"]}
TAG: Form = {"type": "string", "pattern": "^[^,/]*$", "minLength": 1, "maxLength": 60}
METADATA: Form = {
    "type": "object", "patternProperties": {r"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}  # fmt: skip


IPV4: Form = {"type": "string", "format": "ipv4"}
IPV6: Form = {"type": "string", "format": "ipv6"}
# What it must be besides, base 64, is looked at where it is used: jsonschema has no format for that.
USER_DATA: Form = {"type": "string", "maxLength": 65535}
CERTIFICATES: Form = {
    "type": ["array", "null"], "minItems": 1, "maxItems": 50, "uniqueItems": True,
    "items": {"type": "string", "minLength": 1},
}  # fmt: skip


def fields(properties: Form, *required: str, **more: Any) -> Form:
    """An object of these members and no others."""
    form = {"type": "object", "properties": properties, **more}
    return {**form, **({"required": list(required)} if required else {}), "additionalProperties": False}


def body_of(name: str, inner: Form) -> Form:
    """A body that is one member, as nearly all of Nova's are."""
    return fields({name: inner}, name)


PERSONALITY: Form = {"type": "array", "items": fields({"path": {"type": "string"}, "contents": {"type": "string"}})}
