"""The guest that migrates: its memory, what it holds, what it writes."""

from __future__ import annotations

from dataclasses import dataclass

from kit.migration.content import CONTENTS
from kit.migration.errors import ValueOutOfRange, at_least, between, one_of
from kit.migration.units import MOST_MIB, PAGE_BYTES, PAGES_PER_MIB
from kit.migration.working_set import IDLE, WorkingSet

# What QEMU's machine `pc` without devices holds beside the guest's own: pages of code in low RAM and where they begin, pages
# at the top of RAM, (pages of code, empty pages) in other blocks, what the code is like. Counted in runs of idle and of
# zero guests, poll by poll: its BIOS copies itself below 1 MiB and to the top; the kit's tiny guest is a ROM, all but
# empty. Code shrinks to about a half when it is compressed, an empty ROM to nothing. Where nobody counted, the 130 pages of
# the machine with its BIOS are taken as full.
FIRMWARE: dict[str, tuple[int, int, int, tuple[tuple[int, int], ...], str]] = {
    "any": (0, 0, 0, ((130, 0),), "random"),
    "seabios": (35, 192, 28, ((26, 47), (25, 32)), "half"),
    "rom": (1, 1, 0, ((19, 63),), "const"),
}
START_MIB = 4


@dataclass(frozen=True)
class Guest:
    """A guest before its migration.

    Parameters
    ----------
    memory_mib : float
        RAM, MiB.
    used_mib : float, optional
        What was ever written and is not zero, MiB; default all of it. Zero pages cost 9 bytes each.
    working_set : WorkingSet
        What it keeps writing; default nothing. It begins 4 MiB into the memory, inside what is used.
    content : str
        Of the used pages: `random` (incompressible), `half`, `const`, or `zero`.
    written_bytes : int
        How much of a page one write changes, from its start; what xbzrle pays for.
    writes_zero : bool
        Whether the rewritten pages stay zero pages.
    firmware : str
        What the machine holds beside the guest's own: `any`, or as it was counted `seabios`, and `rom` for the kit's
        tiny guest in the real QEMU.
    writes_before : float
        Writes made before the migration begins: where a walk through the working set stands, and which of its pages
        are no zero pages any more. Only the model page by page looks at it.

    Raises
    ------
    ValueOutOfRange
        Where the parts do not fit into the memory.

    >>> from kit.migration import Random
    >>> Guest(4096, used_mib=1024, working_set=Random(256, 5000))
    Guest 4096 MiB, 1024 MiB used (random), writes random, 256 MiB at 5000 pages/s
    """

    memory_mib: float
    used_mib: float | None = None
    working_set: WorkingSet = IDLE
    content: str = "random"
    written_bytes: int = 64
    writes_zero: bool = False
    firmware: str = "any"
    writes_before: float = 0.0

    def __post_init__(self) -> None:
        between("memory_mib", self.memory_mib, 1, MOST_MIB)
        one_of("content", self.content, CONTENTS)
        one_of("firmware", self.firmware, tuple(FIRMWARE))
        at_least("writes_before", self.writes_before, 0)
        between("written_bytes", self.written_bytes, 1, PAGE_BYTES)
        if self.used_mib is not None:
            between("used_mib", self.used_mib, 0, self.memory_mib)
        if self.working_set.pages > self.ram_pages:
            raise ValueOutOfRange("the working set", f"{self.working_set.size_mib:g} MiB", "within the memory")

    @property
    def ram_pages(self) -> int:
        """Pages of its RAM."""
        return round(self.memory_mib * PAGES_PER_MIB)

    @property
    def other_pages(self) -> int:
        """Pages of the other blocks."""
        return sum(map(sum, FIRMWARE[self.firmware][3]))

    @property
    def pages(self) -> int:
        """All pages that the first pass looks at."""
        return self.ram_pages + self.other_pages

    @property
    def start_page(self) -> int:
        """The first page of the working set."""
        return min(START_MIB * PAGES_PER_MIB, self.ram_pages - self.working_set.pages)

    @property
    def used_pages(self) -> int:
        """Pages of the RAM that are not zero at the start."""
        if self.content == "zero":
            return 0
        if self.used_mib is None:
            return self.ram_pages
        return min(round(self.used_mib * PAGES_PER_MIB), self.ram_pages)

    @property
    def segments(self) -> tuple[tuple[int, str], ...]:
        """(pages, content) in address order: what lies before the used part, the used part, the rest, other blocks.

        A working set outside the used part counts as zero until it is written.
        """
        used = self.used_pages
        before = min(START_MIB * PAGES_PER_MIB, self.ram_pages - used)
        low, first, top, others, code = FIRMWARE[self.firmware]
        first = min(first, before)
        low, top = min(low, before - first), min(top, self.ram_pages - before - used)
        parts = [
            (first, "zero"),
            (low, code),
            (before - first - low, "zero"),
            (used, self.content),
            (self.ram_pages - before - used - top, "zero"),
            (top, code),
        ]
        for full, empty in others:
            parts += [(full, code), (empty, "zero")]
        return tuple((count, content) for count, content in parts if count)

    @property
    def written_content(self) -> str:
        """What the rewritten pages hold."""
        if self.writes_zero:
            return "zero"
        return self.content if self.content != "zero" else "random"

    def __repr__(self) -> str:
        used = f"{self.used_pages / PAGES_PER_MIB:g} MiB used ({self.content})"
        return f"Guest {self.memory_mib:g} MiB, {used}, writes {self.working_set}"

    def to_dict(self) -> dict[str, object]:
        """The guest as plain data; sizes in MiB, rates in pages/s."""
        return {
            "memory_mib": self.memory_mib, "used_mib": self.used_pages / PAGES_PER_MIB, "content": self.content,
            "written_bytes": self.written_bytes, "working_set": {
                "kind": self.working_set.kind, "size_mib": self.working_set.size_mib,
                "writes_per_s": self.working_set.writes_per_s,
            },
        }  # fmt: skip
