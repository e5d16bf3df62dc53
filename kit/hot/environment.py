"""Environments: parameter values, defaults and the resource registry, from one map or several files.

Source: Heat 27. Later files win; with `parameter_merge_strategies` they are merged instead.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kit.hot.errors import (
    ConflictingMergeStrategyForParam,
    InvalidMergeStrategyForParam,
    TemplateError,
    TemplateSyntaxError,
)
from kit.hot.parameters import Parameter
from kit.hot.registry import Registry
from kit.hot.suggest import did_you_mean
from kit.hot.text import read_map

SECTIONS = (
    "parameters", "resource_registry", "parameter_defaults", "encrypted_param_names", "event_sinks",
    "parameter_merge_strategies",
)  # fmt: skip
STRATEGIES = ("overwrite", "merge", "deep_merge")


class Environment:
    """An environment.

    Parameters
    ----------
    data : mapping
        With the sections of an environment; a map without any is one of parameters.

    Raises
    ------
    InvalidBreakPointHook, InvalidRestrictedAction
        The registry asks for a hook or a restriction that there is not.
    """

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        data = data or {}
        self.parameters: dict[str, Any] = _section(data, "parameters")
        if "parameters" not in data:
            self.parameters = {key: value for key, value in data.items() if key not in SECTIONS}
        self.parameter_defaults: dict[str, Any] = _section(data, "parameter_defaults")
        self.encrypted_param_names: list[str] = list(data.get("encrypted_param_names") or [])
        self.event_sinks: list[Any] = list(data.get("event_sinks") or [])
        if not isinstance(data.get("event_sinks") or [], list):
            what = "The section event_sinks of an environment must be a list."
            raise TemplateSyntaxError(what, path=("event_sinks",))
        self.registry = Registry(_section(data, "resource_registry"))

    @classmethod
    def read(cls, text: str | Mapping[str, Any] | None, name: str = "") -> Environment:
        """An environment from YAML text or a map.

        Raises
        ------
        TemplateSyntaxError
            It does not parse, or has a section that environments have not.
        """
        return cls(read_environment(text, name))

    def to_dict(self) -> dict[str, Any]:
        """The environment as Heat shows it."""
        return {
            "resource_registry": self.registry.to_dict(), "parameters": self.parameters,
            "parameter_defaults": self.parameter_defaults, "event_sinks": self.event_sinks,
        }  # fmt: skip

    def child(self, parameters: Mapping[str, Any], resource: str, without: str = "") -> Environment:
        """The environment of a nested stack: the same registry, its own parameters.

        Parameters
        ----------
        resource : str
            The name of the resource in the parent; what the registry says of it alone is for the child.
        without : str
            A type whose mapping is left out, so that a template may hold the type it stands for.
        """
        made = Environment({"parameter_defaults": self.parameter_defaults})
        made.parameters = dict(parameters)
        made.registry = self.registry.child(resource, without)
        made.event_sinks = list(self.event_sinks)
        return made


def _section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name) or {}
    if not isinstance(value, Mapping):
        raise TemplateSyntaxError(f"The section {name} of an environment must be a map.", path=(name,))
    return copy.deepcopy(dict(value))


def read_environment(text: str | Mapping[str, Any] | None, name: str = "") -> dict[str, Any]:
    """The sections of an environment.

    Raises
    ------
    TemplateSyntaxError
        It does not parse, or a section is unknown.
    """
    data = read_map(text, name, True) if isinstance(text, str) else dict(text or {})
    for section, value in data.items():
        if value is None:
            empty = TemplateSyntaxError(f'environment has empty section "{section}"', todo="Fill it, or remove it.")
            empty.file = name
            raise empty
        if section not in SECTIONS:
            error = TemplateSyntaxError(
                f'environment has wrong section "{section}"', todo=did_you_mean(section, SECTIONS, "Sections are")
            )
            error.file = name
            raise error
    return data


def merge_files(
    base: Mapping[str, Any] | str | None,
    names: Sequence[str],
    files: Mapping[str, str],
    declared: Mapping[str, Parameter],
) -> dict[str, Any]:
    """An environment with files merged into it, in order.

    Raises
    ------
    TemplateSyntaxError
        A file is missing or no environment.
    ConflictingMergeStrategyForParam, InvalidMergeStrategyForParam
        Two files want a parameter merged in different ways, or it cannot be merged.
    """  # fmt: skip
    merged: dict[str, Any] = copy.deepcopy(dict(read_environment(base)))
    agreed: dict[str, str] = {}
    for name in names:
        if name not in files:
            raise TemplateSyntaxError(
                f"environment file {name!r} is not among the files", todo=did_you_mean(name, files)
            )
        found = copy.deepcopy(dict(read_environment(files[name], name)))
        strategies = _section(found, "parameter_merge_strategies")
        found.pop("parameter_merge_strategies", None)
        for section, value in found.items():
            if not value:
                continue
            if section in ("parameters", "parameter_defaults"):
                old = merged.get(section) or {}
                merged[section] = _merge_parameters(old, value, declared, strategies, agreed, name)
            elif isinstance(value, dict):
                merged[section] = _merge_map(merged.get(section) or {}, value, False)
            else:
                merged[section] = [*(merged.get(section) or []), *value]
    return merged


def _strategy(strategies: Mapping[str, Any], key: str, agreed: Mapping[str, str]) -> str:
    usual = strategies.get("default", "overwrite")
    found = strategies.get(key, agreed.get(key, usual))
    return str(found if found in STRATEGIES else usual)


def _merge_parameters(
    old: dict[str, Any], new: dict[str, Any], declared: Mapping[str, Parameter], strategies: Mapping[str, Any],
    agreed: dict[str, str], file: str,
) -> dict[str, Any]:  # fmt: skip
    known = {key: value for key, value in new.items() if key in declared and value is not None}
    for key in known:
        strategy = _strategy(strategies, key, agreed)
        if agreed.setdefault(key, strategy) != strategy:
            raise ConflictingMergeStrategyForParam(
                f"Conflicting merge strategy '{strategy}' for parameter '{key}' in file '{file}'.",
                todo=f"Another file says `{agreed[key]}`; all must agree.",
            )
    if not old:
        return new
    for key, value in known.items():
        if agreed[key] not in ("merge", "deep_merge"):
            old[key] = value
        else:
            old[key] = _merge_value(old, key, value, declared[key], agreed[key] == "deep_merge")
    return old


def _merge_value(old: Mapping[str, Any], key: str, value: Any, parameter: Parameter, deep: bool) -> Any:
    try:
        if parameter.kind == "map":
            value = json.loads(value) if isinstance(value, str) and value else value
            return _merge_map(old.get(key) or {}, value, deep)
        if not isinstance(value, list | str):
            raise ValueError
        if parameter.kind == "list":
            return _merge_list(old.get(key), value)
        if parameter.kind == "string":
            return f"{old.get(key, '')}{value}"
        if parameter.kind == "number":
            return old.get(key, 0) + value
    except (ValueError, TypeError, AttributeError) as error:
        raise TemplateSyntaxError(f"Invalid parameter in environment {error}.", anchor=("parameters", key)) from None
    raise InvalidMergeStrategyForParam(f"Invalid merge strategy 'merge' for parameter '{key}'.")


def _merge_list(old: Any, new: Any) -> Any:
    if not old:
        return new
    return [*old, *new] if isinstance(new, list) else ",".join([old, new])


def _merge_map(old: dict[str, Any], new: dict[str, Any], deep: bool) -> dict[str, Any]:
    if not old:
        return new
    for key, value in new.items():
        if value is None:
            continue
        before = old.get(key)
        if not deep or not before or not isinstance(value, dict | list | str):
            old[key] = value
        elif isinstance(value, dict):
            old[key] = _merge_map(before, value, deep)
        elif isinstance(value, list):
            old[key] = _merge_list(before, value)
        else:
            old[key] = f"{before}{value}"
    return old


def environment_faults(data: Mapping[str, Any]) -> Iterable[TemplateError]:
    """What is wrong with an environment, without raising."""
    try:
        Environment(data)
    except TemplateError as error:
        yield error
