"""What the code of an operation says of its request, read from its source.

An operation is a plain function: it checks its body by `body(call, SCHEMA)` (or a form of Neutron's) and
looks into `call.query`. Those are what is looked for, also in the functions that it calls.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any

from kit.cloud.openapi.schemas import from_form, modern
from kit.cloud.openapi.source import name_of, reached, tree
from kit.cloud.service import Operation, Service

# How many calls deep a body is looked for.
DEPTH = 2
# Headers of HTTP itself, and the tokens, which the description tells elsewhere.
_EVERYWHERE = {"content-type", "accept", "referer", "x-auth-token", "x-subject-token", "openstack-api-version"}


@dataclass
class Reading:
    """What was found.

    Attributes
    ----------
    body : dict or None
        The request's JSON schema, where the code has one.
    reads : bool
        Whether the body is looked at in another way.
    versioned : bool
        Whether it settles the microversion itself, as a service's root does that asks for no token.
    """

    summary: str
    query: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)
    body: dict[str, Any] | None = None
    reads: bool = False
    versioned: bool = False


class _Newest:
    """Stands for a call of the newest microversion where a schema is chosen by it."""

    method = "POST"
    query: dict[str, Any] = {}  # noqa: RUF012 (never written)

    def __init__(self, service: Service) -> None:
        self.service = service
        self.version = service.microversions.high if service.microversions else None

    def at_least(self, version: str) -> bool:
        """Whether the version is this one or newer: always."""
        return True


def read(operation: Operation, service: Service) -> Reading:
    """Read one operation."""
    function = inspect.unwrap(operation.function)
    text = inspect.getdoc(function) or operation.name
    found = Reading(text.strip().partition("\n")[0])
    for inner, depth in reached(function, DEPTH):
        query, headers, reads = _facts(inner)
        found.headers |= headers - _EVERYWHERE
        found.versioned |= _settles(inner)
        if depth <= 1:
            found.query |= query
        if reads:
            found.reads = True
            if found.body is None:
                found.body = _body(inner, service, operation.method)
    return found


def _settles(function: FunctionType) -> bool:
    """Whether a function settles the microversion of its request."""
    top = tree(function)
    calls = (node for node in ast.walk(top) if isinstance(node, ast.Call)) if top is not None else ()
    return any(name_of(node.func) in ("negotiate", "settle_version") for node in calls)


@cache
def _facts(function: FunctionType) -> tuple[set[str], set[str], bool]:
    """What a function looks for in the query and in the headers, and whether it looks at the body."""
    top = tree(function)
    if top is None:
        return set(), set(), False
    query, headers = _asked(top, "query"), _asked(top, "headers")
    reads = any(
        (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in ("body", "one_body", "json")
        for node in ast.walk(top)
    )
    return query, headers, reads


def _asked(top: ast.AST, part: str) -> set[str]:
    """The names that a function looks for in `call.query` or `call.headers`."""
    names: set[str] = set()
    for node in ast.walk(top):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            of, first = node.func.value, node.args[0]
            if isinstance(of, ast.Attribute) and of.attr == part and isinstance(first, ast.Constant):
                names.add(str(first.value))
        elif (
            isinstance(node, ast.Compare)
            and isinstance(node.left, ast.Constant)
            and any(isinstance(item, ast.Attribute) and item.attr == part for item in node.comparators)
        ):
            names.add(str(node.left.value))
    return names


def _body(function: FunctionType, service: Service, method: str) -> dict[str, Any] | None:
    """The schema of `body(call, SCHEMA)`, of `body(call, "key", FORM)`, or of a form of Neutron's."""
    call, top = _Newest(service), tree(function)
    assert top is not None
    assigned = {
        node.targets[0].id: node.value
        for node in ast.walk(top)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Name) and node.id in assigned:
            node = assigned[node.id]
        code = compile(ast.Expression(node), "<schema>", "eval")
        return eval(code, function.__globals__, {"call": call, **inspect.getclosurevars(function).nonlocals})

    for node in ast.walk(top):
        if not (isinstance(node, ast.Call) and name_of(node.func) in ("body", "one_body") and node.args):
            continue
        try:
            if isinstance(node.func, ast.Attribute) and len(node.args) == 1:
                return from_form(value(node.func.value), method, many=_takes_lists(top))
            if len(node.args) == 3:
                key = value(node.args[1])
                return modern({"type": "object", "required": [key], "properties": {key: value(node.args[2])}})
            found = value(node.args[1])
        except Exception:
            continue  # a schema that is made while the request is looked at
        found = getattr(found, "schema", found)
        if isinstance(found, dict):
            return modern(found)
    return None


def _takes_lists(top: ast.AST) -> bool:
    """Whether the function asks if it was given a list: of several things to make at once."""
    return any(
        isinstance(node, ast.Call) and name_of(node.func) == "isinstance" and name_of(node.args[-1]) == "list"
        for node in ast.walk(top)
    )
