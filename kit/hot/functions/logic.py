"""Conditions and the choice by them: equals, not, and, or, if.

Source: Heat 27. Only the chosen branch of an `if` is parsed at all, so that the other may name what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from kit.hot.errors import FunctionError, Path, ValueUnknown
from kit.hot.functions.base import Function, Scope, Unknown, is_list, resolve


class Equals(Function):
    """`equals: [VALUE, VALUE]`."""

    __slots__ = ()

    def check(self) -> None:
        if not self.args or not isinstance(self.args, list) or len(self.args) != 2:
            raise self.wrong('Arguments to "%s" must be of the form: [value_1, value_2]')

    def result(self) -> Any:
        return bool(resolve(self.args[0]) == resolve(self.args[1]))


class And(Function):
    """`and: [CONDITION, CONDITION, ...]`; a condition is a name, a boolean or another condition function."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args):
            raise self.wrong('Arguments to "%s" must be a list of conditions')
        if len(self.args) < 2:
            raise self.wrong('The minimum number of condition arguments to "%s" is 2.')

    def result(self) -> Any:
        return all(self.scope.enabled(value) for value in resolve(self.args))


class Or(And):
    """`or: [CONDITION, CONDITION, ...]`."""

    __slots__ = ()

    def result(self) -> Any:
        return any(self.scope.enabled(value) for value in resolve(self.args))


class Not(Function):
    """`not: CONDITION`."""

    __slots__ = ()

    def check(self) -> None:
        if self.args is None:
            raise self.wrong('Argument to "%s" must be a condition')

    def result(self) -> Any:
        return not self.scope.enabled(resolve(self.args))


class NotList(Not):
    """`Fn::Not: [CONDITION]`."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args) or len(self.args) != 1:
            raise self.wrong('Arguments to "%s" must be of the form: [condition]')
        self.args = self.args[0]


class If(Function):
    """`if: [CONDITION, VALUE_IF_TRUE, VALUE_IF_FALSE]`."""

    __slots__ = ("branch", "value")
    branch: int
    value: Any
    macro = True
    fewest: ClassVar[int] = 3

    @classmethod
    def expand(cls, scope: Scope, name: str, args: Any, path: Path, parse: Callable[[Any, Path], Any]) -> Function:
        """Choose, parse only what is chosen, and keep it as the value of the function."""
        if not is_list(args) or not cls.fewest <= len(args) <= 3:
            form = "[condition_name, value_if_true, value_if_false]"
            raise FunctionError(f'Arguments to "{name}" must be of the form: {form}')
        made = cls(scope, name, None)
        try:
            chosen = 1 if scope.enabled(resolve(scope.condition(args[0], path))) else 2
        except ValueUnknown as error:  # either may come, so both are looked at
            made.args = [parse(value, (place + 1,)) for place, value in enumerate(args[1:])]
            made.branch, made.value = 0, Unknown(scope, name, error)
            return made
        made.branch = chosen
        made.value = parse(args[chosen], (chosen,)) if chosen < len(args) else ...
        made.args = made.value if made.value is not ... else None
        return made

    def result(self) -> Any:
        return resolve(self.value, True)

    def parts(self) -> list[tuple[Path, Any]]:
        if self.branch:
            return [((self.branch,), self.args)]
        return [((place + 1,), value) for place, value in enumerate(self.args)]


class IfNullable(If):
    """`if` since 2021-04-16: `[CONDITION, VALUE]` takes the item away when the condition is false."""

    __slots__ = ()
    fewest = 2
