"""Lists of a service, page after page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from kit.policy.errors import SourceError

Tables = dict[str, list[tuple[Any, ...]]]


class Connection(Protocol):
    """What is needed of `openstack.connection.Connection`: raw requests to the services."""

    compute: Any
    network: Any
    identity: Any
    image: Any
    block_storage: Any
    orchestration: Any


def listed(
    proxy: Any, path: str, key: str, version: str | None = None, absent_ok: bool = False
) -> Iterator[dict[str, Any]]:
    """All items of a list; with `absent_ok` a list that the service does not have is empty."""
    options = {"microversion": version} if version else {}
    while path:
        answer = proxy.get(path, **options)
        if answer.status_code == 404 and absent_ok:
            return
        if answer.status_code >= 400:
            todo = "Connect as an administrator, or name the services that you may list."
            raise SourceError(f"The cloud refuses to list {path.partition('?')[0]} ({answer.status_code}).", todo=todo)
        body = answer.json()
        yield from body[key]
        links = body.get(f"{key}_links") or []
        following = next((link["href"] for link in links if link["rel"] == "next"), None) or body.get("next")
        path = _page(path, following) if body[key] and following else ""


def _page(path: str, following: str) -> str:
    """The same path with the marker of the next page, whatever host the link names."""
    query = dict(parse_qsl(urlsplit(path).query)) | dict(parse_qsl(urlsplit(following).query))
    return f"{path.partition('?')[0]}?{urlencode(query)}"


def pick(item: dict[str, Any], table: tuple[str, ...], **other: str) -> tuple[Any, ...]:
    """The columns of an item; `other` tells attributes that have another name."""
    return tuple(item.get(other.get(column, column)) for column in table)
