"""Tags, metadata and etags as resources of their own, in traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.rule import Found, judges
from kit.guidelines.said import QUOTA, TOO_MANY
from kit.guidelines.traffic.exchange import Exchange, Session


def _is_block(exchange: Exchange, name: str) -> bool:
    return len(exchange.parts) > 2 and exchange.parts[-1] == name


def _is_item(exchange: Exchange, name: str) -> bool:
    return len(exchange.parts) > 3 and exchange.parts[-2] == name


@judges("traffic", "TG-02", "TG-05", "TG-06", "TG-07")
def tags(session: Session) -> Iterator[Found]:
    """/tags below a parent, and one tag below it."""
    for exchange in session:
        status = exchange.place("response status")
        if not exchange.fine:
            continue
        if _is_block(exchange, "tags"):
            yield from _tag_list(exchange, status)
        elif _is_item(exchange, "tags") or (len(exchange.parts) > 4 and "tags" in exchange.parts[2:-1]):
            tag = "/".join(exchange.parts[exchange.parts.index("tags", 2) + 1 :])
            if exchange.method == "PUT":
                if "/" in tag or "," in tag:
                    yield Found("TG-02", exchange.place("path"), f"The tag {tag!r} was accepted.")
                if exchange.status not in (201, 204) or (exchange.status == 204 and _first(session, exchange)):
                    yield Found("TG-07", status, f"Adding a tag answered {exchange.status}.")
                elif exchange.status == 201 and "location" not in exchange.response_headers:
                    yield Found("TG-07", exchange.place("header Location"), "Adding a tag sent no Location.")
            elif exchange.method in ("HEAD", "DELETE") and exchange.status != 204:
                told = "Deleting" if exchange.method == "DELETE" else "Asking for"
                yield Found("TG-07", status, f"{told} a tag answered {exchange.status}.")
    for exchange in session:
        if (
            exchange.failed
            and exchange.method == "HEAD"
            and _is_item(exchange, "tags")
            and exchange.status not in (404, 401, 403)
        ):
            why = f"Asking for a tag that is not there answered {exchange.status}."
            yield Found("TG-07", exchange.place("response status"), why)


def _first(session: Session, exchange: Exchange) -> bool:
    """Whether the tag was not put before in this session."""
    return not any(e.method == "PUT" and e.uri == exchange.uri and e.number < exchange.number for e in session)


def _tag_list(exchange: Exchange, status: str) -> Iterator[Found]:
    body = exchange.request_body
    if exchange.method == "PUT":
        sent = body.get("tags") if isinstance(body, dict) else body
        wrong = (
            [tag for tag in sent if isinstance(tag, str) and ("/" in tag or "," in tag)]
            if isinstance(sent, list)
            else []
        )
        if wrong:
            yield Found("TG-02", exchange.place("body tags"), f"The tag {wrong[0]!r} was accepted.")
        answer = exchange.response_body
        if exchange.status != 200:
            yield Found("TG-05", status, f"Replacing the tags answered {exchange.status}.")
        elif not isinstance(answer, dict) or not isinstance(answer.get("tags"), list):
            yield Found("TG-05", exchange.place("body"), "Replacing the tags did not answer the list.")
    elif exchange.method == "DELETE" and exchange.status != 204:
        yield Found("TG-06", status, f"Deleting the tags answered {exchange.status}.")


@judges("traffic", "TG-03")
def tag_case(session: Session) -> Iterator[Found]:
    """Tags that are taken for one another in other case."""
    held: dict[str, set[str]] = {}
    for exchange in session:
        parts, body = exchange.parts, exchange.response_body
        if _is_block(exchange, "tags"):
            sent = exchange.request_body.get("tags") if isinstance(exchange.request_body, dict) else None
            got = body.get("tags") if isinstance(body, dict) else None
            if exchange.method == "PUT" and exchange.fine and isinstance(sent, list) and isinstance(got, list):
                lost = [
                    tag for tag in sent if tag not in got and str(tag).casefold() in {str(t).casefold() for t in got}
                ]
                if lost:
                    yield Found("TG-03", exchange.place("body"), f"{lost[0]!r} was taken for another tag.")
            if exchange.fine and isinstance(got, list):
                parent = exchange.path
                before = held.get(parent, set())
                lost = [tag for tag in before if tag not in got and tag.casefold() in {str(t).casefold() for t in got}]
                if exchange.method == "GET" and lost:
                    yield Found("TG-03", exchange.place("body"), f"{lost[0]!r} was taken for another tag.")
                held[parent] = {str(tag) for tag in got}
            if exchange.method == "DELETE":
                held.pop(exchange.path, None)
        elif _is_item(exchange, "tags"):
            parent, tag = exchange.path.rsplit("/", 1)[0], parts[-1]
            known = held.setdefault(parent, set())
            alike = tag not in known and tag.casefold() in {each.casefold() for each in known}
            seen = exchange.fine if exchange.method != "PUT" else exchange.status in (200, 204, 409)
            if alike and seen:
                yield Found("TG-03", exchange.place("response status"), f"{tag!r} was taken for another tag.")
            if exchange.fine and exchange.method == "PUT":
                known.add(tag)
            elif exchange.fine and exchange.method == "DELETE":
                known.discard(tag)
        for name in ("tags", "tags-any"):
            wanted = set(exchange.asked.get(name, "").split(",")) - {""}
            if exchange.method != "GET" or not exchange.fine or not wanted or exchange.listed is None:
                continue
            for item in exchange.listed[1]:
                own = (
                    set(map(str, item["tags"]))
                    if isinstance(item, dict) and isinstance(item.get("tags"), list)
                    else set()
                )
                folded = {tag.casefold() for tag in own}
                if own and not wanted & own and {tag.casefold() for tag in wanted} & folded:
                    yield Found(
                        "TG-03", exchange.place("body"), f"{', '.join(sorted(own))} was taken for {', '.join(wanted)}."
                    )
                    break


@judges("traffic", "TG-10", "RC-11")
def crowded(session: Session) -> Iterator[Found]:
    """Too many tags."""
    for exchange in session:
        cause = session.cause(exchange)
        about_tags = _is_block(exchange, "tags") or _is_item(exchange, "tags")
        body = exchange.request_body
        inner = next(iter(body.values())) if isinstance(body, dict) and len(body) == 1 else body
        sent = body.get("tags") if isinstance(body, dict) else None
        sent = inner.get("tags") if sent is None and isinstance(inner, dict) else sent
        if not about_tags and not isinstance(sent, list):
            continue
        said = cause or exchange.error_text
        over = TOO_MANY.search(said) and not (QUOTA.search(said) and not cause)
        if exchange.failed and over and exchange.status not in (400, 401, 404, 429):
            yield Found("TG-10", exchange.place("response status"), f"{exchange.status} for too many tags.")
        limit = re.search(r"\b(\d+)\b", session.context.cause) if TOO_MANY.search(session.context.cause) else None
        if exchange.fine and limit and isinstance(sent, list) and len(sent) > int(limit[1]):
            why = f"{len(sent)} tags were accepted where {limit[1]} are allowed."
            for rule in ("TG-10", "RC-11"):
                yield Found(rule, exchange.place("response status"), why)


@judges("traffic", "MD-03", "MD-04", "MD-05", "MD-06", "MD-07")
def metadata(session: Session) -> Iterator[Found]:
    """/metadata below a parent, and one item below it."""
    for exchange in session:
        if not exchange.fine:
            continue
        status, code, body = exchange.place("response status"), exchange.status, exchange.response_body
        if _is_block(exchange, "metadata"):
            if exchange.method == "PUT":
                if code != 200:
                    yield Found("MD-03", status, f"Replacing the metadata answered {code}.")
                elif not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
                    yield Found("MD-03", exchange.place("body"), "Replacing the metadata did not answer the block.")
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
        elif _is_item(exchange, "metadata"):
            if exchange.method == "PUT" and code != 200:
                yield Found("MD-06", status, f"Changing an item answered {code}.")
            elif exchange.method == "DELETE" and code != 204:
                yield Found("MD-06", status, f"Deleting an item answered {code}.")


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
