"""Metadata as a resource of its own, and etags, in traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session, is_block, is_item


@judges("traffic", "MD-03", "MD-04", "MD-05", "MD-06", "MD-07")
def metadata(session: Session) -> Iterator[Found]:
    """/metadata below a parent, and one item below it."""
    for exchange in session:
        if not exchange.fine:
            continue
        status, code, body = exchange.place("response status"), exchange.status, exchange.response_body
        if is_block(exchange, "metadata"):
            if exchange.method == "PUT":
                if code != 200:
                    yield Found("MD-03", status, f"Replacing the metadata answered {code}.")
                elif not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
                    yield Found("MD-03", exchange.place("body"), "Replacing the metadata did not answer the block.")
                elif isinstance(sent := _sent(exchange, "metadata"), dict) and body["metadata"].keys() ^ sent.keys():
                    odd = sorted(map(str, body["metadata"].keys() ^ sent.keys()))
                    why = f"The block that was put is not the block that is answered: {', '.join(odd)}."
                    yield Found("MD-03", exchange.place("body"), why)
                if session.context.client and "if-match" not in exchange.request_headers:
                    yield Found(
                        "MD-07", exchange.place("header If-Match"), "The metadata was replaced without If-Match."
                    )
            elif exchange.method == "GET" and code == 200 and "etag" not in exchange.response_headers:
                if any(e.method == "PUT" and e.path == exchange.path for e in session):
                    yield Found("MD-07", exchange.place("header ETag"), "The metadata has no ETag to put with.")
            elif exchange.method == "DELETE" and code != 204:
                yield Found("MD-04", status, f"Deleting the metadata answered {code}.")
            elif exchange.method == "POST":
                if code != 201:
                    yield Found("MD-05", status, f"Adding an item answered {code}.")
                elif "location" not in exchange.response_headers:
                    yield Found("MD-05", exchange.place("header Location"), "Adding an item sent no Location.")
                elif not isinstance(body, dict) or not {"key", "value"} <= body.keys():
                    yield Found("MD-05", exchange.place("body"), "Adding an item did not answer key and value.")
        elif is_item(exchange, "metadata"):
            if exchange.method == "PUT" and code != 200:
                yield Found("MD-06", status, f"Changing an item answered {code}.")
            elif exchange.method == "DELETE" and code != 204:
                yield Found("MD-06", status, f"Deleting an item answered {code}.")


def _sent(exchange: Exchange, name: str) -> Any:
    return exchange.request_body.get(name) if isinstance(exchange.request_body, dict) else None


def _tags_of(text: str) -> set[str]:
    return {part.strip() for part in text.split(",")} - {""}


# What a stale If-Match must not get: it succeeds, or fails as something else.
_NOT_412 = (200, 201, 202, 204, 400, 403, 409, 428, 500)


@judges("traffic", "ET-01", "ET-02", "ET-04", "ET-05")
def etags(session: Session) -> Iterator[Found]:
    """ETags: sent, asked for, obeyed, and each its own."""
    now: dict[str, str] = {}
    owner: dict[str, set[str]] = {}
    last: dict[str, Exchange] = {}
    unguarded: dict[str, Exchange] = {}
    for exchange in session:
        path, tag = exchange.path, exchange.response_headers.get("etag", "").strip()
        asked = exchange.request_headers.get("if-match", "").strip()
        if exchange.method in ("PUT", "PATCH") and asked != "*":
            wanted = _tags_of(asked)
            if asked and path in unguarded:
                why = "The PUT is guarded, but the GET sent no ETag."
                yield Found("ET-01", unguarded.pop(path).place("header ETag"), why)
            if not asked and path in now and exchange.fine and exchange.method == "PUT":
                why = "A PUT without If-Match was accepted, though there is an ETag."
                yield Found("ET-02", exchange.place("header If-Match"), why)
            below = {other for other in owner if other.startswith(f"{path}/") and wanted & owner[other]}
            if asked and below and exchange.fine and now.get(path) not in wanted:
                why = f"The ETag of {sorted(below)[0]} unlocked its parent."
                yield Found("ET-05", exchange.place("header If-Match"), why)
            elif asked and path in now and now[path] not in wanted and not below and exchange.status in _NOT_412:
                why = f"The stale {asked} was answered by {exchange.status}."
                yield Found("ET-02", exchange.place("response status"), why)
        kept = exchange.method in ("PUT", "PATCH") and exchange.fine and tag and tag == now.get(path) and path in last
        if kept and _changed(last[path].response_body, exchange.response_body):
            yield Found("ET-04", exchange.place("header ETag"), "The body changed, and the ETag did not.")
        if exchange.writes:
            for other in [
                each for each in now if each == path or path.startswith(f"{each}/") or each.startswith(f"{path}/")
            ]:
                if other == path or exchange.method == "DELETE":
                    now.pop(other)
            last.clear()
            if exchange.method != "DELETE" and tag:
                now[path] = tag
        elif exchange.method == "GET" and exchange.status == 200:
            if not tag:
                unguarded[path] = exchange
            else:
                yield from _differs(session, last.get(path), exchange)
                above = path.rsplit("/", 1)[0]
                for one, other in ((path, above), *((below, path) for below in now if below.rsplit("/", 1)[0] == path)):
                    if (
                        (
                            one in (*now, path)
                            and other in (*now, path)
                            and {path: tag, **now}.get(one) == {**now, path: tag}.get(other)
                        )
                        and one != other
                        and len(exchange.parts) > 1
                    ):
                        why = f"{one} and its parent have the same ETag."
                        yield Found("ET-05", exchange.place("header ETag"), why)
                now[path] = tag
                owner.setdefault(path, set()).add(tag)
                last[path] = exchange


def _changed(before: Any, after: Any) -> bool:
    """Whether something that two bodies both show differs; an answer to a write may show less."""
    if isinstance(before, dict) and isinstance(after, dict):
        return any(_changed(before[name], after[name]) for name in before.keys() & after.keys())
    return after not in (None, "") and before != after


def _differs(session: Session, first: Exchange | None, second: Exchange) -> Iterator[Found]:
    if first is None:
        return
    tags = first.response_headers["etag"].strip(), second.response_headers["etag"].strip()
    kinds = [
        (e.response_headers.get("content-type"), e.response_headers.get("openstack-api-version"))
        for e in (first, second)
    ]
    same = first.response_body == second.response_body and kinds[0] == kinds[1]
    if tags[0] == tags[1] and not same:
        told = "another format or version" if kinds[0] != kinds[1] else "another body"
        yield Found("ET-04", second.place("header ETag"), f"The same ETag for {told}.")
    elif tags[0] != tags[1] and same and first.uri == second.uri and session.context.writes_between is not True:
        yield Found("ET-04", second.place("header ETag"), "Another ETag for the same body.", advice=True)
