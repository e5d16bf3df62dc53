"""Images that Nova makes of servers, in its own transaction."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.image.data import activate
from kit.cloud.image.images import insert
from kit.cloud.image.models import images
from kit.cloud.store import Row, Transaction


def begin(call: Call, name: str, properties: dict[str, Any], **columns: Any) -> Row:
    """A queued image for a snapshot.

    Parameters
    ----------
    columns
        `disk_format`, `container_format`, `min_disk`, `min_ram`.
    """
    values = {"disk_format": "qcow2", "container_format": "bare", "visibility": "private", **columns, "name": name}
    texts = {key: str(value) for key, value in properties.items() if value is not None}
    return insert(call, call.tx.ids.uuid(), values, [], texts)


def finish(tx: Transaction, image_id: str, disk: int) -> None:
    """The snapshot is there: a qcow2 file with nothing but its header, of a disk of `disk` GiB."""
    row = tx.get(images, image_id)
    if row is not None and row["status"] == "queued":
        header = b"QFI\xfb" + (3).to_bytes(4, "big") + bytes(16) + (disk * 2**30).to_bytes(8, "big") + bytes(72)
        activate(tx, image_id, header, "qcow2")
