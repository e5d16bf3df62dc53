"""Evolution and discovery: versions that are negotiated, a member that old clients do not see, and where to begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, shown

from .backups import failed
from .codes import solution
from .drive import Bench, not_yet

NEGOTIATE, VIEW = solution("negotiate"), solution("view")
BOTH = f"{NEGOTIATE}\n\n{VIEW}"


def text(version: tuple[int, int]) -> str:
    """A version as a header has it."""
    return ".".join(map(str, version))


def negotiating(negotiate: Any) -> Callable[..., Any]:
    """The learner's function, which says when it gives neither a version nor a refusal."""
    run = function(negotiate, "request, wanted to a version, or a refusal")

    def settle(request: Any, wanted: Any) -> Any:
        found = run(request, wanted)
        pair = isinstance(found, tuple) and len(found) == 2 and all(isinstance(part, int) for part in found)
        if not pair and not failed(found):
            raise NotYet(
                f"For {wanted!r}, negotiate gives {shown(found)}.",
                "A version such as (1, 4) was asked for, or a refusal.",
            )
        return found

    return settle


def viewing(view: Any) -> Callable[..., Any]:
    """The learner's function, which says when it gives no row, or changes the stored one."""
    run = function(view, "row, version to a row")

    def see(row: dict[str, Any], version: Any) -> Any:
        before = dict(row)
        found = run(row, version)
        if row != before:
            raise NotYet(
                "Your view changes the stored row: the next client misses what you took away.",
                "What is shown is a dictionary of its own.",
                "dict(row)",
            )
        if not isinstance(found, dict):
            raise NotYet(f"view gives {shown(found)}.", "A dictionary was asked for: the row as the client sees it.")
        return found

    return see


class Versions(Step):
    name = "versions"
    title = "A new member for new clients only"
    minutes = 10
    variables = ("negotiate", "view")
    hints = (
        "A client that asks for nothing was written for the first version: it gets request.low. Versions are numbers, not texts.",
        "`wanted` may hold several services, 'compute 2.1, backup 1.4'; latest is request.high; 406 tells min_version and max_version.",
        BOTH.strip(),
    )
    solution = BOTH
    wrong = {
        "newest": Wrong(BOTH.replace("    return request.low\n", "    return request.high\n"), "MV-03"),
        "no-range": Wrong(BOTH.replace("not request.low <= version <= request.high", "False"), "MV-05"),
        "400": Wrong(BOTH.replace("fail(406", "fail(400"), "MV-05"),
        "bare-406": Wrong(BOTH.replace(", min_version=low, max_version=high", ""), "MV-09"),
        "text-range": Wrong(
            BOTH.replace("not request.low <= version <= request.high", "not low <= text <= high"), "as texts"
        ),
        "first-only": Wrong(BOTH.replace('(wanted or "").split(",")', '(wanted or "").split(",")[:1]'), "MV-10"),
        "any-service": Wrong(BOTH.replace('if kind != "backup":', "if not kind:"), "MV-04"),
        "no-latest": Wrong(BOTH.replace('if text == "latest":', "if False:"), "MV-07"),
        "nonsense": Wrong(BOTH.replace('fail(400, "bad-version"', 'fail(406, "bad-version"'), "MV-06"),
        "shown-to-all": Wrong(BOTH.replace(" or version >= (1, 10)", " or True"), "IO-04"),
        "never-shown": Wrong(BOTH.replace(" or version >= (1, 10)", ""), "has no description"),
        "text-view": Wrong(BOTH.replace("version >= (1, 10)", "str(version[1]) >= '10'"), "IO-04"),
    }

    def check(self, lab: Lab, negotiate: Any, view: Any) -> str:
        for seed, high in ((91, 12), (92, 17)):
            bench = Bench(
                seed, high=high, negotiate=negotiating(negotiate), view=viewing(view),
            )  # fmt: skip
            (row,) = bench.fill(1, description=bench.word())
            self._negotiated(bench, high)
            self._evolved(bench, row, high)
        return "Old clients see what they were written for, and new ones say what they know."

    def _negotiated(self, bench: Bench, high: int) -> None:
        top = f"1.{high}"
        cases = (
            ("MV-03", "", "1.0"), ("MV-07", "backup latest", top), ("MV-08", "backup 1.4", "1.4"), ("MV-08", "backup 1.10", "1.10"),
            ("MV-04", "compute 1.3", "1.0"), ("MV-10", "compute 2.1, backup 1.3", "1.3"), ("MV-08", f"backup {top}", top),
        )  # fmt: skip
        for rule, wanted, expected in cases:
            answer = bench.ask("GET", "/backups", version=wanted)
            got = (answer.served() or ("", ""))[1]
            asked = wanted or "no version"
            if answer.failed:
                told = " Do you compare versions as texts?" if wanted == "backup 1.4" and answer.status == 406 else ""
                raise not_yet(rule, f"Asked for {asked}, it answered {answer.status}.{told}", f"Serve {expected}.")
            if got != expected:
                raise not_yet(rule, f"Asked for {asked}, it served {got or 'nothing'}, not {expected}.")
        for wanted in (f"backup 1.{high + 1}", "backup 2.0", "backup 0.9"):
            answer = bench.ask("GET", "/backups", version=wanted)
            if answer.status != 406:
                raise not_yet("MV-05", f"Asked for {wanted} of 1.0 to {top}, it answered {answer.status}.")
            error = answer.errors[0] if answer.errors else {}
            if (error.get("min_version"), error.get("max_version")) != ("1.0", top):
                raise not_yet(
                    "MV-09",
                    f"The 406 for {wanted} does not say that 1.0 to {top} are offered.",
                    "Hand them to request.fail.",
                )
        for wanted in ("backup one", "backup 1", "backup 1.x"):
            answer = bench.ask("GET", "/backups", version=wanted)
            if answer.status != 400:
                raise not_yet("MV-06", f"{wanted!r} is no version, and it answered {answer.status}.", "Answer 400.")

    def _evolved(self, bench: Bench, row: dict[str, Any], high: int) -> None:
        for minor in (0, 2, 9, 10, high):
            answer = bench.ask("GET", f"/backups/{row['id']}", version=f"backup 1.{minor}")
            shown = answer.response_body["backup"]
            if minor < 10 and "description" in shown:
                raise not_yet(
                    "IO-04",
                    f"A client of 1.{minor} sees the member description, which is new in 1.10.",
                    "Compare version with (1, 10).",
                )
            if minor >= 10 and shown.get("description") != row["description"]:
                raise NotYet(
                    f"A client of 1.{minor} has no description.",
                    "It is there since 1.10.",
                    "Compare version with (1, 10).",
                )
            lost = {"id", "name", "server_id", "state", "created_at"} - set(shown)
            if lost:
                raise not_yet(
                    "IO-04", f"A client of 1.{minor} misses {', '.join(sorted(lost))}.", "Take away description only."
                )


DISCOVER = solution("discover")


class Discover(Step):
    name = "discover"
    title = "Where a client begins"
    minutes = 6
    variables = ("discover",)
    hints = (
        "GET / answers a list `versions`. With microversions there is one entry, and its range says the rest.",
        "The entry has id, status, min_version, max_version and links; status is one of four words in capitals, links hold self and collection.",
        DISCOVER.strip(),
    )
    solution = DISCOVER
    wrong = {
        "one": Wrong(DISCOVER.replace('{"versions": [', '{"version": ').replace("}]}", "}}"), "VD-01"),
        "stable": Wrong(DISCOVER.replace('"CURRENT"', '"stable"'), "VD-04"),
        "updated": Wrong(DISCOVER.replace('"status":', '"updated": "2015-05-18", "status":'), "VD-02"),
        "self-only": Wrong(DISCOVER.replace('("self", "collection")', '("self",)'), "VD-05"),
        "number": Wrong(DISCOVER.replace('"id": "v1"', '"id": "1"'), "VD-07"),
        "by-heart": Wrong(DISCOVER.replace('"max_version": high', '"max_version": "1.12"'), "by heart"),
        "no-range": Wrong(DISCOVER.replace('"min_version": low, "max_version": high, ', ""), "no range"),
    }

    def check(self, lab: Lab, discover: Any) -> str:
        for seed, high in ((101, 12), (102, 19)):
            bench = Bench(seed, high=high, discover=function(discover, "request to a body with versions"))
            body = bench.ask("GET", "/").response_body
            entries = body.get("versions") if isinstance(body, dict) else None
            if isinstance(entries, list) and not (entries and all(isinstance(each, dict) for each in entries)):
                raise NotYet(
                    f"Your versions are {shown(entries)}.", "A list with a dictionary for each version was asked for."
                )
            bench.demand("VD-0*")
            entry = body["versions"][0]
            found = (entry.get("min_version"), entry.get("max_version"))
            if None in found:
                raise NotYet("Your entry has no range.", "min_version and max_version tell what can be asked for.")
            if found != ("1.0", f"1.{high}"):
                raise NotYet(
                    f"This service offers 1.0 to 1.{high}; you tell {found[0]} to {found[1]} by heart.",
                    "",
                    "Take request.low and request.high.",
                )
        return "From one URL a client learns what is there and what it may ask for."
