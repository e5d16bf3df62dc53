"""What paragraphs say that a service answers: codes, defaults, discovery, terms."""

from __future__ import annotations

from kit.guidelines.paragraph.phrase import NEAR, NOT, Phrase, say


def _not_taken_back(number: str) -> str:
    """A code that is said to be answered, not one that is said to be avoided."""
    return rf"(?<!not )(?<!never )(?<!instead of )(?<!rather than )(?<!no longer )(?<!of a )\b{number}\b"


_IGNORED = r"\b(?:ignored|dropped|skipped|passed over)\b"
_NOT_IGNORED = rf"\b{NOT}\b (?:silently )?(?:be )?(?:ignored|dropped)"
_UNKNOWN = r"\b(?:unknown|unsupported|unrecogni[sz]ed|misspelt|additional|extra|other)"

PHRASES = (
    Phrase(
        "RC-09",
        "Over quota is answered by another code than 403.",
        (
            say(r"\bquotas?\b", r"\bused up (?:its|their|all)\b", r"\bover (?:its|their|the) limit\b"),
            say(_not_taken_back("(?:413|429|409|400)")),
        ),
    ),
    Phrase("RC-18", "501 is answered.", (say(_not_taken_back("501")),)),
    Phrase("RC-10", "422 is answered.", (say(_not_taken_back("422")),)),
    Phrase(
        "RC-14",
        "Unknown parameters are ignored.",
        (
            say(
                rf"{_UNKNOWN} (?:query )?(?:parameter|filter|query|quer(?:y|ies))s?\b{NEAR}{_IGNORED}",
                rf"\bignores?\b{NEAR}\b(?:parameter|filter)s?\b{NEAR}\b(?:unknown|not know)",
                rf"\b(?:parameter|filter|quer(?:y|ies))s?\b{NEAR}\b(?:unknown|not know)\b{NEAR}{_IGNORED}",
            ),
        ),
        say(_NOT_IGNORED),
    ),
    Phrase(
        "RC-13",
        "Unknown members are ignored.",
        (say(rf"{_UNKNOWN} (?:body )?(?:member|field|attribute|key|propert(?:y|ies))s?\b{NEAR}{_IGNORED}"),),
        say(_NOT_IGNORED, r"\bclients?\b[^.]{0,30}\bignore\b"),
    ),
    Phrase(
        "MV-03",
        "No header gives another version than the minimum.",
        (
            say(
                rf"\b(?:no|without|absent|missing|lacks?)\b{NEAR}\b(?:header|version)\b{NEAR}"
                r"\b(?:newest|maximum|latest|highest|current)\b"
            ),
        ),
        say(r"\bminimum\b", r"\bbinding\b", r"\bsdk\b"),
    ),
    Phrase(
        "MV-05",
        "A version out of range is answered by another code than 406.",
        (
            say(
                r"\bout of range\b",
                r"\boutside (?:of )?the range\b",
                r"\btoo (?:high|new|low|old)\b",
                r"\b(?:above|below|beyond) the (?:maximum|minimum)\b",
                r"\bunsupported (?:micro)?version\b",
            ),
            say(_not_taken_back("(?:400|404|409|422)")),
            say(r"version"),
        ),
    ),
    Phrase(
        "VD-03",
        "Version discovery needs a token.",
        (
            say(
                rf"\b(?:discovery|version (?:document|list)|lists? (?:of |the |all )?versions)\b{NEAR}"
                rf"\b(?:needs?|requires?|asks?|only|present|with|holds?)\b{NEAR}\b(?:token|authentication|log ?in)\b"
            ),
        ),
        say(r"\b(?:no|not|without)\b[^.]{0,20}\b(?:token|authentication)"),
    ),
    Phrase(
        "TM-01",
        "The word is project.",
        (say(r"\btenant(?:s|_id|_name|_ids)?\b"),),
        say(r"\b(?:not|formerly|instead of|rather than|used to|no longer|replace\w*|rename\w*)\b"),
    ),
)
