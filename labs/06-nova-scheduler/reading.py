"""Read: the same request in two eras, and a refusal that names the figure to change."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, kind, shown, truth
from kit.scheduling import Decision, Flavor, Host, Options, Request, Scheduler

from .fleets import names, rack

BIG = Flavor(vcpus=8, memory_mb=20480, root_gb=40)


GUESS = 'guess = ["e1", "e2", "e3"]'
RULE = """
def liberty_only(host, asked):
    then = Scheduler([host], options=Options(era="liberty")).select(Request(flavor=asked))
    now = Scheduler([host]).select(Request(flavor=asked))
    return then.ok and not now.ok
"""
MEMORY = """
def liberty_only(host, asked):
    then = host.memory_mb * 1.5 - host.reserved_host_memory_mb - host.instance_memory_mb
    now = host.memory_mb - host.reserved_host_memory_mb - host.instance_memory_mb
    return then >= asked.memory_mb > now
"""


def _both(guess: str = GUESS, rule: str = RULE) -> str:
    return f"{guess}\n{rule}"


class Eras(Step):
    name = "eras"
    title = "Liberty against now"
    minutes = 6
    variables = ("guess", "liberty_only")
    hints = (
        "Today e1 is smaller than the server, e2 has too few CPUs left, e3 too little memory. Liberty asks less: which of them does it take?",
        'For the function ask both: Scheduler([host], options=Options(era="liberty")), and Scheduler([host]). Their decisions have .ok.',
        _both().strip(),
    )
    solution = _both()
    wrong = {
        "ratio-only": Wrong(_both('guess = ["e1", "e3"]'), "e2 is missing"),
        "both": Wrong(_both('guess = ["e1", "e2", "e3", "e4"]'), "both eras take"),
        "neither": Wrong(_both('guess = ["e1", "e2", "e3", "e5"]'), "neither era"),
        "no-max": Wrong(_both('guess = ["e2", "e3"]'), "e1 is missing"),
        "then": Wrong(_both(rule=RULE.replace(" and not now.ok", "")), "has room for both eras"),
        "not-now": Wrong(_both(rule=RULE.replace("then.ok and ", "")), "has too little disk for both"),
        "memory": Wrong(_both(rule=MEMORY), "has promised its CPUs"),
        "by-heart": Wrong(
            _both(rule="def liberty_only(host, asked):\n    return host.name in guess"), "on a host that"
        ),
    }

    def check(self, lab: Lab, guess: Any, liberty_only: Any) -> str:
        liberty_only = function(liberty_only, "host, asked to True or False")
        self._guessed(rack(lab, "eras"), names(guess))
        draw = random.Random(69)
        for _ in range(3):
            for what, host, asked in _kinds(draw):
                then, now = _decided(host, asked)
                want = then.ok and not now.ok
                if truth(liberty_only(host, asked)) != want:
                    raise NotYet(
                        f"liberty_only should be {want} on a host that {what}.", f"Then: {then.why_not(host.name)}.",
                        f"Now: {now.why_not(host.name)}.",
                    )  # fmt: skip
        return "A largest unit, a resource that nobody tested, another ratio: you know now who relied on them."

    def _guessed(self, hosts: list[Host], said: list[str]) -> None:
        found = {host.name: _decided(host, BIG) for host in hosts}
        want = [name for name, (then, now) in found.items() if then.ok and not now.ok]
        for name in said:
            if name not in found:
                raise NotYet(f"There is no host {name}.", f"The five are {', '.join(found)}.")
            if name not in want:
                which = "both eras take it" if found[name][1].ok else "neither era takes it"
                raise NotYet(f"{name}: {which}.", "Those that only Liberty takes were asked for.")
        for name in want:
            if name not in said:
                raise NotYet(
                    f"{name} is missing: Liberty takes it.", f"Now: {found[name][1].why_not(name)}.", "Mend your guess."
                )


def _decided(host: Host, asked: Flavor) -> tuple[Decision, Decision]:
    """What Liberty and what today says of one host."""
    request = Request(flavor=asked)
    return Scheduler([host], options=Options(era="liberty")).select(request), Scheduler([host]).select(request)


def _kinds(draw: random.Random) -> list[tuple[str, Host, Flavor]]:
    """Hosts on which the eras agree and disagree, each with what is asked of it."""
    memory = draw.randrange(16384, 131072, 1024)
    asked = Flavor(vcpus=draw.randrange(2, 9), memory_mb=draw.randrange(memory // 4, memory // 3, 256), root_gb=40)
    large = replace(asked, memory_mb=memory + draw.randrange(256, memory // 4, 256))
    host = Host(name="h1", vcpus=16, memory_mb=memory, local_gb=400)
    # With this much in use Placement has no room for what is asked, and Liberty's one and a half has.
    full = memory - 512 - asked.memory_mb + draw.randrange(256, 1024, 256)
    return [
        ("has room for both eras", host.changed(instance_memory_mb=memory // 8), asked),
        ("is smaller than what is asked", host.changed(ram_allocation_ratio=2.0), large),
        ("has promised its CPUs four times", host.changed(instance_vcpus=65 - asked.vcpus), asked),
        ("has promised its memory once", host.changed(instance_memory_mb=full), asked),
        ("has too little disk for both", host.changed(instance_disk_mb=370 * 1024), asked),
        ("promises its memory three times", host.changed(ram_allocation_ratio=3.0, instance_memory_mb=2 * memory), asked),
    ]  # fmt: skip


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
        mend = function(mend, "host to a host")
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
            mended = mend(host)
            if not isinstance(mended, Host):
                raise NotYet(
                    f"mend gives {kind(mended)}.",
                    "The host, changed, was asked for.",
                    "return host.changed(...)",
                )
            reserved = mended.reserved_host_memory_mb
            if not isinstance(reserved, int):
                raise NotYet(f"The host reserves {shown(reserved)} then.", "A whole number of MB, without quotes.")
            changed = {each.name for each in fields(Host) if getattr(host, each.name) != getattr(mended, each.name)}
            self._fair(changed, mended)
            decision = Scheduler([mended]).select(Request(flavor=Flavor(memory_mb=asked)))
            if not decision.ok:
                raise NotYet(f"It still falls: {decision.why_not('h1')}.", "", "Read the figures in brackets.")
        return "The refusal named the figure; you did not buy memory, and nobody's server was overcommitted."

    def _fair(self, changed: set[str], mended: Host) -> None:
        if "name" in changed:
            raise NotYet(
                f"You give another host, {mended.name}.",
                "The one that is handed in was asked for.",
                "return host.changed(...)",
            )
        for name, why in (
            ("ram_allocation_ratio", "That promises the same memory twice: this cloud does not overcommit."),
            ("instance_memory_mb", "That is the memory of servers that are there."),
            ("memory_mb", "That memory is not built in."),
        ):
            if name in changed:
                raise NotYet(why, "One figure is a slip; the others are facts.", "Compare m3 with m1 and m2.")
        others = sorted(changed - {"reserved_host_memory_mb"})
        if others:
            raise NotYet(
                f"You change {others[0]}.", "One figure is a slip; that one is a fact.", "Compare m3 with m1 and m2."
            )
        if changed and mended.reserved_host_memory_mb == 0:
            raise NotYet("The host keeps nothing for itself then.", "Its neighbours keep 512 MB.")
