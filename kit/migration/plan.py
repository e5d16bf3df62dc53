"""A plan: the settings that move a guest within a pause and a time, as nova.conf lines, or why none can."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.migration.content import NORMAL_BYTES
from kit.migration.errors import at_least
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.simulate import simulate
from kit.migration.turns import gib_of
from kit.migration.units import MIB, MOST_WRITES_S, told_seconds
from kit.migration.working_set import Heat

if TYPE_CHECKING:
    from kit.migration.result import Result

NOVA_LEAST_DOWNTIME_MS = 100  # nova/conf/libvirt.py, live_migration_downtime
LEAST_STEPS, LEAST_DELAY_S = 3, 3  # live_migration_downtime_steps and _delay
TIMEOUT_MARGIN = 1.5  # a plan's timeout above its expected time
# What a plan must stand: a guest that writes a tenth more, and to a tenth more of its memory, and a migration that takes
# a little longer than pass by pass, since QEMU counts in windows and looks at every page.
WRITES_MARGIN, TIME_MARGIN, WINDOWS_S = 1.1, 1.02, 0.1


@dataclass(frozen=True)
class Plan:
    """Settings that meet the wishes, or the reasons why none do.

    Attributes
    ----------
    knobs : Knobs or None
        The settings, None where none meet the wishes.
    result : Result or None
        What the model says of them.
    lines : tuple of str
        For nova.conf.
    why : tuple of str
        What was tried before, each with what it lacked.
    """

    knobs: Knobs | None
    result: Result | None
    lines: tuple[str, ...]
    why: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether there is a plan."""
        return self.knobs is not None

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {
            "found": self.found, "nova_conf": list(self.lines), "why": list(self.why),
            "knobs": self.knobs.turned if self.knobs else None,
            "expected": self.result.to_dict(series=False) if self.result else None,
        }  # fmt: skip

    def __repr__(self) -> str:
        if self.result is None:
            return "\n".join(["No setting meets that:", *[f"  {line}" for line in self.why]])
        expected = f"# expected: {told_seconds(self.result.total_s)}, guest stopped {self.result.downtime_ms:.0f} ms"
        return "\n".join([*self.lines, expected, *[f"# not enough: {line}" for line in self.why]])


def plan(
    guest: Guest, link: Link, *, max_pause_ms: float, max_total_s: float, bandwidth_mib_s: float = 0.0,
    permit_post_copy: bool = True, encryption: str = "none",
) -> Plan:  # fmt: skip
    """The settings that move a guest within a pause and a time.

    Tried in the order of what they cost the guest: Nova's plain pre-copy, more connections, auto-converge,
    post-copy. The first that meets both wishes with a margin, also for a guest that writes a tenth more and wider, is
    given with the least bandwidth that does (post-copy with all of it). Where none has the margin, the first that
    meets them at all is given with all the bandwidth there is.

    Parameters
    ----------
    guest, link
        Its working set may come from a measured series (`from_measured`).
    max_pause_ms, max_total_s : float
        The longest standstill, milliseconds, and the longest migration, seconds.
    bandwidth_mib_s : float
        What migrations may take of the link at most, MiB/s; 0 for all.
    permit_post_copy : bool
        Whether a cut network may lose the guest.
    encryption : str
        As of `Knobs`; one core bounds the speed of a tunnel, of IPsec, and of TLS on each connection.

    Raises
    ------
    ValueOutOfRange
        For a pause or a time that is not above 0, or an encryption that there is not.
    """
    at_least("max_pause_ms", max_pause_ms, 1)
    at_least("max_total_s", max_total_s, 1)
    at_least("bandwidth_mib_s", bandwidth_mib_s, 0)
    why: list[str] = []
    narrow: tuple[Knobs, Result, int] | None = None
    first = _first(max_pause_ms, bandwidth_mib_s, encryption)
    for name, knobs in _candidates(guest, link, first, max_total_s, permit_post_copy):
        result = simulate(guest, knobs, link)
        if result.completed and result.downtime_ms > max_pause_ms:
            knobs, result = _below_the_link(guest, link, knobs, result, max_pause_ms)
        lack = _lack(result, max_pause_ms, max_total_s)
        if not lack and not _stands(guest, link, knobs, max_pause_ms, max_total_s):
            narrow = narrow or (knobs, result, len(why))
            lack = "it would meet both, but not if the guest wrote a tenth more, or all took a little longer"
        if lack:
            why.append(f"{name}: {lack}")
            continue
        knobs, result = _least_bandwidth(guest, link, knobs, result, max_pause_ms, max_total_s)
        return _planned(guest, knobs, result, why)
    if narrow is not None:
        return _planned(guest, narrow[0], narrow[1], why[: narrow[2]])
    return Plan(None, None, (), tuple(why))


def _below_the_link(guest: Guest, link: Link, knobs: Knobs, result: Result, pause_ms: float) -> tuple[Knobs, Result]:
    """A cap under which less is left than the link carries in the pause, where the whole link leaves too much."""
    link_mib_s = link.speed_bytes_s(knobs) / MIB
    cap = math.floor(link_mib_s * max(pause_ms - link.stop_ms, 0) / knobs.downtime_limit_ms)
    if cap < 1 or 0 < knobs.max_bandwidth_mib_s <= cap:
        return knobs, result
    tried = knobs.but(max_bandwidth_mib_s=float(cap))
    found = simulate(guest, tried, link)
    return (tried, found) if found.completed and found.downtime_ms <= pause_ms else (knobs, result)


def _planned(guest: Guest, knobs: Knobs, result: Result, why: list[str]) -> Plan:
    knobs = _with_timeout(guest, knobs, result)
    return Plan(knobs, result, tuple(nova_conf(knobs)), tuple(why))


def _stands(guest: Guest, link: Link, knobs: Knobs, pause_ms: float, total_s: float) -> bool:
    """Whether settings meet the wishes with the margins."""
    found = simulate(_busier(guest), knobs, link)
    looks_s = guest.pages * link.look_us / 1e6
    return not _lack(found, pause_ms, (total_s - WINDOWS_S - looks_s) / TIME_MARGIN)


def _busier(guest: Guest) -> Guest:
    """The guest with the margins of what it writes, as far as its memory goes."""
    working = guest.working_set
    if not working.writes_per_s:
        return guest
    larger = max(min(WRITES_MARGIN, (guest.memory_mib - 1) / working.size_mib), 1.0)
    changes: dict[str, Any] = {
        "size_mib": working.size_mib * larger,
        "writes_per_s": min(working.writes_per_s * WRITES_MARGIN, MOST_WRITES_S),
    }
    if isinstance(working, Heat):
        changes["histogram"] = tuple((size * larger, share) for size, share in working.histogram)
    return replace(guest, working_set=replace(working, **changes))


def _first(pause_ms: float, bandwidth_mib_s: float, encryption: str) -> Knobs:
    return Knobs(
        max_bandwidth_mib_s=bandwidth_mib_s, downtime_limit_ms=float(max(math.floor(pause_ms), NOVA_LEAST_DOWNTIME_MS)),
        downtime_steps=LEAST_STEPS, downtime_delay_s_per_gib=LEAST_DELAY_S, encryption=encryption,
    )  # fmt: skip


def _candidates(guest: Guest, link: Link, base: Knobs, total_s: float, postcopy: bool) -> Iterator[tuple[str, Knobs]]:
    yield "pre-copy", base
    connections = min(link.cores, 8)
    wide = base.but(multifd=True, multifd_channels=connections)
    if connections > 1 and link.speed_bytes_s(wide) > link.speed_bytes_s(base) * 1.01:
        yield f"{connections} connections", wide
        base = wide
    yield "auto-converge", base.but(auto_converge=True)
    if postcopy:
        narrow = base.but(multifd=False, multifd_channels=2)  # both together need QEMU 10.1
        # Nova's timeout makes the switch; it counts whole seconds for each GiB, and at least one
        wire, cap = link.speed_bytes_s(narrow), narrow.max_bandwidth_mib_s * MIB
        pass_s = guest.used_pages * NORMAL_BYTES / (min(wire, cap) if cap else wire)
        first = max(math.ceil(min(pass_s, total_s / 2) / gib_of(guest)), 1)
        for name, per_gib in {"post-copy": first, "post-copy as early as Nova can": 1}.items():
            if name == "post-copy" or per_gib < first:
                yield (
                    name,
                    narrow.but(
                        postcopy=True, completion_timeout_s_per_gib=float(per_gib), timeout_action="force_complete"
                    ),
                )


def _lack(result: Result, pause_ms: float, total_s: float) -> str:
    """What a result lacks, in words; nothing where it meets the wishes."""
    if not result.completed:
        return result.reason
    if result.downtime_ms > pause_ms:
        return f"the guest would stand still for {result.downtime_ms:.3g} ms of {pause_ms:g}"
    if result.total_s > total_s:
        return f"it would take {told_seconds(result.total_s)} of {told_seconds(total_s)}"
    return ""


def _least_bandwidth(
    guest: Guest, link: Link, knobs: Knobs, result: Result, pause_ms: float, total_s: float
) -> tuple[Knobs, Result]:
    """The least whole MiB/s that still meets the wishes with their margins, so that the network keeps the rest.

    With post-copy all of it: what goes before the switch is no fault after it, where Nova sets no cap.
    """
    if knobs.postcopy:
        return knobs, result
    high = math.floor(knobs.max_bandwidth_mib_s or link.speed_bytes_s(knobs) / MIB)
    low, best = 0, (knobs, result)
    while high - low > 1:
        middle = (low + high) // 2
        tried = knobs.but(max_bandwidth_mib_s=float(middle))
        if _stands(guest, link, tried, pause_ms, total_s):
            high, best = middle, (tried, simulate(guest, tried, link))
        else:
            low = middle
    return best


def _with_timeout(guest: Guest, knobs: Knobs, result: Result) -> Knobs:
    """A timeout with a margin above what is expected; with post-copy the timeout is part of the plan already."""
    if knobs.postcopy:
        return knobs
    return knobs.but(completion_timeout_s_per_gib=float(math.ceil(result.total_s * TIMEOUT_MARGIN / gib_of(guest))))


def nova_conf(knobs: Knobs) -> list[str]:
    """The knobs as lines for nova.conf on the source host; knobs that Nova cannot set are left out.

    Nova passes no compression, xbzrle or multifd-compression setting on; its raw flags ended with Ocata.
    """
    lines = [
        "[libvirt]",
        f"live_migration_bandwidth = {knobs.max_bandwidth_mib_s:.0f}",
        f"live_migration_downtime = {max(knobs.downtime_limit_ms, NOVA_LEAST_DOWNTIME_MS):.0f}",
        f"live_migration_downtime_steps = {max(knobs.downtime_steps, LEAST_STEPS)}",
        f"live_migration_downtime_delay = {knobs.downtime_delay_s_per_gib:.0f}",
        f"live_migration_completion_timeout = {knobs.completion_timeout_s_per_gib:.0f}",
        f"live_migration_timeout_action = {knobs.timeout_action}",
        f"live_migration_permit_auto_converge = {knobs.auto_converge}",
        f"live_migration_permit_post_copy = {knobs.postcopy}",
    ]
    if knobs.multifd:
        lines.append("# since Nova 33.0 (2026.1):")
        lines.append(f"live_migration_parallel_connections = {knobs.multifd_channels}")
    if knobs.encryption == "native-tls":
        lines.append("live_migration_with_native_tls = True")
    if knobs.encryption == "tunnelled":
        lines.append("live_migration_tunnelled = True")
    return lines
