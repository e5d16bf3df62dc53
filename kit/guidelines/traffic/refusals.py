"""Refusals, in traffic: which code for which cause, and what is not refused though it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.rule import Found, judges
from kit.guidelines.said import (
    BODY_TOO_LARGE,
    CLIENTS_CAUSE,
    CLIENTS_FAULT,
    CROWDED,
    FEATURE_ABSENT,
    MACHINERY,
    MALFORMED,
    OPERATORS_FAULT,
    QUOTA,
    REACHED,
    TOO_MANY,
    TRACE,
    UNDER_WAY,
)
from kit.guidelines.traffic.codes import action, starts_process
from kit.guidelines.traffic.exchange import SAFE, Exchange, Session, leaves, names_in, strings
from kit.guidelines.traffic.unknown import bad_value, lacks_method
from kit.guidelines.words import tokens


@judges("traffic", "RC-07", "RC-16", "RC-17")
def repeated(session: Session) -> Iterator[Found]:
    """The same again: a state already reached, an action still under way."""
    before: dict[tuple[str, str, str], Exchange] = {}
    for exchange in session:
        cause = session.cause(exchange)
        if exchange.status == 409 and cause and REACHED.search(cause) and not UNDER_WAY.search(cause):
            yield Found("RC-07", exchange.place("response status"), f"409, though {cause}.")
        busy = bool(cause and UNDER_WAY.search(cause))
        if busy and exchange.failed and exchange.status != 409:
            yield Found("RC-16", exchange.place("response status"), f"{exchange.status}, though {cause}.")
        if exchange.method in SAFE or exchange.method == "DELETE":
            continue
        done = action(exchange)
        key = (exchange.method, exchange.path, done)
        first = before.get(key)
        if first is not None and exchange.failed and not cause:
            same = first.request_body == exchange.request_body
            setting = (done and not starts_process(done)) or exchange.method == "PUT"
            if same and setting and exchange.status == 409:
                why = "409 for a state that was reached before."
                yield Found("RC-07", exchange.place("response status"), why)
            if done and starts_process(done) and exchange.status not in (409, 401, 404, 429):
                if exchange.status >= 500 or same:
                    why = f"{exchange.status}, while the first {done} is under way."
                    yield Found("RC-16", exchange.place("response status"), why, advice=True)
                if exchange.status == 500:
                    why = "The client can mend it: wait for the first, and ask again."
                    yield Found("RC-17", exchange.place("response status"), why)
        if exchange.fine:
            before[key] = exchange
            before = {k: v for k, v in before.items() if k[1] != exchange.path or k == key}


@judges("traffic", "RC-08", "RC-09", "RC-10", "RC-11", "RC-17", "RC-18")
def refused(session: Session) -> Iterator[Found]:
    """Codes of errors that do not fit their cause."""
    for exchange in session:
        if not exchange.failed:
            continue
        status, place = exchange.status, exchange.place("response status")
        if any(TRACE.search(text) for text in strings(exchange.response_body)):
            yield Found("RC-08", exchange.place("body"), "A stack trace is in the answer.")
        cause = session.cause(exchange)
        said = cause or _own_words(exchange)
        crowded = bool((CROWDED if cause else TOO_MANY).search(said)) and not QUOTA.search(said) and status != 429
        quota = bool(QUOTA.search(said)) and not crowded
        if status == 422:
            yield Found("RC-10", place, "422 was answered.")
        elif cause and MALFORMED.search(cause) and status != 400 and status < 500:
            yield Found("RC-10", place, f"{status}, though the cause is: {cause}.")
        if crowded and status != 400 and (cause or status in (403, 409, 413)):
            yield Found("RC-11", place, f"{status} for too many in a limited collection.")
        if not crowded and (quota and status not in (403, 400, 401, 404)):
            yield Found("RC-09", place, f"{status} for a quota.")
        elif status == 413 and not crowded and not BODY_TOO_LARGE.search(said):
            yield Found("RC-09", place, "413 was answered to a small body.", advice=True)
        elif quota and cause and status in (400, 404):
            yield Found("RC-09", place, f"{status} for a quota.")
        lacks = bool(cause and FEATURE_ABSENT.search(cause))
        if status == 501:
            yield Found("RC-18", place, "501 tells every client never to send this method again.")
        elif lacks and status in (403, 405, 409, 500, 503):
            yield Found("RC-18", place, f"{status} for a feature that this cloud lacks.")
        if status in (500, 503):
            yield from _mendable(exchange, cause)


def _own_words(exchange: Exchange) -> str:
    """What an error says of itself, without the errors of other services that it was caused by."""
    if len(exchange.errors) > 1:
        return " ".join(strings(exchange.errors[0]))
    return exchange.error_text


def _mendable(exchange: Exchange, cause: str) -> Iterator[Found]:
    place = exchange.place("response status")
    if cause:
        clients = not OPERATORS_FAULT.search(cause) and (CLIENTS_CAUSE.search(cause) or not MACHINERY.search(cause))
        absent = FEATURE_ABSENT.search(cause) and exchange.status == 500
        if clients or absent or MALFORMED.search(cause) or UNDER_WAY.search(cause):
            yield Found("RC-17", place, f"{exchange.status}, though the client can mend it: {cause}.")
        return
    bad = [name for name, value in exchange.query if bad_value(name, value)]
    if bad:
        yield Found("RC-17", place, f"{exchange.status} for the bad value of `{bad[0]}`.")
    elif _sent_no_json(exchange):
        yield Found("RC-17", place, f"{exchange.status} for a body that is no JSON.")
    elif not any(TRACE.search(text) for text in strings(exchange.response_body)):
        told = " ".join(str(e.get(k) or "") for e in exchange.errors[:1] for k in ("title", "detail"))
        if CLIENTS_FAULT.search(told) and not OPERATORS_FAULT.search(told):
            yield Found("RC-17", place, f"{exchange.status} says {told.strip()[:80]!r}.", advice=True)


def _sent_no_json(exchange: Exchange) -> bool:
    kind = exchange.request_headers.get("content-type", "")
    return "json" in kind and isinstance(exchange.request_body, str) and not exchange.request_body.startswith('"')


@judges("traffic", "RC-12")
def referred(session: Session) -> Iterator[Found]:
    """A missing thing that the body names."""
    there: set[str] = set()
    for exchange in session:
        if exchange.fine and exchange.method != "DELETE":
            there.add(exchange.path)
        elif exchange.method == "DELETE":
            there.discard(exchange.path)
        body = exchange.request_body
        if exchange.method not in ("POST", "PUT", "PATCH") or not isinstance(body, dict):
            continue
        known = session.context.uri_exists
        missing = session.cause(exchange) and _missing(session.cause(exchange))
        if exchange.status == 404 and known is not False and any(leaves(body)) and not lacks_method(session, exchange):
            named = [value for value in leaves(body) if value and value in exchange.error_text]
            if known or exchange.path in there or any(f"/{value}" not in exchange.uri for value in named):
                why = "404, though the URI is there: what is missing is named in the body."
                yield Found("RC-12", exchange.place("response status"), why, advice=known is None)
        elif known and (exchange.status == 422 or (missing and exchange.status in (403, 409, 410, 500))):
            why = f"{exchange.status} for a missing thing named in the body."
            yield Found("RC-12", exchange.place("response status"), why)
        elif (
            exchange.status == 400
            and known
            and not (session.cause(exchange) and not missing)
            and not lacks_method(session, exchange)
        ):
            words = {word.lower() for key in names_in(body) for word in tokens(key)}
            text = " ".join(str(e.get(k) or "") for e in exchange.errors for k in ("title", "detail", "message"))
            text = text or exchange.error_text
            said = set(tokens(text))
            if not any(value in text for value in leaves(body) if value) and not words & said:
                yield Found("RC-12", exchange.place("body"), "The message does not say what is missing.")


def _missing(cause: str) -> bool:
    return re.search(r"no such|not exist|missing|not found|unknown|absent|gone", cause, re.IGNORECASE) is not None
