"""Methods and codes of success, in traffic."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kit.guidelines.lexicon import lexicon
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session
from kit.guidelines.words import ACTIONS, QUERIES, commands, plural, tokens

_PROCESSES = lexicon("processes")


def action(exchange: Exchange) -> str:
    """What a POST to an action URI asks for, '' when it is none."""
    last = exchange.parts[-1] if exchange.parts else ""
    if exchange.method != "POST":
        return ""
    if last in ("action", "actions"):
        body = exchange.request_body
        return str(next(iter(body), "")) if isinstance(body, dict) else ""
    return last if tokens(last)[:1] and tokens(last)[0] in ACTIONS else ""


def starts_process(name: str) -> bool:
    """Whether an action begins something that takes time, rather than sets a state."""
    return bool(_PROCESSES & set(tokens(name)))


def is_tag(exchange: Exchange) -> bool:
    """Whether the URI is one tag's."""
    return len(exchange.parts) > 2 and exchange.parts[-2] == "tags"


@judges("traffic", "METH-01", "METH-02", "METH-03")
def reading(session: Session) -> Iterator[Found]:
    """GET and HEAD that act or disagree, and bodies where none belong."""
    gets: dict[str, Exchange] = {}
    heads: dict[str, Exchange] = {}
    for exchange in session:
        if exchange.method in ("GET", "HEAD") and exchange.fine:
            words = tokens(exchange.parts[-1]) if exchange.parts else ()
            if exchange.status in (201, 202) or commands(words):
                why = f"{exchange.method} answered {exchange.status}: it seems to act."
                yield Found("METH-01", exchange.place(), why, advice=True)
        bodiless = ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE")
        if exchange.method in bodiless and exchange.request_body not in (None, "") and session.context.client:
            yield Found("METH-02", exchange.place("request body"), f"{exchange.method} was sent with a body.")
        if exchange.method == "HEAD":
            if exchange.response_body not in (None, ""):
                yield Found("METH-03", exchange.place("response body"), "HEAD was answered with a body.")
            heads[exchange.uri] = exchange
        elif exchange.method == "GET":
            gets[exchange.uri] = exchange
        elif exchange.writes:
            gets.clear()
            heads.clear()
        pair = gets.get(exchange.uri), heads.get(exchange.uri)
        if pair[0] and pair[1] and exchange in pair and not is_tag(exchange):
            yield from _same(pair[0], pair[1])


def _same(get: Exchange, head: Exchange) -> Iterator[Found]:
    if get.status != head.status and not (get.status in (304, 412) or head.status in (304, 412)):
        why = f"HEAD answered {head.status}, GET {get.status}."
        yield Found("METH-03", head.place("response status"), why)
        return
    for name in ("etag", "last-modified", "cache-control", "openstack-api-version"):
        if get.response_headers.get(name) != head.response_headers.get(name):
            yield Found("METH-03", head.place(f"header {name}"), f"HEAD and GET differ in {name}.")
            return


@judges("traffic", "METH-04", "METH-05", "RC-01", "RC-02", "RC-03", "RC-04")
def created(session: Session) -> Iterator[Found]:
    """Creation: which method, which code, Location, body."""
    for exchange in session:
        location = exchange.response_headers.get("location", "")
        if exchange.status == 201:
            if not location:
                yield Found("RC-02", exchange.place("header Location"), "201 without Location.")
            if exchange.response_body in (None, "", {}) and not is_tag(exchange):
                yield Found("RC-03", exchange.place("response body"), "201 without a representation.")
            if (
                location
                and exchange.method == "PUT"
                and _path(location).lower() != exchange.split[1].rstrip("/").lower()
            ):
                why = f"PUT created at {location}: the server picked the identifier."
                yield Found("METH-04", exchange.place(), why, advice=True)
            if location and exchange.method == "POST" and _path(location) == exchange.split[1].rstrip("/"):
                why = "POST created at the URI that the client named."
                yield Found("METH-05", exchange.place(), why, advice=True)
        if exchange.method != "POST" or not exchange.parts:
            continue
        done, last = action(exchange), exchange.parts[-1]
        if (
            exchange.status in (200, 203, 204)
            and not done
            and not set(tokens(last)) & QUERIES
            and (location or _is_resource(exchange))
        ):
            yield Found("RC-01", exchange.place("response status"), f"Creating answered {exchange.status}.")
        if exchange.status == 202 and not location:
            makes = tokens(done)[:1] == ("create",) if done else plural(last) or _is_resource(exchange)
            if makes and last not in ("tags", "metadata"):
                yield Found("RC-04", exchange.place("header Location"), "202 without Location.")


def _path(location: str) -> str:
    try:
        return urlsplit(location).path.rstrip("/")
    except ValueError:
        return location


def _is_resource(exchange: Exchange) -> bool:
    """Whether a POST to a plural answered one resource with an id."""
    body = exchange.response_body
    if not isinstance(body, dict) or not exchange.parts or not plural(exchange.parts[-1]):
        return False
    inner = next(iter(body.values())) if len(body) == 1 else body
    return isinstance(inner, dict) and "id" in inner


def _emptied(exchange: Exchange) -> bool:
    """Whether it shows a block of metadata or tags that is there for good, and empty now."""
    body, last = exchange.response_body, exchange.parts[-1] if exchange.parts else ""
    return last in ("metadata", "tags") and isinstance(body, dict) and not body.get(last)


@judges("traffic", "RC-05", "RC-06")
def succeeded(session: Session) -> Iterator[Found]:
    """Deletion 204, and 200 for everything else."""
    deleted: dict[str, Exchange] = {}
    for exchange in session:
        path = exchange.path
        if exchange.method == "DELETE":
            if exchange.fine and exchange.status not in (202, 204):
                yield Found("RC-05", exchange.place("response status"), f"Deleting answered {exchange.status}.")
            if exchange.status == 204:
                deleted[path] = exchange
            continue
        if exchange.method == "GET" and exchange.status == 200 and path in deleted and not _emptied(exchange):
            why = "204 was answered, but the resource is still there."
            yield Found("RC-05", deleted.pop(path).place("response status"), why, advice=True)
        if exchange.writes:
            deleted.pop(path, None)
        if not exchange.fine or exchange.method in ("OPTIONS", "TRACE"):
            continue
        fine = {200, 206} if exchange.method in ("GET", "HEAD") else {200, 201, 202}
        fine |= {204} if exchange.method == "HEAD" and is_tag(exchange) else set()
        fine -= {201} if exchange.method == "PATCH" else set()
        if exchange.method == "PUT" and is_tag(exchange):
            continue
        creates = exchange.method == "POST" and (_is_resource(exchange) or "location" in exchange.response_headers)
        if exchange.status not in fine and not creates:
            why = f"{exchange.method} answered {exchange.status}."
            yield Found("RC-06", exchange.place("response status"), why)
