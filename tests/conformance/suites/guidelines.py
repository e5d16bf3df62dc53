"""API guidelines: descriptions, exchanges, versions and paragraphs judged by people (see data/guidelines/FORMAT.md).

A case passes when the rules found, those out of its scope left aside, are the rules that it violates. The goals are
precision 0.98 and recall 0.95 over descriptions, exchanges and versions; paragraphs are advice, and told apart.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.guidelines import advise, audit, diff, judge_traffic, make_session

JUDGED = ("openapi", "exchange", "two-versions")
PRECISION, RECALL = 0.98, 0.95
_counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each case's id, and what is wrong or None."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            case = json.loads(line)
            wanted = {each["rule"] for each in case["violates"]}
            try:
                got = found(case["kind"], case["input"]) & set(case["scope"])
                problem = None
            except Exception as error:  # a crash is a failed case, and the next one is run
                got, problem = set(), f"{type(error).__name__}: {error}"
            counts = _counts[case["kind"]]
            for place, rules in enumerate((got & wanted, got - wanted, wanted - got)):
                counts[place] += len(rules)
            if got != wanted or problem:
                problem = problem or f"{case['title']}: expected {sorted(wanted)}, got {sorted(got)}"
            yield case["id"], problem


def found(kind: str, given: dict[str, Any]) -> set[str]:
    """The rules that an input breaks."""
    if kind == "openapi":
        return set(audit(given).rules)
    if kind == "exchange":
        return set(judge_traffic([make_session(given["exchanges"], given.get("context"))]).rules)
    if kind == "two-versions":
        words = given.get("change") or ""
        words = words if isinstance(words, str) else json.dumps(words)
        return set(diff(given["before"], given["after"], raised=given["version_raised"], words=words).rules)
    return set(advise(given["text"]).rules)


def reached() -> bool:
    """Print the score by kind; whether the goals are reached."""
    for kind in (*JUDGED, *sorted(_counts.keys() - set(JUDGED))):
        if kind in _counts:
            print(_line(kind, *_counts[kind]))
    right, wrong, missed = (sum(_counts[kind][place] for kind in JUDGED) for place in range(3))
    print(_line("judged kinds", right, wrong, missed))
    _counts.clear()
    return _share(right, wrong) >= PRECISION and _share(right, missed) >= RECALL


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 1.0


def _line(name: str, right: int, wrong: int, missed: int) -> str:
    precision, recall = _share(right, wrong), _share(right, missed)
    both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return (
        f"{name:14} {right:4} true positives, {wrong:3} false positives, {missed:3} misses;"
        f" precision {precision:.3f}, recall {recall:.3f}, F1 {both:.3f}"
    )
