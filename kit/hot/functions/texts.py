"""Functions on texts: str_replace and its strict forms, list_join, str_split, digest.

Source: Heat 27; the differences between versions are in `kit.hot.versions`.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from kit.hot.functions.base import Function, fits, is_list, resolve, to_json

SYNTAX = """{}:
              template: This is var1 template var2
              params:
                var1: a
                var2: string"""


class StrReplace(Function):
    """`str_replace: {template, params}`: longest key first, replaced text is not looked at again."""

    __slots__ = ("params", "template")
    strict: ClassVar[bool] = False
    empty: ClassVar[bool] = True
    json: ClassVar[bool] = False

    def check(self) -> None:
        self.params, self.template = self.take()
        if not isinstance(self.params, dict | Function):
            raise self.wrong('"%s" parameters must be a mapping')

    def take(self) -> tuple[Any, Any]:
        if not isinstance(self.args, dict):
            raise self.wrong('Arguments to "%s" must be a map')
        if "params" not in self.args or "template" not in self.args:
            raise self.wrong(f'"%s" syntax should be {SYNTAX.format(self.name)}')
        return self.args["params"], self.args["template"]

    def text(self, key: str, value: Any) -> str:
        """A value as it is put in."""
        if not self.empty and (value is None or (not isinstance(value, bool | int | float) and len(value) == 0)):
            raise self.wrong(f"%s has an undefined or empty value for param {key}, must be a defined non-empty value")
        if value is None:
            return ""
        if isinstance(value, str | bool | int | float):
            return str(value)
        if not self.json or not isinstance(value, dict | list):
            kinds = "strings, numbers, list or map" if self.json else "strings or numbers"
            raise self.wrong(f'"%s" params must be {kinds}, param {key} is not valid')
        return to_json(value)

    def result(self) -> Any:
        template, params = resolve(self.template), resolve(self.params)
        if not isinstance(template, str):
            raise self.wrong('"%s" template must be a string')
        if not isinstance(params, dict):
            raise self.wrong('"%s" params must be a map')
        for key in params:
            if not isinstance(key, str):
                raise self.wrong('"%s" param placeholders must be strings')
            if not key:
                raise self.wrong("empty separator")
        parts: list[tuple[str, bool]] = [(template, False)]  # the text, and whether it was put in
        unused = []
        for key in sorted(params, key=lambda key: (-len(key), key)):
            value = self.text(key, params[key])
            parts, times = _replaced(parts, key, value)
            if not times:
                unused.append(key)
            fits(sum(len(part) for part, _ in parts))
        if self.strict and unused:
            raise self.wrong(f"The following params were not found in the template: {','.join(unused)}")
        return "".join(part for part, _ in parts)


def _replaced(parts: list[tuple[str, bool]], key: str, value: str) -> tuple[list[tuple[str, bool]], int]:
    """The parts with a key replaced where they are still the template's own, and how often it was."""
    found: list[tuple[str, bool]] = []
    times = 0
    for part, done in parts:
        if done or key not in part:
            found.append((part, done))
            continue
        pieces = part.split(key)
        times += len(pieces) - 1
        fits(len(part) + (len(pieces) - 1) * len(value))
        for place, piece in enumerate(pieces):
            if place:
                found.append((value, True))
            if piece:
                found.append((piece, False))
    return found, times


class StrReplaceJson(StrReplace):
    """`str_replace` since 2015-10-15: maps and lists become JSON."""

    __slots__ = ()
    json = True


class StrReplaceStrict(StrReplaceJson):
    """`str_replace_strict`: every key must be in the template."""

    __slots__ = ()
    strict = True


class StrReplaceVeryStrict(StrReplaceStrict):
    """`str_replace_vstrict`: and every value must be something."""

    __slots__ = ()
    empty = False


class ListJoin(Function):
    """`list_join: [DELIMITER, [TEXT, ...]]` of the first versions: exactly one list of texts."""

    __slots__ = ("delimiter", "lists")
    form: ClassVar[str] = '"%s" : [ " ", [ "str1", "str2"]]'
    kinds: ClassVar[str] = "strings"

    def check(self) -> None:
        if not isinstance(self.args, list) or len(self.args) != 2:
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')
        self.delimiter, self.lists = self.args[0], self.args[1:]

    def texts(self) -> list[Any]:
        items = resolve(self.lists[0])
        if items is not None and not is_list(items):
            raise self.wrong('"%s" must operate on a list')
        return items or []

    def text(self, item: Any) -> str:
        if item is None:
            return ""
        if isinstance(item, str):
            return item
        raise self.wrong(f"Items to join must be {self.kinds} not {repr(item)[:200]}")

    def result(self) -> Any:
        items = self.texts()
        delimiter = resolve(self.delimiter)
        if not isinstance(delimiter, str):
            raise self.wrong('"%s" delimiter must be a string')
        texts = [self.text(item) for item in items]
        fits(sum(map(len, texts)) + len(delimiter) * len(texts))
        return delimiter.join(texts)


class ListJoinMany(ListJoin):
    """`list_join` since 2015-10-15: several lists, and maps and lists among the items become JSON."""

    __slots__ = ()
    form = '"%s" : [ " ", [ "str1", "str2"] ...]'
    kinds = "string, map or list"

    def check(self) -> None:
        if not isinstance(self.args, list) or len(self.args) < 2:
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')
        self.delimiter, self.lists = self.args[0], self.args[1:]

    def texts(self) -> list[Any]:
        found: list[Any] = []
        for items in resolve(self.lists):
            if items and not is_list(items):
                raise self.wrong('"%s" must operate on a list')
            found += items or []
        return found

    def text(self, item: Any) -> str:
        return to_json(item) if isinstance(item, dict | list) else super().text(item)


class StrSplit(Function):
    """`str_split: [DELIMITER, TEXT]` gives a list, `[DELIMITER, TEXT, INDEX]` one item of it."""

    __slots__ = ()
    form: ClassVar[str] = '"%s" : [ ",", "apples,pears", <index>]'

    def check(self) -> None:
        if isinstance(self.args, str | dict):
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')

    def result(self) -> Any:
        args = resolve(self.args)
        if not isinstance(args, list) or len(args) < 2:
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')
        delimiter, text = args[0], args[1]
        if text is None:
            return None
        parts = text.split(delimiter)
        if len(args) == 2:
            return parts
        try:
            index = int(args[2])
        except ValueError:
            raise self.wrong(f'Incorrect index to "%s" should be: {self.form}') from None
        try:
            return parts[index]
        except IndexError:
            raise self.wrong(f'Incorrect index to "%s" should be between 0 and {len(parts) - 1}') from None


class Digest(Function):
    """`digest: [ALGORITHM, TEXT]`: a checksum in hexadecimal."""

    __slots__ = ()

    def result(self) -> Any:
        args = resolve(self.args)
        if not (isinstance(args, list) and all(isinstance(arg, str) for arg in args)):
            raise self.wrong('Argument to function "%s" must be a list of strings')
        if len(args) != 2:
            raise self.wrong('Function "%s" usage: ["<algorithm>", "<value>"]')
        if args[0].lower() not in hashlib.algorithms_available:
            raise self.wrong(f"Algorithm must be one of {sorted(hashlib.algorithms_available)}")
        made = hashlib.new(args[0], args[1].encode("latin-1"), usedforsecurity=False)
        return made.hexdigest()
