"""Reading an answer: is it of the kind that a step asks for? If not, feedback that says so plainly."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from itertools import islice
from numbers import Real
from typing import Any

from kit.lab.step import NotAttempted, NotYet

LONGEST = 1000


def shown(value: Any, most: int = 70) -> str:
    """A value in one line of feedback, cut where it is long.

    >>> shown([1, 2, 3], 6)
    '[1,...'
    """
    text = re.sub(r" at 0x[0-9a-f]+", "", " ".join(repr(value).split()))
    return text if len(text) <= most else text[: most - 3] + "..."


def kind(value: Any) -> str:
    """What a value is, with its article.

    >>> kind(7), kind("7")
    ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def function(answer: Any, what: str, *, nothing: bool = False) -> Callable[..., Any]:
    """The learner's function, which speaks up when it gives `...` or nothing.

    Parameters
    ----------
    answer : object
        What the learner handed in.
    what : str
        What it is given and what it gives: `cap, mbit_s to a number`.
    nothing : bool
        Whether None is an answer.

    Raises
    ------
    NotYet
        When it is no function, or takes other arguments. Its calls raise NotYet for None, and
        NotAttempted for `...`.
    """
    given, _, gives = what.partition(" to ")
    called = getattr(answer, "__name__", "<")
    called = "Your function" if called.startswith("<") else called
    names = given.split(", ")
    if not callable(answer):
        raise NotYet(f"That is {shown(answer)}.", f"A function was asked for: {what}.", "Keep the line with def.")
    try:
        inspect.signature(answer).bind(*names)
    except TypeError:
        raise NotYet(
            f"{called} cannot be called with {given}.",
            f"It takes {_taken(answer)}.",
            "Keep the line with def as it was.",
        ) from None
    except ValueError:
        pass  # a built-in tells no signature

    @wraps(answer)
    def run(*arguments: Any) -> Any:
        found = answer(*arguments)
        if found is ...:
            raise NotAttempted
        if found is None and not nothing:
            raise NotYet(
                f"{called} gives None.", f"It should give {gives}.", "Does every way through it end with return?"
            )
        return found

    return run


def _taken(answer: Callable[..., Any]) -> str:
    count = len(inspect.signature(answer).parameters)
    return f"{count or 'no'} argument{'' if count == 1 else 's'}"


def several(answer: Any, count: int, what: str) -> list[Any]:
    """The values that the learner's function gave.

    Parameters
    ----------
    answer : object
        A list, or anything that can be walked over but a text or a dictionary.
    count : int
        How many there should be; 0 is any number.
    what : str
        What they are: `a list of names`.

    Raises
    ------
    NotYet
        When it is something else, or never ends.
    """
    if answer is ...:
        raise NotAttempted
    if isinstance(answer, str | bytes | dict) or not isinstance(answer, Iterable):
        raise NotYet(f"Your function gives {shown(answer)}.", f"It should give {what}.")
    found = list(islice(answer, LONGEST + 1))
    if len(found) > LONGEST:
        raise NotYet(f"Your function gives more than {LONGEST:,} values.", f"It should give {what}.")
    if count and len(found) != count:
        raise NotYet(
            f"Your function gives {len(found)} value{'' if len(found) == 1 else 's'}.", f"It should give {what}."
        )
    return found


def number(answer: Any, unit: str) -> float:
    """A number that the learner's function gave, in a unit.

    Raises
    ------
    NotYet
        When it is no number, or is not finite.
    """
    if answer is ...:
        raise NotAttempted
    if isinstance(answer, bool) or not isinstance(answer, Real) or not math.isfinite(answer):
        raise NotYet(f"Your function gives {shown(answer)}.", f"It should give a number, in {unit}.")
    return float(answer)


def close(found: float, wanted: float, share: float = 0.01) -> bool:
    """Whether a number is within a share of the wanted one.

    >>> close(99.5, 100)
    True
    """
    return abs(found - wanted) <= share * abs(wanted) + 1e-9


def truth(answer: Any, next: str = "") -> bool:
    """True or False, as the learner's function gave it.

    Raises
    ------
    NotYet
        When it is something else, which Python would take for true or false without a word.
    """
    if answer is ...:
        raise NotAttempted
    if isinstance(answer, bool) or type(answer).__name__ in ("bool_", "bool"):
        return bool(answer)
    raise NotYet(f"Your function gives {shown(answer)}.", "It should give True or False.", next)


def word(answer: Any, allowed: Collection[str]) -> str:
    """One of some words, as the learner's function gave it.

    Raises
    ------
    NotYet
        When it is another one, or no text.
    """
    if answer is ...:
        raise NotAttempted
    if not isinstance(answer, str) or answer not in allowed:
        told = " or ".join(repr(each) for each in allowed)
        raise NotYet(f"Your function gives {shown(answer)}.", f"It should give {told}, as written here.")
    return answer
