"""The parts of a definition: a resource, an output, the names of the stack, and a resource that is only planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kit.hot.functions.base import attempt, references


@dataclass
class ResourceDefinition:
    """What a template says of one resource; functions in it are parsed, not resolved."""

    name: str
    type: str
    properties: Any = None
    metadata: Any = None
    depends_on: list[str] | None = None
    deletion_policy: str | None = None
    update_policy: Any = None
    description: str = ""
    external_id: Any = None
    condition: Any = None

    def frozen(self) -> dict[str, Any]:
        """The definition with all functions resolved, as it is compared on an update; the description is not.

        Raises
        ------
        FunctionError
            A value cannot be given.
        """
        parts = {
            "type": self.type, "properties": self.properties, "metadata": self.metadata,
            "depends_on": self.depends_on, "deletion_policy": self.deletion_policy,
            "update_policy": self.update_policy, "external_id": self.external_id, "condition": self.condition,
        }  # fmt: skip
        return {key: attempt(value) for key, value in parts.items() if value is not None}

    def named(self) -> set[str]:
        """The resources that are named in it, also in depends_on."""
        found = {name for name, _ in references(self.properties)} | {name for name, _ in references(self.metadata)}
        return set() if self.external_id is not None else found | set(self.depends_on or ())


@dataclass(frozen=True)
class OutputDefinition:
    """An output; `enabled` is false when its condition is."""

    name: str
    value: Any
    description: str = "No description given"
    enabled: bool = True


@dataclass
class Names:
    """What a stack is called, for pseudo parameters.

    Attributes
    ----------
    stack, stack_id, project_id : str
        Empty before the stack is there.
    """

    stack: str = ""
    stack_id: str = ""
    project_id: str = ""
    region: str = "ap-southeast-1"


@dataclass
class Planned:
    """A resource that is not there yet, as functions see it."""

    name: str
    known: Callable[[str], bool]
    ready: bool = False

    def knows(self, attribute: str) -> bool:
        return self.known(attribute)

    def reference(self) -> Any:
        return self.name

    def attribute(self, name: str, path: Sequence[Any]) -> Any:
        return None

    def attributes(self) -> dict[str, Any]:
        return {}
