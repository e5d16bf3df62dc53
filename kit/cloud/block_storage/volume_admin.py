"""Actions on volumes that only the operator has: status by hand, deletion by force, migration."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.bootstrap import BACKEND_HOST, POOL
from kit.cloud.block_storage.errors import invalid, invalid_input, require_admin
from kit.cloud.block_storage.models import attachments, snapshots, volumes
from kit.cloud.block_storage.schemas import ANY_NAME, BOOLEAN, UUID, fields
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.volume_actions import ACTIONS
from kit.cloud.block_storage.volumes import SETTLED, find, reach, remove
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest

_RULE = "volume_extension:volume_admin_actions:"


def _word(format: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "format": format}


@ACTIONS.add("os-reset_status", fields(
    status=_word("volume_status"), attach_status=_word("volume_attach_status"),
    migration_status=_word("volume_migration_status"), also={"format": "validate_volume_reset_body"},
))  # fmt: skip
def reset_status(call: Call, volume_id: str, given: Any) -> Answer:
    """Set a volume's statuses by hand."""
    row = reach(call, volume_id)
    require_admin(call, f"{_RULE}reset_status")
    names = ("status", "attach_status", "migration_status")
    wanted: dict[str, Any] = {name: given[name].lower() for name in names if given.get(name)}
    if wanted.get("migration_status") == "none":
        wanted["migration_status"] = None
    if wanted.get("status") == "deleting":
        raise BadRequest("Cannot reset-state to deleting")
    if wanted.get("status") == "in-use" and not call.tx.count(attachments, volume_id=row["id"]):
        raise BadRequest("Cannot reset-state to in-use because volume does not have any attachments.")
    if wanted.get("attach_status") == "detached":
        call.tx.delete(attachments, volume_id=row["id"])
        kept = {name: value for name, value in (row["admin_metadata"] or {}).items() if name != "attached_mode"}
        wanted["admin_metadata"] = kept
    change(call.tx, volumes, row, **wanted)
    return Answer(202)


@ACTIONS.add("os-force_delete")
def force_delete(call: Call, volume_id: str, given: Any) -> Answer:
    """Delete a volume whatever its status."""
    row = find(call, volume_id)
    require_admin(call, f"{_RULE}force_delete")
    remove(call, row, force=True)
    return Answer(202)


_MIGRATE: dict[str, Any] = {"force_host_copy": BOOLEAN, "lock_volume": BOOLEAN}


@ACTIONS.add(
    "os-migrate_volume", fields("host", host={"type": "string", "maxLength": 255}, **_MIGRATE),
    v3_16=fields(host={"type": ["string", "null"], "maxLength": 255}, cluster=ANY_NAME, **_MIGRATE),
)  # fmt: skip
def migrate(call: Call, volume_id: str, given: Any) -> Answer:
    """Move a volume to another pool."""
    row = find(call, volume_id)
    require_admin(call, f"{_RULE}migrate_volume")
    host, cluster = given.get("host"), given.get("cluster") if call.at_least("3.16") else None
    if bool(host) == bool(cluster):
        raise invalid_input(
            "One and only one of cluster and host must be set." if call.at_least("3.16") else "Host field is missing."
        )
    if cluster or host.partition("#")[0] != BACKEND_HOST or not backend.accepts(call.cloud, call.tx):
        raise invalid("host", f"No available service named '{cluster or host}'")
    settled = row["status"] in ("available", "in-use") and row["migration_status"] in SETTLED and not row["group_id"]
    if not settled or call.tx.count(snapshots, volume_id=row["id"]) or host == (row["host"] or POOL):
        raise invalid(
            "volume",
            f"Volume {row['id']} status must be available or in-use, must not be migrating, have snapshots, be replicated, "
            "be part of a group and destination host/cluster must be different than the current one",
        )
    row = change(call.tx, volumes, row, migration_status="migrating")
    later(call, "volume", row, "migrate", "set", fields={"migration_status": "success", "host": host})
    return Answer(202)


@ACTIONS.add("os-migrate_volume_completion", fields(
    "new_volume", new_volume=UUID, error={"type": ["string", "null", "boolean"]},
))  # fmt: skip
def migrate_completion(call: Call, volume_id: str, given: Any) -> dict[str, Any]:
    """Told by the compute service that a migration has ended: no migration here makes a second volume."""
    row = find(call, volume_id)
    require_admin(call, f"{_RULE}migrate_volume_completion")
    other = find(call, given["new_volume"])
    if not (row["migration_status"] or other["migration_status"]):
        return {"save_volume_id": other["id"]}
    if not row["migration_status"]:
        raise invalid("volume", "Source volume not mid-migration.")
    raise invalid("volume", "Destination volume not mid-migration.")
