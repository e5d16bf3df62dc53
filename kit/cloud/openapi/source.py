"""The source of the cloud's functions: its tree, and the functions that it calls."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any


@cache
def tree(function: Any) -> ast.AST | None:
    """The syntax tree of a function or class; None where its source is not at hand or is a part of a line."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None


def name_of(node: ast.expr) -> str:
    """The last word of a name: `f` of `module.f`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def found_as(function: FunctionType, node: ast.expr) -> Any:
    """What a name or `module.name` in a function's source stands for; None when that is not known."""
    closure = inspect.getclosurevars(function).nonlocals
    if isinstance(node, ast.Name):
        return closure.get(node.id, function.__globals__.get(node.id))
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = closure.get(node.value.id, function.__globals__.get(node.value.id))
        if isinstance(owner, ModuleType) and owner.__name__.startswith("kit.cloud."):
            return getattr(owner, node.attr, None)
    return None


@cache
def called(function: FunctionType) -> tuple[FunctionType, ...]:
    """The functions that a function names: it calls them, or hands them on in a table or to a helper."""
    top = tree(function)
    if top is None:
        return ()
    found = [found_as(function, node) for node in ast.walk(top) if isinstance(node, ast.Name | ast.Attribute)]
    tables = [item for item in found if isinstance(item, dict)]
    found += [value for table in tables for value in table.values()]
    return tuple(item for item in found if isinstance(item, FunctionType))


def reached(
    function: Any, depth: int, spared: Callable[[FunctionType], bool] = lambda function: False
) -> Iterator[tuple[FunctionType, int]]:
    """A function and the functions of the cloud that it calls, nearest first, with their distance; none `spared`."""
    todo, seen = [(function, 0)], set()
    while todo:
        found, level = todo.pop(0)
        if not isinstance(found, FunctionType) or found in seen or not found.__module__.startswith("kit.cloud."):
            continue
        if spared(found):
            continue
        seen.add(found)
        yield found, level
        if level < depth:
            todo += [(other, level + 1) for other in called(found)]
