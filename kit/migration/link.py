"""The way between two hosts: its speed, its latency, and the CPU that every byte costs.

Encryption and compression do not slow a wire down, they cost CPU seconds per byte; where one core does the
work, one core is the limit. The figures and where they come from:

====================  ===============  =========================================================================
what                  MiB/s a core     source
====================  ===============  =========================================================================
plain                 2,800            measured: 404 MB cost the source 0.14 s beyond boot and fill (memory copies,
                                       system calls); only a bound for links beyond 20 Gbit/s
native-tls            770              measured here: 404 MB over x509 cost 0.5 s more CPU a side; AES-128-GCM
                                       itself reaches 0.9 GB/s a core and more. Older hosts: 300 MB/s (QEMU with TLS,
                                       reported by openEuler)
tunnelled             238              Nova's release note of the change of the default of live_migration_tunnelled:
                                       "around 2Gb/s on a 10Gb network", a single thread, more memory copies
ipsec                 858              AES-128-GCM 0.9 GB/s a core; the kernel keeps one security association on
                                       one core, so more connections do not help
====================  ===============  =========================================================================
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kit.migration.content import NORMAL_BYTES
from kit.migration.errors import at_least, between
from kit.migration.knobs import Knobs
from kit.migration.units import LEAST_MIB_S, MIB, MOST_MIB_S, PAGE_BYTES, mbit_s, mib_s

CORE_MIB_S = {"none": 2800.0, "tunnelled": 238.0, "native-tls": 770.0, "ipsec": 858.0}
# Kernels, tunnels and daemons do their work in one thread however many connections QEMU opens; TLS of QEMU is per
# channel (multifd with TLS: QEMU 5.2 and later).
PER_CHANNEL = frozenset({"none", "native-tls"})
# Measured with Python's zlib on pages of 4 KiB (AMD EPYC, one thread, Python's overhead included): MiB/s of input.
ZLIB_CORE_MIB_S = {"zero": 4000.0, "const": 1100.0, "half": 90.0, "random": 90.0}
ZSTD_CORE_MIB_S = 400.0  # zstd's own benchmark, level 1, one core: about 500 MB/s


@dataclass(frozen=True)
class Link:
    """The network between two hosts, and what the hosts add.

    Parameters
    ----------
    speed_mib_s : float
        What the wire carries, MiB/s; 10 Gbit/s are 1192 MiB/s (`Link.of_mbit_s`).
    rtt_ms : float
        Round trip, milliseconds; what a fault of post-copy costs at the least.
    setup_ms : float
        From the command to the first bitmap; measured 0 to 37 ms, median 1.
    stop_ms : float
        The fixed part of the downtime: device state, hand-over; measured 1 ms (idle guests report 0 to 4).
    switch_ms : float
        The guest's standstill at the switch to post-copy; measured 4 to 45 ms, median 12.
    cores : int
        Host cores that compression and encryption may use.
    late_ms : float
        How late the host wakes a sender that sleeps under its cap, milliseconds: every window of 100 ms is longer by
        that. Nothing on a quiet host; 1 to 5 on the busy one of the reference runs.
    wake_ms : float
        How late a CPU of the guest that auto-converge has put to sleep gets its core back, milliseconds of each slice
        of 10; measured 1.9 where cores are shared.
    look_us : float
        What it costs the sender to find a page and to see whether it is zero, microseconds: 1, 2 and 3 GiB of zero
        pages took 41, 77 and 117 ms without a cap on a quiet core. Only the model page by page looks at it.
    """

    speed_mib_s: float = 1192.1
    rtt_ms: float = 0.2
    setup_ms: float = 1.0
    stop_ms: float = 1.0
    switch_ms: float = 12.0
    cores: int = 4
    late_ms: float = 0.0
    wake_ms: float = 0.0
    look_us: float = 0.15

    def __post_init__(self) -> None:
        between("speed_mib_s", self.speed_mib_s, LEAST_MIB_S, MOST_MIB_S)
        at_least("cores", self.cores, 1)
        for name in ("rtt_ms", "setup_ms", "stop_ms", "switch_ms", "look_us"):
            at_least(name, getattr(self, name), 0)
        between("late_ms", self.late_ms, 0, 1000)
        between("wake_ms", self.wake_ms, 0, 10)

    @classmethod
    def of_mbit_s(cls, speed: float, **more: Any) -> Link:
        """A link of so many Mbit/s.

        >>> Link.of_mbit_s(1000)
        Link 119.2 MiB/s (1000 Mbit/s), round trip 0.2 ms
        """
        return cls(speed_mib_s=mib_s(speed), **more)

    def channels(self, knobs: Knobs) -> int:
        """Threads that send at the same time."""
        return min(knobs.multifd_channels, self.cores) if knobs.multifd else 1

    def speed_bytes_s(self, knobs: Knobs, content: str = "random") -> float:
        """Bytes a second, as QEMU counts them, that wire and CPUs let through, whatever the cap."""
        return min(self.speed_mib_s / self._shrink(knobs, content), self.cpu_mib_s(knobs, content)) * MIB

    def cpu_mib_s(self, knobs: Knobs, content: str = "random") -> float:
        """MiB/s, as QEMU counts them, that the CPUs of one side can prepare."""
        threads = self.channels(knobs) if knobs.encryption in PER_CHANNEL else 1
        bound = CORE_MIB_S[knobs.encryption] * threads / self._shrink(knobs, content)
        if knobs.compress:
            rate = ZLIB_CORE_MIB_S[content] * min(knobs.compress_threads, self.cores)
            bound = min(bound, rate * _on_wire(knobs, content))
        if knobs.multifd and knobs.multifd_compression != "none":
            rate = ZSTD_CORE_MIB_S if knobs.multifd_compression == "zstd" else ZLIB_CORE_MIB_S[content]
            bound = min(bound, rate * self.channels(knobs))
        return bound

    @staticmethod
    def _shrink(knobs: Knobs, content: str) -> float:
        """Wire bytes per counted byte: multifd's compression is counted before it happens (QEMU 7.2)."""
        if knobs.multifd and knobs.multifd_compression != "none":
            return _on_wire(knobs.but(multifd=False, compress=True), content)
        return 1.0

    def wire_bytes(self, counted_bytes: float, knobs: Knobs, content: str = "random") -> float:
        """Bytes that a sniffer sees for so many counted ones; headers of TCP, TLS and ESP are left out (1 to 4 %)."""
        return counted_bytes * self._shrink(knobs, content)

    def cpu_s(self, counted_bytes: float, knobs: Knobs, content: str = "random") -> float:
        """CPU seconds that one side spends on so many bytes, all threads together."""
        mib = counted_bytes / MIB
        seconds = mib * self._shrink(knobs, content) / CORE_MIB_S[knobs.encryption]
        if knobs.compress:
            seconds += mib / _on_wire(knobs, content) / ZLIB_CORE_MIB_S[content]
        if knobs.multifd and knobs.multifd_compression != "none":
            zstd = knobs.multifd_compression == "zstd"
            seconds += mib / (ZSTD_CORE_MIB_S if zstd else ZLIB_CORE_MIB_S[content])
        return seconds

    def to_dict(self) -> dict[str, Any]:
        """The link as plain data."""
        return asdict(self)

    def __repr__(self) -> str:
        return (
            f"Link {self.speed_mib_s:.1f} MiB/s ({mbit_s(self.speed_mib_s):.0f} Mbit/s), round trip {self.rtt_ms:g} ms"
        )


def _on_wire(knobs: Knobs, content: str) -> float:
    """Share of a page that is left after compression."""
    from kit.migration.content import page_bytes

    if content == "zero":
        return 1.0
    return min(page_bytes(content, compress=True, level=knobs.compress_level) / NORMAL_BYTES, 1.0) or 1 / PAGE_BYTES


# Loopback of the machine that the reference runs were made on, which was busy: about 0.9 GB/s, 1 ms fixed (see the data's
# format page). On a quiet one of the same kind it was 2 GB/s, and a look at a page is slower by as much.
LOOPBACK = Link(speed_mib_s=858.0, rtt_ms=0.05, cores=2, wake_ms=1.9, look_us=0.33)
