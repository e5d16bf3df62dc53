"""The image cache: which images the image service keeps at hand for those who ask next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound
from kit.cloud.image import policy
from kit.cloud.image.images import visible
from kit.cloud.image.models import cached, images
from kit.cloud.image.service import bad_request
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event

# Seconds of cloud time until a queued image is there, where the seed's `timings` say nothing.
DURATION = 2.0


def _operator(call: Call, rule: str) -> None:
    policy.require(call.context, rule, call.context.is_admin)


def _seconds(stamp: str | None) -> float:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() if stamp else 0.0


def _document(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "image_id": row["image_id"], "hits": row["hits"], "last_accessed": _seconds(row["accessed_at"]),
        "last_modified": _seconds(row["cached_at"]), "size": row["size"],
    }  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """What is in the cache, and what is to be."""
    _operator(call, "cache_list")
    rows = call.tx.rows(cached, order=cached.c.id)
    return {
        "cached_images": [_document(row) for row in rows if row["cached_at"]],
        "queued_images": [row["image_id"] for row in rows if not row["cached_at"]],
    }


def queue(call: Call, image_id: str) -> Answer:
    """Let an image be put into the cache."""
    row = _find(call, image_id)
    _operator(call, "cache_image")
    if row["status"] != "active":
        raise bad_request("Only images with status active can be targeted for queueing")
    if not call.tx.first(cached, image_id=image_id):
        call.tx.insert(cached, image_id=image_id, hits=0, size=row["size"])
        call.later(call.cloud.duration("image.cache", DURATION), "image.cache", image_id)
    return Answer(202)


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """A queued image is in the cache now."""
    row = tx.first(cached, image_id=event.subject)
    if row is not None and tx.get(images, event.subject) is not None:
        tx.update(cached, row["id"], cached_at=tx.stamp, accessed_at=tx.stamp)


def _find(call: Call, image_id: str) -> Row:
    row = visible(call.tx, call.context, image_id)
    if row is None:
        raise NotFound(f"Image {image_id} not found.")
    return row


def delete(call: Call, image_id: str) -> None:
    """Take one image out."""
    if visible(call.tx, call.context, image_id) is None and not call.tx.first(cached, image_id=image_id):
        raise NotFound(f"Image {image_id} not found.")
    _operator(call, "cache_delete")
    call.tx.delete(cached, image_id=image_id)


def clear(call: Call) -> None:
    """Empty the cache, the queue, or (when the header says neither) both."""
    _operator(call, "cache_delete")
    target = call.headers.get("x-image-cache-clear-target", "").lower()
    if target not in ("", "cache", "queue"):
        raise bad_request("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
    for row in call.tx.rows(cached):
        if target in ("", "cache" if row["cached_at"] else "queue"):
            call.tx.delete(cached, id=row["id"])


def nodes(call: Call, image_id: str) -> Answer:
    """The nodes that have an image in their cache: the one there is, when it has it."""
    _operator(call, "list_cached_nodes")
    row = _find(call, image_id)
    entry = call.tx.first(cached, image_id=row["id"])
    return Answer(200, [call.root] if entry and entry["cached_at"] else [])


def clean(call: Call) -> Answer:
    """Remove what is broken: nothing ever is."""
    _operator(call, "cache_clean")
    return Answer(200)


def prune(call: Call) -> dict[str, Any]:
    """Make the cache small enough: it always is."""
    _operator(call, "cache_prune")
    return {"total_files_pruned": 0, "total_bytes_pruned": 0}
