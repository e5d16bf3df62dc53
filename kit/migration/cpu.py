"""Whether a guest's CPU flags are there at the destination, for two hosts or for all of them.

libvirt's comparison says ERROR (−1), INCOMPATIBLE (0), IDENTICAL (1) or SUPERSET (2), and Nova lets pass what is
above 0: the source's flags (the guest's, where its model is stored) must be a subset of the destination's. It is
skipped where virt_type is not kvm. Source: nova/virt/libvirt/driver.py, _compare_cpu; the same rule in Kilo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RESULTS = {0: "INCOMPATIBLE", 1: "IDENTICAL", 2: "SUPERSET"}
# Named models, each with all that the ones before it have (libvirt's cpu_map, x86_*.xml).
FAMILIES = (
    ("Nehalem", "Westmere", "SandyBridge", "IvyBridge", "Haswell", "Broadwell", "Skylake-Server", "Cascadelake-Server",
     "Cooperlake", "Icelake-Server", "SapphireRapids", "GraniteRapids"),
    ("Opteron_G1", "Opteron_G2", "Opteron_G3", "Opteron_G4", "Opteron_G5", "EPYC", "EPYC-Rome", "EPYC-Milan",
     "EPYC-Genoa", "EPYC-Turin"),
)  # fmt: skip
REFER = "http://libvirt.org/html/libvirt-libvirt-host.html#virCPUCompareResult"


def flags_of(cpu_info: Mapping[str, Any]) -> frozenset[str]:
    """A host's `cpu_info` as Nova keeps it (arch, model, vendor, features), as one set to compare.

    A named model stands for itself and the older ones of its family; an unknown model for itself alone.

    >>> newer, older = ({"model": name, "features": ["aes"]} for name in ("Broadwell", "Haswell"))
    >>> compare_cpu(flags_of(older), flags_of(newer)).passes, compare_cpu(flags_of(newer), flags_of(older)).passes
    (True, False)
    """
    model = str(cpu_info.get("model") or "")
    base = model.removesuffix("-IBRS").removesuffix("-noTSX")
    models = next((names[: names.index(base) + 1] for names in FAMILIES if base in names), (model,) if model else ())
    named = {f"{key}={cpu_info[key]}" for key in ("arch", "vendor") if cpu_info.get(key)}
    return frozenset(map(str, cpu_info.get("features") or ())) | {f"model {name}" for name in models} | named


@dataclass(frozen=True)
class CpuCheck:
    """The comparison of two sets of flags.

    Attributes
    ----------
    code : int
        libvirt's: 0, 1 or 2.
    missing : tuple of str
        Flags that the destination lacks.
    """

    code: int
    missing: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether the guest may go there."""
        return self.code > 0

    @property
    def error(self) -> str:
        """`InvalidCPUInfo`, or empty."""
        return "" if self.passes else "InvalidCPUInfo"

    @property
    def message(self) -> str:
        """What Nova says of it, or nothing."""
        return "" if self.passes else f"CPU doesn't have compatibility.\n\n{self.code}\n\nRefer to {REFER}"

    def __repr__(self) -> str:
        lacks = f", the destination lacks {', '.join(self.missing)}" if self.missing else ""
        return f"{RESULTS[self.code]}{lacks}"


def compare_cpu(source: Iterable[str], destination: Iterable[str]) -> CpuCheck:
    """Compare the flags of a guest (or its host) with a destination's.

    >>> compare_cpu({"sse4_2", "avx"}, {"sse4_2"})
    INCOMPATIBLE, the destination lacks avx
    """
    have, need = set(destination), set(source)
    missing = tuple(sorted(need - have))
    return CpuCheck(0 if missing else 1 if need == have else 2, missing)


class CpuMatrix:
    """Who can go where among hosts.

    Parameters
    ----------
    hosts : mapping of name to flags
        CPU flags of each host.
    """

    def __init__(self, hosts: Mapping[str, Iterable[str]]) -> None:
        self.hosts = {name: frozenset(flags) for name, flags in sorted(hosts.items())}

    def check(self, source: str, destination: str) -> CpuCheck:
        """The comparison of two of them."""
        return compare_cpu(self.hosts[source], self.hosts[destination])

    def destinations(self, source: str) -> list[str]:
        """Hosts that a guest of that host can go to, sorted."""
        return [name for name in self.hosts if name != source and self.check(source, name).passes]

    @property
    def common(self) -> frozenset[str]:
        """Flags that all have: the CPU model to give to guests that shall go anywhere."""
        sets = list(self.hosts.values())
        return frozenset.intersection(*sets) if sets else frozenset()

    def order(self) -> list[str]:
        """Hosts with the poorest CPU first: guests can go on to every later host that has all its flags."""
        return sorted(self.hosts, key=lambda name: (len(self.hosts[name]), name))

    def to_dict(self) -> dict[str, Any]:
        """The matrix as plain data: source -> destination -> missing flags."""
        return {
            a: {b: list(self.check(a, b).missing) for b in self.hosts if b != a} for a in self.hosts
        }  # fmt: skip

    def __repr__(self) -> str:
        names = list(self.hosts)
        wide = max((len(name) for name in names), default=0)
        cells = [[" -  " if a == b else "yes " if self.check(a, b).passes else "no  " for b in names] for a in names]
        head = " " * wide + "  " + "  ".join(name.ljust(4) for name in names)
        lines = [
            name.ljust(wide) + "  " + "  ".join(cell.ljust(max(len(b), 4)) for cell, b in zip(row, names, strict=True))
            for name, row in zip(names, cells, strict=True)
        ]
        return "\n".join(line.rstrip() for line in ["from \\ to".ljust(wide), head, *lines][1:])
