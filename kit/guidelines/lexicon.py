"""The word lists of `lexicon.txt`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = files(__package__).joinpath("lexicon.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[(.+?)\].*$", text, flags=re.MULTILINE)
    return {name: frozenset(words.split()) for name, words in zip(parts[1::2], parts[2::2], strict=True)}


def lexicon(name: str) -> frozenset[str]:
    """The words of a list."""
    return _lists()[name]
