"""How it ends: the price of every knob, who listens on the wire, three ends of a stuck one, a whole host."""

from __future__ import annotations

import re
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import close, function, kind, number, shown
from kit.migration import Guest, Knobs, Link, Random, Result, Turn, simulate
from kit.migration.units import told_seconds

from .fleet import fleet, least_time_s
from .wire import capture, memory

CHEAPEST = """
def cheapest(results, max_pause_ms):
    fine = {name: r for name, r in results.items() if r.completed and r.downtime_ms <= max_pause_ms}
    return min(fine, key=lambda name: fine[name].guest_loss_s)
"""


def other_ways() -> dict[str, Result]:
    """Ways to end another stuck guest."""
    guest = Guest(1024, used_mib=512, working_set=Random(64, 20_000))
    knobs, link = Knobs(max_bandwidth_mib_s=50), Link.of_mbit_s(1000)
    return {
        "leave it": simulate(guest, knobs, link),
        "stop": simulate(guest, knobs, link, turns=[Turn(15, "force_complete")]),
        "slow it down": simulate(guest, knobs.but(auto_converge=True), link),
        "limit 3 s": simulate(guest, knobs.but(downtime_limit_ms=3000), link),
        "65 MiB/s": simulate(guest, knobs.but(max_bandwidth_mib_s=65), link),
        "xbzrle": simulate(guest, knobs.but(xbzrle=True), link),
    }


class Price(Step):
    name = "price"
    title = "The summit's list, and what each costs"
    minutes = 8
    variables = ("cheapest",)
    hints = (
        "First throw out what never ends and what stands still for too long; then compare what the guest loses.",
        "A Result has completed, downtime_ms (true) and guest_loss_s. What QEMU reports is not the whole pause.",
        CHEAPEST.strip(),
    )
    solution = CHEAPEST
    wrong = {
        "endless": Wrong(CHEAPEST.replace("r.completed and ", ""), "never ends"),
        "fastest": Wrong(CHEAPEST.replace("fine[name].guest_loss_s", "fine[name].total_s"), "loses"),
        "reported": Wrong(CHEAPEST.replace("r.downtime_ms <=", "r.downtime_reported_ms <="), "QEMU reports"),
        "any-pause": Wrong(CHEAPEST.replace(" and r.downtime_ms <= max_pause_ms", ""), "stands still"),
    }

    def check(self, lab: Lab, cheapest: Any) -> str:
        cheapest = function(cheapest, "results, max_pause_ms to a name")
        ways = other_ways()

        def some(*names: str) -> dict[str, Result]:
            return {name: ways[name] for name in names}

        busy = some("leave it", "stop", "slow it down")
        cases = (
            (some("leave it", "limit 3 s", "65 MiB/s"), 1000, "65 MiB/s"), (busy, 300, "slow it down"), (busy, 1000, "stop"),
            (some("limit 3 s", "xbzrle", "stop"), 1000, "xbzrle"),
        )  # fmt: skip
        for results, pause, right in cases:
            found = cheapest(dict(results), pause)
            if found == right:
                continue
            way = results.get(found) if isinstance(found, str) else None
            if way is None:
                raise NotYet(
                    f"Your function gives {shown(found)}.", f"The name of one was asked for: {', '.join(results)}."
                )
            if not way.completed:
                raise NotYet(
                    f"Of other results you choose {found!r}.",
                    "It never ends, so it loses nothing.",
                    "Ask for r.completed.",
                )
            if way.downtime_ms > pause:
                raise NotYet(
                    f"You choose {found!r}, and the guest stands still for {way.downtime_ms:.0f} ms of {pause} allowed.",
                    f"QEMU reports {way.downtime_reported_ms or 0:.0f} ms of them; compare r.downtime_ms.",
                )  # fmt: skip
            raise NotYet(
                f"You choose {found!r}, which loses {way.guest_loss_s:.2f} s of the guest's work.",
                f"{right!r} loses {results[right].guest_loss_s:.2f} s.",
            )
        return (
            "Bandwidth before a longer pause, and that before a slower guest; xbzrle is cheap, and Nova cannot set it."
        )


SNIFF = """
def sniff(stream):
    found = re.search(rb"password=(\\w+)", stream)
    return found.group(1).decode() if found else None
"""


class Sniff(Step):
    name = "sniff"
    title = "Who listens on the wire"
    minutes = 7
    variables = ("sniff",)
    hints = (
        'The stream is bytes: search it with re.search(rb"...", stream), and think of the stream that has no match.',
        "The password comes after `password=` and ends at the blank: \\w+ in brackets takes it.",
        SNIFF.strip(),
    )
    solution = "import re\n" + SNIFF
    wrong = {
        "by-heart": Wrong("sniff = lambda stream: 'tulip'", "another guest"),
        "as-bytes": Wrong("import re\n" + SNIFF.replace(".decode()", ""), "a text"),
        "whole-line": Wrong("import re\n" + SNIFF.replace("(\\w+)", "(.+)"), "more than the password"),
        "five-letters": Wrong("import re\n" + SNIFF.replace("\\w+", "\\w{5}"),
                              "of any length"),
        "surprised": Wrong("import re\nsniff = lambda stream: re.search(rb'password=(\\w+)', stream).group(1).decode()", "NoneType"),
    }  # fmt: skip

    def check(self, lab: Lab, sniff: Any) -> str:
        sniff = function(sniff, "stream to a password or None", nothing=True)
        for secret in ("amber", "granite42"):
            found = sniff(capture(memory(secret, 12)))
            if isinstance(found, re.Match):
                raise NotYet(
                    f"Your function gives the match {shown(found.group())}.", "The password alone.", ".group(1)"
                )
            if isinstance(found, bytes):
                raise NotYet(f"Your function gives {found!r}.", "The password as a text was asked for.", ".decode()")
            if isinstance(found, str) and found.startswith(secret) and found != secret:
                raise NotYet("Your function gives more than the password.", "It ends at the blank.", "\\w+")
            if isinstance(found, list | tuple):
                raise NotYet(f"Your function gives {shown(found)}.", "The password alone, as a text.", "[0].decode()")
            if isinstance(found, str) and found and secret.startswith(found) and found != secret:
                raise NotYet(
                    f"You read {found!r} of {secret!r}.", "Passwords are of any length.", "It ends at the blank."
                )
            if isinstance(found, str) and found != secret and secret in found:
                raise NotYet(f"Your function gives {shown(found)}.", f"The password alone is {secret!r}.", "(\\w+)")
            if found != secret:
                raise NotYet(
                    f"From another guest's memory you read {shown(found)}.", f"It was {secret!r}.", "Search the stream."
                )
        hidden = sniff(capture(memory("amber", 12), tls=True))
        if hidden is not None:
            raise NotYet(f"From a TLS stream you read {shown(hidden)}.", "Nothing can be read there: give None.")
        return "Every page of a guest crosses the network: keys, passwords, customers."


PAUSE = """
def pause_ms(rest, cap, link, way):
    return {"limit": rest / link * 1000, "stop": rest / cap * 1000, "post-copy": 12}[way]
"""


class Pause(Step):
    name = "pause"
    title = "Three ends, three pauses"
    minutes = 8
    variables = ("pause_ms",)
    hints = (
        "Who still obeys the cap when the guest stands still: QEMU's own last part, or a guest that was stopped by hand?",
        "limit: rest / link. stop: rest / cap. post-copy: the device state only, about 12 ms. All in milliseconds.",
        PAUSE.strip(),
    )
    solution = PAUSE
    wrong = {
        "all-capped": Wrong(PAUSE.replace("rest / link", "rest / cap"), "without the cap"),
        "all-at-link": Wrong(PAUSE.replace("rest / cap", "rest / link"), "goes on under the cap"),
        "seconds": Wrong(PAUSE.replace(" * 1000", ""), "milliseconds"),
        "copied-first": Wrong(
            PAUSE.replace('"post-copy": 12', '"post-copy": rest / link * 1000'), "after it runs again"
        ),
    }

    def check(self, lab: Lab, pause_ms: Any) -> str:
        pause_ms = function(pause_ms, "rest, cap, link, way to milliseconds")
        for rest, cap, link in ((120.0, 60.0, 1192.1), (48.0, 100.0, 119.2)):
            for way, right in (("limit", rest / link), ("stop", rest / cap), ("post-copy", 0.012)):
                found = number(pause_ms(rest, cap, link, way), "ms")
                if close(found, right * 1000, 0.1) or (way == "post-copy" and 1 <= found <= 45):
                    continue
                seen = (
                    f"{rest:g} MiB left, cap {cap:g}, link {link:g} MiB/s, {way!r}: {found:,.1f} ms by your function."
                )
                if close(found, right, 0.1):
                    raise NotYet(seen, "That is in seconds; milliseconds were asked for.")
                if way == "limit":
                    raise NotYet(seen, "QEMU sends the last part without the cap, as fast as the link carries.")
                if way == "stop":
                    raise NotYet(seen, "The guest is stopped, and the copy goes on under the cap: rest / cap.")
                raise NotYet(
                    seen,
                    "Only the device state moves in the pause; the pages follow after it runs again.",
                    "4 to 45 ms were measured.",
                )
        return "And QEMU's own figure tells little of the second one."


SETTINGS = """
def settings(guest, link, max_pause_ms):
    return Knobs(downtime_limit_ms=max_pause_ms, downtime_steps=3, downtime_delay_s_per_gib=3, auto_converge=True)
"""


class Drain(Step):
    name = "drain"
    title = "Drain a host"
    minutes = 10
    variables = ("settings",)
    hints = (
        "Which of Nova's defaults waits? The limit rises in 10 steps of 75 s per GiB.",
        "3 steps of 3 s per GiB are the least that Nova takes; a busy guest needs auto-converge; the link needs no cap.",
        SETTINGS.strip(),
    )
    solution = SETTINGS
    wrong = {
        "nova-defaults": Wrong("settings = lambda guest, link, max_pause_ms: Knobs.nova()", "wait for"),
        "capped": Wrong(SETTINGS.replace("auto_converge=True", "auto_converge=True, max_bandwidth_mib_s=300"), "the planner needs"),
        "long-pause": Wrong(SETTINGS.replace("downtime_limit_ms=max_pause_ms", "downtime_limit_ms=5000"), "stands still"),
        "at-once": Wrong(SETTINGS.replace(", downtime_steps=3", ""), "at least 3 steps"),
        "xbzrle": Wrong(SETTINGS.replace("auto_converge=True", "xbzrle=True"), "Nova cannot set"),
        "post-copy": Wrong(SETTINGS.replace("auto_converge=True", "postcopy=True"), "cut network"),
    }  # fmt: skip

    def check(self, lab: Lab, settings: Any) -> str:
        settings = function(settings, "guest, link, max_pause_ms to Knobs")
        link, pause = Link.of_mbit_s(10_000), 400
        guests = fleet(seed=7)
        taken = {}
        for name, guest in guests.items():
            knobs = settings(guest, link, pause)
            _allowed(knobs)
            result = simulate(guest, knobs, link)
            if not result.completed:
                raise NotYet(
                    f"Of another host {name} does not arrive.",
                    result.reason,
                    "It has to be slowed down, or sent faster.",
                )
            if result.downtime_ms > pause:
                raise NotYet(f"{name} stands still for {result.downtime_ms:.0f} ms.", f"{pause} ms are allowed.")
            taken[name] = result.total_s
        mine, planner = sum(taken.values()), least_time_s(guests, link, pause)
        said = f"{told_seconds(mine)} for {len(guests)} guests; the planner needs {told_seconds(planner)}."
        if mine > 1.25 * planner:
            slowest = max(taken, key=lambda name: taken[name])
            raise NotYet(
                said,
                f"At most a quarter more was asked for; {slowest} alone takes {told_seconds(taken[slowest])}.",
                "What do your guests wait for?",
            )
        return said + (" You beat it." if mine < 0.97 * planner else "")


def _allowed(knobs: Any) -> None:
    """Refuse what Nova cannot do, or what the night shift must not do."""
    if not isinstance(knobs, Knobs):
        plan = " A plan has .knobs." if hasattr(knobs, "knobs") else ""
        raise NotYet(f"Your function gives {kind(knobs)}.", f"Knobs were asked for.{plan}", "Knobs(...)")
    if knobs.xbzrle or knobs.compress or knobs.multifd_compression != "none":
        raise NotYet("You compress, or use xbzrle.", "Nova cannot set that.", "bill() shows what each guest takes.")
    if knobs.postcopy:
        raise NotYet("You permit post-copy.", "Tonight a cut network must not lose a guest.")
    if knobs.downtime_steps < 3:
        raise NotYet("Your limit holds at once.", "Nova takes at least 3 steps: downtime_steps=3.")
