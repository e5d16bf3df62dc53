"""What came of a simulated migration: figures, series, the reason of its end, and a picture."""

from __future__ import annotations

from typing import Any

from kit.migration.convergence import Convergence
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.log import Log, Pass, Sample
from kit.migration.units import told_bytes, told_seconds

SHOWN = 8


class Result:
    """A simulated migration.

    Attributes
    ----------
    status : str
        `completed`, `cancelled`, `failed`, `postcopy-paused`, or `active`: it never ends.
    total_s : float
        Seconds from the command to the end, or to the moment when its endlessness was plain.
    downtime_ms : float
        True standstill of the guest, milliseconds.
    downtime_reported_ms : float or None
        What QEMU says: it forgets a guest that was stopped by hand; None where its figure means nothing.
    transferred_bytes, wire_bytes : float
        As QEMU counts them, and as a sniffer sees them.
    dirty_sync_count : int
        Synchronisations of the bitmap.
    throttle_pct : int
        Auto-converge at the end, percent.
    guest_loss_s : float
        Seconds of its own work that the guest lost: standstill, throttling, waits for missing pages.
    cpu_s : float
        CPU seconds of the source for sending, compressing and encrypting.
    samples, passes : list
        The series (`Sample`) and the passes (`Pass`); units stand in their field names.
    reason : str
        Why it ended, or why it never will.
    """

    def __init__(self, guest: Guest, knobs: Knobs, link: Link, log: Log, test: Convergence, resolution: str) -> None:
        self.guest, self.knobs, self.link, self.log = guest, knobs, link, log
        self.convergence, self.resolution = test, resolution
        self.status = log.status
        self.total_s = log.total_s
        self.downtime_ms = log.downtime_ms
        self.downtime_reported_ms = log.downtime_reported_ms
        self.transferred_bytes = log.transferred_bytes
        content = guest.content if guest.content != "zero" else "random"
        self.wire_bytes = link.wire_bytes(log.transferred_bytes, knobs, content)
        self.cpu_s = link.cpu_s(log.transferred_bytes, knobs, content)
        self.dirty_sync_count = log.dirty_sync_count
        self.throttle_pct = log.throttle_pct
        self.guest_loss_s = log.guest_loss_s
        self.postcopy_s, self.postcopy_faults = log.postcopy_s, log.postcopy_faults
        self.samples: list[Sample] = log.samples
        self.passes: list[Pass] = log.passes
        self.turns = log.done

    @property
    def completed(self) -> bool:
        """Whether the guest runs at the destination."""
        return self.status == "completed"

    @property
    def never(self) -> bool:
        """Whether it would go on for ever."""
        return self.status == "active"

    @property
    def reason(self) -> str:
        """Why it ended, or why it never will, in a sentence."""
        log = self.log
        if log.ended_by == "threshold":
            if any(turn.verb in ("stop", "force_complete") for turn in log.done):
                return "The guest was stopped by hand, so that nothing was dirtied any more."
            if not self.passes:
                return "All was sent before the first window of 100 ms was over."
            last = self.passes[-1]
            return (
                f"After pass {last.number} only {told_bytes(last.dirty_pages * 4096)} were dirty, under the threshold "
                f"of {told_bytes(last.threshold_bytes)}."
            )
        if log.ended_by == "postcopy":
            return f"Post-copy: the rest followed once, in {told_seconds(self.postcopy_s)}."
        if self.status == "cancelled":
            return f"Aborted by {log.ended_by} after {told_seconds(self.total_s)}; the guest runs on at the source."
        if self.status == "failed":
            return "The network was cut; the guest runs on at the source."
        if self.status == "postcopy-paused":
            return (
                "The network was cut during post-copy; the guest's memory lies on two hosts, and only a reboot helps."
            )
        return str(self.convergence) if not self.convergence.ends else "No end within the horizon."

    @property
    def remedies(self) -> list[Any]:
        """The knobs that would end it, cheapest first; empty when it ended (see `kit.migration.remedies`)."""
        from kit.migration.remedies import remedies

        return [] if self.completed else remedies(self.guest, self.knobs, self.link)

    def to_dict(self, series: bool = True) -> dict[str, Any]:
        """The result as plain data; units stand in the names."""
        found: dict[str, Any] = {
            "guest": self.guest.to_dict(), "knobs": self.knobs.turned, "link": self.link.to_dict(),
            "resolution": self.resolution, "status": self.status, "reason": self.reason, "total_s": self.total_s,
            "downtime_ms": self.downtime_ms, "downtime_reported_ms": self.downtime_reported_ms,
            "transferred_bytes": self.transferred_bytes, "wire_bytes": self.wire_bytes, "cpu_s": self.cpu_s,
            "dirty_sync_count": self.dirty_sync_count, "throttle_pct": self.throttle_pct,
            "guest_loss_s": self.guest_loss_s, "postcopy_s": self.postcopy_s, "postcopy_faults": self.postcopy_faults,
            "convergence": self.convergence.to_dict(), "turns": [turn.to_dict() for turn in self.turns],
            "passes": [row._asdict() for row in self.passes],
        }  # fmt: skip
        if series:
            found["samples"] = [row._asdict() for row in self.samples]
        return found

    def __repr__(self) -> str:
        reported = self.downtime_reported_ms
        told = (
            f" (QEMU reports {reported:.0f} ms)"
            if reported is not None and abs(reported - self.downtime_ms) > 1
            else ""
        )
        lines = [
            f"{'never ends:' if self.never else self.status} after {told_seconds(self.total_s)}, "
            f"{told_bytes(self.transferred_bytes)} sent in {self.dirty_sync_count} syncs, "
            f"guest stopped {self.downtime_ms:.0f} ms{told}",
            self.reason,
        ]
        if self.throttle_pct:
            lines.append(f"Auto-converge slowed the guest down by {self.throttle_pct} %.")
        if self.passes:
            lines.append("pass  start s  length s  sent MiB  dirty MiB  threshold MiB")
            rows = self.passes if len(self.passes) <= SHOWN else [*self.passes[: SHOWN - 1], self.passes[-1]]
            for row in rows:
                if row is rows[-1] and row.number > SHOWN:
                    lines.append(" ...")
                lines.append(
                    f"{row.number:4d}  {row.start_s:7.2f}  {row.seconds:8.2f}  {row.sent_bytes / 2**20:8.1f}  "
                    f"{row.dirty_pages / 256:9.1f}  {row.threshold_bytes / 2**20:13.1f}"
                )
        return "\n".join(lines)

    @property
    def curve(self) -> list[tuple[float, float]]:
        """Points (seconds, MiB left): down while a pass sends, up at each synchronisation."""
        from kit.migration.curve import curve

        return curve(self)

    def plot(self) -> Any:
        """A picture of what is left over time; a matplotlib figure with its text in `alt`."""
        from kit.migration.plot import plot_result

        return plot_result(self)
