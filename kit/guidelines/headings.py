"""Header names: whose they are, and what is wrong with them; the same for descriptions and traffic."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.lexicon import lexicon
from kit.guidelines.words import CODE_NAMES, SERVICE_TYPES, tokens

VERSION_HEADER = "openstack-api-version"
# Old and agreed on by all services: the guidelines use them themselves, or HTTP proxies do.
_OLD = lexicon("old headers")
STANDARD = lexicon("standard headers")
# What every service has, so that one header serves all.
_SHARED = (
    ("api", "version"),
    ("microversion",),
    ("version",),
    ("request", "id"),
    ("auth", "token"),
    ("api", "microversion"),
)
_FIRST = frozenset(tokens(kind) for kind in SERVICE_TYPES)


def services_in(name: str) -> list[str]:
    """The service types and code names that a header's name holds."""
    words = tokens(name)
    joined = [" ".join(tokens(kind)) for kind in SERVICE_TYPES]
    text = f" {' '.join(words)} "
    return [word for word in words if word in CODE_NAMES] + [kind for kind in joined if f" {kind} " in text]


def judge_header(name: str) -> Iterator[tuple[str, str]]:
    """The rules that a header's name breaks, each with the reason."""
    low = name.lower()
    if low in STANDARD or low in _OLD or low == VERSION_HEADER or "{" in name:
        return
    own = tokens(name)
    if low.startswith("x-"):
        yield "HD-01", f"{name} starts with X-."
        own = own[1:]
    services = services_in(name)
    begins = own[:1] in (("openstack",), *_FIRST) or own[:2] in (("open", "stack"), *_FIRST)
    if not begins and own[:3] not in _FIRST and not (services and services[0] in CODE_NAMES):
        yield "HD-02", f"Nothing in {name} says whose header it is."
    rest = tuple(word for word in own if word not in ("openstack", "open", "stack"))
    if services and any(rest[-len(shared) :] == shared and len(rest) > len(shared) for shared in _SHARED):
        yield "HD-03", f"{name} is a header per service."
    code_names = [word for word in own if word in CODE_NAMES]
    if code_names:
        yield "TM-03", f"{name} says {code_names[0]}, the code name of {CODE_NAMES[code_names[0]]}."
    for word in own:
        if word == "tenant":
            yield "TM-01", f"{name} says tenant."
        elif word == "instance":
            yield "TM-02", f"{name} says instance."
