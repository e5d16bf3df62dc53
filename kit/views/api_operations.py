"""What an OpenAPI description offers: operations by service, with their paths, versions and an example of a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
VERSION_HEADER = "OpenStack-API-Version"
_RANGE = re.compile(r"`(\S+) (\d+)\.(\d+)` to `\S+ (\d+)\.(\d+)`")


@dataclass(frozen=True)
class Versions:
    """The microversions of a service.

    Attributes
    ----------
    word : str
        What stands before the version in the header: `compute`, `volume`.
    """

    word: str
    low: tuple[int, int]
    high: tuple[int, int]

    def all(self) -> list[str]:
        """Every version from the lowest to the highest; they share the major number."""
        major, first = self.low
        return [f"{major}.{minor}" for minor in range(first, self.high[1] + 1)]

    def header(self, version: str) -> dict[str, str]:
        """The header that asks for a version; none for an empty one."""
        return {VERSION_HEADER: f"{self.word} {version}"} if version else {}


@dataclass(frozen=True)
class Operation:
    """One operation of one service.

    Attributes
    ----------
    query : tuple of str
        Names in the query string that it reads.
    body : Any
        An example of a body; None when it takes none.
    spans : tuple of pairs
        The microversions in which it is there, (since, until), empty ends open; empty for all.
    """

    service: str
    method: str
    path: str
    summary: str = ""
    query: tuple[str, ...] = ()
    body: Any = None
    versions: Versions | None = None
    spans: tuple[tuple[str, str], ...] = field(default=())

    @property
    def key(self) -> str:
        """How it is called: `GET /compute/v2.1/servers`."""
        return f"{self.method} {self.path}"


def operations(description: Mapping[str, Any], samples: Mapping[str, Any] | None = None) -> list[Operation]:
    """All operations of a description, by service and path.

    Parameters
    ----------
    description : mapping
        OpenAPI 3.
    samples : mapping
        Bodies by operation (`POST /compute/v2.1/servers`) that are better than what a schema alone suggests.
    """
    found = []
    for path, item in description["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            given = item[method]
            key = f"{method.upper()} {path}"
            schema = _schema(given)
            body = (samples or {}).get(key, None if schema is None else example(schema))
            found.append(
                Operation(
                    given.get("tags", ["other"])[0], method.upper(), path, given.get("summary", ""),
                    tuple(each["name"] for each in given.get("parameters", ()) if each.get("in") == "query"), body,
                    _versions(given),
                    tuple((each["since"], each["until"]) for each in given.get("x-openstack-microversions", ())),
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: (each.service, each.path, METHODS.index(each.method.lower())))


def _schema(given: Mapping[str, Any]) -> dict[str, Any] | None:
    content = given.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return found


def _versions(given: Mapping[str, Any]) -> Versions | None:
    for each in given.get("parameters", ()):
        match = _RANGE.search(each.get("description", "")) if each["name"] == VERSION_HEADER else None
        if match:
            word, *numbers = match.groups()
            one, two, three, four = map(int, numbers)
            return Versions(word, (one, two), (three, four))
    return None


def example(schema: Any, name: str = "") -> Any:
    """A small value that a JSON schema describes: what it requires, and nothing else.

    Examples
    --------
    >>> example({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 2}, "b": {}}})
    {'a': 2}
    """
    if not isinstance(schema, dict):
        return "text"
    for plain in ("example", "default", "const"):
        if plain in schema:
            return schema[plain]
    if schema.get("enum"):
        return schema["enum"][0]
    for several in ("oneOf", "anyOf", "allOf"):
        if schema.get(several) and "properties" not in schema:
            return example(schema[several][0], name)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        wanted = schema.get("required") or list(properties)[:1]
        return {each: example(properties.get(each, {}), each) for each in wanted}
    if kind == "array":
        return [example(schema.get("items", {}), name)] if schema.get("minItems") else []
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind in ("boolean", "null"):
        return True if kind == "boolean" else None
    return _text(schema, name)


def _text(schema: Mapping[str, Any], name: str) -> str:
    shapes = {
        "uuid": "00000000-0000-0000-0000-000000000000", "ipv4": "192.0.2.10", "ipv6": "2001:db8::10",
        "date-time": "2026-01-01T00:00:00Z", "uri": "http://example.org/",
    }  # fmt: skip
    plain = name.replace("_", "-") or "text"
    return shapes.get(str(schema.get("format")), "" if schema.get("maxLength") == 0 else f"some-{plain}")
