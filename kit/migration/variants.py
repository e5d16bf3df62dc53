"""Guest, knobs and link with one value changed by name: the axes of maps and the searches of plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.working_set import Heat

GUEST_AXES = frozenset({"writes_per_s", "size_mib", "memory_mib", "used_mib"})
LINK_AXES = frozenset({"speed_mib_s", "rtt_ms"})
UNITS = {
    "writes_per_s": "pages/s", "size_mib": "MiB", "memory_mib": "MiB", "used_mib": "MiB", "speed_mib_s": "MiB/s",
    "rtt_ms": "ms", "max_bandwidth_mib_s": "MiB/s", "downtime_limit_ms": "ms",
}  # fmt: skip
TITLES = {
    "writes_per_s": "Writes (pages/s)", "size_mib": "Working set (MiB)", "memory_mib": "Memory (MiB)",
    "used_mib": "Used memory (MiB)", "speed_mib_s": "Link (MiB/s)", "rtt_ms": "Round trip (ms)",
    "max_bandwidth_mib_s": "Bandwidth cap (MiB/s)", "downtime_limit_ms": "Downtime limit (ms)",
}  # fmt: skip


def _named(name: str, value: float) -> dict[str, Any]:
    return {name: value}


def variant(guest: Guest, knobs: Knobs, link: Link, name: str, value: float) -> tuple[Guest, Knobs, Link]:
    """The three with the value of that name changed.

    Raises
    ------
    ValueOutOfRange
        Where the value is out of range.
    """
    if name in LINK_AXES:
        return guest, knobs, replace(link, **_named(name, value))
    if name in ("memory_mib", "used_mib"):
        return replace(guest, **_named(name, value)), knobs, link
    if name in GUEST_AXES:
        working = guest.working_set
        if name == "size_mib" and isinstance(working, Heat):
            factor = value / working.size_mib
            bins = tuple((size * factor, share) for size, share in working.histogram)
            working = replace(working, histogram=bins)
        return replace(guest, working_set=replace(working, **_named(name, value))), knobs, link
    whole = isinstance(getattr(Knobs(), name), int) and not isinstance(getattr(Knobs(), name), bool)
    return guest, knobs.but(**{name: round(value) if whole else value}), link
