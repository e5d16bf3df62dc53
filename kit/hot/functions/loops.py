"""`repeat`, in the forms of 2015-04-30 (lists), 2016-10-14 (and maps) and 2017-09-01 (permutations)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, ClassVar

from kit.hot.functions.base import MOST_ITEMS, Function, fits, is_list, resolve

SYNTAX = """"repeat" syntax should be repeat:
              template: This is %var%
              for_each:
                %var%: ['a', 'b', 'c']"""


class Repeat(Function):
    """`repeat: {template, for_each}`: one copy of the template for each item, the first variable slowest."""

    __slots__ = ("for_each", "permutations", "template")
    kinds: ClassVar[str] = "lists"

    def check(self) -> None:
        if not isinstance(self.args, dict):
            raise self.wrong('Arguments to "%s" must be a map')
        if "for_each" not in self.args or "template" not in self.args:
            raise self.wrong(SYNTAX)
        self.for_each, self.template = self.args["for_each"], self.args["template"]
        self.permutations = True

    def validate(self) -> None:
        if not isinstance(self.for_each, dict | Function):
            raise self.wrong('The "for_each" argument to "%s" must contain a map')

    def items(self, value: Any) -> Sequence[Any]:
        """The items of a variable."""
        if value is None:
            return ()
        if not is_list(value):
            raise self.wrong(f'The values of the "for_each" argument to "%s" must be {self.kinds}')
        return list(value)

    def result(self) -> Any:
        each = resolve(self.for_each)
        if not isinstance(each, dict) or not each:
            raise self.wrong('The "for_each" argument to "%s" must contain a map')
        keys = list(each)
        lists = [self.items(value) for value in each.values()]
        if not self.permutations:
            sizes = {len(items) for items, value in zip(lists, each.values(), strict=True) if value is not None}
            if len(sizes) > 1:
                raise self.wrong("For %s, the length of for_each values should be equal if no nested loop.")
        template = resolve(self.template)
        times = math.prod(map(len, lists)) if self.permutations else min(map(len, lists))
        fits(times * _size(template), "list of repeat", MOST_ITEMS)
        rows = itertools.product(*lists) if self.permutations else zip(*lists, strict=False)
        return [_put(template, keys, row) for row in rows]


class RepeatWithMap(Repeat):
    """`repeat` since 2016-10-14: a map gives its keys."""

    __slots__ = ()
    kinds = "lists or maps"

    def items(self, value: Any) -> Sequence[Any]:
        return list(value) if isinstance(value, dict) else super().items(value)


class RepeatPermutations(RepeatWithMap):
    """`repeat` since 2017-09-01: `permutations: false` walks the lists in step."""

    __slots__ = ()

    def check(self) -> None:
        super().check()
        self.permutations = self.args.get("permutations", True)
        if not isinstance(self.permutations, bool):
            raise self.wrong('"permutations" should be boolean type for %s function.')

    def items(self, value: Any) -> Sequence[Any]:
        if not self.permutations and isinstance(value, dict):
            raise self.wrong('The values of the "for_each" argument to "%s" must be lists')
        return super().items(value)


def _size(template: Any) -> int:
    if isinstance(template, dict):
        return 1 + sum(map(_size, template.values()))
    return 1 + sum(map(_size, template)) if isinstance(template, list) else 1


def _put(template: Any, keys: Sequence[str], values: Sequence[Any]) -> Any:
    """A copy of the template with each variable replaced by its value, also in keys."""
    if isinstance(template, str):
        for key, value in zip(keys, values, strict=True):
            template = template.replace(key, value)
            fits(len(template))
        return template
    if isinstance(template, dict):
        return {_put(key, keys, values): _put(value, keys, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_put(item, keys, values) for item in template]
    return template
