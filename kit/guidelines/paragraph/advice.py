"""Advice on a paragraph of a specification: what its words suggest; a reviewer decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.audit import findings
from kit.guidelines.config import Config
from kit.guidelines.finding import Findings
from kit.guidelines.paragraph import apis, clients, stated
from kit.guidelines.paragraph.phrase import (
    ADDS,
    CODES,
    GRAVE,
    NO_VERSION,
    REMOVES,
    RETYPED,
    SLIGHT,
    SURFACES,
    VERSIONED,
)
from kit.guidelines.rule import Found

_MENDED = re.compile(r"\b5\d\d\b")
_BROKEN = re.compile(r"\b2\d\d\b.{0,40}\b5\d\d\b")
_PAGING = re.compile(r"\blink header\b", re.IGNORECASE)
_ERROR_CODE = re.compile(r"\berror codes?\b|\b[a-z-]+\.[a-z-]+\.[a-z_.-]+\b|\bcode string\b", re.IGNORECASE)
_RENAMED = re.compile(r"\b(renam\w*|becomes?|will be( called)?|changes?|changed|replaced?)\b", re.IGNORECASE)


def _found(text: str) -> Iterator[tuple[str, str]]:
    for phrase in (*apis.PHRASES, *stated.PHRASES, *clients.PHRASES):
        if all(each.search(text) for each in phrase.said) and not (phrase.unless and phrase.unless.search(text)):
            yield phrase.rule, phrase.why
    yield from _versions(text)


def _versions(text: str) -> Iterator[tuple[str, str]]:
    """What changes without a version. Source: api_interoperability, "Evaluating API Changes"."""
    if not NO_VERSION.search(text) or (GRAVE.search(text) and not SLIGHT.search(text)):
        return
    if VERSIONED.search(text) and not re.search(r"\bno (new )?(micro)?version\b", text, re.IGNORECASE):
        return
    if _MENDED.search(text) and not _BROKEN.search(text):
        return
    if _ERROR_CODE.search(text) and _RENAMED.search(text) and not CODES.search(text):
        yield "ER-09", "An error code changes without a version."
    elif CODES.search(text):
        yield "IO-02", "A code changes without a version."
    elif RETYPED.search(text):
        yield "IO-05", "A type or a meaning changes without a version."
    else:
        surface = next((rule for rule, what in SURFACES if what.search(text)), "")
        if surface == "IO-03" and _PAGING.search(text):
            return  # PG-07: paging links in a header are free to come
        if REMOVES.search(text) and not re.search(r"\bdepreca", text, re.IGNORECASE):
            yield ("IO-11" if surface == "IO-01" else surface or "IO-12"), "Something is removed without a version."
        elif surface and ADDS.search(text):
            yield surface, "Something is added without a version."


def advise(text: str, config: Config | None = None) -> Findings:
    """Advice on a paragraph of a specification: which rules a reviewer should have in mind.

    Parameters
    ----------
    text : str
        One paragraph of prose.
    """
    found = [Found(rule, "paragraph", why, advice=True) for rule, why in dict(_found(text[:20_000])).items()]
    return findings(found, config, looked=1)
