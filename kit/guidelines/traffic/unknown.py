"""What a service does not know, in traffic: members, query parameters and their values, methods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from kit.guidelines.filters import RESERVED
from kit.guidelines.lexicon import lexicon
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session, names_in
from kit.guidelines.traffic.filtering import parse_filter

_FREE = lexicon("free maps")
_TRUTHS = frozenset(["true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0"])


def bad_value(name: str, value: str) -> bool:
    """Whether a query value cannot be meant: a limit that is no number, a direction that is none."""
    if name in ("limit", "offset", "page_size", "per_page", "page"):
        return re.fullmatch(r"\d+", value) is None
    if name == "sort_dir":
        return value not in ("asc", "desc", "")
    if name == "sort":
        pairs = [part.rsplit(":", 1) for part in value.split(",") if ":" in part]
        return any(pair[1] not in ("asc", "desc") for pair in pairs)
    return False


@judges("traffic", "RC-13", "RC-14")
def unknown(session: Session) -> Iterator[Found]:
    """Unknown members and query parameters that are not refused by 400."""
    context = session.context
    passing = (400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 429)
    for exchange in session:
        body = exchange.request_body
        if context.known_members is not None and isinstance(body, dict) and exchange.method in ("POST", "PUT", "PATCH"):
            strange = strange_members(body, set(context.known_members))
            if strange and exchange.status not in passing:
                why = f"The unknown `{strange[0]}` was answered by {exchange.status}."
                yield Found("RC-13", exchange.place(f"body {strange[0]}"), why)
        if not (exchange.fine or exchange.status in (422, 500)):
            continue
        for name, value in exchange.query:
            place = exchange.place(f"query {name}")
            if context.known_query is not None and name not in context.known_query:
                yield Found("RC-14", place, f"The unknown `{name}` was answered by {exchange.status}.")
            elif exchange.method in ("GET", "HEAD") and (
                bad_value(name, value) or _no_value(session, exchange, name, value)
            ):
                yield Found("RC-14", place, f"The bad {name}={value} was answered by {exchange.status}.")


def _no_value(session: Session, exchange: Exchange, name: str, value: str) -> bool:
    """Whether a value was passed over that the field cannot have, or that names no field to sort by."""
    if exchange.listed is None or not exchange.listed[1]:
        return False
    known: Sequence[Any] = session.context.all or ()
    items = [item for item in [*known, *exchange.listed[1]] if isinstance(item, dict)]
    fields = set(session.context.known_members or ()) | {
        str(field) for item in known if isinstance(item, dict) for field in item
    }
    if name == "sort" and fields:
        keys = [part.split(":")[0] for part in value.split(",")]
        return any(re.fullmatch(r"\w+", key) and key not in fields for key in keys)
    kinds = {type(item[name]) for item in items if item.get(name) is not None}
    if name in RESERVED or len(kinds) != 1:
        return False
    asked = parse_filter(name, value).values
    if kinds == {bool}:
        return any(each.lower() not in _TRUTHS and each not in ("null", "None", "") for each in asked)
    if kinds == {int}:
        return any(re.fullmatch(r"[^\W\d_]+", each) and each not in ("null", "None") for each in asked)
    return False


def strange_members(body: dict[str, Any], known: set[str]) -> list[str]:
    """The members that are not known, the envelope left out; deeper down, those that are misspelt."""
    outer = [name for name in body if name not in known]
    inner = body
    if len(body) == 1 and outer and isinstance(body[outer[0]], dict):
        inner = body[outer[0]]
        outer = [name for name in inner if name not in known]
    below = [
        n for name, value in inner.items() if name not in _FREE and isinstance(value, dict) for n in names_in(value)
    ]
    return outer + [name for name in below if name not in known and get_close_matches(name, known, 1, 0.8)]


# The answer of a router rather than of the resource: it tells of no thing that is missing.
_NO_METHOD = re.compile(
    r"\bmethod\b.{0,60}\b(not|un\w+)\b|\b(not|un\w+)\b.{0,30}\bmethod\b|\bcannot (put|patch|delete|post|head)\b"
    r"|\b(put|patch|delete|post|head)\b.{0,30}\bnot (implemented|supported|allowed|offered|available)\b",
    re.I,
)
_METHOD = re.compile(r"(?<!authentication )(?<!auth )(?<!payment )\bmethod\b(?! (of|in|named)\b)", re.I)
_REFERENCE = re.compile(r"(_id|_ref|_uuid|id|uuid|ref|Ref|Id)s?$")


def lacks_method(session: Session, exchange: Exchange) -> bool:
    """Whether a refusal means that the URI is there and the method is not, as far as can be told.

    The cause or the error says so; or nothing else was asked for: the URI was read before, the request names no other
    thing, and what came back is the answer of a router, which knows of no thing that is missing.
    """
    cause = session.cause(exchange)
    if exchange.status not in (400, 403, 404, 500, 501):
        return False
    if cause:
        return _METHOD.search(cause) is not None
    if exchange.method in ("GET", "HEAD"):
        return False
    if _NO_METHOD.search(exchange.error_text):
        return True
    there = session.context.uri_exists or exchange.number in session.read_before
    if not there or exchange.status not in (404, 501):
        return False
    if exchange.request_body in (None, "", {}):
        return True
    routed = not isinstance(exchange.response_body, dict)
    return (
        routed
        and exchange.method != "POST"
        and not any(_REFERENCE.search(name) for name in names_in(exchange.request_body))
    )


@judges("traffic", "RC-15")
def methods(session: Session) -> Iterator[Found]:
    """Methods that a known URI lacks."""
    for exchange in session:
        allow = exchange.response_headers.get("allow")
        if exchange.status == 405:
            place = exchange.place("header Allow")
            if not allow:
                yield Found("RC-15", place, "405 without Allow.")
            elif exchange.method in [name.strip().upper() for name in allow.split(",")]:
                yield Found("RC-15", place, f"Allow lists {exchange.method}, which was refused.")
        elif exchange.failed and lacks_method(session, exchange):
            why = f"{exchange.method} at a URI that is there answered {exchange.status}."
            yield Found("RC-15", exchange.place("response status"), why)
