"""What several checks share: answers that are functions, called with figures that no learner has seen."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from kit.lab import NotAttempted, NotYet


def function(answer: Any, what: str) -> Callable[..., Any]:
    """The learner's function; `what` names what it is given and what it gives, such as `a, b to c`."""
    if not callable(answer):
        raise NotYet(
            f"That is a {type(answer).__name__}.", f"A function was asked for: {what}.", "Keep the line with def."
        )
    names = what.partition(" to ")[0].split(", ")
    try:
        inspect.signature(answer).bind(*names)
    except TypeError:
        raise NotYet(f"Your function cannot be called with {', '.join(names)}.", "Keep the line with def.") from None
    return answer


def several(answer: Any, count: int, what: str) -> list[Any]:
    """The values that the learner's function gave; `count` of them, or any number for 0."""
    if answer is ...:
        raise NotAttempted
    if isinstance(answer, str | bytes | dict) or not isinstance(answer, Iterable):
        raise NotYet(f"Your function gives {answer!r}.", f"It should give {what}.")
    found = list(answer)
    if count and len(found) != count:
        raise NotYet(f"Your function gives {len(found)} values.", f"It should give {what}.")
    return found


def number(answer: Any, unit: str) -> float:
    """A number that the learner's function gave."""
    if answer is ...:
        raise NotAttempted
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise NotYet(f"Your function gives {answer!r}.", f"It should give a number, in {unit}.")
    return float(answer)


def close(found: float, wanted: float, share: float = 0.01) -> bool:
    """Whether a number is within a share of the wanted one."""
    return abs(found - wanted) <= share * abs(wanted) + 1e-9
