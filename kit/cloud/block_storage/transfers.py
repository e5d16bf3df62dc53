"""Transfers: a volume goes from one project to another, by a key told aside."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import quotas, schemas
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import invalid, not_found, require_member, require_reader
from kit.cloud.block_storage.listing import Kind, Page, answer, everywhere, links, page, parameters
from kit.cloud.block_storage.models import snapshots, transfers, volumes
from kit.cloud.block_storage.states import change
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import body, truth
from kit.cloud.block_storage.volumes import reach
from kit.cloud.call import Answer, Call
from kit.cloud.store import Row

KIND = Kind(
    "transfer",
    {
        "name": "name", "display_name": "name",
        **{
            name: name
            for name in (
                "id", "volume_id", "no_snapshots", "source_project_id", "destination_project_id", "accepted", "created_at",
            )
        },
    },
    lambda id: not_found("transfer", id),
    sort_since={"name": "3.99"},  # its column has another name, which Cinder does not translate here
)  # fmt: skip


def find(call: Call, transfer_id: str) -> Row:
    """The transfer that the caller has begun."""
    row = call.tx.get(transfers, transfer_id)
    if row is None or not (call.context.is_admin or row["source_project_id"] == call.context.project_id):
        raise not_found("transfer", transfer_id)
    return row


def summary(call: Call, row: Row) -> dict[str, Any]:
    """A transfer in a short list."""
    return {
        "id": row["id"], "volume_id": row["volume_id"], "name": row["name"],
        "links": links(call, "os-volume-transfer", row["id"]),
    }  # fmt: skip


def document(call: Call, row: Row, *, key: bool = False) -> dict[str, Any]:
    """A transfer, whole; `key` only for who has just made it."""
    shown = {"id": row["id"], "created_at": row["created_at"], "name": row["name"], "volume_id": row["volume_id"]}
    if key:
        shown["auth_key"] = row["auth_key"]
    shown["links"] = links(call, "os-volume-transfer", row["id"])
    if call.at_least("3.55"):
        shown["no_snapshots"] = bool(row["no_snapshots"])
    if call.at_least("3.57"):
        names = ("destination_project_id", "source_project_id", "accepted")
        shown |= {name: row[name] for name in names}
    return shown


def _listed(call: Call, show: Any) -> dict[str, Any]:
    require_reader(call, "volume:get_all_transfers")
    where: dict[str, Any] = {} if everywhere(call, strict=False) else {"source_project_id": call.project_id}
    rows = call.tx.rows(transfers, order=transfers.c.number, **where)
    if call.at_least("3.59") and "/volume-transfers" in call.path:
        found = page(call, KIND, rows)
    else:
        found = _unpaged(call, rows)
    return answer(call, "transfers", "os-volume-transfer", found, [show(call, row) for row in found.rows])


def _unpaged(call: Call, rows: list[Row]) -> Page:
    """All that fit, the oldest first; `limit` and `sort` are filters here, which nothing fits."""
    wanted = {name: value for name, value in parameters(call).items() if name != "all_tenants"}
    if any(name not in KIND.columns for name in wanted):
        return Page([])
    return Page([row for row in rows if all(str(row[KIND.columns[name]]) == value for name, value in wanted.items())])


def index(call: Call) -> dict[str, Any]:
    """List transfers, shortly."""
    return _listed(call, summary)


def detail(call: Call) -> dict[str, Any]:
    """List transfers, whole."""
    return _listed(call, document)


def show(call: Call, transfer_id: str) -> dict[str, Any]:
    """Show a transfer."""
    require_reader(call, "volume:get_transfer")
    return {"transfer": document(call, find(call, transfer_id))}


def create(call: Call) -> Answer:
    """Offer a volume to whoever has the key that is answered."""
    newer = call.at_least("3.55") and "/volume-transfers" in call.path
    given = body(call, schemas.TRANSFER_355 if newer else schemas.TRANSFER)["transfer"]
    volume = reach(call, given["volume_id"])
    require_member(call, "volume:create_transfer")
    no_snapshots = newer and truth(given.get("no_snapshots", False))
    if volume["status"] != "available":
        raise invalid("volume", "status must be available")
    if volume["encryption_key_id"]:
        if not (call.at_least("3.70") and "/volume-transfers" in call.path):
            raise invalid("volume", "transferring encrypted volume is not supported")
        if no_snapshots:
            raise invalid("volume", "transferring an encrypted volume without its snapshots is not supported")
    if not no_snapshots:
        for snapshot in call.tx.rows(snapshots, volume_id=volume["id"]):
            if snapshot["status"] != "available":
                raise invalid("snapshot", f"snapshot: {snapshot['id']} status must be available")
    name = given.get("name")
    row = call.tx.insert(
        transfers, id=call.tx.ids.uuid(), number=next_number(call.tx, transfers), volume_id=volume["id"],
        name=name.strip() if name else name, auth_key=call.tx.ids.hex()[:16], no_snapshots=no_snapshots,
        source_project_id=volume["project_id"], accepted=False, created_at=call.tx.stamp,
    )  # fmt: skip
    change(call.tx, volumes, volume, status="awaiting-transfer")
    return Answer(202, {"transfer": document(call, row, key=True)})


def accept(call: Call, transfer_id: str) -> Answer:
    """Take the offered volume, with its snapshots unless they stay."""
    key = body(call, schemas.ACCEPT)["accept"]["auth_key"]
    require_member(call, "volume:accept_transfer")
    row = call.tx.get(transfers, transfer_id)
    if row is None:
        raise not_found("transfer", transfer_id)
    if str(key) != row["auth_key"]:
        raise invalid("auth_key", f"Attempt to transfer {transfer_id} with invalid auth key.")
    volume = call.tx.get(volumes, row["volume_id"])
    assert volume is not None, "a transfer goes with its volume"
    _reserve(call, volume, [] if row["no_snapshots"] else call.tx.rows(snapshots, volume_id=volume["id"]))
    if volume["status"] != "awaiting-transfer":
        raise invalid(
            "volume", f"Transfer {transfer_id}: Volume id {volume['id']} expected in awaiting-transfer state."
        )
    owner = {"user_id": call.context.user_id, "project_id": call.project_id}
    change(call.tx, volumes, volume, status="available", **owner)
    if not row["no_snapshots"]:
        for snapshot in call.tx.rows(snapshots, volume_id=volume["id"]):
            change(call.tx, snapshots, snapshot, **owner)
    shown = summary(call, row)
    call.tx.delete(transfers, id=transfer_id)
    return Answer(202, {"transfer": shown})


def _reserve(call: Call, volume: Row, with_: list[Row]) -> None:
    tx, project, size = call.tx, call.project_id, volume["size"]
    quotas.check_size(tx, project, size)
    quotas.reserve(
        tx, project, "volumes", {"volumes": 1, "gigabytes": size}, size=size, type_id=volume["volume_type_id"]
    )
    if with_:
        total = sum(item["size"] for item in with_)
        wanted = {"snapshots": len(with_), "gigabytes": total + size}
        quotas.reserve(tx, project, "snapshots", wanted, size=total, type_id=volume["volume_type_id"])


def delete(call: Call, transfer_id: str) -> Answer:
    """Take the offer back."""
    row = find(call, transfer_id)
    require_member(call, "volume:delete_transfer")
    volume = call.tx.get(volumes, row["volume_id"])
    if volume is not None and volume["status"] == "awaiting-transfer":
        change(call.tx, volumes, volume, status="available")
    call.tx.delete(transfers, id=transfer_id)
    return bare()
