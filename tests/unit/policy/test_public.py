"""The public face of the package."""

from __future__ import annotations

import inspect

import kit.policy

FACE = [
    "SCHEMAS", "Action", "Case", "Congress", "Difference", "Engine", "Event", "Finding", "Findings", "Plan", "Proof", "Repair", "Repairs",
    "Report", "Rows", "Source", "StatementError", "WhyNot", "add_cloud", "check_text", "run_cases",
]  # fmt: skip
ENGINE = [
    "actions", "add", "ask", "change", "check", "create", "delete", "drop", "events", "insert", "lint", "load", "on_action", "query",
    "remediate", "repairs", "rows", "rules", "simulate", "tables", "together", "watch", "why", "why_not",
]  # fmt: skip


def test_the_list_of_names() -> None:
    assert kit.policy.__all__ == FACE
    assert all(hasattr(kit.policy, name) for name in FACE)


def test_the_methods_of_the_engine() -> None:
    found = [name for name, _ in inspect.getmembers(kit.policy.Engine, inspect.isfunction) if name[0] != "_"]
    assert found == ENGINE


def test_everything_public_says_what_it_is() -> None:
    for name in FACE:
        thing = getattr(kit.policy, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__ and thing.__doc__[0].isupper() and thing.__doc__.splitlines()[0].endswith("."), name
    for name in ENGINE:
        assert (getattr(kit.policy.Engine, name).__doc__ or "")[0].isupper(), name
