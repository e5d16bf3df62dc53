"""Tags as a resource of their own, in traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.rule import Found, judges
from kit.guidelines.said import CROWDED, QUOTA, TOO_MANY
from kit.guidelines.traffic.exchange import Exchange, Session, is_block, is_item


@judges("traffic", "TG-02", "TG-05", "TG-06", "TG-07")
def tags(session: Session) -> Iterator[Found]:
    """/tags below a parent, and one tag below it."""
    for exchange in session:
        status = exchange.place("response status")
        if not exchange.fine:
            continue
        if is_block(exchange, "tags"):
            yield from _tag_list(exchange, status)
        elif is_item(exchange, "tags") or (len(exchange.parts) > 4 and "tags" in exchange.parts[2:-1]):
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
            and is_item(exchange, "tags")
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
        elif isinstance(sent, list):
            odd = {str(t).casefold() for t in answer["tags"]} ^ {str(t).casefold() for t in sent}
            if odd:
                why = f"The list that was put is not the list that is answered: {', '.join(sorted(odd))}."
                yield Found("TG-05", exchange.place("body"), why)
    elif exchange.method == "DELETE" and exchange.status != 204:
        yield Found("TG-06", status, f"Deleting the tags answered {exchange.status}.")


@judges("traffic", "TG-03")
def tag_case(session: Session) -> Iterator[Found]:
    """Tags that are taken for one another in other case."""
    held: dict[str, set[str]] = {}
    for exchange in session:
        parts, body = exchange.parts, exchange.response_body
        if is_block(exchange, "tags"):
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
        elif is_item(exchange, "tags"):
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
        about_tags = is_block(exchange, "tags") or is_item(exchange, "tags")
        body = exchange.request_body
        inner = next(iter(body.values())) if isinstance(body, dict) and len(body) == 1 else body
        sent = body.get("tags") if isinstance(body, dict) else None
        sent = inner.get("tags") if sent is None and isinstance(inner, dict) else sent
        if not about_tags and not isinstance(sent, list):
            continue
        said = cause or exchange.error_text
        over = (CROWDED if cause else TOO_MANY).search(said) and not (QUOTA.search(said) and not cause)
        if exchange.failed and over and exchange.status not in (400, 401, 404, 429):
            yield Found("TG-10", exchange.place("response status"), f"{exchange.status} for too many tags.")
        limit = re.search(r"\b(\d+)\b", session.context.cause) if CROWDED.search(session.context.cause) else None
        if exchange.fine and limit and isinstance(sent, list) and len(sent) > int(limit[1]):
            why = f"{len(sent)} tags were accepted where {limit[1]} are allowed."
            for rule in ("TG-10", "RC-11"):
                yield Found(rule, exchange.place("response status"), why)
