"""Pages, mebibytes and megabits: the units that migrations are told in.

QEMU and Nova's `live_migration_bandwidth` count MiB/s (2^20 bytes a second); network people and QEMU's
reported `mbps` count Mbit/s (10^6 bits a second). A cap of 100 MiB/s is 838.9 Mbit/s, and a help text that
said "Mbps" for a value in MiB/s (Nova, Kilo) was wrong by a factor of 8.4.
"""

from __future__ import annotations

MIB = 1 << 20
PAGE_BYTES = 4096
PAGES_PER_MIB = MIB // PAGE_BYTES
# What no host has: 64 TiB of memory for one guest, 10 TB/s of network, a page written each picosecond.
MOST_MIB, MOST_MIB_S, MOST_WRITES_S = float(1 << 26), 1e7, 1e12
LEAST_MIB_S = 1e-3


def mbit_s(mib_s: float) -> float:
    """Mbit/s of a speed in MiB/s.

    >>> round(mbit_s(100), 1)
    838.9
    """
    return mib_s * MIB * 8 / 1e6


def mib_s(mbit_s: float) -> float:
    """MiB/s of a speed in Mbit/s.

    >>> round(mib_s(10_000), 1)
    1192.1
    """
    return mbit_s * 1e6 / 8 / MIB


def told_bytes(count: float) -> str:
    """A number of bytes for the eye.

    >>> told_bytes(135_362_805)
    '129.1 MiB'
    """
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def told_seconds(seconds: float) -> str:
    """A time for the eye: milliseconds below one second.

    >>> told_seconds(0.0421), told_seconds(12.34), told_seconds(3200)
    ('42 ms', '12.3 s', '53 min 20 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
