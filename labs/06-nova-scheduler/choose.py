"""Choose: who survives, the arithmetic behind it, what the survivors weigh, packing and spreading."""

from __future__ import annotations

import random
from numbers import Real
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, kind, several, shown, truth
from kit.scheduling import ComputeCloud, Flavor, Host, Inventory, Options, Request, Scheduler

from .fleets import graded, names, rack

ASKED = Flavor(vcpus=4, memory_mb=16384, root_gb=50)


class Survivors(Step):
    name = "survivors"
    title = "Predict who survives"
    minutes = 4
    variables = ("survivors",)
    hints = (
        "Take the hosts one by one: is used + asked at most the number behind `of`, in all three columns?",
        "c2: 49152 + 16384 = 65536, and 65024 may be given. A disabled host takes nobody.",
        "Four fall: c2 and c6 for memory, c3 for its disk, c4 because it is disabled.",
    )
    solution = 'survivors = ["c1", "c5"]'
    wrong = {
        "all-up": Wrong('survivors = ["c1", "c2", "c3", "c5", "c6"]', "c2 fell in Placement"),
        "reserved": Wrong('survivors = ["c1", "c2", "c5"]', "(65536 - 512) x 1 - 49152"),
        "disabled": Wrong('survivors = ["c1", "c4", "c5"]', "COMPUTE_STATUS_DISABLED"),
        "no-overcommit": Wrong('survivors = ["c1"]', "c5 is missing"),
        "text": Wrong('survivors = "c1, c5"', "no list"),
    }

    def check(self, lab: Lab, survivors: Any) -> str:
        hosts = rack(lab)[:6]
        said = names(survivors)
        decision = Scheduler(hosts).select(Request(flavor=ASKED))
        passed = {each.host for each in decision.steps[0].weighed}
        strange = sorted(set(said) - {host.name for host in hosts})
        if strange:
            raise NotYet(f"There is no host {strange[0]}.", "The six are c1 to c6.")
        for name in said:
            if name not in passed:
                raise NotYet(f"{decision.why_not(name)}.", "", f"Look at the line of {name} again.")
        missing = sorted(passed - set(said))
        if missing:
            raise NotYet(
                f"{missing[0]} is missing: it passes in all three columns.", "",
                "A bar may be promised more than once: the limit is the number behind `of`.",
            )  # fmt: skip
        return "Full of promises is not full: c5 has sixteen CPUs, sixty are given, and four more may be."


FITS_BY = "def fits(total, reserved, ratio, used, asked):\n    return "
FITS = """
def fits(total, reserved, ratio, used, asked):
    return used + asked <= (total - reserved) * ratio and asked <= total
"""


class Capacity(Step):
    name = "capacity"
    title = "Placement's arithmetic"
    minutes = 5
    variables = ("fits",)
    hints = (
        "Read the reason for c2: (65536 - 512) x 1 - 49152 are free.",
        "The ratio multiplies what is left after the reserve. What is used exactly up is no harm. One server alone may never exceed the total.",
        FITS.strip(),
    )
    solution = FITS
    wrong = {
        "no-max": Wrong(FITS_BY + "used + asked <= (total - reserved) * ratio", "larger than the host"),
        "reserve-after": Wrong(FITS_BY + "used + asked <= total * ratio - reserved and asked <= total", "reserve"),
        "strict": Wrong(FITS.replace("asked <= (", "asked < ("), "exactly"),
        "unused": Wrong(FITS.replace("used + asked", "asked"), "used"),
        "no-ratio": Wrong(FITS.replace(" * ratio", ""), "overcommit"),
        "max-strict": Wrong(FITS.replace("asked <= total", "asked < total"), "as large as the host"),
        "max-of-the-rest": Wrong(FITS.replace("asked <= total", "asked <= total - reserved"), "as large as the host"),
        "always": Wrong(FITS_BY + "True", "used"),
    }  # fmt: skip

    def check(self, lab: Lab, fits: Any) -> str:
        fits = function(fits, "total, reserved, ratio, used, asked to True or False")
        draw = random.Random(611)
        part = draw.randrange(1024, 4096, 256)
        pointed = (
            ((16 * part, part, 1.0, 14 * part, 2 * part), "what is used counts, too", "used + asked against what may be given."),
            ((8 * part, part, 2.0, 9 * part, 4 * part), "overcommit", "The ratio multiplies what may be given."),
            ((8 * part, part, 1.0, 5 * part, 2 * part), "the room is exactly used up, and that is allowed", "<= rather than <."),
            ((8 * part, part, 2.0, 12 * part, 3 * part), "the reserve is taken off before the ratio multiplies", "(total - reserved) x ratio."),
            ((4 * part, 0, 3.0, 0, 5 * part), "one server is larger than the host itself", "None gets more than the total: max_unit."),
            ((4 * part, part, 3.0, 0, 4 * part), "one server may be as large as the host", "<= total, reserve or not: max_unit."),
        )  # fmt: skip
        for case, why, todo in pointed:
            self._same(fits, case, why, todo)
        for _ in range(300):
            total = draw.randrange(4, 64)
            reserved, used, asked = draw.randrange(0, total), draw.randrange(0, 2 * total), draw.randrange(1, 2 * total)
            self._same(
                fits, (total, reserved, draw.choice((1.0, 1.5, 4.0)), used, asked), "Placement decides otherwise", ""
            )
        return "Three hundred hosts that you have not seen, and Placement agrees on each."

    def _same(self, fits: Any, case: tuple[int, int, float, int, int], why: str, todo: str) -> None:
        total, reserved, ratio, used, asked = case
        want = not Inventory(total, reserved, ratio).refuses(asked, used)
        if truth(fits(*case), f"It was asked for fits{case}.") != want:
            raise NotYet(f"fits{case} should be {want}: {why}.", todo)


NORMALISE_BY = "def normalise(free):\n"
NORMALISE = """
def normalise(free):
    free = [max(each, 0) for each in free]
    most = max(free)
    return [each / most if most else 0.0 for each in free]
"""


class Weights(Step):
    name = "weights"
    title = "What a weigher makes of a number"
    minutes = 5
    variables = ("normalise",)
    hints = (
        "Look at the table: 48640 became 1, and 19968 became 0.411. Divide one by the other.",
        "The smallest counts as 0 whatever the hosts have: divide by the largest. What is below 0 counts as 0.",
        NORMALISE.strip(),
    )
    solution = NORMALISE
    wrong = {
        "min-max": Wrong(NORMALISE_BY + "    a, b = min(free), max(free)\n    return [(x - a) / (b - a) for x in free]", "the other rule"),
        "share": Wrong(NORMALISE_BY + "    return [each / sum(free) for each in free]", "largest"),
        "negative": Wrong(NORMALISE_BY + "    return [each / max(free) for each in free]", "below 0"),
        "zero": Wrong(NORMALISE_BY + "    free = [max(x, 0) for x in free]\n    return [x / max(free) for x in free]", "ZeroDivisionError"),
    }  # fmt: skip

    def check(self, lab: Lab, normalise: Any) -> str:
        normalise = function(normalise, "free to a list of numbers")
        draw = random.Random(62)
        plain = [draw.randrange(1000, 60000) for _ in range(4)]
        got, want = _numbers(normalise(list(plain)), plain), _normalised(plain)
        low, high = min(plain), max(plain)
        if _near(got, [(each - low) / (high - low) for each in plain]):
            raise NotYet(
                "The host with the least got 0: that is the other rule.",
                "For free memory 0 MB counts as 0.",
                "Divide by the largest.",
            )
        if not _near(got, want):
            first = next(number for number in range(len(plain)) if not _near(got[number:][:1], want[number:][:1]))
            raise NotYet(
                f"{plain[first]} of {plain} became {got[first]:.3f}.",
                f"Nova makes it {want[first]:.3f}.",
                "Divide by the largest.",
            )
        over = [-draw.randrange(1000, 4000), *plain]
        if not _near(_numbers(normalise(list(over)), over), _normalised(over)):
            raise NotYet(
                f"{over[0]} MB is below 0.", "An overcommitted host counts as one with nothing.", "max(each, 0)"
            )
        if not _near(_numbers(normalise([-512, 0]), [-512, 0]), [0.0, 0.0]):
            raise NotYet("Where no host has anything all get 0.", "", "Look at the largest before you divide.")
        return "The nearer to the best, the nearer to 1; the multiplier says how much that counts."


def _normalised(free: list[int]) -> list[float]:
    """What Nova itself makes of hosts with that much free memory; Liberty's ratio lets them go below 0."""
    hosts = [
        Host(name=f"h{number}", vcpus=8, memory_mb=65536, local_gb=100, instance_memory_mb=65024 - each)
        for number, each in enumerate(free)
    ]  # fmt: skip
    options = Options({"DEFAULT.ram_allocation_ratio": 4.0}, era="liberty")
    decision = Scheduler(hosts, options=options).select(Request(flavor=Flavor(memory_mb=64)))
    found = {each.host: each.contributions["RAMWeigher"].normalized for each in decision.steps[0].weighed}
    return [found[host.name] for host in hosts]


def _numbers(value: Any, free: list[int]) -> list[float]:
    """What the learner's function makes of a list: as many numbers."""
    found = several(value, len(free), f"a list of {len(free)} numbers, one for each host")
    if not all(isinstance(each, Real) for each in found):
        raise NotYet(f"Of {free} your function makes {shown(found, 60)}.", "A list of numbers was asked for.")
    return found


def _near(got: list[float], want: list[float]) -> bool:
    # Three digits are enough, as the notebook prints them.
    return all(abs(a - b) < 6e-4 for a, b in zip(got, want, strict=True))


PACKING = """
packing = {
    "filter_scheduler.ram_weight_multiplier": -1.0,
    "filter_scheduler.cpu_weight_multiplier": -1.0,
    "filter_scheduler.disk_weight_multiplier": -1.0,
}
"""


class Pack(Step):
    name = "pack"
    title = "Pack instead of spread"
    minutes = 5
    variables = ("packing",)
    hints = (
        "A negative multiplier turns a weigher round: the fuller host wins.",
        "Three weighers look at room: CPU, RAM and disk. One that is turned round is outvoted by two that are not.",
        PACKING.strip(),
    )
    solution = PACKING
    wrong = {
        "defaults": Wrong("packing = {}", "spread"),
        "memory-only": Wrong('packing = {"filter_scheduler.ram_weight_multiplier": -1.0}', "outvoted"),
        "zero": Wrong(PACKING.replace("-1.0", "0.0"), "first in the list"),
        "louder": Wrong(PACKING.replace("-1.0", "5.0"), "spread"),
        "typo": Wrong('packing = {"filter_scheduler.ram_weigth_multiplier": -1.0}', "Did you mean"),
    }

    def check(self, lab: Lab, packing: Any) -> str:
        if not isinstance(packing, dict):
            raise NotYet(f"That is {kind(packing)}.", "A dictionary of options was asked for.")
        odd = [name for name in packing if not isinstance(name, str)]
        if odd:
            raise NotYet(f"{shown(odd[0])} is no name of an option.", "Their names are texts.", "packing = {...: -1.0}")
        options = Options(packing)
        for seed in (3, 4, 5):
            hosts = graded(seed)
            fullest = max(hosts, key=lambda host: host.instance_memory_mb).name
            request = Request(flavor=Flavor(vcpus=2, memory_mb=4096, root_gb=20))
            cloud = ComputeCloud(hosts, options=options)
            chosen = [host for name in "abcd" for host in cloud.build(request.changed(servers=(name,))).chosen]
            if set(chosen) == {fullest}:
                continue
            negative = [value for value in packing.values() if isinstance(value, int | float) and value < 0]
            if negative:
                raise NotYet(
                    f"On other hosts the servers land on {chosen[0]}, and {fullest} is the fullest.",
                    "One weigher that packs is outvoted by two that spread.", "Which others look at room?",
                )  # fmt: skip
            weighs_nothing = packing and not any(packing.values())
            if weighs_nothing:
                raise NotYet(
                    "All weigh the same, so that the first in the list is taken.",
                    f"The fullest, {fullest}, was asked for.",
                )
            raise NotYet(
                f"The servers spread: they land on {', '.join(dict.fromkeys(chosen))}, where most is free.",
                f"All four belong on the fullest host, {fullest}.",
                "Which sign must a multiplier have?",
            )  # fmt: skip
        return "Whole hosts stay empty: good for large servers that come later, and for the power bill."
