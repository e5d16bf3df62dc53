"""The filter on the hint `query`: an expression in JSON over values of a host."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from kit.scheduling.ask import Ask
from kit.scheduling.errors import RequestError
from kit.scheduling.filters.base import Filter
from kit.scheduling.host import Host

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
COMMANDS = (*_COMPARE, "in", "not", "or", "and")


class JsonFilter(Filter):
    """Hosts for which the query holds: `["and", [">=", "$free_ram_mb", 1024], ...]`.

    Source: nova/scheduler/filters/json_filter.py, Nova 34.
    """

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.hint("query"))

    def reason(self, host: Host, ask: Ask) -> str:
        text = ask.request.hint("query")
        if not text:
            return ""
        try:
            query = json.loads(text) if isinstance(text, str) else text
        except ValueError:
            raise RequestError(f"the hint query is no JSON: {text}") from None
        found = evaluate(query, host)
        if any(found) if isinstance(found, list) else found:
            return ""
        values = [f"{name[1:]} {_value(name, host)}" for name in _names(query)]
        return f"does not fulfil the query: {', '.join(values) or 'it names no value of the host'}"


def evaluate(query: Any, host: Host) -> Any:
    """What a query gives for a host: true or false, or a list of them from `not`.

    Raises
    ------
    RequestError
        A command is not known, or values cannot be compared.
    """
    if not query:
        return True
    command, *rest = query
    if command not in COMMANDS:
        raise RequestError(f"{command!r} is no command of a query", todo=f"There are {', '.join(COMMANDS)}.")
    values = []
    for part in rest:
        value = evaluate(part, host) if isinstance(part, list) else _value(part, host)
        if value is not None:
            values.append(value)
    if command == "not":
        return [not value for value in values]
    if command in ("and", "or"):
        return all(values) if command == "and" else any(values)
    if len(values) < 2:
        return False
    if command == "in":
        return values[0] in values[1:]
    try:
        return all(_COMPARE[command](values[0], value) for value in values[1:])
    except TypeError:
        raise RequestError(f"the query compares {values!r}, which are not of one kind") from None


def _value(part: Any, host: Host) -> Any:
    """A constant, or what stands behind `$name.key`."""
    if not isinstance(part, str):
        return part
    if not part.startswith("$"):
        return part or None
    name, *keys = part[1:].split(".")
    try:
        found = host.attribute(name)
    except KeyError:
        return None
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _names(query: Any) -> list[str]:
    if isinstance(query, list):
        return list(dict.fromkeys(name for part in query for name in _names(part)))
    return [query] if isinstance(query, str) and query.startswith("$") else []
