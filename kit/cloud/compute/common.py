"""What the compute service's resources share: links, pages, moments."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from kit.cloud.call import Call
from kit.cloud.compute.v2.paths import place_of
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row

# Nova's `[api] max_limit`.
MAX_LIMIT = 1000


def truth(value: Any) -> bool:
    """A boolean that may be a word."""
    return value is True or str(value).lower() in ("true", "1", "on", "yes", "y", "t")


# nova.utils.DEFAULT_PASSWORD_SYMBOLS: what is easily taken for something else is left out.
_SYMBOLS = ("23456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz")


def new_password(call: Call) -> str:
    """A password as Nova makes them: 12 symbols, with a digit, a capital and a small letter among them."""
    groups = [*_SYMBOLS, *["".join(_SYMBOLS)] * 9]
    drawn = call.tx.ids.secret(9)
    return "".join(group[ord(symbol) % len(group)] for group, symbol in zip(groups, drawn, strict=True))


def short(address: str | None) -> str | None:
    """An IPv6 address in its shortest form, as Nova keeps it."""
    return str(ipaddress.IPv6Address(address)) if address else address


def links(call: Call, path: str, *, bookmark: bool = True) -> list[dict[str, str]]:
    """A resource's links: with the version, and without."""
    root, place = call.root, place_of(call.path)
    found = [{"rel": "self", "href": f"{root}/{place.prefix}/{path}"}]
    if bookmark:
        found.append(
            {"rel": "bookmark", "href": f"{root}/{place.project}/{path}" if place.project else f"{root}/{path}"}
        )
    return found


def address(call: Call, path: str) -> str:
    """A resource's URL in the API that the request came in by."""
    return f"{call.root}/{place_of(call.path).prefix}/{path}"


def whole(moment: str | None) -> str | None:
    """A stamp as the server's `created` shows it: whole seconds and a Z."""
    return moment[:19] + "Z" if moment else None


def page(call: Call, rows: Sequence[Row], key: str = "id") -> tuple[list[Row], str | None]:
    """One page of rows, and the marker of the next one when there is more.

    Raises
    ------
    BadRequest
        When `limit` is no number, or the marker's row is not there.
    """
    found = list(rows)
    marker = call.query.one("marker")
    if marker is not None:
        places = [str(row[key]) for row in found]
        if marker not in places:
            raise BadRequest(f"marker [{marker}] not found")
        found = found[places.index(marker) + 1 :]
    limit = min(number(call, "limit", MAX_LIMIT), MAX_LIMIT)
    shown = found[:limit]
    full = "limit" in call.query or len(found) > limit
    return shown, str(shown[-1][key]) if shown and full and len(shown) == limit else None


def number(call: Call, name: str, default: int) -> int:
    """A query parameter that is a whole number, 0 or more."""
    text = call.query.one(name)
    if text is None:
        return default
    if not text.isdigit():
        raise BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' does not match '^[0-9]*$'"
        )
    return int(text)


def next_link(call: Call, marker: str) -> list[dict[str, str]]:
    """The link to the page after `marker`: the parameters by name, the last value of each."""
    pairs = {name: values[-1] for name, values in sorted(call.query.items())} | {"marker": marker}
    return [{"rel": "next", "href": f"{call.url}?{urlencode(pairs)}"}]


def missing(text: str) -> NotFound:
    """Nova's 404."""
    return NotFound(text)
