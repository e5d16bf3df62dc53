"""The functions of CloudFormation's form: `Ref` and `Fn::*`, in AWS, Heat-CFN and 2013-05-23 templates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from kit.hot.errors import FunctionError, ValueUnknown
from kit.hot.functions import refer
from kit.hot.functions.base import Function, is_list, resolve
from kit.hot.functions.texts import StrReplace


class Ref(refer.GetResource):
    """`Ref: NAME`: a resource's id, or a parameter's value."""

    __slots__ = ()

    def check(self) -> None:
        if isinstance(self.args, list | dict):
            raise self.wrong('Argument to "%s" must be the name of a parameter or a resource')

    def of_resource(self) -> bool:
        return isinstance(self.args, str) and self.scope.has(self.args)

    def result(self) -> Any:
        return super().result() if self.of_resource() else ParamRef.result(self)  # type: ignore[arg-type]

    def references(self) -> Iterator[tuple[str, Any]]:
        if self.of_resource():
            yield self.args, None
        else:
            yield from Function.references(self)


class ParamRef(Function):
    """`Ref: NAME` where only parameters count, as in conditions."""

    __slots__ = ()

    def result(self) -> Any:
        name = resolve(self.args)
        try:
            return self.scope.parameter(name)
        except ValueUnknown:
            raise
        except FunctionError:
            raise FunctionError(f'The specified reference "{name}" (in unknown) is incorrect.') from None


class GetAtt(refer.GetAttrThenSelect):
    """`Fn::GetAtt: [RESOURCE, ATTRIBUTE]`."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args) or len(self.args) != 2:
            raise self.wrong('Arguments to "%s" must be of the form [resource_name, attribute]')
        self.resource, self.attribute, self.path = self.args[0], self.args[1], []


class FindInMap(Function):
    """`Fn::FindInMap: [MAPPING, KEY, NAME]`."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args) or len(self.args) != 3:
            raise self.wrong('Arguments to "%s" must be of the form [mapping, key, value]')

    def result(self) -> Any:
        value: Any = self.scope.mappings
        for part in resolve(self.args):
            try:
                value = value[part]
            except (KeyError, TypeError, IndexError):
                raise FunctionError(f"{part!r} is not in the mapping {resolve(self.args)[0]!r}") from None
        return value


class GetAZs(Function):
    """`Fn::GetAZs: REGION`: the availability zones."""

    __slots__ = ()

    def result(self) -> Any:
        return self.scope.zones()


class Select(Function):
    """`Fn::Select: [INDEX, LIST]` or `[KEY, MAP]`; what is not there gives ""."""

    __slots__ = ()

    def check(self) -> None:
        if not isinstance(self.args, list | tuple | dict) or len(self.args) != 2:
            raise self.wrong('Arguments to "%s" must be of the form [index, collection]')

    def result(self) -> Any:
        index, items = resolve(list(self.args))
        if items is None or items == "":
            return ""
        if isinstance(items, str):
            try:
                items = json.loads(items)
            except ValueError as error:
                raise self.wrong(f'"%s": {error}') from None
        if isinstance(items, dict):
            if not isinstance(index, str):
                raise self.wrong('Index to "%s" must be a string')
            return items.get(index, "")
        if not is_list(items):
            raise self.wrong("Arguments to %s not fully resolved")
        try:
            index = int(index)
        except (ValueError, TypeError):
            raise self.wrong('Index to "%s" must be an integer') from None
        try:
            return items[index]
        except IndexError:
            return ""


class Split(Function):
    """`Fn::Split: [DELIMITER, TEXT]`."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args) or len(self.args) != 2:
            raise self.wrong('Incorrect arguments to "%s" should be: "%s" : [ ",", "str1,str2"]]')

    def result(self) -> Any:
        text = resolve(self.args[1])
        if not isinstance(self.args[0], str):
            raise self.wrong("Delimiter for %s must be string")
        if not isinstance(text, str):
            raise self.wrong(f"String to split must be string; got {type(text)}")
        return text.split(self.args[0])


class Replace(StrReplace):
    """`Fn::Replace: [{KEY: VALUE}, TEXT]`."""

    __slots__ = ()
    form: ClassVar[str] = '{"%s": [ {"$var1": "foo", "%var2%": "bar"}, "$var1 is %var2%"]}'

    def take(self) -> tuple[Any, Any]:
        if not is_list(self.args) or len(self.args) != 2:
            raise self.wrong(f'Incorrect arguments to "%s" should be: {self.form}')
        return self.args[0], self.args[1]


class Base64(Function):
    """`Fn::Base64: TEXT`: the text as it is; Heat's servers take it so."""

    __slots__ = ()

    def result(self) -> Any:
        text = resolve(self.args)
        if not isinstance(text, str):
            raise self.wrong('"%s" argument must be a string')
        return text


class MemberListToMap(Function):
    """`Fn::MemberListToMap: [NAME, VALUE, [".member.0.NAME=KEY", ".member.0.VALUE=VALUE", ...]]`."""

    __slots__ = ()

    def check(self) -> None:
        if not is_list(self.args) or len(self.args) != 3:
            example = "['Name', 'Value', ['.member.0.Name=key', '.member.0.Value=door']]"
            raise self.wrong(f"Wrong Arguments try: \"{{'Fn::MemberListToMap': {example}}}\"")
        for what, value in (("Key", self.args[0]), ("Value", self.args[1])):
            if not isinstance(value, str):
                raise self.wrong(f"%s {what} Name must be a string")

    def result(self) -> Any:
        members = resolve(self.args[2])
        if not isinstance(members, list | tuple):
            raise self.wrong("Member list must be a list")
        found: dict[str, dict[str, str]] = {}
        for member in members:
            if not isinstance(member, str):
                raise self.wrong("Member list items must be strings")
            if "=" not in member:
                raise self.wrong(f"%s items must be of the form NAME=VALUE; got {member!r}")
            name, _, value = member.partition("=")
            _, marker, rest = name.partition(".member.")
            number, _, part = rest.partition(".")
            if marker and part:
                found.setdefault(number, {})[part] = value
        key, value_name = self.args[0], self.args[1]
        return {
            parts[key]: parts[value_name] for _, parts in sorted(found.items()) if key in parts and value_name in parts
        }


class ResourceFacade(refer.ResourceFacade):
    """`Fn::ResourceFacade: PART`."""

    __slots__ = ()
    choices = ("Metadata", "DeletionPolicy", "UpdatePolicy")
