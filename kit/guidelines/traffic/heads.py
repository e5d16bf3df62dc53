"""Headers, caching and microversions, in traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.headings import VERSION_HEADER, judge_header
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session
from kit.guidelines.version import number

_MALFORMED_VERSION = re.compile(
    r"version.{0,80}\b(malformed|invalid|bad)\b|\b(malformed|invalid|bad)\b.{0,80}version", re.I | re.S
)
_HEADER = f"header {'OpenStack-API-Version'}"


@judges("traffic", "HD-01", "HD-02", "HD-03", "TM-01", "TM-02", "TM-03")
def names(session: Session) -> Iterator[Found]:
    """Header names with X-, without an owner, per service, or with a wrong term."""
    told: set[str] = set()
    for exchange in session:
        heads = list(exchange.response_headers) + (list(exchange.request_headers) if session.context.client else [])
        for low in heads:
            if low not in told:
                told.add(low)
                name = exchange.names.get(low, low)
                for rule, why in judge_header(name):
                    yield Found(rule, exchange.place(f"header {name}"), why)


@judges("traffic", "CA-01", "CA-02", "ET-03")
def caching(session: Session) -> Iterator[Found]:
    """GET without Cache-Control, caching without a validator, an ETag without quotes."""
    for exchange in session:
        heads = exchange.response_headers
        control = heads.get("cache-control")
        if exchange.method == "GET" and exchange.status == 200 and not control:
            yield Found("CA-01", exchange.place("header Cache-Control"), "A GET was answered without Cache-Control.")
        wanted = (
            control
            and re.search(r"\b(max-age|s-maxage)=[1-9]", control)
            and not re.search(r"no-store|no-cache", control)
        )
        if wanted and exchange.fine and not {"etag", "last-modified"} & heads.keys():
            why = f"{control}, but neither ETag nor Last-Modified."
            yield Found("CA-02", exchange.place("headers"), why)
        tag = heads.get("etag")
        if tag is not None and not re.fullmatch(r'(W/)?"[^"]*"', tag.strip()):
            yield Found("ET-03", exchange.place("header ETag"), f"The ETag {tag} is not a quoted string.")


@judges("traffic", "MV-02", "MV-03", "MV-04", "MV-05", "MV-06", "MV-07", "MV-10")
def negotiated(session: Session) -> Iterator[Found]:
    """The version served for the version asked."""
    own = session.context.service_type
    low, high = session.range
    for exchange in session:
        asked, served = exchange.versions(), exchange.served()
        if not session.microversioned and not (own and asked):
            continue
        service = own or (served[0] if served else "")
        if not service and not (asked and asked[0][0] == ""):
            continue
        mine = [version for kind, version in asked if kind == service]
        bare = [version for kind, version in asked if kind == ""]
        if bare and not mine and served and served[1] == bare[0] and bare[0] != low:
            why = f"{bare[0]} was served, though no service type was named."
            yield Found("MV-02", exchange.place(_HEADER), why)
        elif not mine:
            yield from _default(exchange, bool(asked), low, served, named=len(asked) > len(bare))
        else:
            yield from _own(exchange, mine[-1], len(asked) > 1, (low, high), served)


def _default(
    exchange: Exchange, others: bool, low: str, served: tuple[str, str] | None, *, named: bool
) -> Iterator[Found]:
    rule = "MV-04" if others else "MV-03"
    why = "Only other services were named" if others else "No version was asked"
    if served and low and served[1] != low:
        yield Found(rule, exchange.place(_HEADER), f"{why}, and {served[1]} was served, not the minimum {low}.")
    elif exchange.status == 406 or (named and exchange.status == 400):
        yield Found(rule, exchange.place("response status"), f"{why}, and {exchange.status} was answered.")


def _own(
    exchange: Exchange, wanted: str, several: bool, limits: tuple[str, str], served: tuple[str, str] | None
) -> Iterator[Found]:
    low, high = limits
    status, place = exchange.status, exchange.place("response status")
    if wanted == "latest":
        if status == 406 or (served and high and served[1] != high):
            told = str(status) if status == 406 else served[1] if served else ""
            yield Found("MV-07", exchange.place(_HEADER), f"latest was asked, and the answer is {told}, not {high}.")
        return
    pair = number(wanted)
    if pair is None or not re.fullmatch(r"[1-9]\d*\.(0|[1-9]\d*)", wanted):
        if status != 400:
            yield Found("MV-06", place, f"The malformed {wanted!r} was answered by {status}.")
        elif not exchange.errors:
            yield Found("MV-06", exchange.place("body"), "The 400 is not in the errors format.")
        return
    beyond = (low and pair < (number(low) or pair)) or (high and pair > (number(high) or pair))
    if beyond:
        if status != 406:
            yield Found("MV-05", place, f"{wanted} is out of range, and the answer is {status}.")
    elif status == 400 and low and high and _MALFORMED_VERSION.search(exchange.error_text):
        rule = "MV-10" if several else "MV-02"
        yield Found(rule, place, f"{wanted} is a version of this service, and was refused as malformed.")
    elif low and high and (status == 406 or (served and exchange.fine and served[1] != wanted)):
        told = str(status) if status == 406 else served[1] if served else ""
        rule = "MV-10" if several else "MV-02"
        yield Found(rule, exchange.place(_HEADER), f"{wanted} was asked, and the answer is {told}.")


@judges("traffic", "MV-08", "MV-09")
def told(session: Session) -> Iterator[Found]:
    """Answers that do not tell the version, and a 406 without the range."""
    if not session.microversioned:
        return
    own = session.context.service_type
    low, high = session.range
    for exchange in session:
        served = exchange.served()
        if served is None:
            yield Found("MV-08", exchange.place(_HEADER), "The answer does not tell the version used.")
        elif served[0] == "" or (own and served[0] != own):
            why = f"The answer tells {' '.join(served).strip()!r}, not {own or 'service-type'} X.Y."
            yield Found("MV-08", exchange.place(_HEADER), why)
        vary = [name.strip().lower() for name in exchange.response_headers.get("vary", "").split(",")]
        if VERSION_HEADER not in vary and "*" not in vary:
            yield Found("MV-08", exchange.place("header Vary"), "Vary does not name OpenStack-API-Version.")
        if exchange.status == 406 and exchange.response_body not in (None, "") and exchange.versions():
            error = exchange.errors[0] if exchange.errors else {}
            lacking = [name for name in ("min_version", "max_version") if name not in error]
            wrong = [n for n, v in (("min_version", low), ("max_version", high)) if v and error.get(n, v) != v]
            if lacking:
                why = f"The 406 has no {' and no '.join(lacking)}."
                yield Found("MV-09", exchange.place("errors[0]"), why)
            elif wrong:
                why = f"`{wrong[0]}` is {error[wrong[0]]}, not the service's own."
                yield Found("MV-09", exchange.place(f"errors[0].{wrong[0]}"), why)


@judges("traffic", "MV-12")
def latest(session: Session) -> Iterator[Found]:
    """A client that asks for latest."""
    if session.context.client:
        for exchange in session:
            if any(version == "latest" for _, version in exchange.versions()):
                why = "latest may bring a change that breaks the client at any time."
                yield Found("MV-12", exchange.place(_HEADER), why, advice=True)
