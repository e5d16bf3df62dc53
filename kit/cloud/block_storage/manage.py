"""What Cinder forgets though the backend keeps it, and what it takes over from there (3.8)."""

from __future__ import annotations

import json
from typing import Any

from kit.cloud.block_storage import backend, quotas, schemas, snapshots, volume_types
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.bootstrap import POOL, ZONE
from kit.cloud.block_storage.errors import invalid, invalid_input, require_admin
from kit.cloud.block_storage.listing import limit_of, offset_of, parameters, sorting
from kit.cloud.block_storage.models import left_behind, services, volumes
from kit.cloud.block_storage.models import snapshots as snapshot_table
from kit.cloud.block_storage.states import later
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import body, truth
from kit.cloud.block_storage.volume_actions import ACTIONS
from kit.cloud.block_storage.volume_view import legacy
from kit.cloud.block_storage.volumes import find, remove
from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, BadRequest, NotFound
from kit.cloud.store import Row

VOLUME, SNAPSHOT = "volume", "snapshot"
# How the backend names them (as LVM does).
_NAMES = {VOLUME: "volume-{}", SNAPSHOT: "_snapshot-{}"}


def _backend(call: Call, host: str | None, cluster: str | None, since: str, missing: ApiError) -> None:
    """Refuse a host that is not the backend's, with `missing`, or one whose service is not at work."""
    newer = call.at_least(since)
    if bool(host) == bool(cluster if newer else None):
        raise invalid_input("One and only one of cluster and host must be set." if newer else "Host field is missing.")
    service = call.tx.first(services, binary="cinder-volume", host=str(host).partition("#")[0])
    if service is None:
        raise missing
    if service["disabled"] or not backend.up(call.cloud, service):
        raise BadRequest("Service is unavailable at this time.")


@ACTIONS.add("os-unmanage")
def unmanage(call: Call, volume_id: str, given: Any) -> Answer:
    """Forget a volume; the backend keeps it."""
    row = find(call, volume_id)
    require_admin(call, "volume_extension:volume_unmanage")
    if row["encryption_key_id"]:
        raise BadRequest("Unacceptable parameters.")
    remove(call, row, status="unmanaging")
    call.tx.insert(left_behind, reference=_NAMES[VOLUME].format(row["id"]), kind=VOLUME, source=None, size=row["size"])
    return bare()


@snapshots.ACTIONS.add("os-unmanage")
def unmanage_snapshot(call: Call, snapshot_id: str, given: Any) -> Answer:
    """Forget a snapshot; the backend keeps it."""
    row = snapshots.find(call, snapshot_id)
    require_admin(call, "snapshot_extension:snapshot_unmanage")
    snapshots.remove(call, row, status="unmanaging")
    reference = _NAMES[SNAPSHOT].format(row["id"])
    call.tx.insert(left_behind, reference=reference, kind=SNAPSHOT, source=row["volume_id"], size=row["size"])
    return bare()


def _taken(call: Call, ref: Any, kind: str) -> Row | None:
    """What the reference names on the backend; from now on it is Cinder's."""
    name = ref.get("source-name") or ref.get("source-id") if isinstance(ref, dict) else None
    row = call.tx.first(left_behind, reference=name, kind=kind) if name else None
    if row is not None:
        call.tx.delete(left_behind, reference=row["reference"])
    return row


def manage(call: Call) -> Answer:
    """Take over a volume that the backend has."""
    schema = schemas.MANAGE_316 if call.at_least("3.16") else schemas.MANAGE
    given = body(call, schema)["volume"]
    require_admin(call, "volume_extension:volume_manage")
    host, cluster = given.get("host"), given.get("cluster")
    word = f"Host '{host}'" if host else f"Cluster '{cluster}'"
    _backend(call, host, cluster, "3.16", BadRequest(f"{word} not found"))
    type_ = volume_types.default(call.tx, call.context.project_id)
    if given.get("volume_type"):
        try:
            type_ = volume_types.named(call, given["volume_type"])
        except NotFound:
            text = f"Cannot find requested '{given['volume_type']}' volume type"
            raise invalid("volume_type", text) from None
    if type_["encryption"]:
        raise invalid("volume_type", "Managing to an encrypted volume type is not supported.")
    taken = _taken(call, given["ref"], VOLUME)
    size = taken["size"] if taken else 0
    quotas.reserve(
        call.tx, call.project_id, "volumes", {"volumes": 1, "gigabytes": size}, size=size, type_id=type_["id"]
    )
    texts = {name: (given.get(name) or "").strip() or None for name in ("name", "description")}
    row = call.tx.insert(
        volumes, id=call.tx.ids.uuid(), number=next_number(call.tx, volumes), status="managing", size=size,
        project_id=call.project_id, user_id=call.context.user_id, created_at=call.tx.stamp, attach_status="detached",
        availability_zone=given.get("availability_zone") or ZONE, volume_type_id=type_["id"], multiattach=False,
        bootable=truth(given.get("bootable", False)), consumes_quota=True, metadata=given.get("metadata") or {},
        admin_metadata={}, image_metadata={}, host=POOL, **texts,
    )  # fmt: skip
    then = "available" if taken else "error_managing"
    later(call, "volume", row, "create", "set", fields={"status": then})
    return Answer(202, {"volume": legacy(call, row)})


def manage_snapshot(call: Call) -> Answer:
    """Take over a snapshot that the backend has."""
    given = body(call, schemas.MANAGE_SNAPSHOT)["snapshot"]
    volume = find(call, given["volume_id"])
    require_admin(call, "snapshot_extension:snapshot_manage")
    snapshots.check_volume(call, volume)
    taken = _taken(call, given["ref"], SNAPSHOT)
    snapshots.reserve(call, [volume])
    texts = {name: given.get(name) for name in ("name", "description")}
    row = snapshots.insert(call, volume, metadata=given.get("metadata") or {}, **texts)
    fields = {"status": "available", "progress": "100%"} if taken else {"status": "error"}
    later(call, "snapshot", row, "snapshot", "set", fields=fields)
    shown = snapshots.document(call, row, extended=False)
    # What microversions have added is not in this answer.
    for name in ("group_snapshot_id", "user_id", "consumes_quota"):
        shown.pop(name, None)
    return Answer(202, {"snapshot": shown})


def _listed(call: Call, kind: str, *, detail: bool) -> dict[str, Any]:
    query = parameters(call)
    host = query.get("host")
    missing = NotFound(f"Service cinder-volume could not be found on host {host}.")
    limit, offset, order = limit_of(query), offset_of(query), sorting(query, "reference")
    _backend(call, host, query.get("cluster"), "3.17", missing)
    for at, word, known in ((0, "keys", ("reference", "size")), (1, "dirs", ("asc", "desc"))):
        bad = [part[at] for part in order if part[at] not in known]
        if bad:
            raise BadRequest(f"Invalid sort {word} passed: {', '.join(bad)}")
    rows = _known(call, kind)
    for name, direction in reversed(order):
        rows = sorted(rows, key=lambda row: row[name], reverse=direction == "desc")
    start = _after(rows, query["marker"]) if query.get("marker") else 0
    shown = [_entry(row, kind, detail=detail) for row in rows[start + offset : start + offset + limit]]
    return {f"manageable-{kind}s": shown}


def _after(rows: list[Row], marker: str) -> int:
    """The place behind the entry that the marker, a reference as JSON, names."""
    try:
        reference = json.loads(marker)
    except ValueError:
        raise invalid_input(f"marker {marker} can not be analysed, please use json like format") from None
    places = [{"source-name": row["reference"]} for row in rows]
    if reference not in places:
        raise invalid_input(f"marker not found: {reference}")
    return places.index(reference) + 1


def _known(call: Call, kind: str) -> list[Row]:
    """What the backend has of a kind: Cinder's own first."""
    table = volumes if kind == VOLUME else snapshot_table
    own = [
        {
            "reference": _NAMES[kind].format(row["id"]),
            "size": row["size"],
            "id": row["id"],
            "source": row.get("volume_id"),
        }
        for row in call.tx.rows(table, order=table.c.number)
    ]
    return own + [{**row, "id": None} for row in call.tx.rows(left_behind, kind=kind, order=left_behind.c.reference)]


def _entry(row: Row, kind: str, *, detail: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "reference": {"source-name": row["reference"]}, "size": row["size"], "safe_to_manage": row["id"] is None,
    }  # fmt: skip
    if kind == SNAPSHOT:
        shown["source_reference"] = {"source-name": f"volume-{row['source']}"}
    if detail:
        shown |= {
            "reason_not_safe": "already managed" if row["id"] else None, "cinder_id": row["id"], "extra_info": None,
        }  # fmt: skip
    return shown


def volume_index(call: Call) -> dict[str, Any]:
    """Volumes on a backend, shortly."""
    require_admin(call, "volume_extension:list_manageable")
    return _listed(call, VOLUME, detail=False)


def volume_detail(call: Call) -> dict[str, Any]:
    """Volumes on a backend, whole."""
    require_admin(call, "volume_extension:list_manageable")
    return _listed(call, VOLUME, detail=True)


def snapshot_index(call: Call) -> dict[str, Any]:
    """Snapshots on a backend, shortly."""
    require_admin(call, "snapshot_extension:list_manageable")
    return _listed(call, SNAPSHOT, detail=False)


def snapshot_detail(call: Call) -> dict[str, Any]:
    """Snapshots on a backend, whole."""
    require_admin(call, "snapshot_extension:list_manageable")
    return _listed(call, SNAPSHOT, detail=True)
