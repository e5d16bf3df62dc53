"""Errors, in traffic."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.problem import judge_errors
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session

_ID_HEADERS = ("x-openstack-request-id", "openstack-request-id", "x-compute-request-id")


@judges("traffic", "RC-19", "ER-01", "ER-02", "ER-03", "ER-04", "ER-06", "ER-10", "TM-03")
def errors(session: Session) -> Iterator[Found]:
    """Error bodies out of the errors format."""
    for exchange in session:
        if not exchange.failed or exchange.method == "HEAD" or exchange.response_body in (None, ""):
            continue
        service = session.context.service_type
        for rule, place, why in judge_errors(exchange.response_body, status=exchange.status, service_type=service):
            yield Found(rule, exchange.place(place), why)


@judges("traffic", "ER-05", "ER-10")
def request_ids(session: Session) -> Iterator[Found]:
    """Request ids that differ from the header, or stand in a later error."""
    for exchange in session:
        header = next((exchange.response_headers[n] for n in _ID_HEADERS if n in exchange.response_headers), None)
        inside = [error.get("request_id") for error in exchange.errors]
        if not inside or (inside[0] is None and header not in inside):
            continue
        if header is not None and inside[0] != header and header in inside[1:]:
            why = "The error with this answer's request id is not the first."
            yield Found("ER-10", exchange.place("errors"), why)
        elif inside[0] is not None and inside[0] != header:
            why = f"{inside[0]} inside, {header or 'nothing'} in the header."
            yield Found("ER-05", exchange.place("errors[0].request_id"), why)


@judges("traffic", "ER-07", "ER-08")
def codes(session: Session) -> Iterator[Found]:
    """One code for two causes, one code with two titles."""
    seen: dict[tuple[int, str], tuple[Exchange, str, dict[str, object]]] = {}
    for exchange in session:
        if not exchange.errors or not isinstance(exchange.errors[0].get("code"), str):
            continue
        error = exchange.errors[0]
        key = (exchange.status, str(error["code"]))
        cause = session.cause(exchange) if session.context.causes else ""
        if key not in seen:
            seen[key] = (exchange, cause, error)
            continue
        first, other, before = seen[key]
        if cause and other and cause != other:
            why = f"{key[1]} stands for {other} in exchange {first.number}, and for {cause} here."
            yield Found("ER-07", exchange.place("errors[0].code"), why)
        elif error.get("title") != before.get("title") and _language(first) == _language(exchange):
            why = f"{key[1]} has the titles {before.get('title')!r} and {error.get('title')!r}."
            yield Found("ER-08", exchange.place("errors[0].title"), why)
        elif key[0] < 500 and first.uri != exchange.uri and _says_the_same(error, before):
            why = "The detail is the same for two cases."
            yield Found("ER-08", exchange.place("errors[0].detail"), why, advice=True)


def _language(exchange: Exchange) -> str:
    """The language of an answer, as told or as asked for: a title may be translated."""
    told = exchange.response_headers.get("content-language") or exchange.request_headers.get("accept-language", "")
    return told.split(",")[0].split(";")[0].strip().lower()


def _says_the_same(one: dict[str, object], other: dict[str, object]) -> bool:
    """Whether two details are one sentence; a word or two tell nothing that could be judged."""
    return one.get("detail") == other.get("detail") and len(str(one.get("detail") or "").split()) > 2
