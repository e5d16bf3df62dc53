"""Metadata of volumes and of snapshots."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kit.cloud.block_storage import schemas, snapshots
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import invalid, require_member
from kit.cloud.block_storage.models import snapshots as snapshot_table
from kit.cloud.block_storage.models import volumes as volume_table
from kit.cloud.block_storage.validation import body
from kit.cloud.block_storage.volumes import find, own
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row


def _tag(metadata: dict[str, Any]) -> str:
    return hashlib.md5(json.dumps({"metadata": metadata}).encode(), usedforsecurity=False).hexdigest()


def _unchanged(call: Call, row: Row) -> bool:
    """Whether the metadata is still what the request's `If-Match` names (3.15)."""
    wanted = call.headers.get("if-match", "")
    if not wanted or not call.at_least("3.15"):
        return True
    return _tag(row["metadata"] or {}) in [tag.strip().strip('"') for tag in wanted.split(",")]


def index(call: Call, volume_id: str) -> Any:
    """A volume's metadata; with a tag of its state from 3.15 on."""
    metadata = find(call, volume_id)["metadata"] or {}
    if call.at_least("3.15"):
        return _raw({"metadata": metadata}, {"Etag": _tag(metadata)})
    return {"metadata": metadata}


def _raw(shown: dict[str, Any], headers: dict[str, str]) -> Answer:
    """An answer that Cinder writes without its API: its media type is the web framework's."""
    return Answer(200, shown, headers, type="text/html; charset=UTF-8")


def _store(call: Call, row: Row, metadata: dict[str, Any]) -> None:
    if row["status"] in ("maintenance", "uploading"):
        raise invalid("volume", f"Updating volume metadata is not allowed for volumes in {row['status']} status.")
    call.tx.update(volume_table, row["id"], metadata=metadata)


def create(call: Call, volume_id: str) -> dict[str, Any]:
    """Add to a volume's metadata."""
    given = body(call, schemas.META_ALL)["metadata"]
    row = own(call, volume_id, "volume:create_volume_metadata")
    metadata = {**(row["metadata"] or {}), **given}
    _store(call, row, metadata)
    return {"metadata": metadata}


def replace(call: Call, volume_id: str) -> Any:
    """Replace a volume's metadata."""
    given = body(call, schemas.META_ALL)["metadata"]
    row = own(call, volume_id, "volume:update_volume_metadata")
    if not _unchanged(call, row):
        return bare(412)
    _store(call, row, given)
    return {"metadata": given}


def show(call: Call, volume_id: str, key: str) -> dict[str, Any]:
    """One item."""
    metadata = find(call, volume_id)["metadata"] or {}
    if key not in metadata:
        raise _no_item(volume_id, key)
    return {"meta": {key: metadata[key]}}


def _no_item(volume_id: str, key: str) -> NotFound:
    return NotFound(f"Volume {volume_id} has no metadata with key {key}.")


def _one(given: dict[str, Any], key: str) -> None:
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    if len(given) > 1:
        raise BadRequest("Request body contains too many items")


def update(call: Call, volume_id: str, key: str) -> Any:
    """Set one item."""
    given = body(call, schemas.META_ONE)["meta"]
    row = own(call, volume_id, "volume:update_volume_metadata")
    if not _unchanged(call, row):
        return Answer(412)
    _one(given, key)
    _store(call, row, {**(row["metadata"] or {}), **given})
    return {"meta": given}


def delete(call: Call, volume_id: str, key: str) -> Answer:
    """Remove one item."""
    row = find(call, volume_id)
    metadata = row["metadata"] or {}
    if key not in metadata:
        raise _no_item(volume_id, key)
    require_member(call, "volume:delete_volume_metadata")
    if row["status"] in ("maintenance", "uploading"):
        raise invalid("volume", f"Deleting volume metadata is not allowed for volumes in {row['status']} status.")
    left = {name: value for name, value in metadata.items() if name != key}
    call.tx.update(volume_table, row["id"], metadata=left)
    return bare(200)


# Snapshots


def snapshot_index(call: Call, snapshot_id: str) -> dict[str, Any]:
    """A snapshot's metadata."""
    return {"metadata": snapshots.find(call, snapshot_id)["metadata"] or {}}


def _snapshot(call: Call, snapshot_id: str) -> Row:
    row = snapshots.find(call, snapshot_id)
    require_member(call, "volume:update_snapshot_metadata")
    return row


def snapshot_create(call: Call, snapshot_id: str) -> dict[str, Any]:
    """Add to a snapshot's metadata."""
    given = body(call, schemas.SNAPSHOT_META_ALL)["metadata"]
    row = _snapshot(call, snapshot_id)
    metadata = {**(row["metadata"] or {}), **given}
    call.tx.update(snapshot_table, row["id"], metadata=metadata)
    return {"metadata": metadata}


def snapshot_replace(call: Call, snapshot_id: str) -> dict[str, Any]:
    """Replace a snapshot's metadata."""
    given = body(call, schemas.SNAPSHOT_META_ALL)["metadata"]
    row = _snapshot(call, snapshot_id)
    call.tx.update(snapshot_table, row["id"], metadata=given)
    return {"metadata": given}


def _no_snapshot_item(snapshot_id: str, key: str) -> NotFound:
    return NotFound(f"Snapshot {snapshot_id} has no metadata with key {key}.")


def snapshot_show(call: Call, snapshot_id: str, key: str) -> dict[str, Any]:
    """One item."""
    metadata = snapshots.find(call, snapshot_id)["metadata"] or {}
    if key not in metadata:
        raise _no_snapshot_item(snapshot_id, key)
    return {"meta": {key: metadata[key]}}


def snapshot_update(call: Call, snapshot_id: str, key: str) -> dict[str, Any]:
    """Set one item."""
    given = body(call, schemas.SNAPSHOT_META_ONE)["meta"]
    _one(given, key)
    row = _snapshot(call, snapshot_id)
    call.tx.update(snapshot_table, row["id"], metadata={**(row["metadata"] or {}), **given})
    return {"meta": given}


def snapshot_delete(call: Call, snapshot_id: str, key: str) -> Answer:
    """Remove one item."""
    row = snapshots.find(call, snapshot_id)
    metadata = row["metadata"] or {}
    if key not in metadata:
        raise _no_snapshot_item(snapshot_id, key)
    require_member(call, "volume:delete_snapshot_metadata")
    left = {name: value for name, value in metadata.items() if name != key}
    call.tx.update(snapshot_table, row["id"], metadata=left)
    return bare(200)
