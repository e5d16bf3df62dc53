"""The knobs of a migration, by the names QEMU and Nova give them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from kit.migration.errors import ValueOutOfRange, at_least, between, one_of
from kit.migration.units import LEAST_MIB_S, MIB, MOST_MIB_S

ENCRYPTIONS = ("none", "tunnelled", "native-tls", "ipsec")
METHODS = ("none", "zlib", "zstd")


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """Settings of one migration; the defaults are QEMU's own, where Nova leaves them alone.

    Parameters
    ----------
    max_bandwidth_mib_s : float
        MiB/s, 0 for no limit. QEMU `max-bandwidth`, Nova `live_migration_bandwidth`.
    downtime_limit_ms : float
        Milliseconds, at least 1. QEMU `downtime-limit` (300); Nova `live_migration_downtime` (500). QEMU takes 0 too,
        but stops the guest then whenever its list is empty, however long the pause.
    downtime_steps : int
        Nova's `live_migration_downtime_steps` (10, at least 3); 1 sets the limit at once, as QEMU alone does.
    downtime_delay_s_per_gib : float
        Seconds per GiB between two steps, Nova's `live_migration_downtime_delay` (75, at least 3).
    completion_timeout_s_per_gib : float
        Seconds per GiB, 0 for never. Nova `live_migration_completion_timeout` (800).
    timeout_action : str
        `abort` or `force_complete`. Nova `live_migration_timeout_action`.
    auto_converge : bool
        Slow the guest's CPU down when it dirties too fast. Nova `live_migration_permit_auto_converge`.
    cpu_throttle_initial_pct, cpu_throttle_increment_pct, max_cpu_throttle_pct : int
        Percent (20, 10, 99).
    throttle_trigger_threshold_pct : int
        Percent of the bytes sent that newly dirty bytes may reach (50).
    cpu_throttle_tailslow : bool
        Smaller steps at the end.
    xbzrle : bool, xbzrle_cache_size_mib : float
        Send differences of pages that a cache still holds (64 MiB).
    compress : bool, compress_threads : int, compress_level : int
        The old multi-thread zlib compression (8 threads, level 1); gone from QEMU 9.1.
    multifd : bool, multifd_channels : int, multifd_compression : str
        Several connections (2); `none`, `zlib` or `zstd`. Nova `live_migration_parallel_connections`.
    postcopy : bool
        Permit the switch to post-copy. Nova `live_migration_permit_post_copy`.
    max_postcopy_bandwidth_mib_s : float
        MiB/s after the switch, 0 for no limit.
    encryption : str
        `none`, `tunnelled` (libvirt, VIR_MIGRATE_TUNNELLED), `native-tls`, `ipsec`.

    Raises
    ------
    ValueOutOfRange
        Where QEMU or Nova would refuse the value.
    """

    max_bandwidth_mib_s: float = 0.0
    downtime_limit_ms: float = 300.0
    downtime_steps: int = 1
    downtime_delay_s_per_gib: float = 75.0
    completion_timeout_s_per_gib: float = 0.0
    timeout_action: str = "abort"
    auto_converge: bool = False
    cpu_throttle_initial_pct: int = 20
    cpu_throttle_increment_pct: int = 10
    max_cpu_throttle_pct: int = 99
    throttle_trigger_threshold_pct: int = 50
    cpu_throttle_tailslow: bool = False
    xbzrle: bool = False
    xbzrle_cache_size_mib: float = 64.0
    compress: bool = False
    compress_threads: int = 8
    compress_level: int = 1
    multifd: bool = False
    multifd_channels: int = 2
    multifd_compression: str = "none"
    postcopy: bool = False
    max_postcopy_bandwidth_mib_s: float = 0.0
    encryption: str = "none"

    def __post_init__(self) -> None:
        for name in ("max_bandwidth_mib_s", "max_postcopy_bandwidth_mib_s"):
            value = getattr(self, name)
            if value != 0 and not LEAST_MIB_S <= value <= MOST_MIB_S:
                raise ValueOutOfRange(name, value, f"0 for no limit, or from {LEAST_MIB_S:g} to {MOST_MIB_S:,.0f}")
        between("downtime_limit_ms", self.downtime_limit_ms, 1, 2_000_000)
        if self.downtime_steps != 1:
            between("downtime_steps", self.downtime_steps, 3, 1000)
            between("downtime_limit_ms (with Nova's steps)", self.downtime_limit_ms, 100, 2_000_000)
        at_least("downtime_delay_s_per_gib", self.downtime_delay_s_per_gib, 3)
        at_least("completion_timeout_s_per_gib", self.completion_timeout_s_per_gib, 0)
        one_of("timeout_action", self.timeout_action, ("abort", "force_complete"))
        between("cpu_throttle_initial_pct", self.cpu_throttle_initial_pct, 1, 99)
        between("cpu_throttle_increment_pct", self.cpu_throttle_increment_pct, 1, 99)
        between("max_cpu_throttle_pct", self.max_cpu_throttle_pct, 1, 99)
        between("throttle_trigger_threshold_pct", self.throttle_trigger_threshold_pct, 1, 100)
        at_least("xbzrle_cache_size_mib", self.xbzrle_cache_size_mib, 4096 / MIB)
        between("compress_threads", self.compress_threads, 1, 255)
        between("compress_level", self.compress_level, 0, 9)
        between("multifd_channels", self.multifd_channels, 1, 255)
        one_of("multifd_compression", self.multifd_compression, METHODS)
        one_of("encryption", self.encryption, ENCRYPTIONS)
        if self.compress and self.multifd:
            raise ValueOutOfRange("compress", True, "off while multifd is on (QEMU refuses both)")
        if self.xbzrle and self.multifd:
            raise ValueOutOfRange("xbzrle", True, "off while multifd is on (multifd sends whole pages)")

    @classmethod
    def nova(cls, **changes: Any) -> Knobs:
        """The defaults that Nova sets: 500 ms in 10 steps of 75 s per GiB, and 800 s per GiB in all.

        Source: nova/conf/libvirt.py.
        """
        defaults: dict[str, Any] = {
            "downtime_limit_ms": 500.0, "downtime_steps": 10, "completion_timeout_s_per_gib": 800.0,
        }  # fmt: skip
        return cls(**(defaults | changes))

    def but(self, **changes: Any) -> Knobs:
        """A copy with some knobs turned.

        Raises
        ------
        ValueOutOfRange
            For a name that is no knob, or a value out of range.
        """
        unknown = set(changes) - NAMES
        if unknown:
            raise ValueOutOfRange("knob", min(unknown), "one of " + ", ".join(sorted(NAMES)))
        return replace(self, **changes)

    @property
    def turned(self) -> dict[str, Any]:
        """The knobs that differ from QEMU's defaults."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    def to_dict(self) -> dict[str, Any]:
        """All knobs as plain data."""
        return asdict(self)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.turned.items())
        return f"Knobs({inside})"


NAMES = frozenset(f.name for f in fields(Knobs))
