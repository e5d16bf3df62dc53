"""The model beside a real run: the same inputs, both outcomes, the error of each figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kit.migration.knobs import Knobs
from kit.migration.link import LOOPBACK, Link
from kit.migration.records import Record
from kit.migration.result import Result
from kit.migration.simulate import finest, simulate
from kit.migration.units import MIB
from kit.migration.window import WINDOW_S, Window, grain_bytes

# What a window lasts beyond 100 ms while its bytes are all sent; milliseconds.
LATEST_MS = 10.0


@dataclass(frozen=True)
class Comparison:
    """A real run and the model's.

    Attributes
    ----------
    record, result
        The two.
    status_right : bool
        Whether both ended alike.
    total_error, transferred_error : float
        Shares of the measured figure; total_error is None for a run that did not complete.
    syncs_off : int
        Difference of the synchronisations.
    downtime_off_ms : float or None
        Milliseconds, as QEMU reports them (after post-copy from STOP to RESUME).
    throttle_off_steps : float
        Steps of auto-converge between the two at the end.
    """

    record: Record
    result: Result

    @property
    def status_right(self) -> bool:
        """Whether both ended alike."""
        return self.result.status == self.record.status

    @property
    def total_error(self) -> float | None:
        """Share of the measured total time; None for a run that did not complete."""
        measured = self.record.total_s
        return self.result.total_s / measured - 1 if measured else None

    @property
    def transferred_error(self) -> float:
        """Share of the measured bytes."""
        return self.result.transferred_bytes / max(self.record.transferred_bytes, 1) - 1

    @property
    def syncs_off(self) -> int:
        """Difference of the synchronisations."""
        return self.result.dirty_sync_count - self.record.dirty_sync_count

    @property
    def downtime_off_ms(self) -> float | None:
        """Milliseconds between what both report."""
        measured = self.record.downtime_ms
        if measured is None or not self.result.completed:
            return None
        reported = self.result.downtime_reported_ms
        return (self.result.downtime_ms if reported is None else reported) - measured

    @property
    def throttle_off_steps(self) -> float:
        """Steps: the first takes the CPU from 0 to `cpu-throttle-initial`, each later one adds the increment."""
        knobs = self.record.inputs.knobs

        def steps(pct: float) -> float:
            return 1 + (pct - knobs.cpu_throttle_initial_pct) / knobs.cpu_throttle_increment_pct if pct else 0.0

        return steps(self.result.throttle_pct) - steps(self.record.throttle_pct)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """(figure, measured, model, difference) as texts."""
        record, result = self.record, self.result
        total, down, took_s = self.total_error, self.downtime_off_ms, record.total_s or record.last[0]
        reported = result.downtime_ms if result.downtime_reported_ms is None else result.downtime_reported_ms
        measured = "" if record.downtime_ms is None else f"{record.downtime_ms:.0f}"
        sent = [figure.transferred_bytes / MIB for figure in (record, result)]
        return [
            ("status", record.status, result.status, "same" if self.status_right else "other"),
            ("total (s)", f"{took_s:.2f}", f"{result.total_s:.2f}", "" if total is None else f"{total:+.1%}"),
            ("transferred (MiB)", f"{sent[0]:.1f}", f"{sent[1]:.1f}", f"{self.transferred_error:+.1%}"),
            ("dirty syncs", str(record.dirty_sync_count), str(result.dirty_sync_count), f"{self.syncs_off:+d}"),
            ("downtime (ms)", measured, f"{reported:.0f}", "" if down is None else f"{down:+.0f} ms"),
            (
                "throttle (%)", str(record.throttle_pct), str(result.throttle_pct),
                f"{result.throttle_pct - record.throttle_pct:+d}",
            ),
        ]  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Both and the errors as plain data."""
        return {
            "measured": {
                "status": self.record.status, "total_s": self.record.total_s,
                "transferred_bytes": self.record.transferred_bytes, "dirty_sync_count": self.record.dirty_sync_count,
                "downtime_ms": self.record.downtime_ms, "throttle_pct": self.record.throttle_pct,
            },
            "model": self.result.to_dict(series=False), "status_right": self.status_right,
            "total_error": self.total_error, "transferred_error": self.transferred_error, "syncs_off": self.syncs_off,
            "downtime_off_ms": self.downtime_off_ms,
        }  # fmt: skip

    def plot(self) -> Any:
        """A picture of both over time; a matplotlib figure with its text in `alt`."""
        from kit.migration.plot import plot_comparison

        return plot_comparison(self)

    def __repr__(self) -> str:
        table = [("", "measured", "model", "difference"), *self.rows()]
        wide = [max(len(row[place]) for row in table) for place in range(4)]
        return "\n".join(
            "  ".join(
                text.ljust(w) if not i else text.rjust(w) for i, (text, w) in enumerate(zip(row, wide, strict=True))
            ).rstrip()
            for row in table
        )


def as_windows(cap_mib_s: float, seen_mib_s: float | None, knobs: Knobs, link: Link) -> tuple[Knobs, Link]:
    """A throughput below the cap as what it was: windows of full bytes that ended late.

    In the reference runs' series a window carries its cap's tenth to the page, and lasts 100 to 110 ms. What lacks
    beyond that is a sender without a CPU, whose windows carry less.

    Parameters
    ----------
    cap_mib_s, seen_mib_s : float
        The cap that was set, MiB/s, 0 for none; the throughput that was measured.
    knobs, link
        As for `simulate`.
    """
    if not cap_mib_s or not seen_mib_s:
        return knobs, link
    full_mib_s = Window(0, cap_mib_s, grain_bytes=grain_bytes(knobs)).budget_bytes / WINDOW_S / MIB
    longer = min(max(full_mib_s / seen_mib_s, 1.0), 1 + LATEST_MS / 1000 / WINDOW_S)
    late_ms = link.late_ms + (longer - 1) * WINDOW_S * 1000
    cap_mib_s *= min(seen_mib_s * longer / full_mib_s, 1.0)
    return knobs.but(max_bandwidth_mib_s=cap_mib_s), replace(link, late_ms=late_ms)


def compare(record: Record, link: Link = LOOPBACK, resolution: str = "", seed: int = 0) -> Comparison:
    """Run the model on what a real run was given.

    Parameters
    ----------
    record : Record
        A real run.
    link : Link
        Of its hosts; default the loopback.
    resolution, seed
        As for `simulate`; the default is the finest that there is, page by page where NumPy is installed.

    Raises
    ------
    RecordError
        Where the record lacks something.
    """
    guest, knobs, turns = record.inputs
    knobs, link = as_windows(float(record.params["bw"]), record.result.get("bw_eff_mib"), knobs, link)
    found = simulate(guest, knobs, link, turns=turns, resolution=resolution or finest(), seed=seed)
    return Comparison(record, found)
