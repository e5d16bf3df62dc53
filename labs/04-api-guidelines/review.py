"""Reviewing, as the API working group did: old warts and the rules they break, two patches, a paragraph of a spec."""

from __future__ import annotations

from typing import Any

from kit.cloud.openapi.warts import warts
from kit.guidelines import advise, diff, find_rule
from kit.guidelines.errors import UnknownRule
from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import kind, shown

# Case: the place in the mock cloud's list of warts, the rules that it breaks, and a question that leads there.
CASES = {
    "A": ("POST /compute/v2.1/flavors", ("RC-01",), "Is the flavor there when the answer comes?"),
    "B": ("GET /compute/v2.1/os-hosts/{host}/*", ("METH-01",), "What may a cache or a crawler do with a GET?"),
    "C": ("* /compute/v2.1/*/detail", ("UR-03",), "How would you read a server whose id is detail?"),
    "D": ("POST /volume/v3/*", ("RC-09",), "Is the body too large, or is something forbidden?"),
    "E": ("POST /identity/*", ("RC-02",), "Where does the client find the new project?"),
    "F": ("* /compute/*", ("ER-01", "RC-19"), "What has a client of all services to look for?"),
    "G": ("GET /volume/v3/*", ("TM-01",), "What do we call the owner of things today?"),
}
RIGHT = {case: rules[0] for case, (_, rules, _) in CASES.items()}


def rule_of(given: Any, what: str, also: str = "A") -> str:
    """The id of the rule that was given; NotYet when there is none."""
    try:
        return find_rule(str(getattr(given, "id", given))).id
    except UnknownRule:
        raise NotYet(
            f"{what}: {shown(given, 40)} is no rule.",
            f"{also}n id such as RC-01 was asked for.",
            "all_rules() shows them.",
        ) from None


class Warts(Step):
    name = "warts"
    title = "Old warts, and their rules"
    minutes = 6
    variables = ("warts",)
    hints = (
        "First the document, then the rule: is it about a code, a method, a path, a word, or an error's shape?",
        "Look through the rules of RC (codes), METH (methods), UR (paths), TM (terms) and ER (errors): rules('RC').",
        f"warts = {RIGHT}",
    )
    solution = f"warts = {RIGHT}"
    wrong = {
        "deleted": Wrong(f"warts = {RIGHT | {'A': 'RC-05'}}", "A: RC-05"),
        "verb": Wrong(f"warts = {RIGHT | {'B': 'UR-02'}}", "cache"),
        "verb-path": Wrong(f"warts = {RIGHT | {'C': 'UR-02'}}", "whose id is detail"),
        "too-many": Wrong(f"warts = {RIGHT | {'D': 'RC-11'}}", "too large"),
        "later": Wrong(f"warts = {RIGHT | {'E': 'RC-04'}}", "find the new project"),
        "unknown": Wrong(f"warts = {RIGHT | {'F': 'XX-99'}}", "is no rule"),
        "lacking": Wrong("warts = {'A': 'RC-01'}", "is not there"),
    }

    def check(self, lab: Lab, warts: Any) -> str:
        if not isinstance(warts, dict):
            raise NotYet(f"That is {kind(warts)}.", "A dictionary of cases and rule ids was asked for.")
        for case, (place, rules, question) in CASES.items():
            assert listed(place, rules), f"{place} is no longer on the list"
            if case not in warts:
                raise NotYet(f"Case {case} is not there.", f"{len(CASES)} cases were asked for.")
            given = rule_of(warts[case], f"Case {case}")
            if given not in rules:
                raise NotYet(f"{case}: {given} says: {find_rule(given).statement}", question)
        return "Each of them is there still: somebody's script depends on it."


def listed(place: str, rules: tuple[str, ...]) -> bool:
    """Whether the mock cloud has that wart."""
    return all(any((wart.rule, wart.place) == (rule, place) for wart in warts().excuses) for rule in rules)


DECIDED = {"patch-1": ("IO-04",), "patch-2": ("approve",), "spec": ("MV-12", "SD-02")}
VERDICTS = {name: answers[0] for name, answers in DECIDED.items()}


class Review(Step):
    name = "review"
    title = "Two patches and a spec"
    minutes = 6
    variables = ("verdicts",)
    hints = (
        "Ask of each: does a client that was written last year still get what it expects?",
        "One patch changes what a success shows, without a version. One mends a 500. The spec trusts in something that moves: kit api rules MV-12.",
        f"verdicts = {VERDICTS}",
    )
    solution = f"verdicts = {VERDICTS}"
    wrong = {
        "approve-all": Wrong(
            "verdicts = {'patch-1': 'approve', 'patch-2': 'approve', 'spec': 'approve'}", "patch-1: a client"
        ),
        "codes": Wrong(f"verdicts = {VERDICTS | {'patch-2': 'IO-02'}}", "patch-2: before"),
        "header": Wrong(f"verdicts = {VERDICTS | {'patch-1': 'IO-03'}}", "what was added"),
        "spec-approved": Wrong(f"verdicts = {VERDICTS | {'spec': 'approve'}}", "next year"),
        "spec-member": Wrong(f"verdicts = {VERDICTS | {'spec': 'IO-04'}}", "the new member has its version"),
        "maybe": Wrong(f"verdicts = {VERDICTS | {'spec': 'maybe'}}", "is no rule"),
    }

    def check(self, lab: Lab, verdicts: Any) -> str:
        if not isinstance(verdicts, dict) or set(verdicts) != set(DECIDED):
            raise NotYet("Three verdicts were asked for.", ", ".join(DECIDED), "'approve', or the id of a rule.")
        before = lab.file("review/before.yaml")
        found = {
            name: diff(before, lab.file(f"review/{name}.yaml"), raised=False).rules for name in ("patch-1", "patch-2")
        }
        assert found == {"patch-1": ["IO-04"], "patch-2": []}, found
        assert {"MV-12"} <= set(advise(lab.file("review/spec.txt").read_text(encoding="utf-8")).rules)
        given = {
            name: "approve" if str(each).lower().startswith("approve") else rule_of(each, name, "'approve', or a")
            for name, each in verdicts.items()
        }
        if given["patch-1"] == "approve":
            raise NotYet(
                "patch-1: a client of today gets a member that it has never seen, in the same version.",
                "",
                "Which rule says so?",
            )
        if given["patch-1"] not in DECIDED["patch-1"]:
            raise NotYet(
                f"patch-1: {given['patch-1']} says: {find_rule(given['patch-1']).statement}", "Look at what was added."
            )
        if given["patch-2"] != "approve":
            raise NotYet(
                "patch-2: before, a mistake of the client's was a 500.",
                "Nobody can depend on that: IO-08.",
                "Approve it.",
            )
        if given["spec"] == "approve":
            raise NotYet(
                "spec: what will `latest` mean next year, for a client that is not changed?", "", "Which rule says so?"
            )
        if given["spec"] not in DECIDED["spec"]:
            raise NotYet(
                f"spec: {given['spec']} is not broken: the new member has its version.",
                "Look at what the client sends.",
            )
        return "Approve what mends, send back what surprises."
