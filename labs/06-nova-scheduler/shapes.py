"""Shapes: cells, devices and groups, where what is free in all is not what one server may get."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import replace
from typing import Any

from kit.lab import Lab, NotAttempted, NotYet, Step, Wrong
from kit.lab.answers import kind, shown
from kit.scheduling import Flavor, Host, Request, Scheduler, ServerGroup

from .fleets import NFV, celled

SPECS = ("hw:cpu_policy", "hw:numa_nodes")
WORDS = ("required", "legacy", "preferred", "socket")


class Cells(Step):
    name = "cells"
    title = "Four free, two in each cell"
    minutes = 6
    variables = ("specs",)
    hints = (
        "Dedicated CPUs make one guest cell unless you ask for more, and a guest cell lies in one cell of the host.",
        "The flavor can ask for two guest cells: hw:numa_nodes.",
        'specs = {"hw:cpu_policy": "dedicated", "hw:numa_nodes": "2"}',
    )
    solution = 'specs = {"hw:cpu_policy": "dedicated", "hw:numa_nodes": "2"}'
    wrong = {
        "one-cell": Wrong('specs = {"hw:cpu_policy": "dedicated"}', "dedicated CPUs asked"),
        "shared": Wrong('specs = {"hw:numa_nodes": "2"}', "not dedicated"),
        "four": Wrong('specs = {"hw:cpu_policy": "dedicated", "hw:numa_nodes": "4"}', "asks 4 NUMA cells"),
        "misspelt": Wrong(
            'specs = {"hw:cpu_policy": "dedicated", "hw:numa_node": "2"}', "Did you mean 'hw:numa_nodes'"
        ),
        "nothing": Wrong("specs = {}", "not dedicated"),
        "word": Wrong('specs = {"hw:cpu_policy": "pinned", "hw:numa_nodes": "2"}', "pinned"),
    }

    def check(self, lab: Lab, specs: Any) -> str:
        if not isinstance(specs, dict):
            raise NotYet(f"That is {kind(specs)}.", "A dictionary of extra specs was asked for.")
        for key in specs:
            close = difflib.get_close_matches(str(key), SPECS, 1, 0.85)
            if close and key not in SPECS:
                raise NotYet(f"No filter reads {key!r}: Nova passes over it.", "", f"Did you mean {close[0]!r}?")
        for free in (2, 3, 5):
            flavor = Flavor(
                vcpus=2 * free, memory_mb=4096, extra_specs={key: str(value) for key, value in specs.items()}
            )
            hosts = [celled("h1", [0, 0]), celled("h2", [free, free])]
            if specs.get("hw:cpu_policy") in (None, "shared"):
                raise NotYet("By these specs the CPUs are not dedicated.", "", "hw:cpu_policy says so.")
            decision = Scheduler(hosts, options=NFV).select(Request(flavor=flavor))
            if not decision.ok:
                raise NotYet(
                    f"{2 * free} CPUs, {free} free in each cell: {decision.why_not('h2')[:150]}.",
                    "It should land on h2.",
                )
        return "Two cells of the guest on two of the host: the server knows, and its memory lies near."


class Near(Step):
    name = "near"
    title = "A device near by"
    minutes = 4
    variables = ("policies",)
    hints = (
        "There are four words: required, legacy, preferred, socket. `legacy`, the default, trusts a host that does not say where its device is.",
        "The radio must be sure: which word admits no doubt? The backup wants any device: which word only wishes?",
        'policies = {"radio": "required", "backup": "preferred"}',
    )
    solution = 'policies = {"radio": "required", "backup": "preferred"}'
    wrong = {
        "trusting": Wrong('policies = {"radio": "legacy", "backup": "preferred"}', "does not say"),
        "both-strict": Wrong('policies = {"radio": "required", "backup": "required"}', "The backup lands nowhere"),
        "both-loose": Wrong('policies = {"radio": "preferred", "backup": "preferred"}', "other cell"),
        "swapped": Wrong('policies = {"radio": "preferred", "backup": "required"}', "other cell"),
        "socket": Wrong('policies = {"radio": "socket", "backup": "preferred"}', "other cell"),
        "default": Wrong('policies = {"radio": "required", "backup": "legacy"}', "The backup lands nowhere"),
        "word": Wrong('policies = {"radio": "must", "backup": "preferred"}', "no such policy"),
    }

    def check(self, lab: Lab, policies: Any) -> str:
        if not isinstance(policies, dict) or set(policies) != {"radio", "backup"}:
            raise NotYet(
                "A word for the radio and one for the backup were asked for.",
                'policies = {"radio": ..., "backup": ...}',
            )
        for guest, word in policies.items():
            if word is ...:
                raise NotAttempted
            if word not in WORDS:
                raise NotYet(f"There is no such policy as {word!r} for the {guest}.", f"There are {', '.join(WORDS)}.")
        # The guest's CPUs are in cell 0 alone; the device is there, elsewhere, or nobody knows.
        hosts = {
            "far": celled("far", [4, 0], nic=1),
            "unsaid": celled("unsaid", [6, 0], nic=None),
            "near": celled("near", [4, 0], nic=0),
        }
        for name, bad in (("far", "has its device at the other cell"), ("unsaid", "does not say where its device is")):
            if self._lands(hosts[name], policies["radio"]):
                raise NotYet(f"By your word the radio lands on a host that {bad}.", "", "A stricter word.")
        for name in ("near", "far"):
            if not self._lands(hosts[name], policies["backup"]):
                raise NotYet(
                    "The backup lands nowhere when the device is at the other cell.", "", "A word that only wishes."
                )
        if not self._lands(hosts["near"], policies["radio"]):
            raise NotYet("The radio does not land where the device is near.", "", "Its word asks for something else.")
        return "One wish, one demand: the word is in the flavor, the users need not know."

    def _lands(self, host: Host, word: str) -> bool:
        specs = {
            "hw:cpu_policy": "dedicated", "pci_passthrough:alias": "nic:1", "hw:pci_numa_affinity_policy": word,
        }  # fmt: skip
        # The policy `socket` also asks for a trait; whether a host lies near is asked here alone.
        host = host.changed(traits=frozenset(["COMPUTE_SOCKET_PCI_NUMA_AFFINITY"]))
        return (
            Scheduler([host], options=NFV).select(Request(flavor=Flavor(vcpus=2, memory_mb=2048, extra_specs=specs))).ok
        )


class Apart(Step):
    name = "apart"
    title = "Two on a host, no more"
    minutes = 4
    variables = ("group",)
    hints = (
        "`anti-affinity` is a demand, `soft-anti-affinity` a wish that room may outweigh.",
        "A group has a rule beside its policy: how many of its servers a host may have.",
        'group = ServerGroup(policy="anti-affinity", max_server_per_host=2)',
    )
    solution = 'group = ServerGroup(policy="anti-affinity", max_server_per_host=2)'
    wrong = {
        "strict": Wrong('group = ServerGroup(policy="anti-affinity")', "no host"),
        "soft": Wrong('group = ServerGroup(policy="soft-anti-affinity")', "carries"),
        "together": Wrong('group = ServerGroup(policy="affinity")', "carries"),
        "three": Wrong('group = ServerGroup(policy="anti-affinity", max_server_per_host=3)', "carries"),
        "text": Wrong('group = "anti-affinity"', "ServerGroup"),
    }

    def check(self, lab: Lab, group: Any) -> str:
        if not isinstance(group, ServerGroup):
            raise NotYet(f"That is {kind(group)}.", "A ServerGroup was asked for.", "ServerGroup(policy=...)")
        most = group.max_server_per_host
        if not isinstance(most, int):
            raise NotYet(f"max_server_per_host is {shown(most)}.", "A whole number, without quotes.")
        for count in (3, 4):
            # One host is much larger than the others: a wish to be apart is outweighed by its room.
            hosts = [
                Host(name=f"h{n}", vcpus=64 if n == 1 else 8, memory_mb=262144 if n == 1 else 16384, local_gb=4000 if n == 1 else 400)
                for n in range(1, count + 1)
            ]  # fmt: skip
            servers = tuple(f"web-{number + 1}" for number in range(2 * count))
            flavor = Flavor(vcpus=1, memory_mb=1024, root_gb=10)
            request = Request(flavor=flavor, servers=servers, group=replace(group, members=servers))
            decision = Scheduler(hosts).select(request)
            if not decision.ok:
                raise NotYet(
                    f"Of {2 * count} servers on {count} hosts one has no host.",
                    decision.reason,
                    "Two may share a host.",
                )
            name, most = Counter(decision.chosen).most_common(1)[0]
            if most > 2:
                raise NotYet(
                    f"{name} carries {most} of {2 * count} servers.",
                    "Two at most were asked for.",
                    "A demand, with a number.",
                )
        return "When a host dies, two servers die: you chose the number."
