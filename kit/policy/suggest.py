"""Did you mean: the nearest known name to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Give a question that offers the nearest known name, or the names there are.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        What there is.
    prefix : str
        Put before the name that is offered, such as `nova:`.
    """
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{prefix}{near[0]}`?"
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"There is: {shown}."
