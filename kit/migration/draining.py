"""Draining a host of any cloud, through an openstacksdk connection: disable it, move all off it, report.

from kit.migration.draining import Drain

drain = Drain(openstack.connect(cloud="prod"), "compute-7", parallel=2)
print(drain.estimate())          # looks only
report = drain.run(print)        # told of every change
report.left                      # servers that are still there, each with the reason
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.errors import MigrationError
from kit.migration.drain import Estimate, Load, estimate, guest_of
from kit.migration.errors import ValueOutOfRange, at_least
from kit.migration.knobs import Knobs
from kit.migration.link import Link

if TYPE_CHECKING:
    from openstack.connection import Connection

REASON = "drained by kit migrate"
PREFIX = "workload:"  # metadata by which a server of the mock cloud tells what its guest does
LIVE = ("ACTIVE", "PAUSED")
STAYS = {
    "VERIFY_RESIZE": "confirm or revert its resize first", "SUSPENDED": "resume it first", "RESCUE": "unrescue it first",
    "ERROR": "reset its state, or rebuild it, first", "SHELVED": "it has nothing here any more once it is offloaded",
    "MIGRATING": "it is on its way already",
}  # fmt: skip
# Looks in a row at which the cloud may fail to answer.
UNSEEN = 5
OVER = ("completed", "failed", "cancelled", "error", "finished", "confirmed", "done", "reverted")


@dataclass(frozen=True)
class Step:
    """Something that has changed.

    Attributes
    ----------
    server : str
        Its name; empty for the host itself.
    status : str
        `disabled`, a migration's status, `confirmed`, `forced`, or `left`.
    percent : int or None
        How much of its memory is over.
    note : str
        Where to, or why not.
    """

    server: str
    status: str
    percent: int | None = None
    note: str = ""

    def __str__(self) -> str:
        done = f" {self.percent} %" if self.percent is not None else ""
        return f"{self.server or 'host'}: {self.status}{done}" + (f" ({self.note})" if self.note else "")


@dataclass
class Report:
    """What came of a drain.

    Attributes
    ----------
    moved : list of dict
        `server`, `id`, `how`, `to`, `seconds` of each that is elsewhere now.
    left : list of dict
        `server`, `id`, `why` of each that is still there.
    """

    host: str
    estimate: Estimate
    moved: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing is left on the host."""
        return not self.left

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "host": self.host, "empty": self.empty, "seconds": round(self.seconds, 1), "moved": self.moved,
            "left": self.left, "expected": self.estimate.to_dict(),
        }  # fmt: skip

    def __repr__(self) -> str:
        head = f"{self.host}: {len(self.moved)} moved in {self.seconds:.0f} s (expected {self.estimate.seconds:.0f} s)"
        moved = [f"  {row['server']} -> {row['to']} ({row['how']}, {row['seconds']:.0f} s)" for row in self.moved]
        return "\n".join([head, *moved, *[f"  {row['server']} is left: {row['why']}" for row in self.left]])


@dataclass
class _Flight:
    """A server on its way."""

    load: Load
    began_s: float
    tries: int = 1
    forced: bool = False
    unseen: int = 0
    shown: tuple[str, int | None] = ("", None)
    seen: set[Any] = field(default_factory=set)


class Drain:
    """The drain of one host.

    Parameters
    ----------
    connection : openstack.connection.Connection
        An administrator's.
    host : str
        The compute host, as `openstack compute service list` names it.
    parallel : int
        How many servers at once.
    link, knobs
        For the estimate: the network, and what nova.conf says.
    writes_per_s, working_set_mib : float
        For the estimate: what a guest is taken to rewrite where nothing is known.
    retries : int
        How often a server whose migration failed is tried again.
    force_after_s, abort_after_s : float
        Seconds after which a live migration that still runs is forced to complete, or aborted; 0 for never.
    poll_s : float
        Seconds between two looks.
    sleep, now : callable
        Of a clock other than this machine's.

    Raises
    ------
    ValueOutOfRange
        For a number that has no meaning.
    """

    def __init__(
        self, connection: Connection, host: str, *, parallel: int = 1, link: Link | None = None,
        knobs: Knobs | None = None, writes_per_s: float = 1000, working_set_mib: float = 128, retries: int = 1,
        force_after_s: float = 0.0, abort_after_s: float = 0.0, poll_s: float = 2.0,
        sleep: Callable[[float], object] = time.sleep, now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        at_least("parallel", parallel, 1)
        at_least("retries", retries, 0)
        at_least("poll_s", poll_s, 0)
        at_least("force_after_s", force_after_s, 0)
        at_least("abort_after_s", abort_after_s, 0)
        at_least("writes_per_s", writes_per_s, 0)
        at_least("working_set_mib", working_set_mib, 0)
        if force_after_s and abort_after_s:
            raise ValueOutOfRange("abort_after_s", abort_after_s, "0 where force_after_s is given")
        self.connection, self.host, self.parallel = connection, host, parallel
        self.link, self.knobs = link or Link(), knobs or Knobs.nova()
        self.writes_per_s, self.working_set_mib, self.retries = writes_per_s, working_set_mib, retries
        self.force_after_s, self.abort_after_s = force_after_s, abort_after_s
        self.poll_s, self.sleep, self.now = poll_s, sleep, now
        self.report: Report | None = None
        self.flying: list[_Flight] = []

    @property
    def on_their_way(self) -> list[str]:
        """Names of the servers whose migration was asked for and is not over."""
        return [flight.load.name for flight in self.flying]

    def service(self) -> Any:
        """The host's compute service.

        Raises
        ------
        MigrationError
            When there is no such host.
        """
        found = [row for row in self.connection.compute.services() if row.binary == "nova-compute"]
        for row in found:
            if row.host == self.host:
                return row
        names = ", ".join(sorted(row.host for row in found))
        raise MigrationError(f"there is no compute host {self.host!r}", todo=f"There are: {names or 'none'}.")

    def loads(self) -> list[Load]:
        """The servers on the host, by name."""
        rows = self.connection.compute.servers(all_projects=True, compute_host=self.host)
        return sorted((self._load(row) for row in rows), key=lambda load: (load.name, load.id))

    def _load(self, row: Any) -> Load:
        flavor = row.flavor or {}
        ram = float(flavor.get("ram") or self._flavor(flavor.get("id")).ram or 1024)
        told = {key.removeprefix(PREFIX): v for key, v in (row.metadata or {}).items() if key.startswith(PREFIX)}
        writes = _number(told.get("writes_per_s"), self.writes_per_s)
        size = _number(told.get("working_set_mib"), self.working_set_mib)
        guest = guest_of(ram, writes, size, row.status == "PAUSED")
        if row.task_state and row.status != "MIGRATING":
            return Load(row.name, row.id, "", guest, f"it is busy: {row.task_state}")
        how = "live" if row.status in LIVE else "cold" if row.status == "SHUTOFF" else ""
        why = "" if how else STAYS.get(row.status, f"its status is {row.status}")
        return Load(row.name, row.id, how, guest, why)

    def _flavor(self, id: Any) -> Any:
        return self.connection.compute.get_flavor(id)

    def estimate(self) -> Estimate:
        """What it will take; nothing is changed.

        Raises
        ------
        MigrationError
            When there is no such host.
        """
        self.service()
        return self._estimate(self.loads())

    def _estimate(self, loads: list[Load]) -> Estimate:
        limits = {"force_after_s": self.force_after_s, "abort_after_s": self.abort_after_s}
        return estimate(loads, self.link, self.knobs, parallel=self.parallel, **limits)

    def run(self, told: Callable[[Step], object] = lambda step: None) -> Report:
        """Disable the host and move all off it.

        Raises
        ------
        MigrationError
            When there is no such host.
        """
        began = self.now()
        service = self.service()
        if service.status != "disabled":
            self.connection.compute.disable_service(service, self.host, "nova-compute", REASON)
            told(Step("", "disabled", note=REASON))
        found = self._estimate(self.loads())
        report = self.report = Report(self.host, found)
        for load in found.stay:
            _leave(report, told, load, load.why)
        waiting, self.flying = [each.load for each in found.moves], []
        while waiting or self.flying:
            while waiting and len(self.flying) < self.parallel:
                flight = self._begin(waiting.pop(0), report, told)
                if flight is not None:
                    self.flying.append(flight)
            if self.flying:
                self.sleep(self.poll_s)
            self.flying = [flight for flight in self.flying if not self._looked(flight, report, told)]
        report.seconds = self.now() - began
        return report

    def _begin(self, load: Load, report: Report, told: Callable[[Step], object]) -> _Flight | None:
        """Ask for a migration; None when it is refused."""
        flight = _Flight(load, self.now(), seen={row.id for row in self._records(load)})
        refused = self._ask(load)
        if refused:
            _leave(report, told, load, refused)
            return None
        return flight

    def _ask(self, load: Load) -> str:
        """Ask the cloud to move a server; why it does not, or nothing."""
        from openstack.exceptions import SDKException

        try:
            if load.how == "live":
                self.connection.compute.live_migrate_server(load.id, host=None, block_migration="auto")
            else:
                self.connection.compute.migrate_server(load.id)
        except SDKException as error:
            return str(getattr(error, "details", None) or error)
        return ""

    def _records(self, load: Load) -> list[Any]:
        return list(self.connection.compute.migrations(server_id=load.id))

    def _looked(self, flight: _Flight, report: Report, told: Callable[[Step], object]) -> bool:
        """As `_over`; a cloud that for a few looks does not answer ends no drain."""
        from keystoneauth1.exceptions import ClientException
        from openstack.exceptions import SDKException

        try:
            over = self._over(flight, report, told)
        except (SDKException, ClientException) as error:
            status = getattr(error, "status_code", None) or getattr(error, "http_status", None) or 503
            flight.unseen += 1
            if flight.unseen > UNSEEN or status < 500:
                raise
            told(Step(flight.load.name, "not seen", note=str(error)))
            return False
        flight.unseen = 0
        return over

    def _over(self, flight: _Flight, report: Report, told: Callable[[Step], object]) -> bool:
        """Look at a server on its way; whether it has arrived or is given up."""
        load = flight.load
        server = self.connection.compute.find_server(load.id, all_projects=True)
        if server is None:
            return True  # somebody deleted it: the host has one less
        record = next((row for row in self._records(load) if row.id not in flight.seen), None)
        status = record.status if record else "accepted"
        self._tell(flight, status, server, told)
        if load.how == "cold" and server.status == "VERIFY_RESIZE":
            self.connection.compute.confirm_server_resize(server)
            told(Step(load.name, "confirmed"))
        elif status not in OVER:
            self._hurry(flight, record, told)
            return False
        if server.compute_host != self.host and not server.task_state:
            seconds = round(self.now() - flight.began_s, 1)
            row = {"server": load.name, "id": load.id, "how": load.how, "to": server.compute_host, "seconds": seconds}
            report.moved.append(row)
            told(Step(load.name, "moved", 100, f"to {server.compute_host}"))
            if server.status == "ERROR":
                told(Step(load.name, "error", note=_fault(server)))
            return True
        if server.task_state:
            return False
        return self._again(flight, status, server, report, told)

    def _again(self, flight: _Flight, status: str, server: Any, report: Report, told: Callable[[Step], object]) -> bool:
        """Try a server whose migration came to nothing once more, or leave it."""
        load = flight.load
        why = f"its migration is {status}" + (f": {_fault(server)}" if _fault(server) else "")
        if flight.tries > self.retries or server.status == "ERROR":
            _leave(report, told, load, why)
            return True
        flight.tries += 1
        flight.forced, flight.began_s = False, self.now()
        flight.seen = {row.id for row in self._records(load)}
        told(Step(load.name, "again", note=why))
        refused = self._ask(load)
        if refused:
            _leave(report, told, load, refused)
        return bool(refused)

    def _tell(self, flight: _Flight, status: str, server: Any, told: Callable[[Step], object]) -> None:
        percent = int(server.progress or 0) if status.startswith("running") else None
        if (status, percent) != flight.shown:
            flight.shown = (status, percent)
            told(Step(flight.load.name, status, percent))

    def _hurry(self, flight: _Flight, record: Any, told: Callable[[Step], object]) -> None:
        """Force a live migration that has run for too long, or abort it."""
        from openstack.exceptions import SDKException

        limit_s = self.force_after_s or self.abort_after_s
        running = record is not None and record.status == "running" and flight.load.how == "live"
        if not limit_s or flight.forced or not running or self.now() - flight.began_s < limit_s:
            return
        flight.forced = True
        compute = self.connection.compute
        try:
            if self.force_after_s:
                compute.force_complete_server_migration(record.id, flight.load.id)
            else:
                compute.abort_server_migration(record.id, flight.load.id)
        except SDKException as error:
            told(Step(flight.load.name, "not forced", note=str(error)))
            return
        told(Step(flight.load.name, "forced" if self.force_after_s else "aborted"))


def _leave(report: Report, told: Callable[[Step], object], load: Load, why: str) -> None:
    report.left.append({"server": load.name, "id": load.id, "why": why})
    told(Step(load.name, "left", note=why))


def _fault(server: Any) -> str:
    return str((server.fault or {}).get("message", "")) if getattr(server, "fault", None) else ""


def _number(text: Any, otherwise: float) -> float:
    try:
        found = float(text)
    except (TypeError, ValueError):
        return otherwise
    return found if 0 <= found < math.inf else otherwise
