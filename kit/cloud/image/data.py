"""An image's data: upload, download, what an import will take over, deactivation."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.image.images import METHODS, STORE, find, own
from kit.cloud.image.models import images, parts
from kit.cloud.image.service import bad_request, conflict, forbidden
from kit.cloud.store import Transaction

PART = 4 * 2**20  # bytes


def keep(tx: Transaction, image_id: str, data: bytes, *, staged: bool = False) -> None:
    """Write the data down in parts, instead of what was there."""
    tx.delete(parts, image_id=image_id, staged=staged)
    for number, start in enumerate(range(0, len(data), PART)):
        tx.insert(parts, image_id=image_id, staged=staged, number=number, data=data[start : start + PART])


def load(tx: Transaction, image_id: str, *, staged: bool = False) -> bytes:
    """The data, whole."""
    rows = tx.rows(parts, image_id=image_id, staged=staged, order=parts.c.number)
    return b"".join(row["data"] for row in rows)


def activate(tx: Transaction, image_id: str, data: bytes, disk_format: str | None) -> None:
    """The data is there: sizes and hashes are known, the image is active."""
    keep(tx, image_id, data)
    tx.update(
        images, image_id, status="active", size=len(data), virtual_size=_virtual(data, disk_format),
        checksum=hashlib.md5(data, usedforsecurity=False).hexdigest(), os_hash_algo="sha512",
        os_hash_value=hashlib.sha512(data).hexdigest(), updated_at=tx.stamp,
    )  # fmt: skip


def _virtual(data: bytes, disk_format: str | None) -> int | None:
    """The size of the disk inside: the file's own for raw, the header's for qcow2, unknown else."""
    if disk_format in ("raw", "iso", "ploop"):
        return len(data)
    if disk_format == "qcow2" and data[:4] == b"QFI\xfb" and len(data) >= 32:
        return int.from_bytes(data[24:32], "big")
    return None


def _formats(row: dict[str, Any]) -> None:
    missing = [name for name in ("disk_format", "container_format") if not row[name]]
    if missing:
        raise bad_request(f"Properties {', '.join(missing)} must be set prior to saving data.")


def upload(call: Call, image_id: str) -> None:
    """Receive the data of a queued image."""
    row = own(call, image_id, "upload")
    if call.headers.get("content-type", "").split(";")[0] != "application/octet-stream":
        error = ApiError("The request body has an unsupported media type.", status=415)
        error.title = "Unsupported Media Type"
        raise error
    if row["status"] != "queued":
        raise conflict(f"Image status transition from {row['status']} to saving is not allowed")
    _formats(row)
    activate(call.tx, image_id, call.body, row["disk_format"])


def download(call: Call, image_id: str) -> Answer:
    """Send the data, or the `Range` of it that was asked for."""
    row = find(call, image_id)
    if row["status"] == "deactivated" and not call.context.is_admin:
        raise forbidden("The requested image has been deactivated. Image data download is forbidden.")
    if row["size"] is None:
        return Answer(204)
    data = load(call.tx, image_id)
    headers = {"Content-Md5": row["checksum"]} if row["checksum"] else {}
    wanted = call.headers.get("range")
    if wanted:
        low, high = _range(wanted, len(data))
        headers["Content-Range"] = f"bytes {low}-{high}/{len(data)}"
        return Answer(206, data[low : high + 1], headers, "application/octet-stream")
    return Answer(200, data, headers, "application/octet-stream")


def _range(text: str, size: int) -> tuple[int, int]:
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text.strip())
    if match and (match[1] or match[2]):
        low = int(match[1]) if match[1] else max(size - int(match[2]), 0)
        high = min(int(match[2]), size - 1) if match[1] and match[2] else size - 1
        if low <= high:
            return low, high
    error = ApiError(
        "The requested range is not satisfiable.", status=416, headers={"Content-Range": f"bytes */{size}"}
    )
    error.title = "Requested Range Not Satisfiable"
    raise error


def stage(call: Call, image_id: str) -> None:
    """Receive data that an import will take over."""
    row = own(call, image_id, "stage")
    if row["status"] != "queued":
        raise conflict(f"Image status transition from {row['status']} to uploading is not allowed")
    keep(call.tx, image_id, call.body, staged=True)
    call.tx.update(images, image_id, status="uploading", updated_at=call.tx.stamp)


def deactivate(call: Call, image_id: str) -> None:
    """Let nobody but the administrator download the data."""
    _set_status(call, image_id, "deactivated", "active")


def reactivate(call: Call, image_id: str) -> None:
    """Let everybody who sees the image download it again."""
    _set_status(call, image_id, "active", "deactivated")


def _set_status(call: Call, image_id: str, status: str, since: str) -> None:
    row = find(call, image_id)
    if not (call.context.is_admin or row["owner"] == call.context.project_id):
        word = "deactivate" if status == "deactivated" else "reactivate"
        raise forbidden(f"You are not authorized to complete {word} action.")
    if row["status"] not in (status, since):
        raise forbidden(f"Not allowed to change the status of image {image_id} from {row['status']} to {status}.")
    call.tx.update(images, image_id, status=status, updated_at=call.tx.stamp)


def import_info(call: Call) -> dict[str, Any]:
    """The ways in which data may come in."""
    value = METHODS.split(",")
    return {"import-methods": {"description": "Import methods available.", "type": "array", "value": value}}


def stores_info(call: Call) -> dict[str, Any]:
    """Where data is kept: one place."""
    return {"stores": [{"id": STORE, "default": "true"}]}


def stores_detail(call: Call) -> dict[str, Any]:
    """How data is kept; only the operator is told."""
    if call.context.roles.isdisjoint(("admin", "service")):
        raise forbidden("You are not authorized to complete stores_info_detail action.")
    store = {
        "id": STORE, "default": "true", "type": "file", "weight": 0,
        "properties": {"data_dir": "/var/lib/glance/images", "chunk_size": 65536, "thin_provisioning": False},
    }  # fmt: skip
    return {"stores": [store]}


def usage(call: Call) -> dict[str, Any]:
    """The quotas of the caller's project and their use: none, as where Glance does not enforce unified limits."""
    return {"usage": {}}
