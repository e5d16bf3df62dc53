"""What would end a migration that does not end, cheapest first, each tried in the model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit.migration.content import NORMAL_BYTES
from kit.migration.convergence import convergence
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.simulate import simulate
from kit.migration.turns import Turn
from kit.migration.units import MIB, told_seconds

if TYPE_CHECKING:
    from kit.migration.result import Result

MARGIN = 1.1  # above the least value that the convergence test allows, for the window's granularity


@dataclass(frozen=True)
class Remedy:
    """One way to end a migration.

    Attributes
    ----------
    name, price : str
        What to turn, and what it costs in words.
    changes : dict
        The knobs, or a `turn` in the case of something done by hand.
    total_s, downtime_ms, guest_loss_s : float
        Of the migration with it, seconds and milliseconds.
    risky : bool
        Whether a failure in the middle loses the guest.
    """

    name: str
    price: str
    changes: dict[str, Any]
    total_s: float
    downtime_ms: float
    guest_loss_s: float
    risky: bool

    def to_dict(self) -> dict[str, Any]:
        """The remedy as plain data."""
        return {
            "name": self.name, "price": self.price, "changes": dict(self.changes), "total_s": self.total_s,
            "downtime_ms": self.downtime_ms, "guest_loss_s": self.guest_loss_s, "risky": self.risky,
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name}: done in {told_seconds(self.total_s)}, stopped {self.downtime_ms:.0f} ms; {self.price}"

    __repr__ = __str__


def remedies(guest: Guest, knobs: Knobs, link: Link) -> list[Remedy]:
    """The knobs that would end a migration, cheapest first.

    The price is what the guest loses: seconds of standstill, of throttling, of waiting for pages; a way that can
    lose the guest altogether comes last. Every entry was run in the model with Nova's own timeout switched off.
    """
    bare = knobs.but(completion_timeout_s_per_gib=0.0)
    found = []
    for name, price, changes, risky in _ways(guest, bare, link):
        turn = changes.get("turn")
        other = {key: value for key, value in changes.items() if key != "turn"}
        first = bare.but(**other)
        result: Result = simulate(guest, first, link, turns=[turn] if isinstance(turn, Turn) else [])
        if result.completed:
            data = {k: (v.to_dict() if isinstance(v, Turn) else v) for k, v in changes.items()}
            found.append(
                Remedy(name, price, data, result.total_s, result.downtime_ms, round(result.guest_loss_s, 6), risky)
            )
    return sorted(found, key=lambda way: (way.risky, way.guest_loss_s, way.total_s))


def _ways(guest: Guest, knobs: Knobs, link: Link) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """(name, price, changes, risky) of each way that may be tried."""
    test = convergence(guest, knobs.but(downtime_steps=1), link)
    limit = _least_limit(guest, knobs, link, test.pause_ms)
    if limit > knobs.downtime_limit_ms:
        yield f"downtime_limit_ms={limit:g}", "a longer pause at the end", {"downtime_limit_ms": limit}, False
    yield from _faster(guest, knobs, link)
    if not knobs.xbzrle and not knobs.multifd:
        cache = float(1 << max(math.ceil(math.log2(max(guest.working_set.size_mib, 1))), 0))
        yield (
            f"xbzrle, cache {cache:g} MiB", f"{cache:g} MiB of the source's memory and its CPU; Nova cannot set it",
            {"xbzrle": True, "xbzrle_cache_size_mib": cache}, False,
        )  # fmt: skip
    if not knobs.compress and not knobs.multifd:
        yield (
            "compress",
            f"{knobs.compress_threads} threads of both hosts; not in QEMU 9.1, Nova cannot set it",
            {"compress": True},
            False,
        )
    if not knobs.auto_converge:
        yield "auto_converge", "a guest that runs slower until it is over", {"auto_converge": True}, False
    first_s = guest.used_pages * NORMAL_BYTES / (test.bandwidth_mib_s * MIB)
    yield (
        "force_complete (stop)", "the guest stands still for the rest of the transfer",
        {"turn": Turn(first_s, "force_complete"), "postcopy": False}, False,
    )  # fmt: skip
    yield (
        "force_complete (post-copy)", "slow pages, and a cut network loses the guest",
        {"turn": Turn(first_s, "force_complete"), "postcopy": True}, True,
    )  # fmt: skip


def _least_limit(guest: Guest, knobs: Knobs, link: Link, enough_ms: float) -> float:
    """The least downtime limit that the convergence test allows, with a margin, in tens of milliseconds."""
    low, high = knobs.downtime_limit_ms, min(max(enough_ms + 100, knobs.downtime_limit_ms), 2_000_000)
    while high - low > 5:
        middle = (low + high) / 2
        ends = convergence(guest, knobs.but(downtime_limit_ms=middle, downtime_steps=1), link).ends
        low, high = (low, middle) if ends else (middle, high)
    return float(min(math.ceil(high * MARGIN / 10) * 10, 2_000_000))


def _faster(guest: Guest, knobs: Knobs, link: Link) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """The least bandwidth that suffices, where the link has it; more channels where a core is the limit."""
    link_mib_s = link.speed_bytes_s(knobs) / MIB
    cap = knobs.max_bandwidth_mib_s
    if cap and cap < link_mib_s:
        low, high = cap, link_mib_s
        if convergence(guest, knobs.but(max_bandwidth_mib_s=high, downtime_steps=1), link).ends:
            for _ in range(20):
                middle = (low + high) / 2
                ends = convergence(guest, knobs.but(max_bandwidth_mib_s=middle, downtime_steps=1), link).ends
                low, high = (low, middle) if ends else (middle, high)
            wanted = float(min(math.ceil(high * MARGIN), math.floor(link_mib_s)))
            yield (
                f"max_bandwidth_mib_s={wanted:g}", f"{wanted - cap:g} MiB/s more of the network",
                {"max_bandwidth_mib_s": wanted}, False,
            )  # fmt: skip
    if not knobs.multifd and not knobs.compress and not knobs.xbzrle and link.cores > 1:
        changes: dict[str, Any] = {"multifd": True, "multifd_channels": min(link.cores, 8)}
        if link.speed_bytes_s(knobs.but(**changes)) > link_mib_s * MIB * 1.01:
            yield "multifd", f"{changes['multifd_channels']} cores of both hosts", changes, False
