"""Reading predictions: one for each name that is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kit.lab import NotAttempted, NotYet
from kit.lab.answers import kind


def predictions(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """The learner's prediction for each name."""
    names = list(names)
    if not isinstance(value, dict):
        raise NotYet(
            f"That is {kind(value)}.",
            f"A dictionary was asked for, with a prediction for each of {', '.join(map(repr, names))}.",
        )
    if any(each is ... for each in value.values()):
        raise NotAttempted
    missing = [name for name in names if name not in value]
    if missing:
        raise NotYet(f"You predict nothing for {missing[0]!r}.", f"There are {', '.join(map(repr, names))}.")
    return {name: _plain(each) for name, each in value.items()}


def _plain(guess: Any) -> Any:
    """A prediction as it is compared: a status as a number, and `Accepted` is as good as `accept`."""
    text = guess.strip() if isinstance(guess, str) else ""
    return int(text) if text.isdigit() else "accept" if text.lower().startswith("accept") else guess
