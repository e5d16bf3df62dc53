"""What the code of an operation says of its request and its answers, read from its source.

An operation is a plain function: it checks its body by `body(call, SCHEMA)` (or a form of Neutron's),
looks into `call.query`, and returns `Answer(status, ...)`. Those are what is looked for, also in the
functions that it calls.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from kit.cloud import errors as api_errors
from kit.cloud.openapi.schemas import from_form, modern
from kit.cloud.service import Operation, Service

# How many calls deep an answer is looked for.
DEPTH = 4


@dataclass
class Reading:
    """What was found.

    Attributes
    ----------
    body : dict or None
        The request's JSON schema, where the code has one.
    reads : bool
        Whether the body is looked at in another way.
    """

    summary: str
    statuses: set[int] = field(default_factory=set)
    query: set[str] = field(default_factory=set)
    body: dict[str, Any] | None = None
    reads: bool = False


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
    for inner, depth in _reached(function, DEPTH):
        statuses, query, reads = _facts(inner)
        found.statuses |= statuses
        if depth <= 1:
            found.query |= query
        if depth <= 2 and reads:
            found.reads = True
            if found.body is None:
                found.body = _body(inner, service, operation.method)
    found.statuses.add(operation.status or 200)
    if operation.status is None and (operation.method in ("DELETE", "PUT", "POST", "HEAD") or _gives_nothing(function)):
        found.statuses.add(204)
    return found


def _gives_nothing(function: Callable[..., Any]) -> bool:
    return inspect.signature(function).return_annotation in ("None", None)


def _reached(function: Any, depth: int) -> Iterator[tuple[FunctionType, int]]:
    """A function and the functions of the cloud that it calls, nearest first."""
    todo, seen = [(function, 0)], set()
    while todo:
        found, level = todo.pop(0)
        if not isinstance(found, FunctionType) or found in seen or not found.__module__.startswith("kit.cloud."):
            continue
        seen.add(found)
        yield found, level
        if level < depth:
            todo += [(other, level + 1) for other in _called(found)]


@cache
def _called(function: FunctionType) -> tuple[Any, ...]:
    tree = _tree(function)
    if tree is None:
        return ()
    names = dict(function.__globals__)
    closure = inspect.getclosurevars(function).nonlocals
    found = []
    for node in ast.walk(tree):
        # A function may also be handed on by its name: in a table, or to a helper.
        if isinstance(node, ast.Name):
            found.append(closure.get(node.id, names.get(node.id)))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = closure.get(node.value.id, names.get(node.value.id))
            if isinstance(owner, ModuleType) and owner.__name__.startswith("kit.cloud."):
                found.append(getattr(owner, node.attr, None))
    tables = [item for item in found if isinstance(item, dict)]
    found += [value for table in tables for value in table.values()]
    return tuple(item for item in found if isinstance(item, FunctionType))


@cache
def _tree(function: FunctionType) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None


@cache
def _facts(function: FunctionType) -> tuple[set[int], set[str], bool]:
    """The statuses that a function answers, what it looks for in the query, and whether it looks at the body."""
    tree = _tree(function)
    if tree is None:
        return set(), set(), False
    query: set[str] = set()
    _query(tree, query)
    reads = any(
        (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in ("body", "one_body", "json")
        for node in ast.walk(tree)
    )
    return _answers(tree), query, reads


def _answers(tree: ast.AST) -> set[int]:
    """The statuses of `Answer(201, ...)`: written there, chosen by a condition, or a parameter's default."""
    said = [
        node.args[0] if node.args else keyword.value  # type: ignore[union-attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node.func) == "Answer"
        for keyword in [next((word for word in node.keywords if word.arg == "status"), None)]
        if node.args or keyword is not None
    ]
    if any(isinstance(node, ast.Name) for node in said):
        said += [
            default
            for node in ast.walk(tree) if isinstance(node, ast.arguments)
            for default in (*node.defaults, *node.kw_defaults) if default is not None
        ]  # fmt: skip
    return {
        constant.value
        for node in said
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and type(constant.value) is int and 100 <= constant.value <= 599
    }


def _query(tree: ast.AST, names: set[str]) -> None:
    """Add the names that the function looks for in `call.query`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            of, first = node.func.value, node.args[0]
            if isinstance(of, ast.Attribute) and of.attr == "query" and isinstance(first, ast.Constant):
                names.add(str(first.value))
        elif (
            isinstance(node, ast.Compare)
            and isinstance(node.left, ast.Constant)
            and any(isinstance(item, ast.Attribute) and item.attr == "query" for item in node.comparators)
        ):
            names.add(str(node.left.value))


def _body(function: FunctionType, service: Service, method: str) -> dict[str, Any] | None:
    """The schema of `body(call, SCHEMA)`, of `body(call, "key", FORM)`, or of a form of Neutron's."""
    call, tree = _Newest(service), _tree(function)
    assert tree is not None
    assigned = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Name) and node.id in assigned:
            node = assigned[node.id]
        code = compile(ast.Expression(node), "<schema>", "eval")
        return eval(code, function.__globals__, {"call": call, **inspect.getclosurevars(function).nonlocals})

    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _name(node.func) in ("body", "one_body") and node.args):
            continue
        try:
            if isinstance(node.func, ast.Attribute) and len(node.args) == 1:
                return from_form(value(node.func.value), method, many=_takes_lists(tree))
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


def _takes_lists(tree: ast.AST) -> bool:
    """Whether the function asks if it was given a list: of several things to make at once."""
    return any(
        isinstance(node, ast.Call) and _name(node.func) == "isinstance" and _name(node.args[-1]) == "list"
        for node in ast.walk(tree)
    )


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def _errors(package: str) -> frozenset[int]:
    """The statuses with which the modules of a service can refuse."""
    home = importlib.import_module(package)
    classes = {
        name: found.status
        for name, found in vars(api_errors).items()
        if isinstance(found, type) and issubclass(found, api_errors.ApiError)
    }
    found: set[int] = set()
    for item in pkgutil.iter_modules(home.__path__):
        tree = ast.parse(inspect.getsource(importlib.import_module(f"{package}.{item.name}")))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in classes:
                found.add(classes[node.id])
            # `status=413`, `PolicyApiError(501, ...)`, `status: int = 409`, `status, title = 409, "Conflict"`
            if isinstance(node, ast.Constant) and type(node.value) is int and node.value in _REFUSALS:
                found.add(node.value)
    return frozenset(found - {500})


_REFUSALS = frozenset((400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 429, 501, 503))


def errors(service: Service) -> set[int]:
    """The statuses with which any operation of a service may refuse."""
    package = type(service).__module__.rpartition(".")[0]
    found = {400, 401, 403, 404} | ({406} if service.microversions else set())
    return found | (_errors(package) if package != "kit.cloud" else set())
