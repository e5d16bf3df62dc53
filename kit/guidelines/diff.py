"""Comparing two versions of an API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kit.guidelines.audit import findings, run_checks
from kit.guidelines.changes.change import Change, was_raised
from kit.guidelines.config import Config
from kit.guidelines.description.document import Document, load
from kit.guidelines.description.operation import Description
from kit.guidelines.errors import DescriptionError
from kit.guidelines.finding import Findings

Source = Path | str | dict[str, Any] | Document


def _described(source: Source) -> Description:
    return Description(source if isinstance(source, Document) else load(source))


def is_facts(source: object) -> bool:
    """Whether a version is a note of facts rather than a description."""
    return isinstance(source, dict) and "openapi" not in source and "swagger" not in source and "paths" not in source


def make_change(before: Any, after: Any, *, raised: bool | None = None, words: str = "") -> Change:
    """The step between two versions.

    Parameters
    ----------
    before, after : Path, str, dict or Document
        Two descriptions, or two notes of facts such as `{"error_code": "compute.quota"}`.
    raised : bool, optional
        Whether the step has a new microversion; default whether info.version rose.
    words : str
        What is said of the change; a grave security fix needs no version.

    Raises
    ------
    DescriptionError
        One of them cannot be read, or only one is a description.
    """
    if is_facts(before) != is_facts(after):
        todo = "Give two descriptions, or two notes of facts."
        raise DescriptionError("Only one of the two versions is a description.", todo=todo)
    if is_facts(before):
        return Change(None, None, bool(raised), words, (before, after))
    old, new = _described(before), _described(after)
    return Change(old, new, was_raised(old, new) if raised is None else raised, words)


def diff(
    before: Any,
    after: Any,
    config: Config | None = None,
    *,
    raised: bool | None = None,
    words: str = "",
    where: str = "",
) -> Findings:
    """What needed a new microversion between two versions and got none; additions need one too.

    See `make_change` for the parameters.

    Raises
    ------
    DescriptionError
        One of them cannot be read.
    """
    change = make_change(before, after, raised=raised, words=words)
    name = where or (str(after) if isinstance(after, Path) else "")
    return findings(run_checks("versions", change), config, source=name, looked=len(change.pairs))
