"""A real migration watched from its command to its end, as a record like those of the reference data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from kit.migration.errors import between
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.qemu import Pair, parameters
from kit.migration.records import Record, params_of
from kit.migration.turns import Turn

POLL_S = 0.1
BEFORE_S = 0.5  # for the writer's rate before the migration, as in the reference data
COUNTED_S = 2.0  # at most, for the figures of a migration that is over
OVER = ("completed", "failed", "cancelled", "postcopy-paused")
ROW = (
    "t_s", "status", "total_time_ms", "transferred_bytes", "remaining_bytes", "normal_pages", "duplicate_pages",
    "dirty_sync_count", "dirty_pages_per_s", "mbit_s", "expected_downtime_ms", "throttle_pct", "postcopy_requests",
)  # fmt: skip
_PARAMETERS = {"max_bandwidth_mib_s": "max-bandwidth", "downtime_limit_ms": "downtime-limit"}


def measure(
    guest: Guest, knobs: Knobs, turns: Iterable[Turn] = (), *, timeout_s: float = 20.0, spin: int = 0,
    on_row: Callable[[dict[str, Any]], None] | None = None,
) -> Record:  # fmt: skip
    """Migrate the tiny guest between two real QEMUs and tell what happened.

    Parameters
    ----------
    guest, knobs, turns
        As for the model; the turns are done at the first poll (100 ms) after their moment.
    timeout_s : float
        Seconds after which the migration is cancelled.
    spin : int
        More than 0: a writer bound by the CPU.
    on_row : callable, optional
        Called with every poll as a dictionary, units in the names.

    Raises
    ------
    QemuMissing, QemuError, CapabilityMissing, ValueOutOfRange
        When there is no QEMU, or it does not do as it is told.
    """
    between("timeout_s", timeout_s, 0.1, 86_400)
    began = time.monotonic()
    with Pair(guest, spin) as pair:
        boot_s = time.monotonic() - began
        pair.set(knobs)
        watch = Watch(pair, list(turns), timeout_s, on_row)
        watch.before = pair.writes_per_s(BEFORE_S) if guest.working_set.pages else 0.0
        result = watch.run() | {"boot_s": round(boot_s, 3), "qemu": pair.source.qmp.version}
    return Record(params_of(guest, knobs, turns, timeout_s, spin), result, group="own")


class Watch:
    """Polls one migration and writes down what it sees."""

    def __init__(
        self, pair: Pair, turns: list[Turn], timeout_s: float, on_row: Callable[[dict[str, Any]], None] | None
    ) -> None:
        self.pair, self.turns, self.timeout_s, self.on_row = pair, sorted(turns), timeout_s, on_row
        self.before = 0.0
        self.series: list[list[Any]] = []
        self.done: list[list[Any]] = []
        self.gave_up: float | None = None

    def run(self) -> dict[str, Any]:
        """Begin, poll to the end, and give the observations of a record."""
        source = self.pair.source.qmp
        writes = self.pair.writes()
        self.pair.start()
        began = time.monotonic()
        source.poll()
        source.events.clear()
        while True:
            now = time.monotonic() - began
            found = source.do("query-migrate")
            self._row(now, found)
            if found.get("status") in OVER:
                break
            self._act(now)
            time.sleep(max(POLL_S - (time.monotonic() - began - now), 0.005))
        return self._result(self._told(found), writes, began)

    def _told(self, found: dict[str, Any]) -> dict[str, Any]:
        """The last answer with its figures: QEMU says `completed` a moment before it has counted the time."""
        until = time.monotonic() + COUNTED_S
        while found["status"] == "completed" and not found.get("total-time") and time.monotonic() < until:
            time.sleep(0.005)
            found = self.pair.source.qmp.do("query-migrate")
        return found

    def _row(self, now: float, found: dict[str, Any]) -> None:
        ram = found.get("ram", {})
        row = [
            round(now, 3), found.get("status"), found.get("total-time"), ram.get("transferred"), ram.get("remaining"),
            ram.get("normal"), ram.get("duplicate"), ram.get("dirty-sync-count"), ram.get("dirty-pages-rate"),
            ram.get("mbps"), found.get("expected-downtime"), found.get("cpu-throttle-percentage"),
            ram.get("postcopy-requests"),
        ]  # fmt: skip
        self.series.append(row)
        if self.on_row is not None:
            self.on_row(dict(zip(ROW, row, strict=True)))

    def _act(self, now: float) -> None:
        while self.turns and self.turns[0].at_s <= now:
            turn = self.turns.pop(0)
            command, arguments = command_of(turn, self.pair.capabilities_on)
            self.pair.source.qmp.raw(command, arguments)
            self.done.append([round(now, 3), command, arguments, "ok"])
        if now > self.timeout_s and self.gave_up is None:
            self.gave_up = round(now, 3)
            self.pair.source.qmp.do("migrate_cancel")

    def _result(self, final: dict[str, Any], writes: int, began: float) -> dict[str, Any]:
        source, destination = self.pair.source.qmp, self.pair.destination.qmp
        source.poll()
        active_s = self._stop_s(began) or self.series[-1][0]
        stopped = self._stop_s(began)
        written = self.pair.writes() - writes if final.get("status") != "failed" else 0
        result: dict[str, Any] = {
            "status": final["status"], "final": final, "series": self.series, "writes_per_s_before": round(self.before),
            "writes_at_start": writes,
            "writes_during": written, "writes_per_s_during": round(written / max(active_s, 0.001)),
            "bw_eff_mib": self._speed(), "stop_at_s": stopped, "actions_done": self.done, "gave_up": self.gave_up,
            "passes": [
                [round(self._since(event, began), 3), event["data"]["pass"]]
                for _, event in source.events if event["event"] == "MIGRATION_PASS"
            ],
        }  # fmt: skip
        if final["status"] == "completed":
            destination.poll()
            resumed = [self._clock(event) for _, event in destination.events if event["event"] == "RESUME"]
            halted = [self._clock(event) for _, event in source.events if event["event"] == "STOP"]
            if resumed and halted:
                result["stop_to_resume_ms"] = round((resumed[-1] - halted[0]) * 1000, 1)
            first = self.pair.writes(self.pair.destination)
            time.sleep(0.05)
            alive = not self.pair.guest.working_set.pages or self.pair.writes(self.pair.destination) > first
            result["dst"] = {"status": "completed", "guest_alive": alive}
        return result

    def _stop_s(self, began: float) -> float | None:
        found = [self._since(e, began) for _, e in self.pair.source.qmp.events if e["event"] == "STOP"]
        return round(found[0], 3) if found else None

    def _since(self, event: dict[str, Any], began: float) -> float:
        """Seconds from the command to the moment that QEMU stamped on an event."""
        return self._clock(event) - (time.time() - time.monotonic()) - began

    @staticmethod
    def _clock(event: dict[str, Any]) -> float:
        stamp = event["timestamp"]
        return float(stamp["seconds"] + stamp["microseconds"] / 1e6)

    def _speed(self) -> float | None:
        found = [row[9] for row in self.series if row[1] == "active" and row[9]]
        return round(sum(found) / len(found) * 1e6 / 8 / 2**20, 2) if found else None


def command_of(turn: Turn, capabilities_on: list[str]) -> tuple[str, dict[str, Any]]:
    """The QMP command of a turn, with its arguments."""
    verb = turn.verb
    if verb == "force_complete":
        verb = "start_postcopy" if "postcopy-ram" in capabilities_on else "stop"
    if verb == "set":
        base = Knobs()
        wanted = parameters(base.but(**turn.values))
        return "migrate-set-parameters", {
            key: value for key, value in wanted.items() if key in {_PARAMETERS.get(name) for name in turn.values}
        }
    names = {"stop": "stop", "cont": "cont", "abort": "migrate_cancel", "start_postcopy": "migrate-start-postcopy"}
    return names.get(verb, "migrate_cancel"), {}
