"""An image's data: upload, download, what an import will take over, deactivation."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.image import policy, ranges
from kit.cloud.image.images import METHODS, STORE, find, permitted
from kit.cloud.image.inspection import mismatch, virtual_size
from kit.cloud.image.models import images, parts
from kit.cloud.image.service import bad_request, conflict, forbidden, unsupported
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
        images, image_id, status="active", size=len(data), virtual_size=virtual_size(data, disk_format),
        checksum=hashlib.md5(data, usedforsecurity=False).hexdigest(), os_hash_algo="sha512",
        os_hash_value=hashlib.sha512(data).hexdigest(), updated_at=tx.stamp,
    )  # fmt: skip


def _ready(row: dict[str, Any], status: str) -> None:
    """Refuse what does not come next for the image (glance.domain.Image.status)."""
    if row["status"] != "queued":
        raise conflict(f"Image status transition from {row['status']} to {status} is not allowed")
    missing = [name for name in ("disk_format", "container_format") if not row[name]]
    if missing and status == "saving":
        noun = "Property" if len(missing) == 1 else "Properties"
        raise bad_request(f"{noun} {', '.join(missing)} must be set prior to saving data.")


def _octets(call: Call) -> int:
    """The size that the client says the data has, 0 where it says none; what is not sent as bytes is refused."""
    media = call.headers.get("content-type", "") or "text/plain"
    if media.split(";")[0].strip() != "application/octet-stream":
        raise unsupported(f"Invalid content type {media}")
    size = call.headers.get("x-openstack-image-size")
    if size is not None and not re.fullmatch(r"\s*[+-]?\d+\s*", size):
        raise bad_request("Invalid or missing image size in request headers.")
    return int(size or 0)


def _store(call: Call) -> None:
    name = call.headers.get("x-image-meta-store")
    if name not in (None, STORE):
        raise bad_request(f"Store for identifier {name} not found")


def upload(call: Call, image_id: str) -> None:
    """Receive the data of a queued image."""
    size = _octets(call)
    _store(call)
    row = permitted(call, image_id, "upload_image")
    _ready(row, "saving")
    if size and size != len(call.body):
        raise bad_request(f"Size mismatch: expected {size} bytes, got {len(call.body)} bytes")
    found = mismatch(call.body, row["disk_format"]) if row["container_format"] == "bare" else ""
    if found:
        raise unsupported(f"Image disk_format {row['disk_format']} does not match stream data {found}")
    activate(call.tx, image_id, call.body, row["disk_format"])


def download(call: Call, image_id: str) -> Answer:
    """Send the data, or the `Range` of it that was asked for."""
    row = find(call, image_id)
    if row["status"] == "deactivated" and not call.context.is_admin:
        raise forbidden("The requested image has been deactivated. Image data download is forbidden.")
    policy.enforce(call.context, "download_image", row)
    for name in (call.query.one("prefer") or "").split(","):
        if name.strip() not in ("", STORE):
            raise bad_request(f"Store '{name.strip()}' is not configured.")
    if row["status"] not in ("active", "deactivated"):
        return Answer(204, headers={} if row["size"] is None else {"Content-Length": str(row["size"])})
    data = load(call.tx, image_id)
    headers = {"Content-Md5": row["checksum"]} if row["checksum"] else {}
    part = ranges.wanted(call.headers, len(data))
    if part is None:
        return Answer(200, data, headers, "application/octet-stream")
    low, high = part
    headers["Content-Range"] = f"bytes {low}-{high - 1}/{len(data)}"
    return Answer(206, data[low:high], headers, "application/octet-stream")


def stage(call: Call, image_id: str) -> None:
    """Receive data that an import will take over."""
    _octets(call)
    row = permitted(call, image_id, "modify_image")
    _ready(row, "uploading")
    keep(call.tx, image_id, call.body, staged=True)
    call.tx.update(images, image_id, status="uploading", size=len(call.body), updated_at=call.tx.stamp)


def deactivate(call: Call, image_id: str) -> None:
    """Let nobody but the administrator download the data."""
    _set_status(call, image_id, "deactivated", "active")


def reactivate(call: Call, image_id: str) -> None:
    """Let everybody who sees the image download it again."""
    _set_status(call, image_id, "active", "deactivated")


def _set_status(call: Call, image_id: str, status: str, since: str) -> None:
    word = "deactivate" if status == "deactivated" else "reactivate"
    row = permitted(call, image_id, word)
    if row["status"] not in (status, since):
        raise forbidden(f"Not allowed to {word} image in status '{row['status']}'")
    if row["status"] == since:
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
    policy.require(call.context, "stores_info_detail", not call.context.roles.isdisjoint(("admin", "service")))
    store = {
        "id": STORE, "default": "true", "type": "file", "weight": 0,
        "properties": {"data_dir": "/var/lib/glance/images", "chunk_size": 65536, "thin_provisioning": False},
    }  # fmt: skip
    return {"stores": [store]}


def usage(call: Call) -> dict[str, Any]:
    """The quotas of the caller's project and their use: none, as where Glance does not enforce unified limits."""
    return {"usage": {}}
