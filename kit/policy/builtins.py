"""The tables that are built in: tests and functions on values, each under a bare and a prefixed name.

Whatever goes wrong inside one (text against number, zero division, a bad date) makes its literal false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kit.policy import addresses, moments, options
from kit.policy.values import Real, Value

NAMESPACE = "builtin"
LONGEST_TEXT = 1_000_000
MOST_BITS = 13_000


@dataclass(frozen=True, slots=True)
class Builtin:
    """One builtin: `lt(x, y)` is a test, `plus(x, y, z)` has the output `z`.

    Parameters
    ----------
    name : str
        Its bare name.
    inputs, outputs : tuple of str
        Names of the arguments, for messages.
    function : callable
        Takes the inputs; gives a truth value (no outputs), a value (one) or a tuple.
    volatile : bool
        Whether the answer changes with time.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    function: Callable[..., Any]
    volatile: bool = False

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.inputs) + len(self.outputs)

    @property
    def usage(self) -> str:
        """How it is written."""
        return f"{self.name}({', '.join(self.inputs + self.outputs)})"

    def answer(self, *args: Value) -> tuple[Value, ...] | None:
        """Give the outputs for inputs, `()` for a test that holds, None for false or any error."""
        try:
            result = self.function(*args)
        except Exception:
            return None
        if not self.outputs:
            return () if result else None
        return result if len(self.outputs) > 1 else (result,)


def _checked(function: Callable[..., Any], many: bool) -> Callable[..., Any]:
    def value(raw: Any) -> Value:
        if isinstance(raw, float):
            return raw if type(raw) is Real else Real(raw)
        if isinstance(raw, str):
            if len(raw) > LONGEST_TEXT:
                raise OverflowError("the text is too long")
            return raw
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise TypeError(f"{raw!r} is no value")
        if raw.bit_length() > MOST_BITS:
            raise OverflowError("the number is too large")
        return raw

    if many:
        return lambda *args: tuple([value(raw) for raw in function(*args)])
    return lambda *args: value(function(*args))


def _equal(x: Value, y: Value) -> bool:
    if isinstance(x, Real):
        return float.__eq__(x, y) is True
    if isinstance(y, Real):
        return float.__eq__(y, x) is True
    return x == y


def _mul(x: Any, y: Any) -> Any:
    for text, times in ((x, y), (y, x)):
        if isinstance(text, str) and isinstance(times, int) and len(text) * times > LONGEST_TEXT:
            raise OverflowError("the text is too long")
    return x * y


def _div(x: Any, y: Any) -> Any:
    return x // y if type(x) is int and type(y) is int else x / y


def _moments(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda x, y: compare(moments.read_moment(x), moments.read_moment(y))


def _addresses(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda x, y: compare(addresses.order(x), addresses.order(y))


def _now() -> str:
    raise LookupError("the engine answers `now` from its clock")


_COMPARE = {"lt": operator.lt, "lteq": operator.le, "gt": operator.gt, "gteq": operator.ge}
_SIGNATURES: list[tuple[str, str, Callable[..., Any]]] = [
    *((f"{name} x y", "", op) for name, op in _COMPARE.items()),
    ("equal x y", "", _equal),
    ("max x y", "larger", max),
    ("plus x y", "sum", operator.add),
    ("minus x y", "difference", operator.sub),
    ("mul x y", "product", _mul),
    ("div x y", "quotient", _div),
    ("float x", "number", float),
    ("int x", "number", int),
    ("concat x y", "text", operator.add),
    ("len text", "length", len),
    ("now", "moment", _now),
    ("unpack_date moment", "year month day", moments.unpack_date),
    ("unpack_time moment", "hour minute second", moments.unpack_time),
    ("unpack_datetime moment", "year month day hour minute second", moments.unpack_datetime),
    ("pack_time hour minute second", "time", moments.pack_time),
    ("pack_date year month day", "date", moments.pack_date),
    ("pack_datetime year month day hour minute second", "moment", moments.pack_datetime),
    ("extract_date moment", "date", moments.extract_date),
    ("extract_time moment", "time", moments.extract_time),
    ("datetime_to_seconds moment", "seconds", moments.to_seconds),
    ("datetime_plus moment span", "later", moments.later),
    ("datetime_minus moment span", "earlier", moments.earlier),
    *((f"datetime_{name} x y", "", _moments(op)) for name, op in _COMPARE.items()),
    ("datetime_equal x y", "", _moments(operator.eq)),
    *((f"ips_{name} x y", "", _addresses(op)) for name, op in _COMPARE.items()),
    ("ips_equal x y", "", _addresses(operator.eq)),
    ("networks_equal x y", "", addresses.networks_equal),
    ("networks_overlap x y", "", addresses.networks_overlap),
    ("ip_in_network address network", "", addresses.ip_in_network),
    ("validate_int min max value", "message", options.validate_int),
    ("validate_float min max value", "message", options.validate_float),
    ("validate_string regex max_length quotes ignore_case value", "message", options.validate_string),
]


def _build() -> dict[str, Builtin]:
    table = {}
    for signature, results, function in _SIGNATURES:
        name, *inputs = signature.split()
        outputs = tuple(results.split())
        if outputs:
            function = _checked(function, many=len(outputs) > 1)
        table[name] = Builtin(name, tuple(inputs), outputs, function, volatile=name == "now")
    return table


BUILTINS: dict[str, Builtin] = _build()
