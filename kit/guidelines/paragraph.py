"""Advice on a paragraph of a specification: what its words suggest; a reviewer decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.audit import findings
from kit.guidelines.config import Config
from kit.guidelines.finding import Findings
from kit.guidelines.rule import Found

_NO_VERSION = re.compile(
    r"\bno (new )?(micro)?version\b|\bwithout (a |any )?(new )?(micro)?version\b|\b(micro)?version (is|are) not (needed|required|raised)"
    r"|\bnot need(ing)? (a |any )?(new )?(micro)?version|\bsame (micro)?version\b|\bdoes not need a (micro)?version", re.I)  # fmt: skip
_MENDED = re.compile(r"\b5\d\d\b", re.I)
_SECURITY = re.compile(r"\bsecurity\b|\bvulnerab|\bCVE\b", re.I)
_ADDS = re.compile(
    r"\b(add|adds|added|adding|new|introduce[sd]?|accept|accepts|gains?|gets|extend[s]?|return[s]?|support[s]?)\b", re.I
)
_REMOVES = re.compile(r"\b(remove[sd]?|removal|drop(s|ped)?|delete[sd]?|gone|retire[sd]?)\b", re.I)
_WHAT = (
    ("IO-13", re.compile(r"\b(filter|query parameter|query|sort key)\b", re.I)),
    ("IO-03", re.compile(r"\bheader\b", re.I)),
    ("IO-04", re.compile(r"\b(member|field|property|attribute|key)\b", re.I)),
    ("IO-06", re.compile(r"\b(value|enum|choice)s?\b", re.I)),
    ("IO-07", re.compile(r"\b(media type|content type|mime)\b", re.I)),
    ("IO-01", re.compile(r"\b(urls?|uris?|paths?|endpoint|resource)\b|(GET|POST|PUT|PATCH|DELETE) /", re.I)),
)
_CODES = re.compile(
    r"\b(2\d\d|4\d\d)\b.{0,60}\b(instead of|becomes?|to|replaces|not|rather than)\b.{0,30}\b(2\d\d|4\d\d)\b", re.I
)
_DRIVER = re.compile(r"\b(driver|back-?end|plug-?in|hypervisor|vendor)s?\b", re.I)
_DIFFERENT = re.compile(
    r"\b(adds?|only|other \w+ (do|does) not|differs?|depend(s|ing)|different|own|extra|whichever|shows?)\b", re.I)  # fmt: skip
_SURFACE = re.compile(r"\b(urls?|uris?|keys?|members?|fields?|paths?)\b|/\w[\w{}/-]*", re.I)
_STEPS = re.compile(
    r"\b(walks? through|moves? through|goes through|steps?|sequence|phases?|progress(es)?|then|transitions?|finally)\b",
    re.I,
)
_STANDING = re.compile(r"\b(up|down|healthy|active|standing|until an admin|enabled|reachable)\b", re.I)
_EXTENSION = re.compile(
    r"\b(own|custom|private|deployment.specific|operator.s|proprietary) (api )?extensions?\b|\bextension(s)? of (its|our) own\b",
    re.I,
)
_CLIENT = re.compile(r"\b(sdk|client|library|binding|tool|dashboard)s?\b", re.I)
_SDK = re.compile(r"\b(sdk|library)\b", re.I)


def _found(text: str) -> Iterator[tuple[str, str]]:
    if _EXTENSION.search(text):
        yield "EX-01", "An extension of a deployment's own."
    if (
        _DRIVER.search(text)
        and _DIFFERENT.search(text)
        and _SURFACE.search(text)
        and not re.search(r"\bvalues? (differ|var)", text, re.I)
    ):
        yield "EX-02", "What can be seen depends on the driver."
    yield from _versions(text)
    if re.search(r"\bstatus\b|\w+_status\b", text) and _STEPS.search(text) and not re.search(r"\bstate\b", text):
        yield "NM-08", "Steps in a sequence are called status."
    elif re.search(r"\bstate\b|\w+_state\b", text) and _STANDING.search(text) and not _STEPS.search(text):
        yield "NM-08", "A standing is called state."
    if (
        re.search(r"\blatest\b", text, re.I)
        and _CLIENT.search(text)
        and not re.search(r"\b(never|not|no) .{0,40}latest\b", text, re.I)
    ):
        yield "MV-12", "The client relies on latest."
        if _SDK.search(text):
            yield "SD-02", "The SDK does not negotiate within the range it was tested with."
    if re.search(r"\bexperiment", text, re.I) and re.search(r"\b(same|existing) (endpoint|service)", text, re.I):
        yield "IO-15", "The experiment lives in the stable service."
    if re.search(r"\b(count|total)\b", text) and re.search(r"\b(always|every (answer|response|list))\b", text, re.I):
        yield "CT-03", "The total is counted every time."


def _versions(text: str) -> Iterator[tuple[str, str]]:
    if not _NO_VERSION.search(text) or _SECURITY.search(text):
        return
    if _MENDED.search(text) and not re.search(r"\b(2\d\d)\b.{0,40}\b5\d\d\b", text):
        return
    if _CODES.search(text):
        yield "IO-02", "A code changes without a version."
    elif _REMOVES.search(text):
        rule = next((id for id, what in _WHAT if what.search(text)), "")
        yield ("IO-11" if rule == "IO-01" else rule or "IO-12"), "Something is removed without a version."
    elif _ADDS.search(text):
        rule = next((id for id, what in _WHAT if what.search(text)), "")
        if rule:
            yield rule, "Something is added without a version."


def advise(text: str, config: Config | None = None) -> Findings:
    """Advice on a paragraph of a specification: which rules a reviewer should have in mind.

    Parameters
    ----------
    text : str
        One paragraph of prose.
    """
    found = [Found(rule, "paragraph", why, advice=True) for rule, why in _found(text[:20_000])]
    return findings(found, config, looked=1)
