"""Did you mean: the nearest known name to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: object, known: Iterable[str], what: str = "There is") -> str:
    """A question that offers the nearest known name, or the names there are.

    Parameters
    ----------
    name : object
        What was written.
    known : iterable of str
        What there is.
    what : str
        Begins the sentence when nothing is near.
    """
    names = sorted({str(each) for each in known})
    near = get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{what}: {shown}."
