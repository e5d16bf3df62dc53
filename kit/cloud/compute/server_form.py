"""The body of `POST /servers` at each microversion.

Source: nova/api/openstack/compute/schemas/servers.py, Nova 34.
"""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.compute.forms import (
    ADDRESS,
    BOOLEAN,
    CERTIFICATES,
    DESCRIPTION,
    DISK_CONFIG,
    DOMAIN_NAME,
    HOST,
    HOSTNAME,
    INTEGER,
    IPV4,
    IPV6,
    METADATA,
    NAME,
    PERSONALITY,
    POSITIVE,
    TAG,
    USER_DATA,
    UUID,
    Form,
    fields,
)  # fmt: skip

_TEXT = {"type": "string", "maxLength": 255}
_NETWORK: Form = {"fixed_ip": ADDRESS, "port": {**UUID, "type": ["string", "null"]}, "uuid": {"type": "string"}}
_DEVICE_OLD: Form = {
    "virtual_name": _TEXT, "volume_id": UUID, "snapshot_id": UUID,
    "volume_size": {**INTEGER, "minimum": 1, "maximum": 0x7FFFFFFF},
    "device_name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._/-]*$"},
    "delete_on_termination": BOOLEAN, "no_device": {}, "connection_info": {"type": "string", "maxLength": 16777215},
}  # fmt: skip
_DEVICE: Form = {
    **_DEVICE_OLD, "source_type": {"type": "string", "enum": ["volume", "image", "snapshot", "blank"]},
    "uuid": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"}, "image_id": UUID,
    "destination_type": {"type": "string", "enum": ["local", "volume"]}, "guest_format": _TEXT, "device_type": _TEXT,
    "disk_bus": _TEXT, "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"},
}  # fmt: skip
_SERVER: Form = {
    "name": NAME, "imageRef": {"oneOf": [UUID, {"type": "string", "maxLength": 0}]},
    "flavorRef": {"type": ["string", "integer"], "minLength": 1}, "adminPass": {"type": "string"}, "metadata": METADATA,
    "OS-DCF:diskConfig": DISK_CONFIG, "accessIPv4": IPV4, "accessIPv6": IPV6, "availability_zone": NAME,
    "block_device_mapping": {"type": "array", "items": fields(_DEVICE_OLD)}, "config_drive": BOOLEAN, "key_name": NAME,
    "min_count": POSITIVE, "max_count": POSITIVE, "return_reservation_id": BOOLEAN,
    "security_groups": {"type": "array", "items": fields({"name": NAME})}, "user_data": USER_DATA,
}  # fmt: skip
# What came later, beside networks and block devices; what went is None.
_SINCE: tuple[tuple[str, dict[str, Form | None]], ...] = (
    ("2.1", {"personality": PERSONALITY}),
    ("2.19", {"description": DESCRIPTION}),
    ("2.52", {"tags": {"type": "array", "items": TAG, "maxItems": 50}}),
    ("2.57", {"personality": None}),
    ("2.63", {"trusted_image_certificates": CERTIFICATES}),
    ("2.74", {"host": HOST, "hypervisor_hostname": HOST}),
    ("2.90", {"hostname": HOSTNAME}),
    ("2.94", {"hostname": DOMAIN_NAME}),
)
# Microversions that change networks or block devices.
_OTHER = ("2.32", "2.33", "2.37", "2.42", "2.67")
_SOME_SERVERS: Form = {"type": ["string", "array"], "items": UUID}
_ONE_OR_MORE: Form = {"oneOf": [UUID, {"type": "array", "items": UUID}]}
_HINTS: Form = {
    "type": "object",
    "properties": {
        "group": _ONE_OR_MORE, "different_host": _ONE_OR_MORE, "same_host": _SOME_SERVERS,
        "query": {"type": ["string", "object"]}, "target_cell": NAME,
        "different_cell": {"type": ["string", "array"], "items": {"type": "string"}}, "build_near_host_ip": ADDRESS,
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
    "additionalProperties": True,
}  # fmt: skip
_MADE: dict[tuple[bool, ...], Form] = {}


def schema(call: Call) -> Form:
    """The body's schema at the request's microversion."""
    steps = tuple(call.at_least(version) for version in (*(version for version, _ in _SINCE), *_OTHER))
    if steps not in _MADE:
        _MADE[steps] = _made(call)
    return _MADE[steps]


def _made(call: Call) -> Form:
    known: dict[str, Form | None] = {**_SERVER, "networks": _networks(call), "block_device_mapping_v2": _devices(call)}
    for version, more in _SINCE:
        known |= more if call.at_least(version) else {}
    required = ("name", "flavorRef", "networks") if call.at_least("2.37") else ("name", "flavorRef")
    server = fields({name: form for name, form in known.items() if form is not None}, *required)
    hints = {"os:scheduler_hints": _HINTS, "OS-SCH-HNT:scheduler_hints": _HINTS}
    return fields({"server": server, **hints}, "server")


def _tagged(call: Call, form: Form, until: str) -> Form:
    """Tags of devices: there in 2.32 only, or until 2.36 of networks; and again from 2.42 on."""
    there = call.at_least("2.42") or (call.at_least("2.32") and not call.at_least(until))
    return {**form, "tag": TAG} if there else form


def _networks(call: Call) -> Form:
    form = _tagged(call, _NETWORK, "2.37")
    if not call.at_least("2.37"):
        return {"type": "array", "items": fields(form)}
    listed = {"type": "array", "items": fields({**form, "uuid": UUID})}
    return {"oneOf": [listed, {"type": "string", "enum": ["none", "auto"]}]}


def _devices(call: Call) -> Form:
    form = _tagged(call, _DEVICE, "2.33")
    if call.at_least("2.67"):
        form = {**form, "volume_type": {"type": ["string", "null"], "minLength": 0, "maxLength": 255}}
    return {"type": "array", "items": fields(form)}
