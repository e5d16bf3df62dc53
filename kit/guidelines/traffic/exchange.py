"""One request and its answer, and what is known around a row of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kit.guidelines.description.operation import VERSION
from kit.guidelines.errors import TrafficError
from kit.guidelines.headings import VERSION_HEADER
from kit.guidelines.traffic.context import Context
from kit.guidelines.version import number as version_number

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def _headers(given: Any) -> dict[str, str]:
    """Headers by names in lower case; several of one name are joined by commas."""
    pairs: list[tuple[str, Any]]
    if isinstance(given, Mapping):
        pairs = [(str(name), value) for name, value in given.items()]
    else:
        pairs = [(str(pair[0]), pair[1]) for pair in given or () if isinstance(pair, list | tuple) and len(pair) == 2]
    found: dict[str, str] = {}
    for name, value in pairs:
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        key = name.lower()
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


@dataclass
class Exchange:
    """One request and its answer.

    Attributes
    ----------
    number : int
        Counts from 1 in its session.
    uri : str
        As asked for, absolute or from the root.
    request_headers, response_headers : dict
        By names in lower case.
    request_body, response_body : object
        What the JSON says, or the text of something else; None when there is none.
    names : dict
        Header names as they were written, by names in lower case.
    base : str
        The path of the service's endpoint, before the paths of its resources: `/compute`.
    """

    number: int
    method: str
    uri: str
    status: int
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    request_body: Any = None
    response_body: Any = None
    names: dict[str, str] = field(default_factory=dict, repr=False)
    base: str = ""

    @cached_property
    def split(self) -> tuple[str, str, str]:
        """Host, path and query of the URI."""
        try:
            found = urlsplit(self.uri)
        except ValueError:
            return "", self.uri, ""
        return found.netloc, found.path or "/", found.query

    @property
    def path(self) -> str:
        """The path as sent, with the host where the URI had one."""
        return self.split[0] + self.split[1]

    @property
    def local(self) -> str:
        """The path below the endpoint."""
        path = self.split[1]
        return path.removeprefix(self.base) if path == self.base or path.startswith(f"{self.base}/") else path

    @cached_property
    def parts(self) -> list[str]:
        """The segments of the path, decoded, without the endpoint and its version: `/compute/v2.1/servers` is servers."""
        found = [unquote(part) for part in self.local.split("/") if part]
        place = next((n for n, part in enumerate(found[:2]) if VERSION.fullmatch(part)), -1)
        return found[place + 1 :]

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """Names and values of the query, in order."""
        return parse_qsl(self.split[2], keep_blank_values=True)

    @cached_property
    def asked(self) -> dict[str, str]:
        """The query by name; the last of several."""
        return dict(self.query)

    @property
    def limit(self) -> int | None:
        """The number in `limit`, where there is one."""
        text = self.asked.get("limit", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None

    @property
    def fine(self) -> bool:
        """Whether it succeeded."""
        return 200 <= self.status < 300

    @property
    def failed(self) -> bool:
        """Whether the answer is an error."""
        return self.status >= 400

    @property
    def writes(self) -> bool:
        """Whether it changed something."""
        return self.method not in SAFE and self.fine

    @cached_property
    def error_text(self) -> str:
        """All that an error says: titles, details, messages, codes."""
        return " ".join(str(value) for value in strings(self.response_body)) if self.failed else ""

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of a body in the errors format."""
        found = self.response_body.get("errors") if isinstance(self.response_body, dict) else None
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    @cached_property
    def listed(self) -> tuple[str, list[Any]] | None:
        """The list of a collection and its name, when the answer is one."""
        body = self.response_body
        if isinstance(body, list):
            return "", body
        if not isinstance(body, dict):
            return None
        lists = {name: v for name, v in body.items() if isinstance(v, list) and not name.endswith("links")}
        if len(lists) != 1:
            last = self.parts[-1].replace("-", "_") if self.parts else ""
            lists = {name: value for name, value in lists.items() if name == last}
        return next(iter(lists.items())) if lists else None

    @cached_property
    def ids(self) -> list[str] | None:
        """The ids of the items listed, where they have some."""
        if self.listed is None or not all(isinstance(each, dict) and "id" in each for each in self.listed[1]):
            return None
        return [str(each["id"]) for each in self.listed[1]]

    def versions(self) -> list[tuple[str, str]]:
        """The parts of OpenStack-API-Version that were asked for: service type and version."""
        found = []
        for part in self.request_headers.get(VERSION_HEADER, "").split(","):
            words = part.split()
            if words:
                found.append((words[0], " ".join(words[1:])) if len(words) > 1 else ("", words[0]))
        return found

    def served(self) -> tuple[str, str] | None:
        """The service type and version that the answer tells."""
        words = self.response_headers.get(VERSION_HEADER, "").split()
        return (words[0], words[1]) if len(words) == 2 else ("", words[0]) if len(words) == 1 else None

    def place(self, what: str = "") -> str:
        """The place of a finding here."""
        return f"exchange {self.number}: {self.method} {self.uri[:200]}" + (f": {what}" if what else "")


def strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif depth < 50:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for each in inner:
            yield from strings(each, depth + 1)


def leaves(value: Any) -> Iterator[str]:
    """Every text and number inside a value, as text."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


def names_in(value: Any) -> Iterator[str]:
    """Every member's name inside objects."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from names_in(each)


@dataclass
class Session:
    """Exchanges in their order, and what is known around them."""

    exchanges: list[Exchange]
    context: Context = field(default_factory=Context)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    @property
    def gets(self) -> list[Exchange]:
        """The exchanges that read."""
        return [exchange for exchange in self.exchanges if exchange.method == "GET"]

    @cached_property
    def read_before(self) -> frozenset[int]:
        """The numbers of exchanges whose URI was read before, and not deleted since."""
        there: set[str] = set()
        found = set()
        for each in self.exchanges:
            if each.path in there:
                found.add(each.number)
            if each.method in ("GET", "HEAD") and each.fine:
                there.add(each.path)
            elif each.method == "DELETE" and each.fine:
                there.discard(each.path)
        return frozenset(found)

    def cause(self, exchange: Exchange) -> str:
        """Why an exchange failed, where it is known."""
        place = exchange.number - 1
        if self.context.causes:
            return str(self.context.causes[place]) if place < len(self.context.causes) else ""
        return self.context.cause if exchange.failed or len(self.exchanges) == 1 else ""

    @cached_property
    def microversioned(self) -> bool:
        """Whether the service uses microversions, as known or as seen."""
        if self.context.minimum or self.context.maximum:
            return True
        return any(VERSION_HEADER in each.response_headers for each in self.exchanges)

    @cached_property
    def range(self) -> tuple[str, str]:
        """The minimum and maximum, as known or as told by a version document in the traffic."""
        low, high = self.context.minimum, self.context.maximum
        for exchange in self.exchanges:
            body = exchange.response_body
            versions = body.get("versions") if isinstance(body, dict) else None
            if (low and high) or not isinstance(versions, list) or len({each.split[0] for each in self.exchanges}) > 1:
                continue
            for entry in versions:
                if isinstance(entry, dict) and entry.get("status") == "CURRENT":
                    low, high = low or str(entry.get("min_version") or ""), high or str(entry.get("max_version") or "")
        return (low if version_number(low) else ""), (high if version_number(high) else "")


def body_of(value: Any) -> Any:
    """What a body says: JSON text is parsed, bytes are decoded, an empty one is None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def make_exchange(number: int, data: Any, where: str = "") -> Exchange:
    """An exchange of plain data.

    Takes `{"request": {method, uri, headers, body}, "response": {status, headers, body}}`, and the flat form
    `{method, path, status, request_headers, request_body, response_headers, response_body}` that the kit's cloud
    records.

    Raises
    ------
    TrafficError
        It has another form.
    """
    try:
        if "request" in data:
            asked, answered = data["request"], data["response"]
            method, uri, status = asked["method"], asked.get("uri") or asked["url"], answered["status"]
            bodies = asked.get("body"), answered.get("body")
            heads = asked.get("headers"), answered.get("headers")
        else:
            method, uri, status = data["method"], data["path"], data["status"]
            bodies = body_of(data.get("request_body")), body_of(data.get("response_body"))
            heads = data.get("request_headers"), data.get("response_headers")
        names: dict[str, str] = {}
        for head in heads:
            pairs = head.items() if isinstance(head, Mapping) else head or ()
            names |= {str(pair[0]).lower(): str(pair[0]) for pair in pairs}
        if isinstance(bodies[1], str) and "json" in _headers(heads[1]).get("content-type", ""):
            bodies = bodies[0], body_of(bodies[1])
        return Exchange(
            number, str(method).upper(), str(uri), int(status), _headers(heads[0]), _headers(heads[1]), *bodies, names
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        todo = "Give request with method and uri, and response with status."
        lacks = f": it has no {error}" if isinstance(error, KeyError) else ""
        raise TrafficError(f"Exchange {number} is of another form{lacks}.", where=where, todo=todo) from None


def make_session(exchanges: Any, context: Any = None, where: str = "") -> Session:
    """A session of plain data, or of what the kit's cloud records.

    Raises
    ------
    TrafficError
        It is no list of exchanges.
    """
    found = []
    try:
        rows = list(exchanges)
    except TypeError:
        raise TrafficError("It is no list of exchanges.", where=where, todo="Give a list.") from None
    for number, each in enumerate(rows, 1):
        if isinstance(each, Exchange):
            found.append(each)
            continue
        data = each.to_json() if hasattr(each, "to_json") else each
        found.append(make_exchange(number, data, where))
    return Session(found, context if isinstance(context, Context) else Context.of(context or {}))


def is_block(exchange: Exchange, name: str) -> bool:
    """Whether the URI is a part of a member under its own URL: /servers/1/tags."""
    return len(exchange.parts) > 2 and exchange.parts[-1] == name


def is_item(exchange: Exchange, name: str) -> bool:
    """Whether the URI is one item of such a part: /servers/1/tags/red."""
    return len(exchange.parts) > 3 and exchange.parts[-2] == name
