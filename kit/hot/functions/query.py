"""`yaql: {expression, data}`: the yaql library under Heat's limits (200 items of an iterator, 10,000 bytes)."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from kit.hot.functions.base import Function, resolve

LIMIT_ITERATORS, MEMORY_QUOTA = 200, 10_000
SYNTAX = """"{0}" syntax should be {0}:
              expression: $.data.var1.sum()
              data:
                var1: [3, 2, 1]"""


@functools.cache
def _engine() -> tuple[Any, Any]:
    import yaql

    options = {"yaql.limitIterators": LIMIT_ITERATORS, "yaql.memoryQuota": MEMORY_QUOTA}
    return yaql.YaqlFactory().create(options), yaql.create_context()


class Yaql(Function):
    """A question in the yaql language, asked of `$.data`."""

    __slots__ = ("data", "expression")
    members: ClassVar[frozenset[str]] = frozenset({"expression", "data"})

    def check(self) -> None:
        if not isinstance(self.args, dict):
            raise self.wrong('Arguments to "%s" must be a map.')
        if "expression" not in self.args or not set(self.args) <= self.members:
            raise self.wrong(SYNTAX.format(self.name))
        self.expression, self.data = self.args["expression"], self.args.get("data", {})

    def statement(self, expression: Any) -> Any:
        """The parsed expression.

        Raises
        ------
        FunctionError
            It is no text, it does not parse, or the yaql library is missing.
        """
        if not isinstance(expression, str):
            raise self.wrong('The "expression" argument to %s must contain a string.')
        try:
            from yaql.language.exceptions import YaqlException
        except ImportError:
            raise self.wrong("%s needs the yaql library: pip install yaql") from None
        try:
            return _engine()[0](expression)
        except YaqlException as error:
            raise self.wrong(f"Bad expression {error}.") from None

    def validate(self) -> None:
        if not isinstance(self.expression, Function):
            self.statement(self.expression)

    def result(self) -> Any:
        statement = self.statement(resolve(self.expression))
        data = resolve(self.data)
        return _plain(statement.evaluate({"data": data}, _engine()[1].create_child_context()))


def _plain(value: Any) -> Any:
    """What yaql gives, as a template knows it: no tuples, sets or frozen maps."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value
