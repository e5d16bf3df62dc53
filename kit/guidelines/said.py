"""What a text says in passing: quota, a malformed request, a trace. One pattern for each, used by all checks."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=8_192)
def says(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a text says it; a description says the same thing at many operations."""
    return pattern.search(text) is not None


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_OWNER = r"(project|domain|user|account|tenant)"
QUOTA = _any(
    r"\bquotas?\b", r"\bover.?limit\b", r"\.quota", r"quota_", r"\ballot(ment|ted)\b", r"\ballowance\b",
    rf"\blimits?\b.{{0,30}}\b(of|for) (the|a|your|this|its) {_OWNER}\b", rf"\b{_OWNER}('s|s')? .{{0,25}}\blimit\b",
    rf"\bper {_OWNER}\b", rf"\b{_OWNER}\b.{{0,30}}\bha(s|ve) no\b.{{0,40}}\bleft\b",
    rf"\bno (more|further)\b.{{0,50}}\b(by|for|to|in) (this|the|your|its) {_OWNER}\b", rf"\b{_OWNER} (may|can) (own|have|hold|use)\b",
)  # fmt: skip
TOO_MANY = _any(
    r"\btoo.many\b(?!.requests)",
    r"\b(collection|list|item|items|tags?|members?).limit\b",
    r"\blimit(ed)? (of|to) \d+",
    r"\bmore than \d+ (items|tags|members|entries|elements|keys|values|properties)",
    r"\bmaximum (number|length|count) of\b",
)
# The same told as a cause, where "at most 20" leaves no doubt that a list is meant.
CROWDED = _any(
    TOO_MANY.pattern,
    r"\b(at most|no more than|up to|limited to) \d+(?! ?(characters?|bytes?|[kmgt]i?b|seconds?|minutes?|hours?|days?|times?"
    r"|requests?|%))\b",
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
    r"\b(?<!went )(?<!gone )(?<!goes )wrong\b", r"\bnot allowed\b", r"\bout of range\b", r"\bnegative\b", r"\buser (error|mistake|input)\b",
    r"\bclient (error|mistake)\b", r"\bmust (be|not)\b", r"\btypo\b", r"\bmisspel",
    r"\bunexpected (member|attribute|parameter|property|value|key|field|argument|keyword|type)",
)  # fmt: skip
# The same told as a cause: what the client sent is said to be at fault.
CLIENTS_CAUSE = _any(
    CLIENTS_FAULT.pattern,
    r"\b(longer|shorter|larger|smaller|greater|higher|lower|later|earlier|bigger) than\b", r"\b(lies?|is|comes?) (before|after)\b",
    r"\b(no|not an?) (uuid|number|integer|string|boolean|date|list|object|json|address|cidr|url|uri)\b",
    r"\b(user|client|caller|customer|tester|learner)s? (has |have |had )?"
    r"(passed|sent|gave|given|asked|named|supplied|provided|used|typed|forgot|left)\b",
    r"\b(sent|given|passed|supplied|named|provided|asked|chosen|typed) by (the |a )?(user|client|caller)",
    r"\bin the (request|query|uri|url|path)\b", r"\bin the (request )?body\b", r"\b(is|was|were|are) expected\b",
    r"\bexpect(s|ed) an?\b", r"\bunexpected\b(?! (error|failure|exception))",
    r"\b(may|can|must|shall) (only|not)\b", r"\bin the (past|future)\b", r"\bexceed(s|ed)?\b", r"\boverlap", r"\bcircular\b", r"\bcollid",
    r"\bmismatch", r"\bdo(es)? not (match|fit|agree|belong)\b", r"\bstill (has|have|holds?|attached|used|referenced)\b",
    r"\b(is|was|as|be) an? (string|text|number|list|integer|float|boolean|object|map)\b",
    r"\b(value|name|date|size|length|type|format|key|filter|parameter|member|field) (of|is|was|has|holds?|contains?|given|sent|asked)\b",
    r"\b(user|client|caller|customer|tester|learner)s? (chose|wants?|asks?|sends?|gives?|names?|passes|forgets|mistyped|misspelt)\b",
    r"\billegal\b", r"\bempty\b", r"\binvalid\b", r"\bnegative\b",
    r"\b(not|no|bad) (utf-?8|ascii|unicode|base64)\b", r"\bnot encoded\b",
)  # fmt: skip
OPERATORS_FAULT = _any(
    r"\btime[d -]?out\b", r"\bmessage (queue|bus)\b", r"\bqueue (is|was|full|down|lost|overflow)",
    r"\b(the|its|service's) database\b", r"\bdatabase (is|was|error|fail|lock|down|connection|deadlock|unavailable|cannot|did|lost)",
    r"\bunreachable\b", r"\bcrash", r"\b(full disk|disk (is |was )?(full|fail|broken|error))", r"\bno space\b", r"\bis full\b",
    r"\bout of memory\b", r"\bnetwork (is |was )?(down|fail)", r"\bconnection\b", r"\brabbit", r"\bdeadlock\b", r"\bis down\b",
    r"\bi/?o ?error\b", r"\bback-?end (is |was )?(down|fail|gone)", r"\bbug in\b", r"\binternal\b", r"\bhost (is )?(down|dead)",
    r"\b(died|lost|killed|broken|corrupt|unhandled|overload|expired certificate)", r"\bcertificate\b", r"\bcannot be reached\b",
    r"\bclock\b", r"\b(power|outage|daemon|message bus|migration of the service|upgrade)\b",
)  # fmt: skip
# What only an operator can look after; a cause that names none of it is about the request.
MACHINERY = _any(
    r"\b(compute |the |a )?(hosts?|hypervisors?|racks?|schedulers?|workers?|process(es)?|threads?|queues?|bus|databases?|clusters?)\b",
    r"\b(storage|clock|memory|disks?|power|certificates?|drivers?|daemons?|replicas?|back-?ends?|descriptors?|sockets?|caches?)\b",
    r"\b(service|services|code|bug|exception|traceback|serializer|agent|agents|bmc|rpc|api workers?|etcd|memcached|rabbitmq|mysql|ceph)\b",
    r"\bdoes not (answer|respond)\b",
    r"\boffline\b",
)
_PROCESS = (
    r"(action|operation|task|job|snapshot|backup|restore|resize|migration|rebuild|reboot|extend|upload|import|export|transfer"
    r"|scan|build|deploy\w*|evacuation|clone|copy|sync)"
)
UNDER_WAY = _any(
    r"\bunder ?way\b", r"\bin progress\b", r"\bstill (running|busy|being|working|building|creating)\b", r"\bbusy\b",
    r"\balready (being|in progress|performing|doing|snapshotting|migrating|resizing|building|rebooting)",
    rf"\b{_PROCESS}\b.{{0,40}}\b(running|going on|started|begun|unfinished|not (yet )?(finished|done|over))\b",
    rf"\b{_PROCESS}\b.{{0,40}}\balready running\b",
    r"\bconcurrent", r"\bclash", r"\banother (action|operation|task|snapshot|backup|resize|migration|request)\b",
)  # fmt: skip
REACHED = _any(
    r"(?<!exists )(?<!exist )(?<!taken )(?<!used )(?<!in use )"
    r"\balready\b(?! (being|in progress|performing|doing|exists?|in use|used|taken|snapshot|migrating|resizing|another))",
    r"\b(same|that|requested|desired) state\b",
    r"\bas (was )?(asked|requested|wanted)\b",
)
FEATURE_ABSENT = _any(
    r"\black(s|ed|ing)?\b", r"\bfeature\b.{0,30}\b(absent|missing|unsupported|not|disabled|off)\b", r"\bnot (supported|implemented|available)\b",
    r"\bunsupported (feature|action|operation|by)", r"\bno support\b", r"\b(does not|cannot|can not|doesn't) support\b",
    r"\bnot enabled\b", r"\bfeature missing\b", r"\bmissing feature\b", r"\babsent feature\b",
    r"\b(cloud|deployment|driver|back-?end|hypervisor|region|site|plug-?in)\b.{0,20}\b(has|have|offers?|knows?|provides?) no\b"
    r"(?! (free|more|memory|space|room|capacity|disk|power|host|hosts|response|answer|connection))",
    r"\b(switched|turned) off\b", r"\bnot (offered|provided|installed|configured|deployed|loaded) (in|on|by|here)\b",
    r"\b(driver|back-?end|hypervisor|plug-?in) (can ?not|can't)\b(?! be\b)",
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
