"""What happens to objects over time: they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.cloud.object_store.models import containers, objects
from kit.cloud.object_store.moments import seconds
from kit.cloud.object_store.writing import drop
from kit.cloud.store import Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event


def expired(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """Keep an object no longer, unless its end was put off or it was written anew."""
    row = tx.get(objects, int(event.subject))
    if row is not None and row["delete_at"] is not None and row["delete_at"] <= seconds(tx.stamp):
        holder = tx.get(containers, row["container_id"])
        assert holder is not None
        drop(tx, holder, row)
