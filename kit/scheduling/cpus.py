"""Sets of CPUs written as text: `0-3,^2,6`."""

from __future__ import annotations

from collections.abc import Iterable

from kit.scheduling.errors import RequestError


def parse_cpus(text: str) -> frozenset[int]:
    """The CPUs that a text names; `^` takes out, whatever the order.

    Raises
    ------
    RequestError
        A part is neither a number nor a range.

    Source: nova/virt/hardware.py, parse_cpu_spec, Nova 34.

    Examples
    --------
    >>> sorted(parse_cpus("1-4,^3,6"))
    [1, 2, 4, 6]
    """
    taken: set[int] = set()
    left_out: set[int] = set()
    for part in str(text).split(","):
        rule = part.strip()
        if not rule:
            continue
        group = left_out if rule.startswith("^") else taken
        first, dash, last = rule.removeprefix("^").partition("-")
        try:
            start, end = int(first), int(last if dash else first)
        except ValueError:
            start, end = 1, 0
        if start > end:
            raise RequestError(f"{rule!r} names no CPUs", where=str(text), todo="Write numbers and ranges: 0-3,^2,6.")
        group.update(range(start, end + 1))
    return frozenset(taken - left_out)


def show_cpus(cpus: Iterable[int]) -> str:
    """CPUs as text with ranges.

    >>> show_cpus({0, 1, 2, 5})
    '0-2,5'
    """
    parts: list[list[int]] = []
    for cpu in sorted(cpus):
        if parts and cpu == parts[-1][1] + 1:
            parts[-1][1] = cpu
        else:
            parts.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts) or "none"
