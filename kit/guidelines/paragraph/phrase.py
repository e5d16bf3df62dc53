"""Phrases: for a rule what a paragraph must say, and what takes it back; and how a change is spoken of."""

from __future__ import annotations

import re
from typing import NamedTuple


def say(*patterns: str) -> re.Pattern[str]:
    """A pattern for any of several phrases."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE | re.DOTALL)


class Phrase(NamedTuple):
    """A rule, why it comes to mind, the phrases that must all be there, and one that must not."""

    rule: str
    why: str
    said: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None = None


# A reach within a sentence.
NEAR = r"[^.;]{0,80}?"
NOT = r"(?:not|never|no longer|nobody|no one|without|instead of|rather than|cannot|n't)"

NO_VERSION = say(
    rf"\b(?:no|not|without|nor|never|nobody)\b{NEAR}\b(?:micro)?version(?! (?:header|was asked|is sent|parameter))",
    r"\b(?:micro)?version(?:s| number)?\b[^.;]{0,40}\b(?:stay|remain|kept|left alone|unchanged|same|(?:is|are|was"
    r"|be) not (?:needed|required|raised|bumped|increased|touched|changed|involved))",
    r"\b(?:keep|leave)s?\b[^.;]{0,20}\b(?:micro)?version(?: number)?\b[^.;]{0,30}\b(?:as|alone|unchanged|where)\b",
    r"\b(?:micro)?versions?\b[^.;]{0,80}\b(?:go(?:es)?|comes?|is done|happens?) without\b",
    r"\b(?:do|does|did|shall|will|need) not (?:raise|bump|touch|change) the (?:micro)?version",
    r"\bsame (?:micro)?version\b",
    r"\b(?:keep|leave)s? the (?:micro)?version\b", r"\bno (?:version )?(?:bump|increment)\b", r"\bnot bump",
    r"\b(?:at|in|for|on) (?:every|each|all|any) (?:micro)?versions?\b", r"\bwhichever (?:micro)?version\b",
    r"\b(?:regardless of|whatever) the (?:micro)?version\b",
)  # fmt: skip
VERSIONED = say(
    r"\b(?:in|from|since|with|until|below|behind|under|at)\b (?:a |the )?(?:new |next )?(?:micro)?version (?:\d|on\b)",
    r"\b(?:from|since|in) (?:micro)?version \d", r"\b(?:from|since|until|below) \d+\.\d+\b",
    r"\bin a new (?:micro)?version\b",
    r"\bopt(?:s|ed)?[ -]in\b", r"\bonly (?:to|for) clients (?:that|who) ask\b",
    r"\bbehind a (?:new )?(?:micro)?version\b",
)  # fmt: skip
GRAVE = say(
    r"\b(?:grave|severe|critical|CVE-?\d*)\b", r"\bbackport", r"\ball supported (?:releases|branches|versions)\b",
    r"\bsecurity\b(?!.*\b(?:minor|low|small|master only)\b)", r"\bvulnerab",
)  # fmt: skip
SLIGHT = say(
    r"\blow[ -]severity\b",
    r"\b(?:minor|small|slight|harmless)\b[^.]{0,30}\b(?:leak|hole|security|vulnerab)",
    r"\bmaster only\b",
)
ADDS = say(
    r"\b(?:add|adds|added|adding|new|introduce[sd]?|accepts?|gains?|gets|extend[s]?|carry|carries|return[s]?"
    r"|support[s]?|offer[s]?|more|show[s]?|lifted|raised|lowered|tightened|loosened|in place of|instead of)\b"
)
REMOVES = say(
    r"\b(?:remove[sd]?|removal|drop(?:s|ped)?|delete[sd]|gone|go away|retire[sd]?|taken out|taken away|stripped"
    r"|no longer (?:returned|offered|sent|there|part)|vanish\w*|abolish\w*|discontinue[sd]?)\b"
)
SURFACES = (
    ("IO-13", say(r"\b(?:filter|query parameter|query|sort key)s?\b")),
    (
        "IO-07",
        say(r"\b(?:media type|content type|content-type|mime)s?\b", r"\b[a-z]+/[\w.+-]*(?:json|yaml|xml|plain|html)\b"),
    ),
    ("IO-03", say(r"\bheaders?\b")),
    (
        "IO-06",
        say(
            r"\b(?:values?|enum|choices?|length|(?<!as )long|(?<!no )longer|shorter|characters|limit|maximum|range|pattern)\b"
        ),
    ),
    ("IO-04", say(r"\b(?:member|field|property|properties|attribute|key|representation)s?\b")),
    ("IO-01", say(r"\b(?:urls?|uris?|paths?|endpoint|resource|action)\b", r"\b(?:GET|POST|PUT|PATCH|DELETE) /")),
    ("IO-04", say(r"\b[a-z]+_[a-z_]+\b")),
)
_CODE = r"(?:2\d\d|4\d\d)"
CODES = say(
    rf"\b(?:was|were|been)\b[^.;]{{0,40}}\b{_CODE}\b[^.;]{{0,30}}\b(?:and is|but is|is now)\b[^.;]{{0,30}}\b{_CODE}\b",
    rf"\b{_CODE}\b[^.;]{{0,60}}\b(?:instead of|becomes?|to|replaces|not|rather than|will be|and will|now"
    rf"|in place of)\b[^.;]{{0,30}}\b{_CODE}\b",
    rf"\b(?:used to|was|were|been|so far|until now|formerly|refused with"
    rf"|answer\w*)\b[^.;]{{0,40}}\b{_CODE}\b[^.;]{{0,60}}\b(?:now|will|becomes?|instead)\b[^.;]{{0,30}}\b{_CODE}\b",
)  # fmt: skip
RETYPED = say(
    r"\b(?:a |an )?(?:string|text|integer|number|boolean|list|array|object|map|float)\b[^.;]{0,20}\b(?:becomes?"
    r"|turns into|changes? (?:in)?to|is now|will be)\b",
    r"\b(?:becomes?|turns into|changes? (?:in)?to|is now|will be)\b (?:a |an )(?:string|text|integer|number"
    r"|boolean|list|array|object|map|float)\b",
    r"\bfrom (?:a |an )?(?:string|text|integer|number|boolean|list|object) to (?:a |an )?(?:string|text|integer"
    r"|number|boolean|list|object)\b",
    r"\bchanges (?:its|the|in) (?:meaning|unit|type|default|semantics)\b",
    r"\b(?:means|meaning|unit|default|semantics)\b[^.;]{0,60}\b(?:instead of|now|changes?|becomes?|no longer|rather than)\b",
)  # fmt: skip
