"""The tiny guest: a ROM of 64 KiB, made of bytes here, without toolchain, disk, or firmware.

QEMU starts it as its BIOS (`-bios`). It enters protected mode, counts how fast the time stamp counter runs
against the HPET, fills memory, and then writes pages of its working set at a rate, or as fast as it can. A word in
its memory says that it is ready, another counts its writes; both are read over QMP.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from kit.migration.errors import ValueOutOfRange, between
from kit.migration.guest import START_MIB, Guest
from kit.migration.units import MIB
from kit.migration.working_set import Random, Sequential

ROM_BYTES = 0x10000
BASE = 0xF0000
READY, COUNTER = 0x1000, 0x1004
READY_WORD = 0x59444552
_TICKS, _INTERVAL, _STATE = 0x1010, 0x1014, 0x1020
_HPET_CONFIG, _HPET_COUNTER = 0xFED00010, 0xFED000F0
_CALIBRATION_HPET = 2_000_000  # 20 ms of the HPET's 10 ns
_TABLE = 0x800
_FIELDS = ("fill_words", "mask", "ones", "rate", "spin", "random", "pages", "words", "written_mask")
_FILL = {"random": (0xFFFFFFFF, 0), "half": (0x0F0F0F0F, 0), "const": (0, 0x5A5A5A5A), "zero": (0, 0)}


@dataclass(frozen=True)
class Workload:
    """What the ROM does: words are of 32 bits, the rate in pages a second, `spin` in empty loops between writes."""

    fill_words: int
    mask: int
    ones: int
    rate: int
    spin: int
    random: int
    pages: int
    words: int
    written_mask: int

    @classmethod
    def of(cls, guest: Guest, spin: int = 0) -> Workload:
        """The workload of a guest; with `spin`, its writer is bound by the CPU and no clock.

        Raises
        ------
        ValueOutOfRange
            For a working set that is neither sequential nor random, or a memory too large or too small.
        """
        working = guest.working_set
        if not isinstance(working, Sequential | Random):
            raise ValueOutOfRange("the working set", working.kind, "sequential or random in the real QEMU")
        if not 8 <= guest.memory_mib <= 3072:
            raise ValueOutOfRange("memory_mib", guest.memory_mib, "from 8 to 3072 in the real QEMU")
        between("spin", spin, 0, 2**31 - 1)
        between("writes_per_s (in the real QEMU)", working.writes_per_s, 0, 2**31 - 1)
        filled = min(guest.used_pages, guest.ram_pages - START_MIB * MIB // 4096)
        mask, ones = _FILL[guest.content]
        busy = working.pages > 0 and (working.writes_per_s > 0 or spin > 0)
        return cls(
            filled * 1024, mask, ones, round(working.writes_per_s) or int(bool(spin)) if busy else 0, spin if busy else 0,
            int(isinstance(working, Random)), working.pages, max(guest.written_bytes // 4, 1),
            0 if guest.writes_zero else 0xFFFFFFFF,
        )  # fmt: skip


class _Code:
    """Bytes with labels: the smallest assembler that serves."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []

    def emit(self, text: str, *words: int) -> None:
        """Hexadecimal bytes, then 32 bit words."""
        self.bytes += bytes.fromhex(text)
        for word in words:
            self.bytes += struct.pack("<I", word & 0xFFFFFFFF)

    def label(self, name: str) -> None:
        """Name the present place."""
        self._labels[name] = len(self.bytes)

    def jump(self, opcode: str, name: str) -> None:
        """A jump with a 32 bit distance to a label."""
        self.emit(opcode, 0)
        self._jumps.append((len(self.bytes), name))

    def done(self) -> bytes:
        """The bytes, with all distances filled in."""
        for end, name in self._jumps:
            self.bytes[end - 4 : end] = struct.pack("<i", self._labels[name] - end)
        return bytes(self.bytes)


JMP, JZ, JNZ, JB, JBE, JS = "e9", "0f84", "0f85", "0f82", "0f86", "0f88"


def _at(name: str) -> int:
    """Address of a field of the workload in the ROM."""
    return BASE + _TABLE + 4 * _FIELDS.index(name)


def _draw(code: _Code) -> None:
    """xorshift32 on eax; edx is lost."""
    code.emit("89c2 c1e20d 31d0 89c2 c1ea11 31d0 89c2 c1e205 31d0")


def _boot(code: _Code) -> None:
    """From the reset vector's 16 bits to a flat 32 bit world."""
    gdt = _TABLE + 0x100
    code.emit("fa 2e660f0116" + struct.pack("<H", gdt).hex())  # cli; lgdt cs:[gdt]
    code.emit("0f20c0 0c01 0f22c0")  # cr0 |= 1
    code.emit("66ea", BASE + len(code.bytes) + 8)  # jmp far 8:next
    code.emit("0800")
    code.emit("66b81000 8ed8 8ec0 8ed0 bc", 0x7000)  # ds = es = ss = 16; esp


def _calibrate(code: _Code) -> None:
    """Ticks of the time stamp counter in 20 ms."""
    code.emit("a1", _HPET_CONFIG)
    code.emit("83c801 a3", _HPET_CONFIG)
    code.emit("8b1d", _HPET_COUNTER)
    code.emit("0f31 89c6")  # rdtsc; esi = eax
    code.label("tick")
    code.emit("8b0d", _HPET_COUNTER)
    code.emit("29d9 81f9", _CALIBRATION_HPET)
    code.jump(JB, "tick")
    code.emit("0f31 29f0 a3", _TICKS)


def _fill(code: _Code) -> None:
    code.emit("bf", START_MIB * MIB)
    code.emit("8b0d", _at("fill_words"))
    code.emit("b8", 0x2545F491)
    code.emit("85c9")
    code.jump(JZ, "filled")
    code.label("fill")
    _draw(code)
    code.emit("89c2 2315", _at("mask"))
    code.emit("0b15", _at("ones"))
    code.emit("8917 83c704 49")  # [edi] = edx; edi += 4; ecx -= 1
    code.jump(JNZ, "fill")
    code.label("filled")
    code.emit("a3", _STATE)
    code.emit("c705", READY, READY_WORD)
    code.emit("8b0d", _at("rate"))
    code.emit("85c9")
    code.jump(JNZ, "busy")
    code.label("halt")
    code.emit("f4")
    code.jump(JMP, "halt")
    code.label("busy")
    code.emit("a1", _TICKS)
    code.emit("ba", 50)
    code.emit("f7e2 f7f1 a3", _INTERVAL)  # ticks a second / rate
    code.emit("0f31 89c6 89d5 31db")  # next = now (ebp:esi); page ebx = 0


def _pace(code: _Code) -> None:
    """Wait for the next write's moment; a backlog of more than 20 ms is forgotten."""
    code.label("loop")
    code.emit("a1", _at("spin"))
    code.emit("85c0")
    code.jump(JNZ, "spin")
    code.label("wait")
    code.emit("0f31 29f0 19ea")  # edx:eax = now - next
    code.jump(JS, "early")
    code.emit("85d2")
    code.jump(JNZ, "late")
    code.emit("3b05", _TICKS)
    code.jump(JBE, "due")
    code.label("late")
    code.emit("2b05", _TICKS)
    code.emit("83da00 01c6 11d5")
    code.label("due")
    code.emit("0335", _INTERVAL)
    code.emit("83d500")
    code.jump(JMP, "write")
    code.label("early")
    code.emit("f390")
    code.jump(JMP, "wait")
    code.label("spin")
    code.emit("48")
    code.jump(JNZ, "spin")


def _write(code: _Code) -> None:
    code.label("write")
    code.emit("833d", _at("random"))
    code.emit("00")
    code.jump(JZ, "place")
    code.emit("a1", _STATE)
    _draw(code)
    code.emit("a3", _STATE)
    code.emit("f725", _at("pages"))
    code.emit("89d3")  # page = state * pages >> 32
    code.label("place")
    code.emit("89df c1e70c 81c7", START_MIB * MIB)
    code.emit("8b0d", _at("words"))
    code.emit("a1", _STATE)
    code.label("word")
    _draw(code)
    code.emit("89c2 2315", _at("written_mask"))
    code.emit("8917 83c704 49")
    code.jump(JNZ, "word")
    code.emit("a3", _STATE)
    code.emit("43 3b1d", _at("pages"))
    code.jump(JB, "count")
    code.emit("31db")
    code.label("count")
    code.emit("8305", COUNTER)
    code.emit("01 8315", COUNTER + 4)
    code.emit("00")
    code.jump(JMP, "loop")


def build(workload: Workload) -> bytes:
    """The ROM of a workload, 64 KiB."""
    code = _Code()
    for part in (_boot, _calibrate, _fill, _pace, _write):
        part(code)
    machine = code.done()
    assert len(machine) <= _TABLE
    rom = bytearray(b"\xf4" * ROM_BYTES)
    rom[: len(machine)] = machine
    rom[_TABLE : _TABLE + 4 * len(_FIELDS)] = struct.pack(f"<{len(_FIELDS)}I", *(getattr(workload, f) for f in _FIELDS))
    gdt = _TABLE + 0x100
    rom[gdt : gdt + 6] = struct.pack("<HI", 23, BASE + gdt + 8)
    rom[gdt + 8 : gdt + 32] = struct.pack("<QQQ", 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF)
    rom[0xFFF0:0xFFF3] = b"\xe9" + struct.pack("<h", 0x10000 - 0xFFF3)  # the reset vector: jump to offset 0
    return bytes(rom)
