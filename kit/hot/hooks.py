"""Hooks of the environment: where an action stops until a signal clears them.

Source: Heat 27, `_break_if_required`. A hook that is hit leaves the resource's state as it is. Those of a create or
a delete hold only while the stack itself is created or deleted; `pre-update` holds also what will not change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.hot.definition import Definition
from kit.hot.resources.base import Resource

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class Hooks:
    """The hooks that an action on a stack meets.

    Attributes
    ----------
    paused : dict
        Name to the hook that holds it.
    cleared : set
        Record and hook, of those that held it once.
    """

    def __init__(self, stack: Stack, definition: Definition) -> None:
        self.stack = stack
        self.definition = definition
        self.paused: dict[str, str] = {}
        self.cleared: set[tuple[str, str]] = set()

    def _held(self, record: Resource) -> bool:
        return record.name in self.paused and record.data.get("hook") is not None

    def _holds(self, record: Resource, hook: str) -> bool:
        """Whether a hook of the environment stops here, until a signal clears it."""
        action = hook.split("-")[1].upper()
        if action != "UPDATE" and self.stack.action != action:
            return False
        if hook not in self.definition.environment.registry.hooks(record.name):
            return False
        if (record.id, hook) in self.cleared:
            return False
        if self.paused.get(record.name) == hook and record.data.get("hook") != hook:
            self.cleared.add((record.id, hook))
            del self.paused[record.name]
            return False
        if self.paused.get(record.name) != hook:
            self.paused[record.name] = hook
            record.data["hook"] = hook
            told = f"{action} paused until Hook {hook} is cleared"
            self.stack.add_event(record, record.action, record.status, told)
        return True
