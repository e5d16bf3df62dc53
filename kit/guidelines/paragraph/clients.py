"""What paragraphs say of those who use an API: SDKs, bindings, tests, the one client."""

from __future__ import annotations

from kit.guidelines.paragraph.phrase import NEAR, Phrase, say

_SDK = say(r"\b(?:sdk|library|libraries)\b(?!'s binding)")
_BINDING = say(r"\b(?:language )?binding\b")
_CLIENT = say(r"\b(?:sdk|client|library|binding|tool|dashboard|script|program|application)s?\b")

PHRASES = (
    Phrase(
        "MV-12",
        "The client relies on latest.",
        (say(r"\blatest\b"), _CLIENT),
        say(r"\b(?:never|not|no|only|except)\b[^.]{0,60}latest\b", r"\btests? (?:ask|use|send)\w*\b[^.]{0,30}latest"),
    ),
    Phrase(
        "SD-01",
        "The SDK's users have to know about microversions.",
        (
            say(r"\bsdk\b", r"\bhigh-level (?:library|client)\b"),
            say(
                rf"\b(?:pass|take|accept|need|give|choose|argument|keyword|parameter)\w*\b{NEAR}\b(?:micro)?version",
                rf"\b(?:micro)?version\b{NEAR}\b(?:argument|keyword|parameter|to each|to every)",
                r"\bother keys for other\b",
                r"\bdifferent shapes?\b",
                r"\bwhatever shape\b",
                rf"\b(?:expose|show|reveal)s?\b{NEAR}\bmicroversions?\b",
            ),
        ),
        say(r"\bbinding\b", r"\bhides?\b", r"\b(?:do|does) not (?:see|expose|show|take|accept|need)\b"),
    ),
    Phrase(
        "SD-02",
        "The SDK does not negotiate within the range it was tested with.",
        (
            say(
                _SDK.pattern,
                rf"\bclient\b{NEAR}\blatest\b{NEAR}\b(?:every|each|all|always)",
                rf"\balways\b{NEAR}\blatest\b",
                rf"\bclient\b{NEAR}\blatest\b{NEAR}\b(?:request|call)",
            ),
            say(
                r"\blatest\b",
                rf"\b(?:highest|maximum|newest)\b{NEAR}\b(?:server|cloud|service)\b{NEAR}\b(?:offers?|has"
                rf"|announces?|supports?|even|whether)\b",
                rf"\b(?:server|cloud|service)(?:'s)?\b{NEAR}\b(?:highest|maximum|newest)\b",
                rf"\b(?:newer|beyond|outside|above)\b{NEAR}\b(?:tested|range|written|tried)\b",
                rf"\bnegotiat\w+\b{NEAR}\b(?:each|every) (?:call|request)\b",
            ),
        ),
        say(
            r"\bnever\b[^.]{0,40}\b(?:latest|newer|beyond|outside|chosen)",
            r"\bnever chosen\b",
            r"\b(?:not|no) [^.]{0,30}latest\b",
            r"\bboth (?:sides )?(?:know|support)",
            r"\b(?:ask|get|query|tell)\w*\b[^.]{0,30}\b(?:minimum|range)\b",
            r"\bonly the\b[^.]{0,40}\btests?\b",
        ),
    ),
    Phrase(
        "SD-03",
        "A binding sends a version that nobody asked for.",
        (
            _BINDING,
            say(
                rf"\b(?:always|by default|by itself|on its own)\b{NEAR}\b(?:send|add|set|use)s?\b",
                rf"\b(?:send|add|set|use)s?\b{NEAR}\b(?:by default|by itself|on its own|always)\b",
                rf"\b(?:gives?|given|specifie[sd]|names?|passe[sd]|chosen)\b{NEAR}\b(?:no version|nothing"
                rf"|none)\b{NEAR}\b(?:send|add|use)s?\b",
                rf"\b(?:no version|nothing|none)\b{NEAR}\b(?:given|specified|named|passed|chosen"
                rf"|asked)\b{NEAR}\b(?:send|add|use)s?\b",
                rf"\b(?:send|add|use)s?\b{NEAR}\bunless\b",
                r"\bdefault version\b",
                rf"\bdefaults? to\b{NEAR}\d",
                rf"\bwithout an? (?:explicit |given )?version\b{NEAR}\b(?:carry|carries|send|have|get)s?\b(?! no\b)",
            ),
        ),
        say(
            r"\bno version (?:header )?is sent\b",
            r"\bsends? none\b",
            r"\bonly if the caller\b",
            r"\bsends? no\b",
            r"\bbase version\b",
        ),
    ),
    Phrase(
        "SD-04",
        "A binding learns too late that the version is not there.",
        (
            _BINDING,
            say(
                rf"\b(?:first|later|each|some) (?:request|call)s?\b{NEAR}\bfails?\b",
                rf"\b(?:calls?|requests?)\b{NEAR}\bfail\b{NEAR}\b(?:later|one by one|only then)\b",
                r"\bwithout (?:complaint|a check|checking)\b",
                rf"\b(?:no|not|never)\b{NEAR}\bcheck\w*\b{NEAR}\bversion\b",
                r"\baccepts any (?:base )?version\b",
                rf"\b(?:never|not|nor)\b{NEAR}\b(?:compare|verif|check|validat)\w*\b",
            ),
        ),
        say(r"\bat once\b", r"\bimmediately\b", r"\bearly\b"),
    ),
    Phrase(
        "SD-05",
        "A binding cannot ask for the server's range.",
        (
            say(_BINDING.pattern, r"\bclient library\b"),
            say(
                rf"\b(?:no|not|never|cannot)\b{NEAR}\b(?:way|call|method|function|means|learn|ask|asked|be told"
                rf"|tell|find out|query|queried)\b"
            ),
            say(
                r"\b(?:range|versions? a server|versions? the server|versions? (?:the|a) server"
                r"|minimum and maximum|which versions|supported versions)\b"
            ),
        ),
    ),
    Phrase(
        "GE-01",
        "The API is made for one client.",
        (
            say(
                rf"\b(?:only|one|single|sole)\b{NEAR}\b(?:client|consumer|user)\b{NEAR}\b(?:meant|made|designed"
                rf"|shaped|intended|built|used|for)\b",
                r"\bthe only client\b",
                rf"\b(?:meant|made|intended|designed|built) (?:only )?for (?:the|our)\b{NEAR}\bonly\b",
                rf"\b(?:nothing|nobody|no one) (?:but|except|besides)\b{NEAR}\buses?\b",
                rf"\b(?:other|no other|any other) (?:clients?|consumers?)\b{NEAR}\b(?:need not|not|cannot|never)\b",
                rf"\b(?:shaped|tailored|made|meant|designed) for (?:the|our)\b{NEAR}\b(?:panel|dashboard|console"
                rf"|horizon|page|gui)\b",
                r"\bof (?:no )?use to (?:anyone|anybody|no one|nobody)(?: else)?\b",
                r"\btied to (?:our|the|one)\b",
            ),
        ),
    ),
    Phrase(
        "TS-02",
        "A test looks inside the service.",
        (
            say(r"\btests?\b", r"\bverif(?:y|ies|ied)\b"),
            say(
                rf"\b(?:import|patch|mock|stub|reach into|look into|read|call|inspect|assert|check|create|go"
                rf"|through|via)\w*\b{NEAR}\b(?:tables?|database|private|internal|manager|controller|orm"
                rf"|class(?:es)?|session|models?|serializer|method of|module|object)\b",
                r"\bwhite.?box\b",
            ),
        ),
        say(
            r"\b(?:do not|never|without|not)\b[^.]{0,40}\b(?:import|patch|mock|read|call|look)",
            r"\bonly (?:at )?the (?:answer|response)",
        ),
    ),
    Phrase(
        "TS-01",
        "Tests leave out a part of the API.",
        (
            say(r"\btests?\b"),
            say(
                rf"\b(?:rest|others?|remaining|most)\b{NEAR}\b(?:manual|untested|by hand|not tested|too simple|left"
                rf"|later|uncovered|without)\b",
                r"\buntested\b",
                r"\b(?:have|has) no (?:declarative )?tests?\b",
                r"\b(?:is|are) not (?:yet )?tested\b",
                rf"\b(?:only|just)\b{NEAR}\b(?:some|few|most used|most important|main|a part"
                rf"|half)\b{NEAR}\b(?:urls?|calls|methods|api)\b",
                r"\bnot covered\b",
            ),
        ),
    ),
)
