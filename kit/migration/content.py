"""What a page costs on the wire, by what it holds.

Sources: QEMU 7.2, migration/ram.c. A normal page is an 8 byte header and 4096 bytes; a zero page a header and
one byte; a page compressed by the old `compress` capability a header, a 4 byte length and the zlib stream of the
page. What zlib makes of a page is asked of zlib itself: Python links the same library.
"""

from __future__ import annotations

import random
import zlib
from functools import cache

from kit.migration.errors import one_of
from kit.migration.units import MIB, PAGE_BYTES

HEADER_BYTES = 8
NORMAL_BYTES = HEADER_BYTES + PAGE_BYTES
ZERO_BYTES = HEADER_BYTES + 1
LENGTH_BYTES = 4
# A page of multifd with its share of packets: multifd-bytes by normal pages in 12 measured runs, 4122 to 4126 bytes.
MULTIFD_BYTES = 4122
# Pages of a packet (migration/multifd.h: 512 KiB); the rate limiter counts a packet when it is handed to a channel.
MULTIFD_PACKET = 128
CONTENTS = ("zero", "const", "half", "random")


def page_of(content: str, seed: int = 0) -> bytes:
    """A page of 4096 bytes: `zero`, `const` (0x5A), `half` (random & 0x0F), or `random`."""
    one_of("content", content, CONTENTS)
    if content == "zero":
        return bytes(PAGE_BYTES)
    if content == "const":
        return b"\x5a" * PAGE_BYTES
    drawn = random.Random(seed).randbytes(PAGE_BYTES)
    return bytes(byte & 0x0F for byte in drawn) if content == "half" else drawn


@cache
def zlib_bytes(content: str, level: int = 1) -> int:
    """Length of the zlib stream of a page of that content, bytes.

    >>> zlib_bytes("const", 1) < 50, zlib_bytes("random", 1) > 4096
    (True, True)
    """
    return len(zlib.compress(page_of(content), level))


def page_bytes(content: str, *, compress: bool = False, level: int = 1, multifd: bool = False) -> int:
    """Bytes that one page of that content takes on the wire.

    Parameters
    ----------
    content : str
        One of `zero`, `const`, `half`, `random`.
    compress : bool
        The old multi-thread compression (`compress`, gone from QEMU 9.1; VIR_MIGRATE_COMPRESSED).
    level : int
        Of zlib, 1 to 9.
    multifd : bool
        Whole pages over several connections; zero pages stay on the first one.
    """
    one_of("content", content, CONTENTS)
    if content == "zero":
        return ZERO_BYTES
    if multifd:
        return MULTIFD_BYTES
    return HEADER_BYTES + LENGTH_BYTES + zlib_bytes(content, level) if compress else NORMAL_BYTES


def slots(cache_mib: float) -> int:
    """Slots of an xbzrle cache of that size, MiB: the power of two at or below (migration/page_cache.c)."""
    return 1 << (max(int(cache_mib * MIB) // PAGE_BYTES, 1).bit_length() - 1)


def hit_bytes(written_bytes: int) -> int:
    """Bytes of an xbzrle page of which so many changed in one run: header, flag and length, two run lengths, the run.

    >>> hit_bytes(64)
    77
    """
    encoded = 2 + written_bytes + (written_bytes >= 128)
    return NORMAL_BYTES if encoded >= PAGE_BYTES else HEADER_BYTES + 3 + encoded
