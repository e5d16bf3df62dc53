"""Functions on lists and maps: map_merge, map_replace, filter, list_concat, contains, make_url.

Source: Heat 27.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlunsplit

from kit.hot.functions.base import MOST_ITEMS, Function, fits, is_list, resolve


class MapMerge(Function):
    """`map_merge: [MAP, ...]`: later maps win; null counts as empty."""

    __slots__ = ()

    def result(self) -> Any:
        args = resolve(self.args)
        if not isinstance(args, list | str):
            example = '"%s" : [ { "key1": "val1" }, { "key2": "val2" } ]'
            raise self.wrong(f'Incorrect arguments to "%s" should be: {example}')
        merged: dict[Any, Any] = {}
        for item in args:
            if item is None:
                continue
            if not isinstance(item, dict):
                what = f"{repr(item)[:200]} is type {type(item)} instead of a dict"
                raise self.wrong(f"Incorrect arguments: Items to merge must be maps. {what}")
            merged.update(item)
            fits(len(merged), "map", MOST_ITEMS)
        return merged


class MapReplace(Function):
    """`map_replace: [MAP, {keys: {OLD: NEW}, values: {OLD: NEW}}]`."""

    __slots__ = ()
    form: ClassVar[str] = '"%s" : [ { "key1": "val1" }, {"keys": {"key1": "key2"}, "values": {"val1": "val2"}}]'

    def map(self, value: Any) -> dict[Any, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            what = f'to "%s", arguments must be a list of maps. Example:  {self.form}'
            raise self.wrong(f"Incorrect arguments: {what}")
        return value

    def result(self) -> Any:
        args = resolve(self.args)
        if not isinstance(args, list) or len(args) != 2:
            if isinstance(args, list):
                for item in args[:2]:
                    self.map(item)
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')
        source, change = self.map(args[0]), self.map(args[1])
        if not set(change) <= {"keys", "values"}:
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')
        keys, values = self.map(change.get("keys", {})), self.map(change.get("values", {}))
        made: dict[Any, Any] = {}
        for old, value in source.items():
            key = keys.get(old)
            if key is None:
                key = old
            elif key in source and key != old:
                raise self.wrong(f"key replacement {key} collides with a key in the input map")
            elif key in made:
                raise self.wrong(f"key replacement {key} collides with a key in the output map")
            try:
                made[key] = values.get(value, value)
            except TypeError:  # a list or map is nobody's key
                made[key] = value
        return made


class Filter(Function):
    """`filter: [VALUES, LIST]`: the list without the values."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args):
            raise self.wrong('Argument to "%s" must be a list')
        if len(self.args) != 2:
            form = f"[values, sequence] but got {len(self.args)} arguments instead"
            raise self.wrong(f'"%s" expected 2 arguments of the form {form}')

    def result(self) -> Any:
        items = resolve(self.args[1])
        if not items:
            return items
        if not isinstance(items, list):
            raise self.wrong('"%s" only works with lists')
        values = resolve(self.args[0])
        if not values:
            return items
        if not isinstance(values, list):
            raise self.wrong('"%s" filters a list of values')
        return [item for item in items if item not in values]


class ListConcat(Function):
    """`list_concat: [LIST, ...]`: one list after the other; inner lists stay lists."""

    __slots__ = ()
    unique: ClassVar[bool] = False

    def result(self) -> Any:
        args = resolve(self.args)
        if not isinstance(args, list):
            form = '"%s" : [ [ <value 1>, <value 2> ], [ <value 3>, <value 4> ] ]'
            raise self.wrong(f'Incorrect arguments to "%s" should be: {form}')
        found: list[Any] = []
        for items in args:
            if items is None:
                continue
            if not isinstance(items, list):
                what = f"{json.dumps(args)} contains an item that is not a list: {json.dumps(items)}"
                raise self.wrong(f"Incorrect arguments: Items to concat must be lists. {what}")
            found.extend(items)
            fits(len(found), "list", MOST_ITEMS)
        if not self.unique:
            return found
        once: list[Any] = []
        for item in found:
            if item not in once:
                once.append(item)
        return once


class ListConcatUnique(ListConcat):
    """`list_concat_unique`: each item once, the first stays."""

    __slots__ = ()
    unique = True


class Contains(Function):
    """`contains: [VALUE, LIST]`, also for a text in a text."""

    __slots__ = ()

    def check(self) -> None:
        if not self.args or not isinstance(self.args, list):
            form = '"%s" : [ "value1", [ "value1", "value2"]]'
            raise self.wrong(f'Incorrect arguments to "%s" should be: {form}')
        if len(self.args) != 2:
            raise self.wrong('Arguments to "%s" must be of the form: [value1, [value1, value2]]')

    def result(self) -> Any:
        value, items = resolve(self.args[0]), resolve(self.args[1])
        if not isinstance(items, list | str):
            raise self.wrong('Second argument to "%s" should be a sequence.')
        return value in items


class MakeUrl(Function):
    """`make_url: {scheme, username, password, host, port, path, query, fragment}`, each part quoted."""

    __slots__ = ()
    members: ClassVar[tuple[str, ...]] = (
        "scheme", "username", "password", "host", "port", "path", "query", "fragment",
    )  # fmt: skip

    def check_members(self, args: dict[Any, Any]) -> None:
        """Check the kinds of the parts; what comes after a query is not looked at, as in Heat."""
        for part in self.members:
            if part not in args:
                continue
            value = args[part]
            if isinstance(value, Function):
                if part == "query":
                    return
                continue
            if part == "query":
                if not isinstance(value, dict):
                    raise self.wrong('The "query" argument to "%s" must be a map')
                return
            if part == "port":
                self.port(value, args)
            elif not isinstance(value, str):
                raise self.wrong(f'The "{part}" argument to "%s" must be a string')

    def port(self, value: Any, args: dict[Any, Any]) -> None:
        try:
            number = int(value)
        except ValueError:
            raise self.wrong(f'Invalid URL port "{value}" for %s called with {args}') from None
        if not 0 < number <= 65535:
            raise self.wrong(f"Invalid URL port {number}, must be in range 1-65535")

    def validate(self) -> None:
        if not isinstance(self.args, dict):
            raise self.wrong('The arguments to "%s" must be a map')
        unknown = [str(key) for key in self.args if key not in self.members]
        if unknown:
            raise self.wrong(f'Invalid arguments to "%s": {", ".join(unknown)}')
        self.check_members(self.args)

    def result(self) -> Any:
        args = resolve(self.args)
        if not isinstance(args, dict):
            raise self.wrong('The arguments to "%s" must be a map')
        self.check_members(args)
        if ":" in args.get("scheme", ""):
            raise self.wrong("URL \"scheme\" should not contain ':'")
        user, password = quote(args.get("username", ""), safe=""), quote(args.get("password", ""), safe="")
        login = f"{user}{':' + password if password else ''}@" if user or password else ""
        host = args.get("host", "")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        host = quote(host, safe=":")
        host = f"[{host}]" if ":" in host else host
        port = f":{args['port']}" if args.get("port", "") else ""
        query = urlencode(args.get("query", {})).replace("%2F", "/")
        place = f"{login}{host}{port}"
        return urlunsplit(
            (args.get("scheme", ""), place, quote(args.get("path", "")), query, quote(args.get("fragment", "")))
        )
