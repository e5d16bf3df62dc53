"""A stack in full: parameters, outputs and resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kit.hot.remote.client import Heat
from kit.hot.remote.tree import Node, Tree, read_tree


@dataclass(frozen=True)
class Output:
    """An output.

    Attributes
    ----------
    error : str
        Why it has no value.
    """

    key: str
    value: Any
    description: str = ""
    error: str = ""


@dataclass(frozen=True)
class StackDetails:
    """A stack with its parameters, outputs and resources.

    Attributes
    ----------
    facts : dict
        What Heat shows of the stack itself: id, times, tags, owner, rollback, timeout.
    tree : Tree
        Its resources, and those of stacks inside.
    """

    facts: dict[str, Any]
    parameters: dict[str, Any]
    outputs: tuple[Output, ...]
    tree: Tree

    @property
    def failed(self) -> bool:
        """Whether something in it failed, or an output has no value."""
        return self.tree.failed or any(each.error for each in self.outputs)

    def to_dict(self) -> dict[str, Any]:
        """The stack as plain data."""
        outputs = [
            {"key": each.key, "value": each.value, "description": each.description, "error": each.error}
            for each in self.outputs
        ]
        tree = self.tree.to_dict()
        resources = tree["stack"].get("children", [])
        rest = {"failed": tree["failed"], "rolled_back_because": tree["rolled_back_because"]}
        return self.facts | {"parameters": self.parameters, "outputs": outputs, "resources": resources} | rest

    def lines(self) -> Iterator[tuple[str, Node | None]]:
        """The text line by line, each that shows a node with it."""
        for name, value in self.facts.items():
            if value not in (None, "", []):
                yield f"{name + ':':13}{', '.join(value) if isinstance(value, list) else value}", None
        if self.parameters:
            yield from (("", None), ("parameters", None))
            yield from ((line, None) for name in self.parameters for line in _pair(name, self.parameters[name]))
        if self.outputs:
            yield from (("", None), ("outputs", None))
            for each in self.outputs:
                value = f"(no value: {each.error})" if each.error else each.value
                yield from ((line, None) for line in _pair(each.key, value))
        yield from (("", None), ("resources", None))
        yield from self.tree.lines()

    def __repr__(self) -> str:
        return "\n".join(line for line, _ in self.lines())


def _pair(name: str, value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    lines = text.splitlines() or [""]
    if len(lines) == 1:
        yield f"  {name}: {lines[0]}"
    else:
        yield f"  {name}:"
        yield from (f"    {line}" for line in lines)


def read_stack(heat: Heat, name: str) -> StackDetails:
    """A stack with outputs, parameters and resources, asked of any cloud.

    Raises
    ------
    RemoteError
        There is no such stack, or the cloud does not answer.
    """
    stack = heat.stack(name, outputs=True)
    facts = {
        "name": stack["stack_name"], "id": stack["id"], "state": stack["stack_status"],
        "reason": stack.get("stack_status_reason") or "", "description": stack.get("description") or "",
        "created": stack.get("creation_time"), "updated": stack.get("updated_time"),
        "owner": stack.get("stack_owner"), "parent": stack.get("parent"), "tags": stack.get("tags") or [],
        "rollback": "off" if stack.get("disable_rollback") else "on", "timeout": stack.get("timeout_mins"),
    }  # fmt: skip
    if facts["description"] == "No description":  # Heat's own words for none
        facts["description"] = ""
    outputs = tuple(
        Output(
            each["output_key"], each.get("output_value"), each.get("description") or "", each.get("output_error") or ""
        )
        for each in stack.get("outputs") or ()
    )
    return StackDetails(facts, stack.get("parameters") or {}, outputs, read_tree(heat, stack["id"]))
