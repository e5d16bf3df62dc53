"""What an operation answers when it succeeds: each status, whether a body comes with it, and its headers."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from kit.cloud.openapi.source import called, found_as, name_of, reached, tree
from kit.cloud.service import Operation

_DEPTH = 5
_HEADERS = {"location": "Location", "cache-control": "Cache-Control", "last-modified": "Last-Modified", "etag": "ETag"}


@dataclass
class Success:
    """One status of success.

    Attributes
    ----------
    body : bool
        Whether a body may come with it.
    json : bool
        Whether the body is known to be a JSON document.
    members : set of str
        The members at the body's top, where the code writes them.
    headers : set of str
        Location and headers for caches, where the code sends them.
    """

    body: bool = False
    json: bool = False
    members: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)

    def add(self, other: Success) -> None:
        """Take in what else is known of the status."""
        self.body, self.json = self.body or other.body, self.json or other.json
        self.members |= other.members
        self.headers |= other.headers


def successes(operation: Operation) -> dict[int, Success]:
    """The statuses below 400 that an operation may answer."""
    found: dict[int, Success] = {}

    def take(status: int, success: Success) -> None:
        if 200 <= status < 400:
            found.setdefault(status, Success()).add(success)

    function = inspect.unwrap(operation.function)
    for status, success in _of(function, 0, set()):
        for each in status or (operation.status or (200 if success.body else 204),):
            take(each, success)
    return dict(sorted(found.items()))


Statuses = tuple[int, ...]


def _of(function: Any, depth: int, seen: set[Any]) -> list[tuple[Statuses, Success]]:
    """What a function answers; no status stands for the operation's own."""
    annotation = str(inspect.signature(function).return_annotation)
    top = tree(function)
    if annotation == "NoReturn" or (top is not None and _only_refuses(top)):
        return []
    if annotation in ("None", "<class 'NoneType'>"):
        return [((), Success())]
    if annotation.startswith(("dict", "list", "Iterable")):
        return [((), Success(True, True, _members(top)))]
    if top is None or depth > _DEPTH or function in seen:
        return [((), Success(True))]  # a lambda that is a part of a line: it gives a document
    seen.add(function)
    found: list[tuple[Statuses, Success]] = []
    for value in _returned(top):
        found += _value(value, function, top, depth, seen)
    return found or [((), Success())]


def _only_refuses(top: ast.AST) -> bool:
    """Whether a function does nothing but raise, beside its docstring."""
    outer = next((n for n in ast.walk(top) if isinstance(n, ast.FunctionDef | ast.Lambda)), None)
    return isinstance(outer, ast.FunctionDef) and all(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in outer.body
    )


def _returned(top: ast.AST) -> list[ast.expr | None]:
    """The values that a function itself returns, not those of functions within it."""
    found: list[ast.expr | None] = []
    outer = next((n for n in ast.walk(top) if isinstance(n, ast.FunctionDef | ast.Lambda)), None)
    todo: list[ast.AST] = []
    if isinstance(outer, ast.Lambda):
        todo, found = [], [outer.body]
    elif outer is not None:
        todo = list(outer.body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Return):
            found.append(node.value)
        todo += ast.iter_child_nodes(node)
    return [inner for value in found for inner in _choices(value)]


def _choices(value: ast.expr | None) -> list[ast.expr | None]:
    if isinstance(value, ast.IfExp):
        return [*_choices(value.body), *_choices(value.orelse)]
    return [value]


def _value(
    value: ast.expr | None, function: FunctionType, top: ast.AST, depth: int, seen: set[Any]
) -> list[tuple[Statuses, Success]]:
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return [((), Success())]
    if isinstance(value, ast.Dict | ast.List | ast.DictComp | ast.ListComp):
        return [((), Success(True, True, _keys(value)))]
    if isinstance(value, ast.Call):
        if name_of(value.func) == "Answer":
            return [_answer(value, function, top)]
        named = found_as(function, value.func)
        if isinstance(named, FunctionType):
            found = _of(named, depth + 1, seen)
            given = tuple(
                each.value for each in (*value.args, *(word.value for word in value.keywords))
                if isinstance(each, ast.Constant) and type(each.value) is int and 200 <= each.value < 400
            )  # fmt: skip
            if given:  # `bare(200)`: the status is handed on
                found = [(given if statuses else statuses, success) for statuses, success in found]
            for _, success in found:
                success.headers |= _headers(named) | _headers(function)
                success.headers |= {_HEADERS[str(word.arg)] for word in value.keywords if word.arg in _HEADERS}
            return found
    if isinstance(value, ast.Name):
        assigned = [
            node.value for node in ast.walk(top)
            if isinstance(node, ast.Assign) and any(name_of(target) == value.id for target in node.targets)
        ]  # fmt: skip
        calls = [node for node in assigned if isinstance(node, ast.Call) and node is not value]
        if calls and all(not isinstance(node, ast.Name) for node in assigned):
            return [each for node in assigned for each in _value(node, function, top, depth, seen)]
    return _anything(function)


def _anything(function: FunctionType) -> list[tuple[Statuses, Success]]:
    """What may come of a call that cannot be followed: any answer that can be reached, or a document."""
    found: list[tuple[Statuses, Success]] = []
    for inner, _ in reached(function, _DEPTH):
        top = tree(inner)
        if top is not None:
            found += [
                _answer(node, inner, top)
                for node in ast.walk(top) if isinstance(node, ast.Call) and name_of(node.func) == "Answer"
            ]  # fmt: skip
    return [((), Success(True)), *([((), Success()), *found] if found else [])]


def _answer(call: ast.Call, function: FunctionType, top: ast.AST) -> tuple[Statuses, Success]:
    """The statuses of `Answer(201, ...)`: written there, chosen by a condition, or a parameter's default."""
    given = dict(zip(("status", "body", "headers"), call.args, strict=False))
    given |= {str(word.arg): word.value for word in call.keywords}
    status, body = given.get("status"), given.get("body")
    nodes: list[ast.AST] = [] if status is None else [status]
    if isinstance(status, ast.Name):
        nodes += [d for a in ast.walk(top) if isinstance(a, ast.arguments) for d in (*a.defaults, *a.kw_defaults) if d]
        nodes += [n.value for n in ast.walk(top) if isinstance(n, ast.Assign) and name_of(n.targets[0]) == status.id]
    codes = tuple(
        node.value
        for each in nodes for node in ast.walk(each)
        if isinstance(node, ast.Constant) and type(node.value) is int and 100 <= node.value <= 599
    )  # fmt: skip
    empty = body is None or (isinstance(body, ast.Constant) and body.value in (None, b""))
    heads = _headers(function)
    for other in called(function):
        heads |= _headers(other) if "headers" in given else set()
    return codes or ((200,) if status is None else ()), Success(
        not empty, isinstance(body, ast.Dict), _keys(body), heads
    )


def _headers(function: FunctionType) -> set[str]:
    """Headers of interest that stand as names in a dictionary of the function."""
    top = tree(function)
    found: set[str] = set()
    for node in ast.walk(top) if top is not None else ():
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.lower() in _HEADERS:
                found.add(_HEADERS[key.value.lower()])
    return found


def _keys(node: ast.AST | None) -> set[str]:
    if not isinstance(node, ast.Dict):
        return set()
    return {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def _members(top: ast.AST | None) -> set[str]:
    """The members of the documents that a function returns, written at once or added by name."""
    found: set[str] = set()
    for value in _returned(top) if top is not None else ():
        found |= _keys(value)
        if isinstance(value, ast.Name) and top is not None:
            for node in ast.walk(top):
                target = node.targets[0] if isinstance(node, ast.Assign) else None
                if isinstance(node, ast.Assign) and name_of(node.targets[0]) == value.id:
                    found |= _keys(node.value)
                elif isinstance(target, ast.Subscript) and name_of(target.value) == value.id:
                    key = target.slice
                    found |= {key.value} if isinstance(key, ast.Constant) and isinstance(key.value, str) else set()
    return found
