"""How far a live migration is at the present moment, from the model."""

from __future__ import annotations

from datetime import timedelta

from kit.cloud.clock import parse, stamp
from kit.cloud.compute.live import jobs
from kit.cloud.compute.live.move import LIVE, POSTCOPY
from kit.cloud.compute.live.settings import read
from kit.cloud.compute.models import migrations
from kit.cloud.store import Row, Transaction
from kit.migration.course import Progress


def of(tx: Transaction, row: Row) -> Progress | None:
    """How far the migration of a record is; None for one that does not copy."""
    live = row["live"] or {}
    return jobs.progress(live, _elapsed_s(tx, live)) if copying(row) else None


def percent(tx: Transaction, server: Row) -> int:
    """What a server that is on its way shows as `progress`."""
    rows = tx.rows(migrations, server_id=server["id"], order=migrations.c.id.desc(), limit=1, migration_type=LIVE)
    found = of(tx, rows[0]) if rows else None
    return found.percent if found else int(server["progress"] or 0)


def copying(row: Row) -> bool:
    """Whether libvirt has been told to migrate, and the end is not written down yet."""
    return row["status"] in ("running", POSTCOPY) and row["migration_type"] == LIVE and "job" in (row["live"] or {})


def updated(tx: Transaction, row: Row) -> str:
    """When a record was last written: Nova saves the statistics of a running one every few seconds."""
    if not copying(row):
        return str(row["updated_at"])
    every = int(read(tx, row["source_host"])["live_migration_monitor_interval"])
    past = _elapsed_s(tx, row["live"]) // every * every
    return max(str(row["updated_at"]), stamp(parse(row["live"]["started_at"]) + timedelta(seconds=past)))


def _elapsed_s(tx: Transaction, live: dict[str, str]) -> float:
    return (tx.now - parse(live["started_at"])).total_seconds() if "started_at" in live else 0.0
