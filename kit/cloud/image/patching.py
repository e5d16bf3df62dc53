"""Changes of an image by JSON patch, in Glance's two dialects (drafts 4 and 10 of the later RFC 6902)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Call
from kit.cloud.image import policy, schemas
from kit.cloud.image.images import COLUMNS, KEPT, document, enforce_visibility, find, within_limits, within_range
from kit.cloud.image.models import images
from kit.cloud.image.service import bad_request, body_of, detailed, forbidden, unsupported
from kit.cloud.store import Row

# Media type -> whether the operation is a member of its own name, as draft 4 has it.
MEDIA = {
    "application/openstack-images-v2.0-json-patch": True,
    "application/openstack-images-v2.1-json-patch": False,
}
_OPERATIONS = ("add", "remove", "replace")
_LISTED = ", ".join(_OPERATIONS)
# How deep a path into the locations goes; every other path has one part.
_DEPTHS = {"add": 2, "remove": 2, "replace": 1}


@dataclass(frozen=True)
class Change:
    """One operation: `add`, `remove` or `replace`, a path in parts, a value."""

    op: str
    path: list[str]
    value: Any
    draft_4: bool


def update(call: Call, image_id: str) -> dict[str, Any]:
    """Change attributes and properties by a list of add, replace and remove."""
    media = call.headers.get("content-type", "").split(";")[0].strip()
    if media not in MEDIA:
        allowed = ", ".join(sorted(MEDIA))
        raise unsupported(f"Image PATCH expects Content-Type one of: {allowed}", **{"Accept-Patch": allowed})
    raw = body_of(call)
    if not isinstance(raw, list):
        raise bad_request("Request body must be a JSON array of operation objects.")
    changes = [_read(one, MEDIA[media]) for one in raw]
    row = find(call, image_id)
    if not changes:
        return document(row)
    state = {**{name: row[name] for name in COLUMNS}, "tags": row["tags"] or []}
    properties = dict(row["properties"] or {})
    for change in changes:
        _apply(call, row, change, state, properties)
    return document({**row, **_write(call, row, state, properties)})


def _write(call: Call, row: Row, state: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    within_range(state)
    tags = sorted(set(state["tags"]))
    within_limits(properties, tags)
    owner = state["owner"]
    if not call.context.is_admin and owner is not None and owner != call.context.project_id:
        raise forbidden(f"Forbidding request, image {row['id']} not visible")
    fields = {**state, "tags": tags, "properties": properties, "updated_at": call.tx.stamp}
    call.tx.update(images, row["id"], **fields)
    return fields


# Reading a change


def _read(raw: Any, draft_4: bool) -> Change:
    if not isinstance(raw, dict):
        raise bad_request("Operations must be JSON objects.")
    op, pointer = _older(raw) if draft_4 else _newer(raw)
    path = _decode(pointer)
    if len(path) != (_DEPTHS[op] if path[0] == "locations" else 1):
        raise bad_request(f"Invalid JSON pointer for this resource: '/{'/'.join(path)}'")
    if op != "remove" and "value" not in raw:
        raise bad_request(f'Operation "{op}" requires a member named "value".')
    change = Change(op, path, raw.get("value"), draft_4)
    _check(change)
    return change


def _newer(raw: dict[str, Any]) -> tuple[str, Any]:
    op = raw.get("op")
    if op is None:
        raise bad_request(f"Unable to find `op` in JSON Schema change. It must be one of the following: {_LISTED}.")
    if op not in _OPERATIONS:
        raise bad_request(f"Invalid operation: `{op}`. It must be one of the following: {_LISTED}.")
    if "path" not in raw:
        raise bad_request("Unable to find 'path' in JSON Schema change")
    return op, raw["path"]


def _older(raw: dict[str, Any]) -> tuple[str, Any]:
    found = [op for op in _OPERATIONS if op in raw]
    if len(found) != 1:
        word = "only" if found else "exactly"
        raise bad_request(f'Operation objects must contain {word} one member named "add", "remove", or "replace".')
    return found[0], raw[found[0]]


def _decode(pointer: Any) -> list[str]:
    """The parts of a JSON pointer, of which Glance takes only the plain form."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise bad_request(f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"/\s*?/", pointer[1:]):
        raise bad_request(f'Pointer `{pointer}` contains adjacent "/".')
    if len(pointer) > 1 and pointer.endswith("/"):
        raise bad_request(f'Pointer `{pointer}` end with "/".')
    if re.search("~[^01]", pointer) or pointer.endswith("~"):
        raise bad_request(f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.')
    return [part.replace("~1", "/").replace("~0", "~").strip() for part in pointer.lstrip("/").split("/")]


def _check(change: Change) -> None:
    name = change.path[0]
    if name in schemas.PATCH_READ_ONLY:
        raise forbidden(f"Attribute '{name}' is read-only.")
    if name in schemas.RESERVED or name.startswith(KEPT):
        raise forbidden(f"Attribute '{name}' is reserved.")
    if change.op == "remove":
        return
    schemas.validate({name: change.value if len(change.path) == 1 else [change.value]})


# Carrying it out


def _apply(call: Call, row: Row, change: Change, state: dict[str, Any], properties: dict[str, Any]) -> None:
    name, op = change.path[0], change.op
    if name == "locations":
        _locations(call, row, change)
    if name == "owner" and op == "replace" and not call.context.is_admin:
        raise detailed(403, "Owner can't be updated by non admin.")
    if name == "visibility" and op != "remove":
        enforce_visibility(call, change.value, row)
    policy.enforce(call.context, "modify_image", row)
    if op == "remove":
        if name in state:
            raise detailed(403, f"Property {name} may not be removed.")
        if name not in properties:
            raise detailed(409, f"Property {name} does not exist.")
        del properties[name]
        return
    if op == "replace" and name not in state and name not in properties:
        raise detailed(409, f"Property {name} does not exist.")
    if op == "add" and change.draft_4 and (name in state or name in properties):
        raise detailed(409, f"Property {name} already present.")
    if name in ("container_format", "disk_format") and row["status"] not in ("queued", "importing"):
        raise forbidden(f"Attribute {name} can be only replaced for a queued image.")
    (state if name in state else properties)[name] = change.value


def _locations(call: Call, row: Row, change: Change) -> None:
    """Refuse: where data is kept is shown to nobody on this cloud (`show_multiple_locations`), so nobody moves it."""
    if change.op == "replace" and not change.value:
        raise detailed(403, "Cannot set locations to empty list.")
    policy.enforce(call.context, "delete_image_location" if change.op == "remove" else "set_image_location", row)
    verb = {"add": "add", "remove": "remove", "replace": "update"}[change.op]
    raise forbidden(f"It's not allowed to {verb} locations if locations are invisible.")
