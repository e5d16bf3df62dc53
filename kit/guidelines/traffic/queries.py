"""Queries of collections, in traffic: filters, sorting, totals, tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.guidelines.filters import RESERVED, TAG_FILTERS, counts, field_meant, filters_tags, operator_in
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session
from kit.guidelines.traffic.filtering import (
    contradicts,
    expected,
    filters_of,
    foreign_zone,
    moment,
    passes,
    rule_of,
)
from kit.guidelines.words import names_a_time, singular


@judges("traffic", "FI-01", "FI-02", "FI-03", "FI-04", "FI-05", "PG-09", "TG-08", "TI-03")
def filtering(session: Session) -> Iterator[Found]:
    """What a filter gave, beside what it should give."""
    for exchange in session.gets:
        query = exchange.query
        filters = filters_of(query)
        if not filters and not any(name in TAG_FILTERS for name, _ in query):
            continue
        rule = rule_of(query, session.context.all or (exchange.listed[1] if exchange.listed else ()))
        if exchange.status == 400:
            named = ", ".join(
                f"{each.field}={':'.join(filter(None, (each.operator, ','.join(each.values))))}" for each in filters
            )
            known = session.context.known_query
            wanted = known is None or all(each.field in known for each in filters)
            if rule in ("FI-03", "FI-04", "FI-05", "TI-03") and wanted and not _badly_asked(session, exchange):
                yield Found(rule, exchange.place("response status"), f"{named} was refused.")
            continue
        if not exchange.fine or exchange.listed is None:
            continue
        yield from _named(session, exchange)
        stored = session.context.all
        wanted_ids = [str(each) for each in session.context.matches] if session.context.matches is not None else None
        if wanted_ids is None and stored is not None:
            wanted_ids = expected(stored, query)
        got = exchange.ids
        if got is None and exchange.listed[1] == []:
            got = []
        if wanted_ids is None or got is None:
            if stored is None and filters and not any(each.operator or each.quoted for each in filters):
                yield from _unfit(exchange, rule)
            continue
        foreign = [id for id in got if id not in wanted_ids]
        limit = exchange.limit
        if foreign:
            yield Found(rule, exchange.place("body"), f"{', '.join(foreign)} do not satisfy the filter.")
        elif limit is not None or "marker" in exchange.asked:
            if "marker" not in exchange.asked and len(got) < min(limit or len(wanted_ids), len(wanted_ids)):
                why = f"{len(got)} of {len(wanted_ids)} matches on a page of {limit}: cut before filtering."
                yield Found("PG-09", exchange.place("body"), why)
        elif set(got) != set(wanted_ids):
            missing = [id for id in wanted_ids if id not in got]
            yield Found(rule, exchange.place("body"), f"{', '.join(missing)} satisfy the filter, and are missing.")


def _badly_asked(session: Session, exchange: Exchange) -> bool:
    """Whether a 400 may well be right: a time or a number that is none."""
    for each in filters_of(exchange.query):
        if (
            names_a_time(each.field)
            and each.values[0] not in ("null", "None")
            and any(moment(value) is None for value in each.values)
        ):
            return True
    return False


def _unfit(exchange: Exchange, rule: str) -> Iterator[Found]:
    """Items in an answer that fail one filter by their own value, and satisfy another."""
    assert exchange.listed is not None
    filters = filters_of(exchange.query)
    for item in exchange.listed[1]:
        if not isinstance(item, dict):
            return
        judged = [passes(item, each) for each in filters if each.field in item]
        if len(judged) == len(filters) > 1 and not all(judged) and any(judged):
            yield Found(rule, exchange.place("body"), "An item satisfies one filter, and not the other.")
            return


def _fields(session: Session, exchange: Exchange) -> set[str]:
    assert exchange.listed is not None
    items: list[Any] = [*exchange.listed[1], *(session.context.all or ())]
    return {str(name) for item in items if isinstance(item, dict) for name in item}


def _named(session: Session, exchange: Exchange) -> Iterator[Found]:
    fields = _fields(session, exchange)
    known = session.context.known_query
    for name, _ in exchange.query:
        if name in RESERVED or name in fields or counts(name) or filters_tags(name):
            continue
        if known is not None and name not in known:
            continue
        place = exchange.place(f"query {name}")
        sign = operator_in(name)
        if sign and (known is not None or field_meant(name, fields)):
            yield Found("FI-03", place, f"`{name}` has the operator {sign} in its name.")
        meant = field_meant(name, fields, singular(exchange.parts[-1]) if exchange.parts else "")
        if meant:
            yield Found("FI-01", place, f"`{name}` filters on the field `{meant}`.")
        elif known is not None and len(fields) > 1:
            yield Found("FI-01", place, f"`{name}` is no field of the items.", advice=True)


def _unwrapped(body: Any) -> dict[str, Any]:
    """The members of a representation, without the envelope."""
    if not isinstance(body, dict):
        return {}
    inner = next(iter(body.values())) if len(body) == 1 else body
    return inner if isinstance(inner, dict) else body


@judges("traffic", "TI-03")
def zones(session: Session) -> Iterator[Found]:
    """Times in another zone than UTC that are refused in a body."""
    for exchange in session:
        body = exchange.request_body
        if not (exchange.status == 400 or exchange.fine) or not isinstance(body, dict):
            continue
        answer = _unwrapped(exchange.response_body)
        for name, value in _unwrapped(body).items():
            if not (names_a_time(str(name)) and isinstance(value, str) and foreign_zone(value) and moment(value)):
                continue
            if exchange.status == 400:
                yield Found("TI-03", exchange.place(f"body {name}"), f"{value} was refused.")
            elif moment(answer.get(name)) not in (None, moment(value)):
                why = f"{value} was taken for {answer[name]}, which is another moment."
                yield Found("TI-03", exchange.place(f"body {name}"), why)


@judges("traffic", "CT-01", "CT-02")
def counting(session: Session) -> Iterator[Found]:
    """Totals asked for under another name, or answered in another form."""
    for exchange in session.gets:
        body = exchange.response_body
        asked = exchange.asked
        wanted = asked.get("with_count", "").lower() in ("true", "1", "yes", "on", "t", "y")
        if wanted and exchange.status == 400:
            yield Found("CT-01", exchange.place("query with_count"), "with_count was refused.")
        if not exchange.fine or not isinstance(body, dict) or exchange.listed is None:
            continue
        others = [name for name in ("total", "total_count", "totalCount", "count_total", "total_items") if name in body]
        for name in asked:
            if counts(name) and (others or "count" in body):
                yield Found("CT-01", exchange.place(f"query {name}"), f"The total is asked for by `{name}`.")
        total = body.get("count")
        if "count" in body and (not isinstance(total, int) or isinstance(total, bool)):
            yield Found("CT-02", exchange.place("count"), f"`count` is {total!r}, no integer.")
        elif "count" in body:
            matching = _matching(session, exchange)
            if wanted and matching is not None and total != matching:
                yield Found("CT-02", exchange.place("count"), f"`count` is {total}, and {matching} match.")
        elif others:
            yield Found("CT-02", exchange.place(others[0]), f"The total is `{others[0]}`, not `count`.")
        elif wanted:
            inner = [n for n, v in body.items() if isinstance(v, dict) and {"count", "total"} & v.keys()]
            told = f"The total is inside `{inner[0]}`." if inner else "with_count is taken, but there is no `count`."
            yield Found("CT-02" if inner else "CT-01", exchange.place("count"), told)
            if not inner:
                yield Found("CT-02", exchange.place("count"), told)


def _matching(session: Session, exchange: Exchange) -> int | None:
    if session.context.matches is not None:
        return len(session.context.matches)
    if session.context.all is None:
        return None
    found = expected(session.context.all, exchange.query)
    return len(session.context.all) if found is None and not filters_of(exchange.query) else len(found or ()) or None


@judges("traffic", "TG-08", "TG-09")
def tag_filters(session: Session) -> Iterator[Found]:
    """Tag filters under other names, and queries that contradict themselves."""
    for exchange in session.gets:
        for name in dict.fromkeys(name for name, _ in exchange.query):
            known = session.context.known_query
            if filters_tags(name) and exchange.fine and (known is None or name in known):
                yield Found("TG-08", exchange.place(f"query {name}"), f"`{name}` filters by tags.")
            elif name in TAG_FILTERS and [n for n, _ in exchange.query].count(name) > 1 and exchange.fine:
                yield Found("TG-08", exchange.place(f"query {name}"), f"`{name}` is repeated.")
            elif _refused(session, exchange, name):
                yield Found("TG-08", exchange.place(f"query {name}"), f"`{name}` was refused.", advice=True)
        if not contradicts(exchange.asked):
            continue
        if exchange.failed and exchange.status not in (401, 403, 404):
            why = f"A query that contradicts itself was answered by {exchange.status}."
            yield Found("TG-09", exchange.place("response status"), why)
        elif exchange.fine and exchange.listed is not None and exchange.listed[1]:
            yield Found("TG-09", exchange.place("body"), "A query that contradicts itself gave items.")


def _refused(session: Session, exchange: Exchange, name: str) -> bool:
    """Whether a tag filter was refused that asks something, for no other cause."""
    asks = name in TAG_FILTERS and exchange.asked[name].strip(",") and not contradicts(exchange.asked)
    return bool(asks) and exchange.status == 400 and not session.cause(exchange)
