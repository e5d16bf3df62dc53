"""A plan: the settings that move a guest within a pause and a time, as nova.conf lines, or why none can."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit.migration.content import NORMAL_BYTES
from kit.migration.errors import at_least
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.simulate import simulate
from kit.migration.turns import gib_of
from kit.migration.units import MIB, told_seconds

if TYPE_CHECKING:
    from kit.migration.result import Result

NOVA_LEAST_DOWNTIME_MS = 100  # nova/conf/libvirt.py, live_migration_downtime
LEAST_STEPS, LEAST_DELAY_S = 3, 3  # live_migration_downtime_steps and _delay
TIMEOUT_MARGIN = 1.5  # a plan's timeout above its expected time


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
    post-copy. The first that meets both wishes is given with the least bandwidth that does.

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
    first = _first(max_pause_ms, bandwidth_mib_s, encryption)
    for name, knobs in _candidates(guest, link, first, max_total_s, permit_post_copy):
        result = simulate(guest, knobs, link)
        lack = _lack(result, max_pause_ms, max_total_s)
        if lack:
            why.append(f"{name}: {lack}")
            continue
        knobs, result = _least_bandwidth(guest, link, knobs, result, max_pause_ms, max_total_s)
        knobs = _with_timeout(guest, knobs, result)
        return Plan(knobs, result, tuple(nova_conf(knobs)), tuple(why))
    return Plan(None, None, (), tuple(why))


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
        pass_s = guest.used_pages * NORMAL_BYTES / link.speed_bytes_s(narrow)
        per_gib = max(math.ceil(min(pass_s, total_s / 2) / gib_of(guest)), 1)
        yield (
            "post-copy",
            narrow.but(postcopy=True, completion_timeout_s_per_gib=float(per_gib), timeout_action="force_complete"),
        )


def _lack(result: Result, pause_ms: float, total_s: float) -> str:
    """What a result lacks, in words; nothing where it meets the wishes."""
    if not result.completed:
        return result.reason
    if result.downtime_ms > pause_ms:
        return f"the guest would stand still for {result.downtime_ms:.0f} ms of {pause_ms:.0f}"
    if result.total_s > total_s:
        return f"it would take {told_seconds(result.total_s)} of {told_seconds(total_s)}"
    return ""


def _least_bandwidth(
    guest: Guest, link: Link, knobs: Knobs, result: Result, pause_ms: float, total_s: float
) -> tuple[Knobs, Result]:
    """The least whole MiB/s that still meets the wishes, so that the network keeps the rest."""
    high = math.floor(knobs.max_bandwidth_mib_s or link.speed_bytes_s(knobs) / MIB)
    low, best = 0, (knobs, result)
    while high - low > 1:
        middle = (low + high) // 2
        tried = knobs.but(max_bandwidth_mib_s=float(middle))
        found = simulate(guest, tried, link)
        if _lack(found, pause_ms, total_s):
            low = middle
        else:
            high, best = middle, (tried, found)
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
