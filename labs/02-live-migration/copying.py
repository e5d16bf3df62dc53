"""While it copies: passes by hand, the test before the start, the least bandwidth, and the teeth of progress."""

from __future__ import annotations

from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import close, function, number, several, truth
from kit.migration import Guest, Knobs, Link, Random, Sequential, convergence, mbit_s, simulate

SIZES = """
def sizes(used, working_set, writes, bandwidth, count):
    found = [used]
    while len(found) < count:
        found.append(min(found[-1] / bandwidth * writes * 4 / 1024, working_set))
    return found
"""


class Passes(Step):
    name = "passes"
    title = "Pre-copy by hand"
    minutes = 9
    variables = ("sizes",)
    hints = (
        "How long does a pass take? How much does the guest write in that time?",
        "MiB / (MiB/s) gives seconds; times pages a second, times 4 / 1024 MiB a page; never more than the working set.",
        SIZES.strip(),
    )
    solution = SIZES
    wrong = {
        "pages-as-mib": Wrong(SIZES.replace(" * 4 / 1024", ""), "pages, not MiB"),
        "no-bound": Wrong(SIZES.replace("min(", "(").replace(", working_set))", "))"), "working set"),
        "first-pass-again": Wrong(SIZES.replace("found[-1] / bandwidth", "used / bandwidth"), "time of the pass before"),
        "one-too-few": Wrong(SIZES.replace("< count", "< count - 1"), "as many"),
    }  # fmt: skip

    def check(self, lab: Lab, sizes: Any) -> str:
        sizes = function(sizes, "used, working_set, writes, bandwidth, count to a list of MiB")
        space: dict[str, Any] = {}
        exec(SIZES, space)
        for case in ((1024, 512, 5000, 64, 6), (800, 100, 20_000, 100, 4), (96, 90, 6400, 50, 5)):
            given = several(sizes(*case), 0, "a list of MiB, one number a pass")
            found, right = [number(value, "MiB") for value in given], space["sizes"](*case)
            used, working, writes, bandwidth, count = case
            told = f"{used} MiB used, {working} rewritten, {writes} pages/s, {bandwidth} MiB/s:"
            if len(found) != count:
                raise NotYet(f"{told} {len(found)} passes.", f"{count} were asked for: as many as count says.")
            for index, (mine, theirs) in enumerate(zip(found, right, strict=True)):
                if close(mine, theirs, 0.02):
                    continue
                seen = f"{told} pass {index + 1} sends {mine:.1f} MiB by your function."
                if index and close(mine, min(found[index - 1] / bandwidth * writes, working), 0.02):
                    raise NotYet(
                        seen,
                        f"Before it the guest writes for {right[index - 1] / bandwidth:.1f} s: pages, not MiB.",
                        "A page is 4 KiB.",
                    )
                if mine > working:
                    raise NotYet(
                        seen, f"The guest rewrites a working set of {working} MiB.", "A page is dirty once only."
                    )
                if index > 1 and close(mine, found[1], 0.01):
                    raise NotYet(
                        seen,
                        "The time of the pass before counts, and that one sent less.",
                        "Use what the last pass sent.",
                    )
                if not index:
                    raise NotYet(seen, f"The first one sends all that is used: {used} MiB.", "Begin the list with it.")
                raise NotYet(
                    seen,
                    f"{theirs:.1f} MiB was expected: the pass before took {right[index - 1] / bandwidth:.1f} s.",
                    "time = size / bandwidth; a page is 4 / 1024 MiB",
                )
        return "Each pass is writes / bandwidth times as long as the one before: below 1 it shrinks."


ENDS = """
def ends(working_set, writes, bandwidth, limit_ms):
    threshold = bandwidth * limit_ms / 1000
    return writes * 4 / 1024 < bandwidth or working_set < threshold
"""


class Converges(Step):
    name = "converges"
    title = "Will it ever end?"
    minutes = 8
    variables = ("ends",)
    hints = (
        "There are two ways to end: each pass is shorter, or all that is rewritten fits under the threshold.",
        "Threshold in MiB: bandwidth in MiB/s times the limit in seconds. Writes in MiB/s: pages times 4 / 1024.",
        ENDS.strip(),
    )
    solution = ENDS
    wrong = {
        "rate-only": Wrong(ENDS.replace(" or working_set < threshold", ""), "small enough to be sent in the pause"),
        "threshold-only": Wrong(ENDS.replace("writes * 4 / 1024 < bandwidth or ", ""), "shorter than the one before"),
        "ms-as-s": Wrong(ENDS.replace(" / 1000", ""), "milliseconds"),
        "both": Wrong(ENDS.replace(" or ", " and "), "One of the two"),
    }

    def check(self, lab: Lab, ends: Any) -> str:
        ends = function(ends, "working_set, writes, bandwidth, limit_ms to True or False")
        cases = (
            (64, 20_000, 50, 300), (8, 20_000, 50, 300), (256, 8000, 50, 300), (64, 20_000, 50, 2000), (512, 30_000, 150, 500),
            (900, 40_000, 100, 1000), (24, 40_000, 100, 30),
        )  # fmt: skip
        for working, writes, bandwidth, limit in cases:
            found = truth(ends(working, writes, bandwidth, limit), "Two comparisons, joined by or.")
            guest = Guest(4096, used_mib=2048, working_set=Sequential(working, writes))
            right = convergence(guest, Knobs(max_bandwidth_mib_s=bandwidth, downtime_limit_ms=limit), Link(4000))
            if found == right.ends:
                continue
            seen = f"{working} MiB at {writes} pages/s, {bandwidth} MiB/s, limit {limit} ms: {found} by your function."
            rate, may = writes / 256, right.threshold_mib
            if not right.ends:
                raise NotYet(
                    seen,
                    f"It writes {rate:.1f} MiB/s, and rewrites {working} MiB where {may:.1f} may be left: neither way ends.",
                    "The limit is in milliseconds; which two values does each way compare?",
                )
            if rate < bandwidth and working >= may:
                raise NotYet(
                    seen,
                    f"It writes {rate:.1f} MiB/s, less than is sent: each pass is shorter than the one before.",
                    "One of the two ways is enough.",
                )
            raise NotYet(
                seen,
                f"Its working set is small enough to be sent in the pause ({may:.1f} MiB).",
                "One of the two ways is enough.",
            )
        return "Two comparisons, before anything is started."


LEAST = """
def least(guest):
    return next(cap for cap in range(1, 2000) if simulate(guest, Knobs(max_bandwidth_mib_s=cap)).completed)
"""


class Bandwidth(Step):
    name = "bandwidth"
    title = "The least bandwidth that ends it"
    minutes = 8
    variables = ("least",)
    hints = (
        "Try one cap after the other in the model, and take the first that completes.",
        "simulate(guest, Knobs(max_bandwidth_mib_s=cap)).completed, for cap in range(1, 2000)",
        LEAST.strip(),
    )
    solution = LEAST
    wrong = {
        "the-rate": Wrong("least = lambda guest: round(guest.working_set.writes_mib_s) + 1", "less would do"),
        "all-of-it": Wrong("least = lambda guest: 1192", "less would do"),
        "half": Wrong("least = lambda guest: round(guest.working_set.writes_mib_s / 2)", "never ends"),
        "mbit": Wrong(LEAST.replace("next(cap", "next(cap * 8.388608"), "Mbit/s"),
    }

    def check(self, lab: Lab, least: Any) -> str:
        least = function(least, "guest to MiB/s")
        guests = (
            Guest(512, used_mib=200, working_set=Random(48, 16_000)),
            Guest(2048, used_mib=900, working_set=Random(128, 9000)),
            Guest(1024, used_mib=300, working_set=Sequential(100, 15_000)),
        )
        for guest in guests:
            found = number(least(guest), "MiB/s")

            def done(cap: float, guest: Guest = guest) -> bool:
                return simulate(guest, Knobs(max_bandwidth_mib_s=cap)).completed

            right = next(cap for cap in range(1, 2000) if done(cap))
            seen = f"For a guest that writes {guest.working_set} you give {found:g} MiB/s."
            if close(found, mbit_s(right), 0.01):
                raise NotYet(seen, "That looks like Mbit/s.", "Give MiB/s.")
            if found <= 0 or not done(found):
                raise NotYet(seen, "With that it never ends.", "Is there a cap at which it completes?")
            if found > right + 0.5:
                raise NotYet(
                    seen, f"It ends, and less would do: {right} MiB/s.", "A page that is hit twice is sent once."
                )
        return "Less than it writes: a page that is hit twice is sent once, and the threshold helps."


STUCK = """
def stuck(left):
    tops = [now for before, now in zip(left, left[1:]) if now > before]
    return len(tops) > 1 and tops[-1] > 0.99 * tops[-2]
"""


class Progress(Step):
    name = "progress"
    title = "Why progress goes backwards"
    minutes = 7
    variables = ("stuck",)
    hints = (
        "A top is a value that is higher than the one before it: the bitmap was synchronised there.",
        "Collect the tops with zip(left, left[1:]); compare the last two.",
        STUCK.strip(),
    )
    solution = STUCK
    wrong = {
        "rises": Wrong("stuck = lambda left: any(b > a for a, b in zip(left, left[1:]))", "every migration"),
        "low-water": Wrong("stuck = lambda left: min(left[len(left) // 2 :]) >= 0.99 * min(left[: len(left) // 2])", "lowest"),
        "never": Wrong("stuck = lambda left: False", "go on for ever"),
        "last-two": Wrong("stuck = lambda left: left[-1] > 0.99 * left[-2]", "Compare the"),
        "first-pass": Wrong(STUCK.replace("len(tops) > 1 and tops[-1]", "len(tops) < 2 or tops[-1]"), "first pass"),
    }  # fmt: skip

    def check(self, lab: Lab, stuck: Any) -> str:
        stuck = function(stuck, "left to True or False")
        endless = simulate(Guest(512, used_mib=256, working_set=Random(96, 30_000)), Knobs(max_bandwidth_mib_s=60))
        healthy = simulate(Guest(4096, used_mib=900, working_set=Random(256, 20_000)), Knobs(max_bandwidth_mib_s=100))
        flat = simulate(Guest(512, used_mib=300, working_set=Sequential(80, 30_000)), Knobs(max_bandwidth_mib_s=70))
        first = [mib for _, mib in healthy.curve][:2]
        tops = [mib for _, mib in healthy.curve][:12]
        for name, left, right in (
            ("endless", [mib for _, mib in endless.curve], True), ("healthy", tops, False),
            ("flat", [mib for _, mib in flat.curve], True), ("first", first, False),
            # The same, looked at a moment earlier: the last value is a low one, or a top.
            ("endless", [mib for _, mib in endless.curve][:-1], True), ("healthy", tops[:-1], False),
        ):  # fmt: skip
            found = truth(stuck(list(left)))
            if found == right:
                continue
            told = ", ".join(f"{value:.0f}" for value in (left[:3] + left[-4:] if len(left) > 7 else left))
            seen = f"For {told} MiB you say {found}."
            if name == "first":
                raise NotYet(seen, "That is the first pass: there are no two tops yet, so it is not stuck.")
            if right:
                raise NotYet(
                    seen, "Its tops stay where they are: it would go on for ever.", "Compare the last two tops."
                )
            raise NotYet(
                seen, "Its tops fall, so it will end: every migration rises at a synchronisation, and the lowest values are all at the threshold.",
                "Compare the tops.",
            )  # fmt: skip
        return "Two tops say more than any percentage."
