"""Collections, in traffic: their pages, and the order from page to page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session
from kit.guidelines.traffic.filtering import (
    expected,
    filters_of,
)

_HEADER_LINK = re.compile(r"<([^>]*)>\s*;[^,]*?\brel=\"?([\w -]+)\"?")
_PAGE_RELS = {"previous": "prev", "next_page": "next", "previous_page": "prev", "prev_page": "prev", "nextpage": "next"}


def page_links(exchange: Exchange) -> dict[str, str]:
    """The page links of an answer: relation to URI, from the body and the Link header."""
    found: dict[str, str] = {}
    body = exchange.response_body
    if isinstance(body, dict):
        for name, links in body.items():
            if (name == "links" or str(name).endswith("_links")) and isinstance(links, list):
                found |= {
                    str(each["rel"]): str(each.get("href", ""))
                    for each in links
                    if isinstance(each, dict) and "rel" in each
                }
    for uri, rel in _HEADER_LINK.findall(exchange.response_headers.get("link", "")):
        found[rel] = uri
    return found


@judges("traffic", "PG-05", "PG-06", "PG-08")
def pages(session: Session) -> Iterator[Found]:
    """Links of pages, and pages that are too long."""
    more = session.context.more
    last = None
    for exchange in session.gets:
        if exchange.fine and exchange.listed is not None:
            last = exchange
    for exchange in session.gets:
        if not exchange.fine or exchange.listed is None:
            continue
        limit, links = exchange.limit, page_links(exchange)
        count = len(exchange.listed[1])
        if limit is not None and limit > 0 and count > limit:
            yield Found("PG-08", exchange.place("body"), f"{count} items for a limit of {limit}.")
        if limit is None and "marker" not in exchange.asked and not (more and exchange is last):
            continue
        strange = [rel for rel in links if rel.lower() in _PAGE_RELS]
        if strange:
            why = f"The relation is {strange[0]}, not {_PAGE_RELS[strange[0].lower()]}."
            yield Found("PG-05", exchange.place("links"), why)
        if "prev" in links and "marker" not in exchange.asked:
            yield Found("PG-05", exchange.place("links prev"), "The first page has a link prev.")
        further = more if exchange is last else None
        if further is False and "next" in links:
            yield Found("PG-05", exchange.place("links next"), "The last page has a link next.")
        if (
            further is None
            and limit
            and count == limit
            and session.context.all is not None
            and "marker" not in exchange.asked
        ):
            matching = expected(session.context.all, exchange.query)
            further = len(session.context.all if matching is None else matching) > count or None
        if further and "next" not in links and not strange:
            if links:
                yield Found("PG-05", exchange.place("links"), "More items follow, but there is no link next.")
            else:
                why = "More items follow, but neither the body nor a Link header leads there."
                yield Found("PG-06", exchange.place("header Link"), why)


def _same_list(first: Exchange, second: Exchange) -> bool:
    def rest(each: Exchange) -> list[tuple[str, str]]:
        return sorted(pair for pair in each.query if pair[0] not in ("marker", "limit"))

    return first.path == second.path and rest(first) == rest(second)


@judges("traffic", "PG-02", "PG-03", "PG-04", "SO-01")
def order(session: Session) -> Iterator[Found]:
    """Markers, and the order from page to page."""
    runs: list[list[Exchange]] = []
    deleted: dict[str, Exchange] = {}
    changed = bool(session.context.writes_between)
    for exchange in session:
        if exchange.method == "DELETE" and exchange.fine and exchange.parts:
            deleted[exchange.parts[-1]] = exchange
            continue
        if exchange.writes:
            changed = True
        if exchange.method != "GET":
            continue
        marker = exchange.asked.get("marker")
        if marker in deleted:
            yield from _after_deleted(session, exchange, str(marker))
            continue
        if not exchange.fine or exchange.ids is None:
            continue
        yield from _marker(session, exchange)
        again = next((page for run in runs for page in run if page.uri == exchange.uri), None)
        if again is not None and again.ids != exchange.ids and not changed and not deleted:
            why = f"The page of exchange {again.number} comes again, in another order or with other items."
            yield Found("PG-03", exchange.place("body"), why)
            continue
        run = next((run for run in runs if _same_list(run[-1], exchange)), None)
        if marker is None or run is None:
            runs.append([exchange])
            continue
        twice = [id for id in exchange.ids if any(id in (page.ids or ()) for page in run)]
        if twice and not changed and not deleted:
            why = f"Item {twice[0]} comes again, in exchanges {run[-1].number} and {exchange.number}."
            yield Found("PG-03", exchange.place("body"), why)
        run.append(exchange)
    if session.context.order is not None and not changed:
        wanted = [str(each) for each in session.context.order]
        for run in runs:
            got = [id for page in run for id in (page.ids or ()) if id in wanted]
            kept = [id for id in wanted if id in got]
            if len(set(got)) == len(got) and (got != kept or _skips(run, got, wanted)):
                rule = "SO-01" if "sort" in run[0].asked and len(run) == 1 else "PG-03"
                told = ", ".join(got)
                why = f"The items come as {told}; the order is {', '.join(wanted)}."
                yield Found(rule, run[-1].place("body"), why)


def _skips(run: list[Exchange], got: list[str], wanted: list[str]) -> bool:
    """Whether several pages leave items out that stand between those they show."""
    if len(run) < 2 or not got or any(filters_of(page.query) for page in run):
        return False
    first, last = wanted.index(got[0]), wanted.index(got[-1])
    return wanted[first : last + 1] != got


def _marker(session: Session, exchange: Exchange) -> Iterator[Found]:
    following = page_links(exchange).get("next", "")
    try:
        marker = parse_qs(urlsplit(following).query).get("marker", [""])[0]
    except ValueError:
        return
    assert exchange.listed is not None
    items = [item for item in exchange.listed[1] if isinstance(item, dict)]
    if not marker or not items or (str(items[-1].get("id")) == marker and (exchange.ids or []).count(marker) < 2):
        return
    stored = [item for item in session.context.all or items if isinstance(item, dict)]
    for name, value in items[-1].items():
        if str(value) == marker and sum(1 for item in stored if str(item.get(name)) == marker) > 1:
            why = f"The marker is `{name}`, and {marker} is not the only one."
            yield Found("PG-02", exchange.place("links next"), why)
            return


def _after_deleted(session: Session, exchange: Exchange, marker: str) -> Iterator[Found]:
    if exchange.status == 400:
        if not exchange.error_text.strip():
            yield Found("PG-04", exchange.place("body"), "The 400 does not say that the marker is gone.")
        return
    if not exchange.fine:
        why = f"The deleted marker was answered by {exchange.status}."
        yield Found("PG-04", exchange.place("response status"), why)
        return
    got = exchange.ids or []
    stored = session.context.order or [str(i.get("id")) for i in session.context.all or () if isinstance(i, dict)]
    seen = {id for page in session if page is not exchange and page.number < exchange.number and page.path == exchange.path
            for id in page.ids or ()}  # fmt: skip
    if marker in stored:
        after = list(stored[list(stored).index(marker) + 1 :])
        wrong = got[:1] != after[:1]
    elif not got:
        rest = [id for id in stored if id not in seen]
        behind = [id for id in rest if id.isascii() and id.isdigit() and marker.isascii() and marker.isdigit()]
        wrong = bool(rest and seen) or any(int(id) > int(marker) for id in behind)
    else:
        numbers = [int(id) for id in (*got, marker) if id.isascii() and id.isdigit()]
        wrong = bool(seen & set(got)) or (
            len(numbers) > 1 and len(numbers) == len(got) + 1 and min(numbers[:-1]) < numbers[-1]
        )
    if wrong or (not got and session.context.more):
        why = f"After the deleted marker {marker} comes {', '.join(got) or 'nothing'}, not the next item."
        yield Found("PG-04", exchange.place("body"), why)
