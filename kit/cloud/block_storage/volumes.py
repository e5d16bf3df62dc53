"""Volumes: listed, shown, changed, deleted."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import schemas
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import invalid, not_found, require_admin, require_member, require_reader
from kit.cloud.block_storage.listing import Kind, Page, answer, everywhere, page, parameters
from kit.cloud.block_storage.models import attachments, snapshots, volumes
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.validation import body, boolean
from kit.cloud.block_storage.volume_view import basic, details
from kit.cloud.call import Answer, Call
from kit.cloud.store import Row

# A volume that is migrating is in none of these.
SETTLED = (None, "deleting", "error", "success")
DELETABLE = ("available", "error", "error_restoring", "error_extending", "error_managing")

KIND = Kind(
    "volume",
    {
        "name": "name", "display_name": "name", "description": "description", "display_description": "description",
        "consumes_quota": "consumes_quota", "use_quota": "consumes_quota",
        **{
            column: column
            for column in (
                "id", "status", "size", "bootable", "migration_status", "availability_zone", "group_id", "created_at",
                "updated_at", "user_id", "project_id", "host", "multiattach", "volume_type_id", "snapshot_id",
                "source_volid", "attach_status", "encryption_key_id", "launched_at", "replication_status",
            )
        },
    },
    lambda id: not_found("volume", id),
    old_filters=(
        "name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id", "size",
    ),
    since={
        "glance_metadata": "3.4", "group_id": "3.10", "created_at": "3.60", "updated_at": "3.60", "consumes_quota": "3.65",
    },
    booleans=("bootable", "multiattach", "consumes_quota", "use_quota"),
    literals=True,
)  # fmt: skip


def reach(call: Call, volume_id: str) -> Row:
    """The volume of the caller's project; what the caller may do with it is still to be asked.

    Raises
    ------
    NotFound
        When there is none of that id, or it is another project's.
    """
    row = call.tx.get(volumes, volume_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("volume", volume_id)
    return row


def find(call: Call, volume_id: str) -> Row:
    """The volume that the caller sees.

    Raises
    ------
    NotFound
        When there is none of that id, it is another project's, or the caller has no role that may read.
    """
    row = reach(call, volume_id)
    if not (call.context.is_admin or "reader" in call.context.roles):
        raise not_found("volume", volume_id)
    return row


def own(call: Call, volume_id: str, rule: str) -> Row:
    """The volume that the caller may change; `rule` is Cinder's policy name."""
    row = find(call, volume_id)
    require_member(call, rule)
    return row


def _select(call: Call) -> Page:
    require_reader(call, "volume:get_all")
    where: dict[str, Any] = {} if everywhere(call) else {"project_id": call.project_id}
    return page(call, KIND, call.tx.rows(volumes, **where))


def index(call: Call) -> dict[str, Any]:
    """List volumes, shortly."""
    found = _select(call)
    return answer(call, "volumes", "volumes", found, [basic(call, row) for row in found.rows])


def detail(call: Call) -> dict[str, Any]:
    """List volumes, whole."""
    found = _select(call)
    return answer(call, "volumes", "volumes/detail", found, details(call, found.rows))


def summary(call: Call) -> dict[str, Any]:
    """How many volumes there are, and how large they are together (3.12)."""
    require_reader(call, "volume:get_all")
    where: dict[str, Any] = {} if everywhere(call) else {"project_id": call.project_id}
    rows = call.tx.rows(volumes, order=volumes.c.number, **where)
    shown: dict[str, Any] = {"total_count": len(rows), "total_size": sum(row["size"] for row in rows)}
    if call.at_least("3.36"):
        metadata: dict[str, list[str]] = {}
        for row in rows:
            for name, value in (row["metadata"] or {}).items():
                known = metadata.setdefault(name, [])
                if value not in known:
                    known.append(value)
        shown["metadata"] = metadata
    return {"volume-summary": shown}


def show(call: Call, volume_id: str) -> dict[str, Any]:
    """Show a volume."""
    return {"volume": details(call, [find(call, volume_id)])[0]}


def update(call: Call, volume_id: str) -> dict[str, Any]:
    """Change a volume's name, description or metadata."""
    schema = schemas.VOLUME_UPDATE_353 if call.at_least("3.53") else schemas.VOLUME_UPDATE
    given = body(call, schema)["volume"]
    row = own(call, volume_id, "volume:update")
    if row["status"] == "maintenance":
        raise invalid("volume", "The volume cannot be updated during maintenance.")
    row = change(
        call.tx, volumes, row, **names(given), **({"metadata": given["metadata"]} if "metadata" in given else {})
    )
    return {"volume": details(call, [row], extended=False)[0]}


def names(given: dict[str, Any]) -> dict[str, Any]:
    """Name and description, under whichever key they came, without spaces around them."""
    found: dict[str, Any] = {}
    for column in ("name", "description"):
        for key in (f"display_{column}", column):
            if key in given:
                value = given[key]
                found[column] = value.strip() if isinstance(value, str) else value
    return found


def delete(call: Call, volume_id: str) -> Answer:
    """Delete a volume: it is gone a moment later."""
    query = parameters(call)
    cascade = boolean(query, "cascade")
    force = call.at_least("3.23") and boolean(query, "force")
    row = find(call, volume_id)
    if force:
        require_admin(call, "volume:force_delete")
    remove(call, row, cascade=cascade, force=force)
    return bare()


def remove(
    call: Call, row: Row, *, cascade: bool = False, force: bool = False, status: str = "deleting"
) -> None:  # fmt: skip
    """Begin to delete a volume, unless its state or something else stands against it.

    Parameters
    ----------
    cascade : bool
        Whether its snapshots go with it.
    force : bool
        Whether its status does not matter.
    status : str
        What it is called until it is gone.
    """
    require_member(call, "volume:delete")
    if row["host"] is None:  # no backend has it: Cinder forgets it at once
        call.cloud.events.cancel(call.tx, row["id"])
        call.tx.delete(volumes, id=row["id"])
        return
    mine = call.tx.rows(snapshots, volume_id=row["id"])
    if not cascade:
        hindered = bool(mine)
    elif force:
        hindered = any(item["group_snapshot_id"] for item in mine)
    else:
        hindered = any(item["group_snapshot_id"] or item["status"] not in ("available", "error") for item in mine)
        if not call.context.is_admin:
            hindered = hindered or any(item["project_id"] != row["project_id"] for item in mine)
    settled = row["attach_status"] != "attached" and row["migration_status"] in SETTLED and not row["group_id"]
    if hindered or not settled or not (force or row["status"] in DELETABLE):
        words = "" if force else f"status must be {' or '.join(DELETABLE)} and"
        raise invalid(
            "volume",
            f"Volume {words} must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, "
            "or be disassociated from snapshots after volume transfer.",
        )
    call.cloud.events.cancel(call.tx, row["id"])
    for item in mine:
        call.cloud.events.cancel(call.tx, item["id"])
        change(call.tx, snapshots, item, status="deleting")
    call.tx.delete(attachments, volume_id=row["id"])
    row = change(call.tx, volumes, row, status=status)
    later(call, "volume", row, "delete", "volume_gone", cascade=cascade)
