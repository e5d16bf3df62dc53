"""A migration at any instant: how much of memory and disks has gone over, and what comes when.

Copied disks go first (libvirt's NBD mirror with NON_SHARED_INC), at the same cap as the memory, which follows when
they are equal. Nova counts its downtime steps and its timeout from the beginning of all, disks included, and over
RAM and disks together. Source: nova/virt/libvirt/driver.py, _live_migration_monitor; libvirt,
qemuMigrationSrcNBDStorageCopy.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.result import Result
from kit.migration.simulate import simulate
from kit.migration.turns import Turn, schedule
from kit.migration.units import MIB, PAGE_BYTES
from kit.migration.working_set import Heat, Random, Sequential, WorkingSet

GIB = 1 << 30


@dataclass(frozen=True)
class Job:
    """What is migrated, how, and what was turned.

    Parameters
    ----------
    guest, knobs, link
        As `simulate` takes them; Nova's steps and timeout come from the knobs.
    turns : tuple of Turn
        By hand; seconds since the job began, disks included.
    disk_gib : tuple of float
        Sizes of the disks that are copied, GiB; Nova's steps and timeout count them.
    disk_used_gib : float
        What of them is allocated, GiB: holes cost nothing.
    """

    guest: Guest
    knobs: Knobs
    link: Link
    turns: tuple[Turn, ...] = ()
    disk_gib: tuple[float, ...] = ()
    disk_used_gib: float = 0.0

    def turn(self, turn: Turn) -> Job:
        """The job with one more turn."""
        return replace(self, turns=(*self.turns, turn))

    def to_dict(self) -> dict[str, Any]:
        """The job as plain data, which `from_dict` reads."""
        guest, writes = self.guest, self.guest.working_set
        return {
            "guest": {
                "memory_mib": guest.memory_mib, "used_mib": guest.used_mib, "content": guest.content,
                "written_bytes": guest.written_bytes, "writes_zero": guest.writes_zero, "firmware": guest.firmware,
                "writes_before": guest.writes_before,
            },
            "working_set": {
                "kind": writes.kind, "size_mib": writes.size_mib, "writes_per_s": writes.writes_per_s,
                "histogram": [list(part) for part in getattr(writes, "histogram", ())],
            },
            "knobs": self.knobs.turned, "link": self.link.to_dict(), "turns": [turn.to_dict() for turn in self.turns],
            "disk_gib": list(self.disk_gib), "disk_used_gib": self.disk_used_gib,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Job:
        """The job that `to_dict` wrote."""
        return cls(
            Guest(**data["guest"], working_set=_working_set(data["working_set"])), Knobs(**data["knobs"]),
            Link(**data["link"]), tuple(Turn(**turn) for turn in data["turns"]), tuple(data["disk_gib"]),
            data["disk_used_gib"],
        )  # fmt: skip


def _working_set(data: dict[str, Any]) -> WorkingSet:
    if data["kind"] == "heat":
        return Heat.of([(a, b) for a, b in data["histogram"]], data["writes_per_s"])
    kind = Random if data["kind"] == "random" else Sequential
    return kind(data["size_mib"], data["writes_per_s"])


class Progress(NamedTuple):
    """How far a job is, in bytes as libvirt's job statistics have them; `percent` is what Nova shows of the server."""

    memory_total: int
    memory_processed: int
    memory_remaining: int
    disk_total: int
    disk_processed: int
    disk_remaining: int

    @property
    def percent(self) -> int:
        """100 less the share of the memory that remains, whole percent."""
        return 100 - round(self.memory_remaining * 100 / self.memory_total) if self.memory_total else 0


class Course:
    """A job from its beginning to its end.

    Attributes
    ----------
    disk_s : float
        Seconds that the disks take.
    result : Result or None
        Of the memory; None when it never came to that.
    status : str
        QEMU's word: `completed`, `cancelled`, `failed`, `postcopy-paused`, or `active`: it never ends.
    end_s, switch_s : float or None
        When it ends, and when post-copy begins; seconds since the beginning, None for never.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        knobs, plan = schedule(job.guest, job.knobs, job.turns, job.disk_gib)
        knobs = knobs.but(completion_timeout_s_per_gib=0.0)
        self.result: Result | None = None
        self.switch_s: float | None = None
        self._stopped_s: float | None = None
        self._disk_speeds: list[tuple[float, float]] = []  # (from second, bytes a second)
        self.end_s: float | None
        self.disk_s, ended = self._disks(knobs, plan)
        if ended is not None:
            self.status = "cancelled" if ended.verb == "abort" else "failed"
            self.by, self.end_s = ended.by, self.disk_s
            return
        self.result = result = simulate(job.guest, knobs, job.link, turns=self._later(plan))
        self.status = result.status
        self.by = next((turn.by for turn in reversed(result.turns) if turn.verb == "abort"), "")
        self.end_s = None if result.never else self.disk_s + result.total_s
        if result.postcopy_s or result.status == "postcopy-paused":
            self.switch_s = self.disk_s + result.total_s - result.postcopy_s

    @property
    def downtime_ms(self) -> float:
        """The guest's standstill, milliseconds; with what it stood while disks were copied."""
        waited = self.disk_s - self._stopped_s if self._stopped_s is not None else 0.0
        return waited * 1000 + (self.result.downtime_ms if self.result else 0.0)

    def _disks(self, knobs: Knobs, plan: list[Turn]) -> tuple[float, Turn | None]:
        """Copy the disks: how long that takes, and the turn that ended it early."""
        left, now_s = min(self.job.disk_used_gib, sum(self.job.disk_gib)) * GIB, 0.0
        for turn in [*plan, None]:
            wire = self.job.link.speed_bytes_s(knobs)
            speed = min(knobs.max_bandwidth_mib_s * MIB, wire) if knobs.max_bandwidth_mib_s else wire
            if left:
                self._disk_speeds.append((now_s, speed))
            if turn is None or now_s + left / speed <= turn.at_s:
                break
            left -= (turn.at_s - now_s) * speed
            now_s = turn.at_s
            if turn.verb in ("abort", "cut"):
                return now_s, turn
            if turn.verb == "set":
                knobs = knobs.but(**turn.values)
            elif turn.verb == "stop" or (turn.verb == "force_complete" and not knobs.postcopy):
                self._stopped_s = now_s if self._stopped_s is None else self._stopped_s
        return now_s + left / speed, None

    def _later(self, plan: list[Turn]) -> list[Turn]:
        """The turns as the memory's own clock has them; post-copy cannot be switched to before it runs."""
        early = ("force_complete", "start_postcopy") if self.job.knobs.postcopy else ("start_postcopy",)
        return [
            replace(turn, at_s=max(turn.at_s - self.disk_s, 0.0))
            for turn in plan
            if turn.at_s >= self.disk_s or turn.verb not in early
        ]

    def at(self, seconds: float) -> Progress:
        """How far it is so many seconds after its beginning."""
        pages = self.job.guest.pages * PAGE_BYTES
        disk = round(sum(self.job.disk_gib) * GIB)
        if self.result is None or seconds < self.disk_s:
            done = round(disk * self._disk_share(seconds))
            return Progress(pages, 0, pages, disk, done, disk - done)
        left, sent = self._memory(seconds - self.disk_s)
        return Progress(pages, round(sent), round(left), disk, disk, 0)

    def _disk_share(self, seconds: float) -> float:
        used = min(self.job.disk_used_gib, sum(self.job.disk_gib)) * GIB
        if not used:
            return 0.0
        ends = [*[start for start, _ in self._disk_speeds[1:]], self.disk_s]
        done = sum(
            max(min(seconds, end) - start, 0.0) * speed
            for (start, speed), end in zip(self._disk_speeds, ends, strict=True)
        )
        return min(done / used, 1.0)

    @cached_property
    def _points(self) -> list[tuple[float, float, float]]:
        """(seconds, bytes left, bytes sent), in order: a pass goes down in a line, a synchronisation jumps up."""
        assert self.result is not None
        found: list[tuple[float, int, float, float]] = []
        sent, before, repeats = 0.0, 0.0, list(self.result.log.repeats)
        for row in self.result.passes:
            while repeats and repeats[0][0] < row.start_s - 1e-9:
                began, until, length = repeats.pop(0)
                sent += round((until - began) / length) * before
            sent, before = sent + row.sent_bytes, row.sent_bytes
            found.append((row.start_s + row.seconds, 0, row.left_pages * PAGE_BYTES, sent))
        found += [(row.t_s, 1, row.remaining_bytes, row.transferred_bytes) for row in self.result.samples]
        found.sort(key=lambda point: point[:2])
        return [(t_s, left, gone) for t_s, _, left, gone in found]

    def _memory(self, seconds: float) -> tuple[float, float]:
        """Bytes left and bytes sent on the memory's own clock."""
        assert self.result is not None
        more = 0.0
        for began, until, length in self._stretches():
            if began <= seconds < until:
                whole, part = divmod(seconds - began, length)
                (_, first), (_, last) = self._line(began - length), self._line(began)
                more, seconds = (whole + 1) * (last - first), began - length + part
                break
        left, sent = self._line(seconds)
        return left, sent + more

    def _stretches(self) -> list[tuple[float, float, float]]:
        """Where passes repeat: what the run left out, and all after the end of one that never ends."""
        assert self.result is not None
        found = list(self.result.log.repeats)
        if self.result.never and self.result.passes:
            found.append((self.result.total_s, float("inf"), self.result.passes[-1].seconds))
        return found

    def _line(self, seconds: float) -> tuple[float, float]:
        points = self._points
        place = bisect_right(points, seconds, key=lambda point: point[0])
        if place == 0:
            return points[0][1], points[0][2]
        if place == len(points):
            return points[-1][1], points[-1][2]
        (a, left, gone), (b, later_left, later_gone) = points[place - 1], points[place]
        share = (seconds - a) / (b - a) if b > a else 1.0
        return left + (later_left - left) * share, gone + (later_gone - gone) * share
