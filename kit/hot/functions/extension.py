"""Functions that Heat has not: `suffix` and `list_flatten`, as the 2015 summit wished, and those of a learner.

They work only in a template version of the kit's own, `kit-2015-05-18`; real Heat refuses that version, and in
its own versions takes an unknown function as plain data.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from kit.errors import KitError
from kit.hot.errors import FunctionError
from kit.hot.functions.base import MOST_ITEMS, Function, fits, resolve


class Suffix(Function):
    """`suffix: [LIST, TEXT]`: the text after each item.

    Source: the talk's own example, `suffix([a, b], "-p")` gives `[a-p, b-p]`.
    """

    __slots__ = ()

    def check(self) -> None:
        if not isinstance(self.args, list) or len(self.args) != 2:
            raise self.wrong('Arguments to "%s" must be of the form [list, text]')

    def result(self) -> Any:
        items, text = resolve(self.args)
        if items is None:
            return []
        if not isinstance(items, list):
            raise self.wrong('The first argument to "%s" must be a list')
        if not isinstance(text, str):
            raise self.wrong('The second argument to "%s" must be a string')
        for item in items:
            if isinstance(item, bool) or not isinstance(item, str | int | float):
                raise self.wrong(f'Items of "%s" must be strings or numbers not {repr(item)[:200]}')
        fits(sum(len(str(item)) + len(text) for item in items))
        return [f"{item}{text}" for item in items]


class ListFlatten(Function):
    """`list_flatten: LIST`: the items of all lists inside, at any depth, in order; null is an empty list."""

    __slots__ = ()

    def result(self) -> Any:
        items = resolve(self.args)
        if not isinstance(items, list):
            raise self.wrong('"%s" must operate on a list')
        found: list[Any] = []
        waiting = [iter(items)]
        while waiting:
            for item in waiting[-1]:
                if isinstance(item, list):
                    waiting.append(iter(item))
                    break
                if item is not None:
                    found.append(item)
                    fits(len(found), "list", MOST_ITEMS)
            else:
                waiting.pop()
        return found


def from_python(name: str, call: Callable[..., Any]) -> type[Function]:
    """A function of templates made of a Python function.

    A list of arguments is spread (`{double: [a, b]}` calls `double(a, b)`) unless the Python function takes
    exactly one; a map is given as keyword arguments if all its keys are parameters.

    Parameters
    ----------
    name : str
        As templates write it.
    call : callable
        Gives the value; what it raises becomes the error of the function.

    Raises
    ------
    KitError
        The name is no name, or the thing cannot be called.
    """
    if not isinstance(name, str) or not name or not callable(call):
        raise KitError(f"{name!r} cannot be a function of templates", todo="Give a name and a Python function.")

    class Learned(Function):
        __slots__ = ()

        def result(self) -> Any:
            args = resolve(self.args)
            try:
                return _call(call, args)
            except KitError:
                raise
            except Exception as error:
                raise FunctionError(f'"{self.name}" failed: {type(error).__name__}: {error}') from error

    Learned.__name__ = Learned.__qualname__ = name
    Learned.__doc__ = inspect.getdoc(call) or f"`{name}`, a function of your own."
    return Learned


def _call(call: Callable[..., Any], args: Any) -> Any:
    try:
        names = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        names = []
    several = len(names) != 1 or names[0].kind is inspect.Parameter.VAR_POSITIONAL
    if isinstance(args, list) and several:
        return call(*args)
    if isinstance(args, dict) and names and set(args) <= {item.name for item in names} and several:
        return call(**args)
    return call(args)
