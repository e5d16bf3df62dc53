"""Auditing: run the checks of one side over what they judge, and let the configuration have its say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kit.guidelines.config import Config
from kit.guidelines.description.document import Document, load
from kit.guidelines.description.operation import Description
from kit.guidelines.errors import TooLarge
from kit.guidelines.finding import Finding, Findings
from kit.guidelines.rule import RULES, Found, checks


def run_checks(side: str, subject: Any, rules: frozenset[str] | None = None) -> list[Found]:
    """What the checks of a side find; `rules` skips checks that judge none of them."""
    wanted = checks(side)
    if rules is not None:
        ids = {check: {id for id, rule in RULES.items() if check in rule.checks.get(side, ())} for check in wanted}
        wanted = [check for check in wanted if ids[check] & rules]
    try:
        return [found for check in wanted for found in check(subject)]
    except RecursionError:
        raise TooLarge("It is nested too deeply.", todo="Move inner parts to components.") from None


def findings(found: Iterable[Found], config: Config | None = None, *, source: str = "", looked: int = 0) -> Findings:
    """Findings of what checks saw: one for each rule and place, with severity by rule and configuration."""
    config = config or Config()
    merged: dict[tuple[str, ...], Finding] = {}
    for each in found:
        rule = RULES[each.rule]
        if not config.is_on(each.rule):
            continue
        severity = config.severity(each.rule) or ("advice" if each.advice else rule.severity)
        made = Finding(each.rule, rule.level, severity, each.place, each.why, each.fix or rule.fix, source)
        key = (made.rule, made.fingerprint) if made.place.startswith("exchange") else (made.rule, made.place, made.why)
        before = merged.get(key)
        merged[key] = made if before is None else Finding(**{**_fields(before), "times": before.times + 1})
    return config.sift(Findings(merged.values(), source=source, looked=looked))


def _fields(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in Finding.__dataclass_fields__}


def audit(source: Path | str | dict[str, Any] | Document, config: Config | None = None, *, where: str = "") -> Findings:
    """Judge a description.

    Parameters
    ----------
    source : Path, str, dict or Document
        An OpenAPI 3.0 or 3.1 description: its path, its text in JSON or YAML, or its data.
    config : Config, optional
        Rules on and off, severities, exceptions, a baseline.
    where : str
        What to call it in findings; default the path.

    Raises
    ------
    DescriptionError
        It cannot be read or is no description; EndlessReference, MissingReference and TooLarge are below it.
    """
    document = source if isinstance(source, Document) else load(source, where)
    described = Description(document)
    found = run_checks("description", described)
    return findings(found, config, source=where or document.where, looked=len(described.operations))


def judge_traffic(sessions: Sequence[Any], config: Config | None = None, *, source: str = "") -> Findings:
    """Judge sessions of exchanges, each with what is known of it."""
    found = [each for session in sessions for each in run_checks("traffic", session)]
    return findings(found, config, source=source, looked=sum(len(session.exchanges) for session in sessions))
