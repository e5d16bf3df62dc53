"""The resource registry of an environment: type names mapped to types or template files.

Source: Heat 27. Of several mappings the user's own for one resource name wins, then a type, then a wildcard.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from kit.hot.errors import (
    InvalidBreakPointHook,
    InvalidRestrictedAction,
    StackValidationFailed,
    TemplateSyntaxError,
)
from kit.hot.suggest import did_you_mean

HOOKS = ("pre-create", "pre-update", "pre-delete", "post-create", "post-update", "post-delete")
ACTIONS = ("update", "replace")
FILES = (".yaml", ".template")


@dataclass(frozen=True)
class Target:
    """What a type name stands for: a `type`, or a template `file`."""

    type: str = ""
    file: str = ""


class Registry:
    """The mappings.

    Raises
    ------
    InvalidBreakPointHook, InvalidRestrictedAction
        A hook or a restriction that there is not.
    """

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        self.types: dict[str, str] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        for key, value in (data or {}).items():
            if key == "resources" and isinstance(value, Mapping):
                for name, part in value.items():
                    if isinstance(part, Mapping):
                        self._part(str(name), part)
            elif key == "resources" and value is not None:
                what = "The part resources of a resource_registry must be a map of resource names."
                raise TemplateSyntaxError(what, path=("resource_registry",))
            elif value is None:
                self._remove(str(key))
            elif isinstance(value, str):
                self.types[str(key)] = value
            elif key == "hooks":
                _hooks(value)

    def _part(self, name: str, part: Mapping[str, Any]) -> None:
        found = self.resources.setdefault(name, {})
        for key, value in part.items():
            if value is None:
                continue
            if key == "hooks":
                _hooks(value)
            elif key == "restricted_actions":
                _restrictions(value)
            if isinstance(value, Mapping):  # the resources of a nested stack
                found[key] = copy.deepcopy(dict(value))
                Registry({"resources": {key: value}})
            else:
                found[key] = copy.deepcopy(value)

    def _remove(self, name: str) -> None:
        if name.endswith("*"):
            self.types = {key: value for key, value in self.types.items() if not key.startswith(name[:-1])}
        else:
            self.types.pop(name, None)

    def to_dict(self) -> dict[str, Any]:
        """The mappings as Heat shows them."""
        return {"resources": copy.deepcopy(self.resources), **self.types}

    def find(self, type: str, name: str, known: Callable[[str], bool], seen: frozenset[str] = frozenset()) -> Target:
        """What a type name stands for.

        Parameters
        ----------
        name : str
            The resource, for mappings of its own.
        known : callable
            Whether a type really exists.

        Raises
        ------
        StackValidationFailed
            Nothing: the type could not be found.
        """
        found = self._find(type, name, known, seen)
        if found is None:
            raise StackValidationFailed(
                f"The Resource Type ({type}) could not be found.",
                rule="unknown-type", todo=did_you_mean(type, self.types) if self.types else "",
            )  # fmt: skip
        return found

    def _find(self, type: str, name: str, known: Callable[[str], bool], seen: frozenset[str]) -> Target | None:
        if type.endswith(FILES) and type not in self.types:
            return Target(file=type)
        for value in self._mappings(type, name):
            if value.endswith(FILES):
                return Target(file=value)
            if value == type and known(type):
                return Target(type)
            if value not in seen and value != type:
                found = self._find(value, name, known, seen | {type})
                if found is not None:
                    return found
        return Target(type) if known(type) else None

    def _mappings(self, type: str, name: str) -> Iterator[str]:
        own = self.resources.get(name, {}).get(type)
        if isinstance(own, str):
            yield own
        globs = []
        for key, value in self.types.items():
            if key.endswith("*") and type != value and type.startswith(key[:-1]):
                target = value[:-1] + type[len(key) - 1 :] if value.endswith("*") else value
                globs.append((key, target))
            elif key == type:
                globs.append((key, value))
        for _, value in sorted(globs):
            yield value

    def learned(self, type: str, name: str) -> str | None:
        """The mapping of one resource or of a wildcard by which a type is found; Heat then shows it for the type, too."""
        own = self.resources.get(name, {}).get(type)
        wild = [value for key, value in sorted(self.types.items()) if key.endswith("*") and type.startswith(key[:-1])]
        found = [value for value in (own, *wild) if isinstance(value, str) and value != type]
        return found[0] if found and type not in self.types and not found[0].endswith(FILES) else None

    def hooks(self, name: str) -> set[str]:
        """The hooks of a resource, also by wildcards."""
        return self._words(name, "hooks")

    def restricted(self, name: str) -> set[str]:
        """The actions that are forbidden for a resource."""
        return self._words(name, "restricted_actions")

    def _words(self, name: str, key: str) -> set[str]:
        found: set[str] = set()
        for pattern, part in self.resources.items():
            if fnmatchcase(name, pattern) and key in part:
                value = part[key]
                found |= {value} if isinstance(value, str) else set(value)
        return found

    def child(self, resource: str, without: str = "") -> Registry:
        """The registry of a nested stack: what was said of the resource, and by wildcards."""
        made = Registry()
        made.types = {key: value for key, value in self.types.items() if key != without or not value.endswith(FILES)}
        inner: dict[str, Any] = {}
        for pattern, part in self.resources.items():
            if fnmatchcase(resource, pattern):
                inner |= part
        for key, value in inner.items():
            if isinstance(value, dict):
                made.resources[key] = copy.deepcopy(value)
        return made


def _words(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value) if isinstance(value, list) else [value]


def _hooks(value: Any) -> None:
    if not all(word in HOOKS for word in _words(value)):
        what = f'Invalid hook type "{value}" for resource breakpoint, acceptable hook types are: {HOOKS}'
        raise InvalidBreakPointHook(what, path=("resource_registry",), todo=f"Hooks are: {', '.join(HOOKS)}.")


def _restrictions(value: Any) -> None:
    if not all(word in ACTIONS for word in _words(value)):
        what = (
            f'Invalid restricted_action type "{value}" for resource, acceptable restricted_action types are: {ACTIONS}'
        )
        raise InvalidRestrictedAction(what, path=("resource_registry",), todo="Write update, replace, or both.")
