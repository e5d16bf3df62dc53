"""Quota sets, quota classes and limits, as the API has them."""

from __future__ import annotations

import re
from typing import Any

from kit.cloud.block_storage import quotas, schemas
from kit.cloud.block_storage.errors import invalid_input, malformed, refuse, require_admin, require_reader
from kit.cloud.block_storage.listing import parameters
from kit.cloud.block_storage.validation import body, boolean, length
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Transaction

_NO_QUOTA = ("tenant_id", "id")
UPDATE = schemas.wrap("quota_set", {"type": "object", "minProperties": 1})
_LIMIT = {
    "type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": -1, "minLength": 1, "maximum": schemas.MAX_INT,
}  # fmt: skip
CLASS = schemas.wrap("quota_class_set", {
    "type": "object", "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,300}$": _LIMIT}, "additionalProperties": False,
})  # fmt: skip

Usage = dict[str, dict[str, int]]


def _usage(tx: Transaction, project_id: str) -> Usage:
    most, have = quotas.limits(tx, project_id), quotas.used(tx, project_id)
    return {name: {"limit": most[name], "in_use": have[name], "reserved": 0} for name in most}


def _may_look(call: Call, target_id: str) -> None:
    require_reader(call, "volume_extension:quotas:show")
    if not (call.context.is_admin or target_id == call.context.project_id):
        raise refuse("volume_extension:quotas:show")


def show(call: Call, target_id: str) -> dict[str, Any]:
    """A project's limits, with what is in use when that is asked for."""
    _may_look(call, target_id)
    found: dict[str, Any] = (
        _usage(call.tx, target_id) if boolean(parameters(call), "usage") else quotas.limits(call.tx, target_id)
    )
    return {"quota_set": {**found, "id": target_id}}


def _number(name: str, value: Any) -> int:
    """cinder.api.api_utils.validate_integer."""
    if not re.fullmatch(r"-?\d+", str(value)):
        raise BadRequest(f"{name} must be an integer")
    if int(value) < -1:
        raise BadRequest(f"{name} must be >= -1")
    if int(value) > schemas.MAX_INT:
        raise BadRequest(f"{name} must be <= {schemas.MAX_INT}")
    return int(value)


def update(call: Call, target_id: str) -> dict[str, Any]:
    """Set limits of a project."""
    given = body(call, UPDATE)["quota_set"]
    known = quotas.resources(call.tx)
    bad = [name for name in given if name not in known and name not in _NO_QUOTA]
    wanted = {name: _number(name, value) for name, value in given.items() if name in known}
    if bad:
        raise invalid_input(f"Bad key(s) in quota set: {', '.join(bad)}")
    require_admin(call, "volume_extension:quotas:update")
    length(target_id, "quota_set_name", 1, 255)
    # Only a limit of the project's own is held against its usage.
    mine = quotas.own(call.tx, "project", target_id)
    have = {name: used for name, used in quotas.used(call.tx, target_id).items() if name in mine}
    for name, limit in wanted.items():
        # Cinder compares the text of a number with its usage, and stumbles.
        if isinstance(given[name], str) and name != "per_volume_gigabytes":
            raise malformed()
        if name != "per_volume_gigabytes" and 0 <= limit < have.get(name, 0):
            raise BadRequest(
                f"Quota {name} limit must be equal or greater than existing resources. Current usage is {have[name]} and the "
                f"requested limit is {limit}."
            )
    for name, limit in wanted.items():
        quotas.store(call.tx, "project", target_id, name, limit)
    return {"quota_set": quotas.limits(call.tx, target_id)}


def defaults(call: Call, target_id: str) -> dict[str, Any]:
    """The limits of a project that has none of its own."""
    _may_look(call, target_id)
    return {"quota_set": {**quotas.defaults(call.tx), "id": target_id}}


def delete(call: Call, target_id: str) -> Answer:
    """Give a project the defaults again."""
    require_admin(call, "volume_extension:quotas:delete")
    call.tx.delete(quotas.quotas, scope="project", owner=target_id)
    return Answer(200)


def _class_limits(call: Call, name: str) -> dict[str, int]:
    found = quotas.defaults(call.tx)
    return {**found, **{key: value for key, value in quotas.own(call.tx, "class", name).items() if key in found}}


def class_show(call: Call, name: str) -> dict[str, Any]:
    """The limits of a quota class; `default` is every project's."""
    require_admin(call, "volume_extension:quota_classes:get")
    return {"quota_class_set": {**_class_limits(call, name), "id": name}}


def class_update(call: Call, name: str) -> dict[str, Any]:
    """Set limits of a quota class."""
    given = body(call, CLASS)["quota_class_set"]
    known = quotas.resources(call.tx)
    bad = [key for key in given if key not in known]
    if bad:
        raise invalid_input(f"Bad key(s) in quota class set: {', '.join(bad)}")
    require_admin(call, "volume_extension:quota_classes:update")
    length(name, "quota_class_name", 1, 255)
    for key, value in given.items():
        quotas.store(call.tx, "class", name, key, int(value))
    return {"quota_class_set": _class_limits(call, name)}


_ABSOLUTE = {
    "maxTotalVolumes": "volumes", "maxTotalSnapshots": "snapshots", "maxTotalVolumeGigabytes": "gigabytes",
    "maxTotalBackups": "backups", "maxTotalBackupGigabytes": "backup_gigabytes",
}  # fmt: skip
_USED = {
    "totalVolumesUsed": "volumes", "totalGigabytesUsed": "gigabytes", "totalSnapshotsUsed": "snapshots",
    "totalBackupsUsed": "backups", "totalBackupGigabytesUsed": "backup_gigabytes",
}  # fmt: skip


def limits(call: Call) -> dict[str, Any]:
    """Limits and usage in one document."""
    project_id = call.project_id
    if call.context.is_admin and call.at_least("3.39"):
        query = parameters(call)
        project_id = query.get("project_id", query.get("tenant_id", project_id))
    found = _usage(call.tx, project_id)
    absolute = {name: found[key]["limit"] for name, key in _ABSOLUTE.items()}
    if call.context.is_admin or "reader" in call.context.roles:
        absolute |= {name: found[key]["in_use"] for name, key in _USED.items()}
    return {"limits": {"rate": [], "absolute": absolute}}
