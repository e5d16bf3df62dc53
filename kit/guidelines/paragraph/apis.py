"""What paragraphs say of an API: its names, its changes, its codes."""

from __future__ import annotations

from kit.guidelines.paragraph.phrase import NEAR, NOT, REMOVES, Phrase, say

_DRIVER = say(r"\b(?:driver|back[- ]?end|plug-?in|hypervisor|vendor|array|storage system)s?\b")
_SURFACE = say(
    r"\b(?:urls?|uris?|keys?|members?|fields?|paths?|attributes?|propert(?:y|ies)|parameters?)\b",
    r"(?<!\w)/\w[\w{}/-]*",
)
_UNEVEN = say(
    r"\badds?\b", r"\bonly\b", r"\bother \w+ (?:do|does) not\b", r"\bdiffers?\b", r"\bdepend(?:s|ing)?\b",
    r"\bdifferent\b",
    r"\bown\b", r"\bextra\b", r"\bwhichever\b", r"\bup to the\b", r"\bnot (?:show|have|offer|know)\b",
    r"\bshows?\b", r"\bmore\b", r"\badditional\b", r"\bnowhere else\b", r"\bnamed after\b",
)  # fmt: skip
_EVEN = say(
    r"\bvalues? (?:differ|var)", r"\bsame (?:members|urls?|keys|fields|surface|api|attributes)\b",
    r"\bone and the same\b",
    r"\bonly the values?\b", r"\bthe members are the same\b", r"\bis there in every\b",
    r"\b(?:values?|what) \w+ can be\b", r"\bin every cloud\b",
)  # fmt: skip
_STEPS = say(
    r"\b(?:walks?|moves?|goes|passes|runs|steps?)\b (?:through|on|over|from)\b", r"\bsequence\b", r"\bsteps?\b",
    r"\bphases?\b",
    r"\bprogress(?:es)?\b", r"\bthen\b", r"\btransitions?\b", r"\bfinally\b", r"\bat last\b",
    r"\bends? (?:with|as|in|at)\b",
    r"\bstarts? (?:as|with|at)\b", r"\bone after (?:the other|another)\b",
)  # fmt: skip
_NO_STEPS = say(rf"\b{NOT}\b{NEAR}\b(?:steps?|sequence|walk|order|move|progress|pass|change)", r"\bno order\b")
_STANDING = say(
    r"\b(?:up|down|healthy|active|alive|dead|standing|enabled|disabled|reachable|online|offline)\b",
    r"\buntil an? (?:admin|operator)",
    r"\bstays?\b", r"\bunless an?\b",
)  # fmt: skip
_DOES_NOT = r"\b(?:does not|do not|never|no longer|not)\b"

PHRASES = (
    Phrase(
        "EX-01",
        "An extension of a deployment's own.",
        (
            say(
                rf"\b(?:own|custom|private|loadable|deployment.specific|site|operator.s"
                rf"|proprietary)\b{NEAR}\bextensions?\b",
                r"\bextensions? of (?:its|our|their) own\b",
                rf"\b(?:operators?|deployers?|deployments?|clouds?|providers?|sites?|vendors?)\b{NEAR}\b(?:load"
                rf"|install|register|add|write|plug)\w*\b{NEAR}\bextensions?\b",
            ),
        ),
        say(
            r"\bextensions? (?:are|is) (?:gone|removed|forbidden|not)",
            r"\bno (?:more )?extensions?\b",
            r"\b(?:never|not) .{0,30}extensions?\b",
        ),
    ),
    Phrase("EX-02", "What can be seen depends on the driver.", (_DRIVER, _UNEVEN, _SURFACE), _EVEN),
    Phrase(
        "NM-08",
        "Steps in a sequence are called status.",
        (say(r"\bstatus\b", r"\w+_status\b"), _STEPS),
        say(r"\bstate\b", r"\w+_state\b", _NO_STEPS.pattern),
    ),
    Phrase(
        "NM-08",
        "A standing is called state.",
        (say(r"\bstate\b", r"\w+_state\b"), say(_STANDING.pattern, _NO_STEPS.pattern)),
        say(r"\bstatus\b", rf"^(?!.*{_NO_STEPS.pattern}).*(?:{_STEPS.pattern})"),
    ),
    Phrase(
        "MV-11",
        "A version leaves out changes that came before it.",
        (
            say(r"\b\d+\.\d+\b", r"\bmicroversions?\b"),
            say(
                r"\bspared\b",
                rf"\bwithout (?:taking|getting|having|accepting)\b{NEAR}\b(?:change|code)",
                r"\bindependent of (?:one another|each other)\b",
                r"\bcherry.?pick",
                rf"\b{_DOES_NOT}\b{NEAR}\b(?:get|take|include|contain|hold|bring|inherit)\b{NEAR}\bchanges? (?:of"
                rf"|from|before|in)\b",
                r"\bexcept (?:the )?changes?\b",
                r"\bskips?\b",
            ),
        ),
        say(r"\bnot possible\b", r"\bimpossible\b", r"\bcannot\b"),
    ),
    Phrase(
        "CT-03",
        "The total is counted every time.",
        (
            say(r"\b(?:count|total|number of all)\b"),
            say(
                r"\balways\b",
                r"\bevery (?:answer|response|list|page|get|request)\b",
                r"\beach (?:answer|response|list|page|get|request)\b",
                r"\bwhether or not\b",
                r"\bunasked\b",
            ),
        ),
        say(
            r"\bat no cost\b",
            r"\bcheap",
            r"\btrivial",
            r"\bfree\b",
            r"\bonly (?:when|if|on)\b",
            r"\bwith_count\b(?![^.]*\b(?:or not|always)\b)",
            r"\bno (?:extra|additional|second) query\b",
        ),
    ),
    Phrase(
        "IO-15",
        "The experiment lives in the stable service.",
        (
            say(
                r"\bexperiment",
                r"\btrial\b",
                r"\bmay (?:never|not) stabili[sz]e\b",
                r"\bmay (?:withdraw|drop) it\b",
                r"\bprototype\b",
                r"\bbeta\b",
            ),
            say(
                r"\b(?:same|existing|stable|current)\b[^.]{0,30}\b(?:endpoint|service|api)\b",
                r"\b(?:below|under|beneath|in(?:to)?|at) (?:the url prefix )?/\w",
                r"\bby the \w+ service itself\b",
                r"\burl prefix\b",
            ),
        ),
        say(
            r"\b(?:own|separate|another|different|unique|new)\b[^.]{0,25}\b(?:endpoint|service type)\b",
            r"\bof its own\b",
        ),
    ),
    Phrase(
        "IO-12",
        "Something is removed, and the minimum stays.",
        (
            REMOVES,
            say(
                rf"\b(?:minimum|min_version|baseline)\b{NEAR}\b(?:stays?|remains?|unchanged|same|kept|as it is"
                rf"|is not raised|need not)\b",
                rf"\b(?:keeps?|leaves?|announc\w*|advertis\w*)\b{NEAR}\b(?:minimum|min_version|baseline)\b",
            ),
        ),
        say(r"\b(?:minimum|min_version|baseline)\b[^.;]{0,30}\b(?:is|are|gets?|goes)\b (?:raised|up|lifted)"),
    ),
    Phrase(
        "IO-13",
        "New behaviour comes to those who did not ask for it.",
        (
            say(
                rf"\b(?:all|every|everybody|everyone|each)\b{NEAR}\b(?:by default|at once|whichever|including|even"
                rf"|whatever|automatically)\b",
                rf"\bby default\b{NEAR}\b(?:new|all|every)\b",
                rf"\bnew\b{NEAR}\bby default\b",
                r"\bwithout (?:opting|asking)\b",
                r"\bopt(?:s|ed|ing)?[ -]out\b",
            ),
            say(
                r"\bnew\b",
                r"\bfrom (?:now|this release) on\b",
                r"\b(?:once upgraded|after (?:the|an) upgrade)\b",
                r"\bwill\b",
                r"\bchanges?\b",
            ),
        ),
        say(r"\bonly (?:to|for) clients\b", r"\bopt[ -]in\b"),
    ),
    Phrase(
        "MV-01",
        "The first number rises for a small change.",
        (say(r"\b(\d+)\.\d+ (?:to|becomes?|is followed by|->) (?!\1\.)\d+\.0\b"),),
        say(
            r"\breplac",
            r"\bredesign",
            r"\brewrit",
            r"\bdrastic",
            r"\bworkflow\b",
            r"\bincompatible\b",
            r"\bwhole api\b",
            r"\ball endpoints\b",
        ),
    ),
)
