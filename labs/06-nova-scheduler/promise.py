"""Promise: overcommit and what it means for a live migration, negative reserves, and the race of two schedulers."""

from __future__ import annotations

import random
from numbers import Integral
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, shown, truth
from kit.migration import memory_check
from kit.scheduling import Flavor, Host, Options, Request, Scheduler, race

from .fleets import equal

TROUBLE_BY = "def trouble(total, ratio, free, asked):\n    return "
TROUBLE = """
def trouble(total, ratio, free, asked):
    passes = total * ratio - (total - free) >= asked
    return passes and free < asked
"""


class Trouble(Step):
    name = "trouble"
    title = "The promise that memory cannot keep"
    minutes = 5
    variables = ("trouble",)
    hints = (
        "Two questions: does the scheduler take the host, and is the memory really there?",
        "The scheduler: total * ratio - (total - free) >= asked. The host: free >= asked.",
        TROUBLE.strip(),
    )
    solution = TROUBLE
    wrong = {
        "formula-only": Wrong(TROUBLE_BY + "total * ratio - (total - free) >= asked", "memory is really there"),
        "free-only": Wrong(TROUBLE_BY + "free < asked", "refuses that host"),
        "free-times": Wrong(TROUBLE_BY + "free * ratio >= asked and free < asked", "multiplies the total"),
        "strict": Wrong(TROUBLE.replace(">= asked", "> asked"), "exactly"),
        "enough-is-trouble": Wrong(TROUBLE.replace("free < asked", "free <= asked"), "all that is asked"),
    }  # fmt: skip

    def check(self, lab: Lab, trouble: Any) -> str:
        trouble = function(trouble, "total, ratio, free, asked to True or False")
        part = random.Random(63).randrange(512, 2048, 64)
        pointed = (
            ((4 * part, 2.0, 1 * part, 4 * part), "the case of the blog: the formula gives 5 parts", "The ratio multiplies the total alone."),
            ((8 * part, 2.0, 6 * part, 4 * part), "the memory is really there", "A promise that can be kept is no trouble."),
            ((4 * part, 1.5, 1 * part, 4 * part), "the scheduler refuses that host", "Who is refused gets into no trouble."),
            ((4 * part, 2.0, 0, 4 * part), "what is asked is exactly what the formula gives, and that passes", ">= rather than >."),
            ((8 * part, 1.5, 4 * part, 4 * part), "all that is asked is really there", "Less than asked: <."),
        )  # fmt: skip
        for case, why, todo in pointed:
            self._same(trouble, case, why, todo)
        draw = random.Random(64)
        for _ in range(100):
            total = draw.randrange(2048, 65536, 256)
            case = (total, draw.choice((1.0, 1.5, 2.0)), draw.randrange(0, total, 256), draw.randrange(256, total, 256))
            self._same(trouble, case, "Liberty's scheduler decides otherwise", "")
        return "The scheduler asks for promises, the kernel for pages: who overcommits watches the difference."

    def _same(self, trouble: Any, case: tuple[int, float, int, int], why: str, todo: str) -> None:
        total, ratio, free, asked = case
        want = _liberty_takes(total, ratio, free, asked) and free < asked
        if truth(trouble(*case), f"It was asked for trouble{case}.") != want:
            raise NotYet(f"trouble{case} should be {want}: {why}.", todo)


def _liberty_takes(total: int, ratio: float, free: int, asked: int) -> bool:
    host = Host(
        name="h1", vcpus=16, memory_mb=total, local_gb=100, reserved_host_memory_mb=0, instance_memory_mb=total - free
    )  # fmt: skip
    options = Options({"DEFAULT.ram_allocation_ratio": ratio}, era="liberty")
    return Scheduler([host], options=options).select(Request(flavor=Flavor(memory_mb=asked))).ok


RESERVE = """
def reserve(total, used, guest):
    return total - used - guest - 1
"""


class Negative(Step):
    name = "negative"
    title = "Less than nothing in reserve"
    minutes = 5
    variables = ("reserve",)
    hints = (
        "Kilo's check for a forced host: free > guest, with free = total - (reserved + used).",
        "Solve it for reserved: reserved < total - used - guest. The numbers are whole, and equal is not enough.",
        RESERVE.strip(),
    )
    solution = RESERVE
    wrong = {
        "equal": Wrong("def reserve(total, used, guest):\n    return total - used - guest", "equal"),
        "sign": Wrong("def reserve(total, used, guest):\n    return guest - (total - used) + 1", "positive"),
        "generous": Wrong("def reserve(total, used, guest):\n    return -total", "more than it needs"),
        "not-whole": Wrong("def reserve(total, used, guest):\n    return total - used - guest - 0.5", "whole"),
    }

    def check(self, lab: Lab, reserve: Any) -> str:
        reserve = function(reserve, "total, used, guest to MB")
        draw = random.Random(65)
        for _ in range(20):
            total = draw.randrange(4096, 65536, 512)
            used = draw.randrange(total // 2, total, 512)
            guest = draw.randrange(total - used, total, 512)
            got = reserve(total, used, guest)
            if not isinstance(got, Integral) or isinstance(got, bool):
                raise NotYet(
                    f"reserve({total}, {used}, {guest}) is {shown(got)}.", "A whole number of MB was asked for."
                )
            if not memory_check("kilo", guest, total, reserved_mib=got, used_mib=used).passes:
                why = "free equals the guest, and equal is refused: it must be more" if got == total - used - guest else (
                    "a positive reserve takes memory away" if got > 0 else "the check still refuses"
                )  # fmt: skip
                raise NotYet(f"{got} MB in reserve: {why}.", f"Total {total}, used {used}, guest {guest} MB.")
            if memory_check("kilo", guest, total, reserved_mib=got + 1, used_mib=used).passes:
                raise NotYet(f"{got} is more than it needs: {got + 1} would do.", "The one nearest to 0 was asked for.")
        return "A workaround that works once: from then on the scheduler believes the lie for every server."


PLACED = """
def placed(servers, hosts, attempts):
    return min(servers, hosts, attempts)
"""


class Races(Step):
    name = "race"
    title = "Schedulers on a stale view"
    minutes = 6
    variables = ("placed",)
    hints = (
        "In a wave all who wait choose the same host. How many of them can win?",
        "One server a wave. The waves end when nobody waits, when no host is left, or after the last attempt.",
        PLACED.strip(),
    )
    solution = PLACED
    wrong = {
        "now": Wrong("def placed(servers, hosts, attempts):\n    return min(servers, hosts)", "gave up"),
        "attempts": Wrong("def placed(servers, hosts, attempts):\n    return attempts", "servers"),
        "per-host": Wrong("def placed(servers, hosts, attempts):\n    return min(servers, hosts * attempts)", "takes one"),
        "no-hosts": Wrong("def placed(servers, hosts, attempts):\n    return min(servers, attempts)", "hosts"),
    }  # fmt: skip

    def check(self, lab: Lab, placed: Any) -> str:
        placed = function(placed, "servers, hosts, attempts to a number of servers")
        draw = random.Random(66)
        cases = [(2, 4, 3), (5, 2, 3), (6, 6, 2)]
        cases += [(draw.randrange(1, 8), draw.randrange(1, 8), draw.randrange(1, 6)) for _ in range(6)]
        for servers, hosts, attempts in cases:
            options = Options({"scheduler.max_attempts": attempts}, era="liberty")
            run = race(equal(hosts), Request(flavor=Flavor(memory_mb=8192)), schedulers=servers, options=options)
            want, got = len(run.placed), placed(servers, hosts, attempts)
            if got == want:
                continue
            if not isinstance(got, Integral):
                raise NotYet(f"Your function gives {shown(got)}.", "The number of servers that land was asked for.")
            head = f"{servers} servers, {hosts} hosts, {attempts} attempts: {want} land, you say {got}."
            if got > servers:
                raise NotYet(head, "There are not more servers than that.")
            if got > hosts:
                raise NotYet(head, "Each of the hosts takes one server only.")
            if got < want:
                raise NotYet(head, "One server lands in each wave, while there are attempts and hosts.")
            raise NotYet(head, f"{servers - want} gave up, though hosts may be free.", "One server wins a wave.")
        return "Two hosts stood empty while servers failed: that is why claims moved into the scheduler."
