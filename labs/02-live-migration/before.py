"""Before it begins: units, who rolls back what, which host may take the guest, and whether it has memory."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import close, function, number, several, shown, truth, word
from kit.migration import compare_cpu, failure, memory_check, mib_s, workflow


class Units(Step):
    name = "units"
    title = "MiB/s against Mbit/s"
    minutes = 4
    variables = ("cap",)
    hints = (
        "Go by way of bits: so many bits a second, so many bytes, so many mebibytes.",
        "1 Mbit = 1,000,000 bits; 8 bits = 1 byte; 1 MiB = 2**20 bytes.",
        "def cap(mbit_s):\n    return mbit_s * 1e6 / 8 / 2**20",
    )
    solution = """
        def cap(mbit_s):
            return mbit_s * 1e6 / 8 / 2**20
    """
    wrong = {
        "as-kilo-says": Wrong("cap = lambda mbit_s: mbit_s", "8.4 times"),
        "megabytes": Wrong("cap = lambda mbit_s: mbit_s / 8", "MB/s"),
        "bits": Wrong("cap = lambda mbit_s: mbit_s * 1e6 / 2**20", "8 bits"),
        "by-heart": Wrong("cap = lambda mbit_s: 476.8", "every speed"),
    }

    def check(self, lab: Lab, cap: Any) -> str:
        cap = function(cap, "mbit_s to MiB/s")
        for speed in (4000, 2500, 40_000):
            found, right = number(cap(speed), "MiB/s"), mib_s(speed)
            if close(found, right, 0.005):
                continue
            seen = f"{speed:,} Mbit/s are {found:,.1f} by your function."
            if close(found, speed):
                raise NotYet(
                    seen, "Taken as MiB/s, that is 8.4 times what you meant: the slip in Kilo's help text.",
                    "Go by bits, then bytes.",
                )  # fmt: skip
            if close(found, speed / 8):
                raise NotYet(seen, "That is MB/s, of 1,000,000 bytes.", "A MiB has 2**20 bytes.")
            if close(found, right * 8):
                raise NotYet(seen, "A byte has 8 bits.", "Divide by 8, too.")
            if close(found, mib_s(4000)):
                raise NotYet(seen, "The function should be right for every speed.", "Use mbit_s in it.")
            raise NotYet(
                seen, f"{speed:,} Mbit/s are {speed:,} x 1,000,000 bits; a MiB has 2**20 bytes.", "Bits, bytes, MiB."
            )
        return "10 Gbit/s are 1192 MiB/s."


HOSTS = ("source", "destination")


class Rollback(Step):
    name = "rollback"
    title = "Two failures: where is the guest?"
    minutes = 8
    variables = ("runs_on",)
    hints = (
        "Let each step fail in the stepper, one after the other, and read where the guest runs.",
        "As long as the copy is not done, the source has all of the guest. What changes once it is done?",
        'def runs_on(steps, failed):\n    return "source" if steps.index(failed) <= steps.index("copy") else "destination"',
    )
    solution = """
        def runs_on(steps, failed):
            return "source" if steps.index(failed) <= steps.index("copy") else "destination"
    """
    wrong = {
        "always-back": Wrong('runs_on = lambda steps, failed: "source"', "never rolled back"),
        "only-the-last": Wrong('runs_on = lambda steps, failed: "destination" if failed == steps[-1] else "source"', "never rolled back"),
        "copy-is-over": Wrong(
            'runs_on = lambda steps, failed: "source" if steps.index(failed) < steps.index("copy") else "destination"', "still has all"
        ),
        "by-number": Wrong('runs_on = lambda steps, failed: "source" if steps.index(failed) <= 9 else "destination"', "Kilo"),
    }  # fmt: skip

    def check(self, lab: Lab, runs_on: Any) -> str:
        runs_on = function(runs_on, "steps, failed to a host")
        for era in ("now", "kilo"):
            names = [step.name for step in workflow(era)]
            for name in names:
                found, right = word(runs_on(list(names), name), HOSTS), failure(name, era).host
                if found == right:
                    continue
                when = f"When {name!r} fails{' in Kilo' if era == 'kilo' else ''}, your function says {found!r}."
                if right == "source":
                    why = "The source still has all of the guest; what was made is undone."
                else:
                    why = "The guest runs at the destination already, and that is never rolled back."
                raise NotYet(when, why, "Which step moves the guest? Look for it by its name.")
        return "Until the copy is done everything can be undone; after it nothing is."


def _lacks(one: set[str], other: set[str]) -> str:
    return ", ".join(compare_cpu(one, other).missing)


class Cpu(Step):
    name = "cpu"
    title = "CPU flags: in which order?"
    minutes = 6
    variables = ("order",)
    hints = (
        "A guest may go where all flags of its host are there. Whose flags are everywhere?",
        "Sort the names by how many flags their hosts have; or ask CpuMatrix(hosts).order().",
        "def order(hosts):\n    return sorted(hosts, key=lambda name: len(hosts[name]))",
    )
    solution = """
        def order(hosts):
            return sorted(hosts, key=lambda name: len(hosts[name]))
    """
    wrong = {
        "newest-first": Wrong("order = lambda hosts: sorted(hosts, key=lambda name: -len(hosts[name]))", "lacks"),
        "by-name": Wrong("order = lambda hosts: sorted(hosts)", "lacks"),
        "one-missing": Wrong("order = lambda hosts: sorted(hosts, key=lambda name: len(hosts[name]))[1:]", "is not in your list"),
    }  # fmt: skip

    def check(self, lab: Lab, order: Any) -> str:
        hosts = {
            "rack-a": {"sse4_2", "aes", "avx", "avx2"},
            "rack-b": {"sse4_2"},
            "rack-c": {"sse4_2", "aes", "avx", "avx2", "avx512f"},
            "rack-d": {"sse4_2", "aes"},
            "rack-e": {"sse4_2", "aes"},
        }
        given = function(order, "hosts to a list of names")({name: set(flags) for name, flags in hosts.items()})
        found = several(given, 0, "a list of names")
        strange = [each for each in found if not isinstance(each, str) or each not in hosts]
        if strange:
            raise NotYet(
                f"Your list holds {shown(strange[0])}.",
                f"On other hosts the names are {', '.join(hosts)}.",
                "Names were asked for: the keys of hosts.",
            )
        gone = sorted(set(hosts) - set(found))
        if gone:
            raise NotYet(f"{gone[0]} is not in your list.", "All hosts should be, each once.")
        if len(found) > len(hosts):
            raise NotYet(
                f"{next(each for each in hosts if found.count(each) > 1)} is in your list twice.", "Each once."
            )
        for here, there in pairwise(found):
            if not compare_cpu(hosts[here], hosts[there]).passes:
                raise NotYet(
                    f"On other hosts your order is {', '.join(found)}.",
                    f"A guest of {here} cannot go on to {there}: it lacks {_lacks(hosts[here], hosts[there])}.",
                    "A guest's flags must be a subset of the destination's.",
                )
        return "From the oldest to the newest, and never back: the guests are caught on the newest."


FITS = """
def fits(guest, total, free, ratio):
    promised = total * ratio - (total - free)
    return free > guest, promised > guest, promised >= guest
"""


class Memory(Step):
    name = "memory"
    title = "The memory check, then and now"
    minutes = 7
    variables = ("fits",)
    hints = (
        "Kilo looked at free alone. Mitaka added what overcommitment promises: total * ratio - (total - free).",
        "Kilo and Mitaka ask for more than the guest's memory (>); placement takes an equal value, too (>=).",
        FITS.strip(),
    )
    solution = FITS
    wrong = {
        "ratio-in-kilo": Wrong(FITS.replace("return free >", "return promised >"), "Kilo"),
        "equal-passes": Wrong(FITS.replace(" > guest", " >= guest"), "equal"),
        "strict-now": Wrong(FITS.replace(">=", ">"), "placement"),
        "free-times-ratio": Wrong(FITS.replace("total * ratio - (total - free)", "free * ratio"), "Mitaka"),
    }

    def check(self, lab: Lab, fits: Any) -> str:
        fits = function(fits, "guest, total, free, ratio to three booleans")
        for guest, total, free, ratio in (
            (4, 4, 1, 2),
            (6, 16, 2, 1.5),
            (8, 16, 8, 1),
            (5, 16, 4, 1.0625),
            (9, 32, 1, 1),
        ):
            given = several(fits(guest, total, free, ratio), 3, "three booleans: Kilo, Mitaka and placement")
            used = total - free
            right = (
                memory_check("kilo", guest, total, free=free),
                memory_check("mitaka", guest, total, free=free, ratio=ratio),
                memory_check("placement", guest, total, used_mib=used, ratio=ratio),
            )
            for era, wanted, found in zip(("Kilo", "Mitaka", "placement"), right, given, strict=True):
                if truth(found, "Compare: free > guest. A memory_check has .passes.") != wanted.passes:
                    equal = " An equal value fails in Kilo and Mitaka, and passes in placement." * (
                        wanted.available_mib == guest
                    )
                    raise NotYet(
                        f"Guest {guest} GiB, total {total}, free {free}, ratio {ratio:g}: {era} is {found} by your function.",
                        f"{era} computes {wanted!r}.".replace(": passes.", ", so that it passes.") + equal,
                    )
        return "The summit's guest of 4 GiB passes with 1 GiB free: a promise is not memory."
