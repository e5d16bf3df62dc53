"""What a text says in passing: quota, a malformed request, a trace. One pattern for each, used by all checks."""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


QUOTA = _any(r"\bquotas?\b", r"\bover.?limit\b", r"\.quota", r"quota_")
TOO_MANY = _any(
    r"\btoo.many\b(?!.requests)",
    r"\b(collection|list|item|items|tags?|members?).limit\b",
    r"\blimit(ed)? (of|to) \d+",
    r"\bmore than \d+ (items|tags|members|entries|elements|keys|values|properties)",
    r"\bmaximum (number|length|count) of\b",
)
BODY_TOO_LARGE = _any(
    r"\b(payload|entity|body|request|upload|file|content|image|object)s?\b.{0,30}\b(large|big|long|size|exceed\w*)",
    r"\b(large|big|long)\b.{0,20}\b(payload|entity|body|request|upload|file|content)\b",
)
MALFORMED = _any(r"\bmalformed\b", r"\bbadly formatted\b", r"\bsyntax\b", r"\binvalid (json|body|request body)\b",
                 r"\bnot (valid )?json\b", r"\bunpars[ae]+ble\b", r"\bcannot be parsed\b")  # fmt: skip
# What a client can mend by another request.
CLIENTS_FAULT = _any(
    r"\b(in|not )valid\b", r"\bmalformed\b", r"\bbad (request|value|parameter|filter|query|input|name|format)", r"\bunknown\b",
    r"\bmissing (parameter|member|field|value|name|argument|header)", r"\bnot found\b", r"\bno such\b",
    r"\bdoes not exist\b", r"\bnon-?existent\b", r"\balready\b", r"\bduplicate\b", r"\bconflict", r"\bin progress\b",
    r"\bin use\b", r"\bunder ?way\b", r"\bquota\b", r"\btoo (many|long|large|big|small|short)\b", r"\bunsupported\b",
    r"\bwrong\b", r"\bnot allowed\b", r"\bout of range\b", r"\bnegative\b", r"\buser (error|mistake|input)\b",
    r"\bclient (error|mistake)\b", r"\bmust (be|not)\b", r"\btypo\b", r"\bmisspel", r"\bunexpected\b",
)  # fmt: skip
OPERATORS_FAULT = _any(
    r"\btime[d -]?out\b", r"\bqueue\b", r"\bdatabase\b", r"\bunreachable\b", r"\bcrash", r"\bdisk\b", r"\bfull\b",
    r"\bout of memory\b", r"\bnetwork (is |was )?(down|fail)", r"\bconnection\b", r"\brabbit", r"\bdeadlock\b", r"\bis down\b",
    r"\bi/?o ?error\b", r"\bbackend (is |was )?(down|fail|gone)", r"\bbug in\b", r"\binternal\b", r"\bhost (is )?(down|dead)",
)  # fmt: skip
UNDER_WAY = _any(
    r"\bunder ?way\b", r"\bin progress\b", r"\bstill (running|busy|being|working|building|creating)\b", r"\bbusy\b",
    r"\balready (being|running|in progress|performing|doing|snapshotting|migrating|resizing|building|rebooting)",
    r"\bconcurrent", r"\bclash", r"\banother (action|operation|task|snapshot|backup|resize|migration|request)\b",
)  # fmt: skip
REACHED = _any(
    r"\balready\b(?! (being|running|in progress|performing|doing|exists?|in use|used|taken|snapshot|migrating|resizing))",
    r"\b(same|that|requested|desired) state\b",
)
FEATURE_ABSENT = _any(
    r"\black(s|ed|ing)?\b", r"\bfeature\b.{0,30}\b(absent|missing|unsupported|not|disabled|off)\b", r"\bnot (supported|implemented|available)\b",
    r"\bunsupported (feature|action|operation|by)", r"\bno support\b", r"\b(does not|cannot|can not|doesn't) support\b",
    r"\bnot enabled\b", r"\bfeature missing\b", r"\bmissing feature\b", r"\babsent feature\b",
)  # fmt: skip
TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"\n]+\", line \d+"
    r"|^\s*at [\w$.<>]+\([\w$]+\.(java|kt|scala):\d+\)"
    r"|^\s*at .{1,80}\(?[/\\][^\s:()]+\.(js|ts|mjs):\d+:\d+\)?"
    r"|Exception in thread \""
    r"|goroutine \d+ \[\w+"
    r"|^Stack trace:$|#0 [/\\].+\(\d+\):"
    r"|\.rb:\d+:in [`']"
    r"|^\s*at [\w.<>`]+\(.*\) in .+:line \d+",
    re.MULTILINE,
)
