"""Live migrations beside one another: the pool of each source host, and the network that they share."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kit.cloud.compute.live import jobs
from kit.cloud.compute.live.move import LIVE, POSTCOPY, Move
from kit.cloud.compute.live.settings import read
from kit.cloud.compute.models import migrations, servers
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

INSIDE = ("preparing", "running", POSTCOPY)


def waiting(tx: Transaction, host: str) -> list[Row]:
    """The migrations that may leave a host next, oldest first: as many as `max_concurrent_live_migrations` lets."""
    most = read(tx, host)["max_concurrent_live_migrations"]
    queued = [row for row in _rows(tx, host, ("queued",)) if (row["live"] or {}).get("ready")]
    return queued[: max(most - len(_rows(tx, host, INSIDE)), 0)] if most else queued


def leaving(tx: Transaction, host: str) -> list[Row]:
    """All migrations that a host's compute service knows of."""
    return _rows(tx, host, ("queued", *INSIDE))


def _rows(tx: Transaction, host: str, statuses: tuple[str, ...]) -> list[Row]:
    order = migrations.c.id
    return tx.rows(migrations, order=order, source_host=host, migration_type=LIVE, status=list(statuses))


def share(cloud: Cloud, tx: Transaction) -> None:
    """Divide each host's network evenly among the migrations that leave it, and among those that come to it.

    A link carries as much one way whatever goes the other way. A migration that begins or ends changes the speed of
    those beside it: they are planned anew from this moment.
    """
    rows = _copying(tx)
    leave = Counter(row["source_host"] for row in rows)
    come = Counter(row["dest_host"] for row in rows)
    speed = {host: read(tx, host).network["mbps"] for host in {*leave, *come}}
    for row in rows:
        source, dest = row["source_host"], row["dest_host"]
        server = tx.get(servers, row["server_id"])
        if server is None:
            continue
        part = min(speed[source] / leave[source], speed[dest] / come[dest])
        alone = min(speed[source], speed[dest])
        jobs.limit(Move(cloud, tx, row, server), part if part < alone else None)


def _copying(tx: Transaction) -> list[Row]:
    rows = tx.rows(migrations, order=migrations.c.id, migration_type=LIVE, status=["running", POSTCOPY])
    return [row for row in rows if "job" in (row["live"] or {}) and not row["live"].get("over")]
