"""One live migration while it is worked on: its record, its server, and what every step of it needs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.clock import parse
from kit.cloud.compute.live.settings import Settings, read
from kit.cloud.compute.models import UNDER_WAY, actions, hypervisors, migrations, servers
from kit.cloud.compute.states import PAUSED, change
from kit.cloud.network import port_bindings
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.faults import Fault

EVENT = "compute.live"
LIVE = "live-migration"
POSTCOPY = "running (post-copy)"
# Seconds of cloud time of what the model does not tell, where the seed's `timings` say nothing.
DURATIONS = {"live_check": 1.0, "live_queue": 0.5, "live_prepare": 2.0, "live_clean": 0.5, "live_finish": 0.5}


class Move:
    """A live migration in one transaction.

    Attributes
    ----------
    row, server : Row
        The migration's record and the server, as they are now.
    """

    def __init__(self, cloud: Cloud, tx: Transaction, row: Row, server: Row) -> None:
        self.cloud, self.tx, self.row, self.server = cloud, tx, row, server

    @classmethod
    def find(cls, cloud: Cloud, tx: Transaction, uuid: str) -> Move | None:
        """The migration of that UUID, as long as it is under way."""
        row = tx.first(migrations, uuid=uuid)
        server = tx.get(servers, row["server_id"]) if row else None
        if row is None or server is None or row["status"] not in UNDER_WAY:
            return None
        return cls(cloud, tx, row, server)

    @classmethod
    def of(cls, cloud: Cloud, tx: Transaction, server: Row) -> Move | None:
        """The live migration of a server that is under way."""
        rows = tx.rows(migrations, server_id=server["id"], order=migrations.c.id.desc(), limit=1, migration_type=LIVE)
        return cls(cloud, tx, rows[0], server) if rows and rows[0]["status"] in UNDER_WAY else None

    @property
    def status(self) -> str:
        """The record's status."""
        return str(self.row["status"])

    @property
    def live(self) -> dict[str, Any]:
        """What the record holds beside its columns."""
        return dict(self.row["live"] or {})

    @property
    def source(self) -> str:
        """The host that the server comes from."""
        return str(self.row["source_host"])

    @property
    def destination(self) -> str:
        """The host that it goes to, or empty before one is chosen."""
        return str(self.row["dest_host"] or "")

    @property
    def settings(self) -> Settings:
        """What the operator has set for the source host, whose nova.conf counts."""
        return read(self.tx, self.source)

    @property
    def paused(self) -> bool:
        """Whether the guest stood still when the migration was asked for."""
        return bool(self.server["power_state"] == PAUSED)

    @property
    def elapsed_s(self) -> float:
        """Seconds since libvirt was told to migrate."""
        return (self.tx.now - self.started).total_seconds() if "started_at" in self.live else 0.0

    @property
    def started(self) -> datetime:
        """When libvirt was told to migrate."""
        return parse(self.live["started_at"])

    def hypervisor(self, host: str) -> Row:
        """The compute node of a host."""
        return self.tx.first(hypervisors, host=host) or {}

    def note(self, **live: Any) -> None:
        """Write something beside the record's columns."""
        self.row = {**self.row, "live": {**self.live, **live}}
        self.tx.update(migrations, self.row["id"], live=self.row["live"])

    def save(self, **fields: Any) -> None:
        """Change columns of the record."""
        fields["updated_at"] = self.tx.stamp
        self.row = {**self.row, **fields}
        self.tx.update(migrations, self.row["id"], **fields)

    def change(self, **fields: Any) -> None:
        """Change columns of the server."""
        self.server = change(self.tx, self.server, **fields)

    def later(self, seconds: float, do: str, **payload: Any) -> None:
        """Let a step fall due so many seconds from now."""
        self.cloud.events.add(self.tx, max(seconds, 0.0), EVENT, self.row["uuid"], {"do": do, **payload})

    def after(self, duration: str, do: str) -> None:
        """Let a step fall due after a duration of `DURATIONS`; the seed's timing is `compute.` and its name."""
        self.later(self.cloud.duration(f"compute.{duration}", DURATIONS[duration]), do)

    def broken(self, step: str) -> Fault | None:
        """The fault that lets a step fail, if there is one."""
        return self.cloud.faults.breaks(step, (self.server["name"], self.server["id"])) if self.cloud.faults else None

    def dead(self, host: str) -> bool:
        """Whether a host is dead."""
        return self.cloud.faults.dead(host)

    def tell(self, event: str, error: str = "", host: str = "") -> None:
        """Add an event to the server's action log: done, or failed with a reason, on a host (default the source).

        Nova marks the whole action, too, when one of its events fails.
        """
        row = self.tx.get(actions, self.live.get("action"))
        if row is None:
            return
        item = {
            "event": event, "start_time": self.tx.stamp, "finish_time": self.tx.stamp,
            "result": "Error" if error else "Success", "traceback": error or None, "details": error or None,
            "host": host or self.source,
        }  # fmt: skip
        told = {"message": "Error"} if error else {}
        self.tx.update(actions, row["id"], events=[*(row["events"] or []), item], updated_at=self.tx.stamp, **told)

    def release(self) -> None:
        """Take back what the migration has made on the destination: port bindings and volume attachments."""
        port_bindings.activate(self.tx, self.server["id"], self.source)
        port_bindings.drop(self.tx, self.server["id"])
        for attachment in self.live.get("attachments", {}).values():
            storage.disconnect(self.tx, attachment)

    def close(self, status: str, **server: Any) -> None:
        """End it: the record's last status; the server has no task any more, and holds what its host then says."""
        self.cloud.events.cancel(self.tx, self.row["uuid"], EVENT)
        self.save(status=status)
        self.change(task_state=None, **server)
