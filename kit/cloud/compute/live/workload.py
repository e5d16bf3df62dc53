"""What a server's guest does to its memory: from the seed (`workload:`), or from the server's metadata.

The seed's word is hidden in the guest, as it is on a real cloud: only a measurement tells. Metadata such as
`workload:writes_per_s=20000` count before it, so that a guest can be made busier by
`openstack server set --property workload:writes_per_s=20000 SERVER`; a migration takes what is there at its start.

=================  =========================================================================================
key                meaning, and what stands where nobody says anything
=================  =========================================================================================
used_mib           RAM that is not zero, MiB; half of it
working_set_mib    memory that is rewritten again and again, MiB; a sixteenth of the RAM, at most 256
writes_per_s       rewritten pages of 4 KiB a second; 1000
pattern            `random` or `sequential`; random
heat               (seed only) [[MiB, share of the writes], ...] instead of the two above
content            `random`, `half`, `const` or `zero`; random
written_bytes      how much of a page a write changes; 64
disk_used_gib      what of the local disks is allocated, GiB; a quarter
=================  =========================================================================================
"""

from __future__ import annotations

from typing import Any

from kit.cloud.store import Row
from kit.errors import CloudError
from kit.migration import IDLE, Guest, Heat, Random, Sequential
from kit.migration.content import CONTENTS
from kit.migration.working_set import WorkingSet

PREFIX = "workload:"
KEY = "workload"  # of the server's system metadata
NUMBERS = ("used_mib", "working_set_mib", "writes_per_s", "written_bytes", "disk_used_gib")
WORDS = {"pattern": ("random", "sequential"), "content": CONTENTS}
WRITES_PER_S, WRITTEN_BYTES = 1000.0, 64


def check(given: dict[str, Any]) -> dict[str, Any]:
    """A workload with numbers for numbers.

    Raises
    ------
    CloudError
        When a name is unknown or a value has no meaning.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in NUMBERS:
            try:
                found[name] = float(value)
            except (TypeError, ValueError):
                raise CloudError(f"workload: {name} is {value!r}", todo="Give a number.") from None
            if not 0 <= found[name] < float("inf"):
                raise CloudError(f"workload: {name} is {value!r}", todo="Give a number of at least 0.")
        elif name in WORDS:
            if value not in WORDS[name]:
                raise CloudError(f"workload: {name} is {value!r}", todo=f"Give one of {', '.join(WORDS[name])}.")
            found[name] = value
        elif name == "heat" and isinstance(value, list):
            found[name] = value
        else:
            known = ", ".join([*NUMBERS, *WORDS, "heat"])
            raise CloudError(f"a workload has no {name!r}", todo=f"It has: {known}.")
    return found


def of(server: Row) -> dict[str, Any]:
    """The workload of a server, as far as anybody has said something.

    Raises
    ------
    CloudError
        When the metadata hold a value without a meaning.
    """
    own = {k.removeprefix(PREFIX): v for k, v in (server["metadata"] or {}).items() if k.startswith(PREFIX)}
    return {**((server["system_metadata"] or {}).get(KEY) or {}), **check(own)}


def guest(server: Row, paused: bool) -> Guest:
    """The guest that the model migrates; one that is paused writes nothing.

    Raises
    ------
    CloudError
        When the metadata hold a value without a meaning.
    """
    found, ram = of(server), float(server["flavor"]["ram"])
    return Guest(
        ram, used_mib=min(found.get("used_mib", ram / 2), ram), working_set=IDLE if paused else _writes(found, ram),
        content=found.get("content", "random"), written_bytes=min(max(int(found.get("written_bytes", WRITTEN_BYTES)), 1), 4096),
        writes_zero=found.get("content") == "zero",
    )  # fmt: skip


def _writes(found: dict[str, Any], ram: float) -> WorkingSet:
    rate = found.get("writes_per_s", WRITES_PER_S)
    if "heat" in found:
        return Heat.of([(float(size), float(share)) for size, share in found["heat"]], rate)
    size = min(found.get("working_set_mib", min(ram / 16, 256.0)), ram)
    kind = Sequential if found.get("pattern") == "sequential" else Random
    return kind(size, rate) if size and rate else IDLE


def local_disks(server: Row) -> list[float]:
    """Sizes of the disks on the host, GiB: root, ephemeral, swap."""
    flavor = server["flavor"]
    root = flavor["disk"] if server["image_id"] else 0
    return [float(size) for size in (root, flavor["ephemeral"], (flavor["swap"] or 0) / 1024) if size]


def disk_used_gib(server: Row) -> float:
    """What of the local disks is allocated, GiB."""
    disks = sum(local_disks(server))
    return min(float(of(server).get("disk_used_gib", disks / 4)), disks)
