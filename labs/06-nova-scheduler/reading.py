"""Read: the same request in two eras, and a refusal that names the figure to change."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.scheduling import Decision, Flavor, Host, Options, Request, Scheduler

from .fleets import function, given, names, rack

BIG = Flavor(vcpus=8, memory_mb=20480, root_gb=40)


class Eras(Step):
    name = "eras"
    title = "Liberty against now"
    minutes = 5
    variables = ("liberty_only",)
    hints = (
        "Liberty: no filter looks at CPUs by default, and the memory of every host counts one and a half times.",
        "Now: CPUs count, at four times; memory counts once; and no server is larger than its host.",
        "Today e1 is smaller than the server, e2 has too few CPUs left, e3 too little memory. Which of them has 1.5 x total - used - 512 enough?",
    )
    solution = 'liberty_only = ["e1", "e2", "e3"]'
    wrong = {
        "ratio-only": Wrong('liberty_only = ["e1", "e3"]', "e2 is missing"),
        "both": Wrong('liberty_only = ["e1", "e2", "e3", "e4"]', "both eras take"),
        "neither": Wrong('liberty_only = ["e1", "e2", "e3", "e5"]', "neither era"),
        "all": Wrong('liberty_only = ["e2", "e3"]', "e1 is missing"),
    }

    def check(self, lab: Lab, liberty_only: Any) -> str:
        hosts, said = rack(lab, "eras"), names(liberty_only)
        old, new = (
            self._passed(Scheduler(hosts, options=Options(era=era)).select(Request(flavor=BIG)))
            for era in ("liberty", "today")
        )
        now = Scheduler(hosts).select(Request(flavor=BIG))
        want = sorted(old - new)
        for name in said:
            if name in want:
                continue
            if name in new:
                raise NotYet(f"{name}: both eras take it.", "Those that only Liberty takes were asked for.")
            raise NotYet(f"{name}: neither era takes it.", "Those that only Liberty takes were asked for.")
        missing = sorted(set(want) - set(said))
        if missing:
            raise NotYet(f"{missing[0]} is missing: Liberty takes it.", f"Now: {now.why_not(missing[0])}.")
        return "Three reasons, one for each: a largest unit, a resource that nobody tested, another ratio."

    def _passed(self, decision: Decision) -> set[str]:
        return {each.host for each in decision.steps[0].weighed}


MEND = """
def mend(host):
    return host.changed(reserved_host_memory_mb=512)
"""


class Mend(Step):
    name = "mend"
    title = "Which figure is wrong?"
    minutes = 5
    variables = ("mend",)
    hints = (
        "Read the numbers of m3 beside those of m1 and m2: which of them is unlike the others?",
        "(65536 - 32768) x 1: half of the host is kept from servers. m1 and m2 reserve 512 MB.",
        MEND.strip(),
    )
    solution = MEND
    wrong = {
        "ratio": Wrong("def mend(host):\n    return host.changed(ram_allocation_ratio=2.0)", "overcommit"),
        "forget": Wrong("def mend(host):\n    return host.changed(instance_memory_mb=0)", "servers that are there"),
        "bigger": Wrong("def mend(host):\n    return host.changed(memory_mb=host.memory_mb * 2)", "is not built in"),
        "negative": Wrong("def mend(host):\n    return host.changed(reserved_host_memory_mb=-8192)", "reserved"),
        "none": Wrong("def mend(host):\n    return host.changed(reserved_host_memory_mb=0)", "keeps nothing"),
        "same": Wrong("def mend(host):\n    return host", "still falls"),
    }

    def check(self, lab: Lab, mend: Any) -> str:
        mend = function(mend, "a host")
        draw = random.Random(67)
        for size in (32768, 131072, 262144):
            used = draw.randrange(size // 8, size // 4, 1024)
            host = Host(
                name="h1",
                vcpus=32,
                memory_mb=size,
                local_gb=900,
                instance_memory_mb=used,
                reserved_host_memory_mb=size // 2,
            )
            asked = size // 2 - used + draw.randrange(256, 1024, 256)
            mended = given(mend(host))
            if not isinstance(mended, Host):
                raise NotYet(
                    f"mend gives a {type(mended).__name__}.",
                    "The host, changed, was asked for.",
                    "return host.changed(...)",
                )
            changed = {each.name for each in fields(Host) if getattr(host, each.name) != getattr(mended, each.name)}
            self._fair(changed, mended)
            decision = Scheduler([mended]).select(Request(flavor=Flavor(memory_mb=asked)))
            if not decision.ok:
                raise NotYet(f"It still falls: {decision.why_not('h1')}.", "", "Read the figures in brackets.")
        return "The refusal named the figure; you did not buy memory, and nobody's server was overcommitted."

    def _fair(self, changed: set[str], mended: Host) -> None:
        for name, why in (
            ("ram_allocation_ratio", "That promises the same memory twice: this cloud does not overcommit."),
            ("instance_memory_mb", "That is the memory of servers that are there."),
            ("memory_mb", "That memory is not built in."),
        ):
            if name in changed:
                raise NotYet(why, "One figure is a slip; the others are facts.", "Compare m3 with m1 and m2.")
        if changed == {"reserved_host_memory_mb"} and mended.reserved_host_memory_mb == 0:
            raise NotYet("The host keeps nothing for itself then.", "Its neighbours keep 512 MB.")
