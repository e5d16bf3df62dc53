"""What hangs on a volume type: extra specs, access, encryption."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import schemas
from kit.cloud.block_storage.actions import Actions, bare
from kit.cloud.block_storage.errors import conflict, invalid, require_admin, require_reader
from kit.cloud.block_storage.models import type_access, volume_types, volumes
from kit.cloud.block_storage.validation import body
from kit.cloud.block_storage.volume_types import MULTIATTACH, find, specs_for
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row

# Extra specs


def spec_index(call: Call, type_id: str) -> dict[str, Any]:
    """A type's extra specs."""
    require_reader(call, "volume_extension:types_extra_specs:index")
    return {"extra_specs": specs_for(call, find(call, type_id))}


def _unused(call: Call, type_id: str) -> None:
    if call.tx.count(volumes, volume_type_id=type_id):
        raise BadRequest("Volume Type is currently in use.")


def _store(call: Call, row: Row, specs: dict[str, Any]) -> None:
    both = {**(row["extra_specs"] or {}), **specs}
    if {"multiattach", "cacheable"} & specs.keys() and both.get("multiattach") == both.get("cacheable") == MULTIATTACH:
        raise BadRequest("cacheable cannot be set with multiattach.")
    call.tx.update(volume_types, row["id"], extra_specs=both, updated_at=call.tx.stamp)


def spec_create(call: Call, type_id: str) -> dict[str, Any]:
    """Add extra specs."""
    given = body(call, schemas.EXTRA_SPECS)
    require_admin(call, "volume_extension:types_extra_specs:create")
    _unused(call, type_id)
    _store(call, find(call, type_id), given["extra_specs"])
    return given


def spec_show(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """One extra spec."""
    require_reader(call, "volume_extension:types_extra_specs:show")
    specs = specs_for(call, find(call, type_id))
    if key not in specs:
        raise _no_spec(type_id, key)
    return {key: specs[key]}


def _no_spec(type_id: str, key: str) -> NotFound:
    return NotFound(f"Volume Type {type_id} has no extra specs with key {key}.")


def spec_update(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """Set one extra spec."""
    given = body(call, schemas.EXTRA_SPEC)
    require_admin(call, "volume_extension:types_extra_specs:update")
    _unused(call, type_id)
    row = find(call, type_id)
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    _store(call, row, given)
    return given


def spec_delete(call: Call, type_id: str, key: str) -> Answer:
    """Remove one extra spec."""
    row = find(call, type_id)
    require_admin(call, "volume_extension:types_extra_specs:delete")
    _unused(call, type_id)
    specs = row["extra_specs"] or {}
    if key not in specs:
        raise _no_spec(type_id, key)
    left = {name: value for name, value in specs.items() if name != key}
    call.tx.update(volume_types, type_id, extra_specs=left, updated_at=call.tx.stamp)
    return Answer(202)


# Access


def access_index(call: Call, type_id: str) -> dict[str, Any]:
    """The projects that may use a private type."""
    require_admin(call, "volume_extension:volume_type_access:get_all_for_type")
    if find(call, type_id)["is_public"]:
        raise NotFound("Access list not available for public volume types.")
    rows = call.tx.rows(type_access, type_id=type_id, order=type_access.c.id)
    return {"volume_type_access": [{"volume_type_id": type_id, "project_id": row["project_id"]} for row in rows]}


ACTIONS = Actions()


def _private(call: Call, type_id: str) -> None:
    if find(call, type_id)["is_public"]:
        raise invalid("volume_type", "Type access modification is not applicable to public volume type.")


@ACTIONS.add("addProjectAccess", schemas.PROJECT)
def add_access(call: Call, type_id: str, given: Any) -> Answer:
    """Let a project use a private type."""
    require_admin(call, "volume_extension:volume_type_access:addProjectAccess")
    _private(call, type_id)
    project = given["project"]
    if call.tx.first(type_access, type_id=type_id, project_id=project):
        raise conflict(f"Volume type access for {type_id} / {project} combination already exists.")
    call.tx.insert(type_access, type_id=type_id, project_id=project)
    return bare()


@ACTIONS.add("removeProjectAccess", schemas.PROJECT)
def remove_access(call: Call, type_id: str, given: Any) -> Answer:
    """Let a project no longer use a private type."""
    require_admin(call, "volume_extension:volume_type_access:removeProjectAccess")
    _private(call, type_id)
    if not call.tx.delete(type_access, type_id=type_id, project_id=given["project"]):
        raise NotFound(f"Volume type access not found for {type_id} / {given['project']} combination.")
    return bare()


def action(call: Call, type_id: str) -> Any:
    """Do what the body names to a type."""
    return ACTIONS.perform(call, type_id)


# Encryption


def _encryption(call: Call, type_id: str) -> dict[str, Any]:
    row = find(call, type_id)["encryption"]
    if not row:
        return {}
    return {
        "volume_type_id": type_id, "deleted_at": None, "deleted": False, "created_at": row["created_at"],
        "updated_at": row.get("updated_at"), "encryption_id": row["encryption_id"],
        **{name: row.get(name) for name in ("provider", "control_location", "cipher", "key_size")},
    }  # fmt: skip


def encryption_index(call: Call, type_id: str) -> dict[str, Any]:
    """How volumes of the type are encrypted; nothing when they are not."""
    require_admin(call, "volume_extension:volume_type_encryption:get")
    return _encryption(call, type_id)


def encryption_show(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """One value of it."""
    require_admin(call, "volume_extension:volume_type_encryption:get")
    found = _encryption(call, type_id)
    if key not in found:
        raise _not_encrypted(type_id)
    return {key: found[key]}


def _not_encrypted(type_id: str) -> NotFound:
    return NotFound(f"Volume type encryption for type {type_id} does not exist.")


def _not_in_use(call: Call, row: Row, verb: str) -> None:
    if row["encryption"] and call.tx.count(volumes, volume_type_id=row["id"]):
        raise BadRequest(f"Cannot {verb} encryption specs. Volume type in use.")


def _numbered(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("key_size") is not None:
        given["key_size"] = int(given["key_size"])
    return given


def encryption_create(call: Call, type_id: str) -> dict[str, Any]:
    """Let volumes of a type be encrypted."""
    data = body(call, schemas.ENCRYPTION)
    require_admin(call, "volume_extension:volume_type_encryption:create")
    row = find(call, type_id)
    _not_in_use(call, row, "create")
    if row["encryption"]:
        raise BadRequest(f"Volume type encryption for type {type_id} already exists.")
    kept = {**_numbered(data["encryption"]), "created_at": call.tx.stamp, "encryption_id": call.tx.ids.uuid()}
    call.tx.update(volume_types, type_id, encryption=kept)
    shown = {name: kept.get(name) for name in data["encryption"]}
    return {"encryption": {**shown, "volume_type_id": type_id, "encryption_id": kept["encryption_id"]}}


def encryption_update(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """Change how volumes of a type are encrypted."""
    data = body(call, schemas.ENCRYPTION_UPDATE)
    require_admin(call, "volume_extension:volume_type_encryption:update")
    row = find(call, type_id)
    _not_in_use(call, row, "update")
    if not row["encryption"]:
        raise _not_encrypted(type_id)
    kept = {**row["encryption"], **_numbered(data["encryption"]), "updated_at": call.tx.stamp}
    call.tx.update(volume_types, type_id, encryption=kept)
    return data


def encryption_delete(call: Call, type_id: str, key: str) -> Answer:
    """Let volumes of a type no longer be encrypted."""
    require_admin(call, "volume_extension:volume_type_encryption:delete")
    row = find(call, type_id)
    _not_in_use(call, row, "delete")
    if not row["encryption"]:
        raise _not_encrypted(type_id)
    call.tx.update(volume_types, type_id, encryption=None)
    return bare()
