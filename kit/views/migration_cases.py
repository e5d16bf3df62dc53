"""What the migration tuner offers: the positions of its controls, and cases that are worth a look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kit.migration import mbit_s

GIB = 1024


def _size(mib: float) -> str:
    return f"{mib / GIB:g} GiB" if mib >= GIB else f"{mib:g} MiB"


def _options(values: Iterable[float], unit: str) -> list[tuple[str, float]]:
    return [(f"{value:,g} {unit}", value) for value in values]


MEMORY = [(_size(mib), mib) for mib in (128, 256, 512, *(GIB * 2**n for n in range(9)))]
WORKING = [("none", 0), *((_size(mib), mib) for mib in (2**n for n in range(3, 17)))]
WRITES = [
    ("none" if not rate else f"{rate:,}/s ({rate / 256:,.0f} MiB/s)", rate)
    for rate in (0, 500, 1000, 2000, 4000, 8000, 10_000, 15_000, 20_000, 30_000, 40_000, 60_000, 80_000, 100_000,
                 200_000, 400_000)
]  # fmt: skip
LINK = [
    (f"{gbit:g} Gbit/s ({gbit * 1e9 / 8 / 2**20:,.0f} MiB/s)", gbit * 1000) for gbit in (0.1, 1, 2.5, 10, 25, 40, 100)
]
CAP = [
    ("none", 0),
    *((f"{cap} ({mbit_s(cap):,.0f} Mbit/s)", cap) for cap in (8, 16, 25, 32, 50, 75, 100, 150, 200, 300, 500, 800,
                                                                  1000, 2000, 4000)),
]  # fmt: skip
LIMIT = _options((30, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000), "ms")
CACHE = [("off", 0), *((_size(mib), mib) for mib in (16, 32, 64, 128, 256, 512, 1024, 4096, 16384))]
THREADS = [("off", 0), *((f"{count} threads", count) for count in (1, 2, 4, 8))]
CHANNELS = [("1 connection", 1), *((f"{count} connections", count) for count in (2, 4, 8))]
MOMENT = _options((2, 4, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600), "s")
HANDS = [
    ("leave it alone", ""), ("stop the guest (force-complete)", "stop"), ("switch to post-copy", "post-copy"),
    ("switch to post-copy, then cut the network", "cut"), ("raise the downtime limit to 2000 ms", "limit"),
    ("triple the bandwidth cap", "cap"), ("abort", "abort"),
]  # fmt: skip

# Every control with the value it begins with.
START: dict[str, Any] = {
    "memory": 1024, "used": 50, "working": 64, "writes": 20_000, "pattern": "random", "content": "random",
    "link": 1000, "encryption": "none", "cap": 50, "limit": 300, "nova": False, "auto_converge": False, "cache": 0,
    "threads": 0, "channels": 1, "hand": "", "moment": 15,
}  # fmt: skip

# Name -> (what is famous about it, the controls that differ from the start).
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "It never ends": ("A guest that rewrites 64 MiB faster than 50 MiB/s carry away.", {}),
    "Faster than the network, and it ends": (
        "It writes 1.6 times what is sent, but hits pages twice, and 25 MiB may be left.",
        {"memory": 256, "working": 32, "limit": 500},
    ),
    "A guest of zeros": (
        "A zero page is 9 bytes on the wire.",
        {"memory": 8192, "used": 0, "working": 0, "writes": 0, "link": 10_000, "cap": 0},
    ),
    "Kilo's default: the tunnel": (
        "VIR_MIGRATE_TUNNELLED was on: one core carries 238 MiB/s of a 10 Gbit/s link.",
        {"memory": 8192, "used": 75, "working": 1024, "writes": 60_000, "link": 10_000, "cap": 0,
         "encryption": "tunnelled"},
    ),
    "The same with TLS in QEMU": (
        "A core encrypts 770 MiB/s: the tunnel was slow, not the cipher.",
        {"memory": 8192, "used": 75, "working": 1024, "writes": 60_000, "link": 10_000, "cap": 0,
         "encryption": "native-tls"},
    ),
    "Nova's defaults today": (
        "The limit of 500 ms comes in steps of 300 s: this guest waits 20 minutes for a pause of 0.2 s.",
        {"memory": 4096, "used": 75, "working": 128, "writes": 30_000, "cap": 100, "limit": 500, "nova": True},
    ),
    "A database of 64 GiB": (
        "400,000 pages a second: 10 Gbit/s are not enough.",
        {"memory": 65536, "used": 90, "working": 16384, "writes": 400_000, "link": 10_000, "cap": 0},
    ),
    "Auto-converge": (
        "The guest is slowed down until the network keeps up.",
        {"memory": 4096, "used": 25, "working": 256, "writes": 40_000, "cap": 100, "auto_converge": True},
    ),
    "xbzrle": (
        "Small changes in a few pages: send the differences. Nova cannot set it.",
        {"memory": 4096, "used": 25, "cache": 128},
    ),
    "Stopped by hand": (
        "Force-complete without post-copy: QEMU reports the last part only of what the guest stood still.",
        {"hand": "stop"},
    ),
    "Post-copy": ("Ends in bounded time; missing pages are slow, a cut network loses the guest.", {"hand": "post-copy", "moment": 6}),
}  # fmt: skip


def clash(at: Mapping[str, Any]) -> str:
    """Which positions of the controls exclude each other, in the words of their labels; empty when none do."""
    several = at["channels"] > 1
    if at["working"] > at["memory"]:
        return f"The working set ({_size(at['working'])}) is larger than the memory ({_size(at['memory'])})."
    if at["threads"] and several:
        return "QEMU refuses zlib together with multifd: use one connection, or no zlib."
    if at["cache"] and several:
        return "multifd sends whole pages, xbzrle differences: use one connection, or no xbzrle."
    if at["nova"] and at["limit"] < 100:
        return f"Nova takes no downtime limit under 100 ms; {at['limit']:g} ms are QEMU's alone."
    return ""
