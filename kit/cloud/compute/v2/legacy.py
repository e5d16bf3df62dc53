"""Bodies in the legacy tree: checked by hand, here and there, and otherwise taken as they come.

Source: nova/api/openstack/compute/legacy_v2/servers.py, server_metadata.py and nova/compute/api.py
(_check_metadata_properties_quota), Nova 12.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from kit.cloud.compute.v2.compatible import softened
from kit.cloud.errors import ApiError, BadRequest, TooLarge

Body = dict[str, Any]

_UNPROCESSABLE = "Unable to process the contained instructions"
# What a schema says beyond the kinds of values; the legacy tree knew nothing of it.
_STRICT = ("additionalProperties", "patternProperties", "pattern", "format", "maxLength", "minLength", "minProperties")
_loose: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}


class Unprocessable(ApiError):
    """The body is JSON, but not of the form that is due."""

    status, title = 422, "Unprocessable Entity"


def loosened(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of which only the kinds of values, what is required and the choices are left; the same one each time."""
    kept = _loose.get(id(schema))
    if kept is None:
        kept = _loose[id(schema)] = (schema, _relax(schema))  # the schema is kept, so that its id stays its own
    return kept[1]


def _relax(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_relax(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # Without what told them apart, forms fit more than one at a time.
    return {
        "anyOf" if name == "oneOf" else name: {key: _relax(value) for key, value in inner.items()}
        if name == "properties"
        else _relax(inner)
        for name, inner in schema.items()
        if name not in _STRICT
    }


def checked(method: str, rest: str, data: Any, schema: dict[str, Any]) -> Any:
    """The body once the legacy tree's own checks have seen it; unknown members are not handed on.

    Parameters
    ----------
    method, rest : str
        As `POST`, `/servers`.

    Raises
    ------
    Unprocessable, BadRequest, TooLarge
        What is said in which place.
    """
    parts = rest.strip("/").split("/")
    own: Callable[[Any], None] | None = None
    if parts[0] == "servers":
        if len(parts) == 1 and method == "POST":
            own = _create
        elif len(parts) == 2 and method == "PUT":
            own = _update
        elif len(parts) > 2 and parts[2] == "metadata":
            own = _metadata_item if len(parts) > 3 else _metadata_body
    if own is not None:
        own(data)
    return softened(data, {**schema, "additionalProperties": False} if "properties" in schema else schema)


def action(name: str, given: Any, schema: dict[str, Any] | None) -> Any:
    """What an action is given, once the legacy tree's own checks have seen it."""
    check = _ACTIONS.get(name)
    if check is not None:
        given = check(given)
    return softened(given, schema) if schema else given


# Servers


def _entity(data: Any, name: str) -> Body:
    """The member of the body that it is all about."""
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise Unprocessable(_UNPROCESSABLE)
    return found


def _create(data: Any) -> None:
    server = _entity(data, "server")
    _password(server)
    if "name" not in server:
        raise BadRequest("Server name is not defined")
    server["name"] = _name(server["name"])
    if not (server.get("block_device_mapping") or server.get("block_device_mapping_v2")) or server.get("imageRef"):
        if "imageRef" not in server:
            raise BadRequest("Missing imageRef attribute")
        _image(server)
    groups = server.get("security_groups")
    if groups is not None and not (isinstance(groups, list) and all(isinstance(each, dict) for each in groups)):
        raise BadRequest(f"Invalid input for field/attribute security_groups. Value: {groups}. ")
    if server.get("networks") is not None and not isinstance(server["networks"], list):
        raise BadRequest("Bad networks format")
    _addresses(server)
    if "flavorRef" not in server:
        raise BadRequest("Missing flavorRef attribute")
    server["flavorRef"] = str(server["flavorRef"]).rstrip("/").rpartition("/")[2]
    for count in ("min_count", "max_count"):
        if count in server:
            server[count] = _count(server[count], count)
    _metadata(server.get("metadata") or {})


def _update(data: Any) -> None:
    server = _entity(data, "server")
    if "name" in server:
        server["name"] = _name(server["name"])
    _addresses(server)
    for refused in ("hostId", "personality"):
        if refused in server:
            raise BadRequest(f"{refused[0].upper()}{refused[1:]} cannot be updated.")


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise BadRequest("Server name is not a string or unicode")
    value = value.strip()
    if not value:
        raise BadRequest("Server name has 0 characters, less than 1.")
    if len(value) > 255:
        raise BadRequest(f"Server name has {len(value)} characters, more than 255.")
    return value


def _password(server: Body) -> None:
    if not isinstance(server.get("adminPass", ""), str):
        raise BadRequest("Invalid adminPass")


def _image(server: Body) -> None:
    ref = str(server["imageRef"]).rpartition("/")[2]
    if len(ref.replace("-", "")) != 32:
        raise BadRequest("Invalid imageRef provided.")
    server["imageRef"] = ref


def _addresses(server: Body) -> None:
    for name, kind in (("accessIPv4", ipaddress.IPv4Address), ("accessIPv6", ipaddress.IPv6Address)):
        if server.get(name):
            try:
                kind(str(server[name]).strip())
            except ValueError:
                raise BadRequest(f"{name} is not proper {name.removeprefix('access')} format") from None
            server[name] = str(server[name]).strip()
        elif name in server:
            del server[name]


def _count(value: Any, name: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise BadRequest(f"{name} must be an integer") from None
    if number < 1:
        raise BadRequest(f"{name} must be >= 1")
    return number


# Metadata


def _metadata_body(data: Any) -> None:
    if not isinstance(data, dict) or "metadata" not in data:
        raise BadRequest("Malformed request body")
    if not isinstance(data["metadata"], dict):
        raise BadRequest("Malformed request body. metadata must be object")
    _metadata(data["metadata"])


def _metadata_item(data: Any) -> None:
    if not isinstance(data, dict) or "meta" not in data:
        raise BadRequest("Malformed request body")
    if not isinstance(data["meta"], dict):
        raise BadRequest("Malformed request body. meta item must be object")
    if len(data["meta"]) > 1:
        raise BadRequest("Request body contains too many items")
    _metadata(data["meta"])


def _metadata(given: Any) -> None:
    if not isinstance(given, dict):
        raise BadRequest("Unable to parse metadata key/value pairs.")
    for key, value in given.items():
        if not key:
            raise BadRequest("Metadata property key is blank")
        if not isinstance(value, str):
            raise BadRequest(f"Invalid metadata: Metadata property value for key is not a string: {key}")
        for what, text in (("key", key), ("value", value)):
            if len(text) > 255:
                raise TooLarge(f"Invalid metadata size: Metadata property {what} greater than 255 characters")


# Actions


def _mapping(given: Any) -> Body:
    return dict(given) if isinstance(given, dict) else {}


def _reboot(given: Any) -> Body:
    found = _mapping(given)
    if "type" not in found:
        raise BadRequest("Missing argument 'type' for reboot")
    if not isinstance(found["type"], str):
        raise BadRequest("Argument 'type' for reboot must be a string")
    found["type"] = found["type"].upper()
    if found["type"] not in ("HARD", "SOFT"):
        raise BadRequest("Argument 'type' for reboot is not HARD or SOFT")
    return found


def _resize(given: Any) -> Body:
    found = _mapping(given)
    if "flavorRef" not in found:
        raise BadRequest("Resize requests require 'flavorRef' attribute.")
    if not str(found["flavorRef"]):
        raise BadRequest("Resize request has invalid 'flavorRef' attribute.")
    return {**found, "flavorRef": str(found["flavorRef"])}


def _rebuild(given: Any) -> Body:
    found = _mapping(given)
    if "imageRef" not in found:
        raise BadRequest("Could not parse imageRef from request.")
    _image(found)
    _password(found)
    _addresses(found)
    if "name" in found:
        found["name"] = _name(found["name"])
    _metadata(found.get("metadata") or {})
    return found


def _change_password(given: Any) -> Body:
    found = _mapping(given)
    if "adminPass" not in found:
        raise BadRequest("No adminPass was specified")
    _password(found)
    return found


def _create_image(given: Any) -> Body:
    found = _mapping(given)
    if not found.get("name"):
        raise BadRequest("createImage entity requires name attribute")
    return {**found, "name": str(found["name"])}


_ACTIONS: dict[str, Callable[[Any], Body]] = {
    "reboot": _reboot, "resize": _resize, "rebuild": _rebuild, "changePassword": _change_password,
    "createImage": _create_image,
}  # fmt: skip
