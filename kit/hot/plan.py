"""The preview of a create or an update: each resource with its class, each property old and new.

A value that rests on what is made or changed only then is `known after creation` or `known after update`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.hot.change import CREATED, DELETED, REPLACED, UNTOUCHED, UPDATED, Change, decide
from kit.hot.errors import FunctionError, TemplateError
from kit.hot.functions.base import attempt
from kit.hot.parts import ResourceDefinition
from kit.hot.properties import Properties
from kit.hot.resources.base import Kind, Resource

if TYPE_CHECKING:
    from kit.hot.stack import Stack
    from kit.hot.validate import Validation

SIGNS = {CREATED: "+", UPDATED: "~", REPLACED: "-/+", DELETED: "-", UNTOUCHED: " "}
WORDS = {CREATED: "added", UPDATED: "updated", REPLACED: "replaced", DELETED: "deleted", UNTOUCHED: "unchanged"}


@dataclass(frozen=True)
class Later:
    """A value that is not known before the update."""

    word: str

    def __repr__(self) -> str:
        return f"({self.word})"


AFTER_CREATION, AFTER_UPDATE = Later("known after creation"), Later("known after update")


@dataclass(frozen=True)
class PropertyChange:
    """One property, before and after.

    Attributes
    ----------
    forces : bool
        Whether it is why the resource is replaced.
    """

    name: str
    old: Any
    new: Any
    forces: bool = False

    def __str__(self) -> str:
        forced = "  # forces replacement" if self.forces else ""
        return f"{self.name}: {self.old!r} -> {self.new!r}{forced}"


@dataclass(frozen=True)
class Step:
    """What happens to one resource."""

    name: str
    type: str
    change: str
    properties: tuple[PropertyChange, ...] = ()
    reason: str = ""

    def lines(self) -> Iterator[str]:
        """The step in words."""
        why = f"  ({self.reason})" if self.reason else ""
        yield f"{SIGNS[self.change]:>3} {self.name}  {self.type}{why}"
        if self.change in (UPDATED, REPLACED):
            yield from (f"      {each}" for each in self.properties)
        elif self.change == CREATED:
            yield from (f"      {each.name}: {each.new!r}" for each in self.properties)

    def to_dict(self) -> dict[str, Any]:
        """The step as plain data."""
        return {
            "name": self.name, "type": self.type, "change": WORDS[self.change], "reason": self.reason,
            "properties": [
                {"name": each.name, "old": _shown(each.old), "new": _shown(each.new), "forces_replacement": each.forces}
                for each in self.properties
            ],
        }  # fmt: skip


@dataclass
class Plan:
    """What a create or an update would do."""

    steps: list[Step] = field(default_factory=list)
    waves: list[list[str]] = field(default_factory=list)

    def names(self, change: str) -> list[str]:
        """The resources of a class: added, updated, replaced, deleted, unchanged."""
        return sorted(step.name for step in self.steps if change in (step.change, WORDS[step.change]))

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return all(step.change == UNTOUCHED for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {
            "steps": [step.to_dict() for step in self.steps],
            **{word: self.names(change) for change, word in WORDS.items()}, "waves": self.waves,
        }  # fmt: skip

    def __repr__(self) -> str:
        lines = [line for step in self.steps if step.change != UNTOUCHED for line in step.lines()]
        counts = ", ".join(f"{len(self.names(change))} {word}" for change, word in WORDS.items())
        return "\n".join([*lines, f"Plan: {counts}."])


def _shown(value: Any) -> Any:
    return repr(value)[1:-1] if isinstance(value, Later) else value


class _Future:
    """A resource as it will be, as far as that is known."""

    ready = True

    def __init__(
        self, name: str, later: Later, kind: Kind, live: Resource | None, values: Mapping[str, Any] | None
    ) -> None:
        self.name = name
        self.later = later
        self.kind = kind
        self.live = live
        self.values = values

    def knows(self, attribute: str) -> bool:
        return True

    def reference(self) -> Any:
        if self.live is not None and self.later is AFTER_UPDATE:
            return self.live.reference()
        raise _NotYet(self.later)

    def attribute(self, name: str, path: Sequence[Any]) -> Any:
        if self.values is None:
            raise _NotYet(self.later)
        return self.kind.foresee(self.live, self.values, name, list(path), _NotYet(self.later))

    def attributes(self) -> dict[str, Any]:
        raise _NotYet(self.later)


class _NotYet(FunctionError):
    """A value that will be known later."""

    def __init__(self, later: Later) -> None:
        super().__init__(later.word)
        self.later = later


def plan_update(stack: Stack, checked: Validation) -> Plan:
    """What an update of a stack would do."""
    futures: dict[str, Any] = {}
    definition = checked.definition
    definition.view = lambda name: futures.get(name) or stack.resources.get(name)
    plan = Plan(waves=checked.graph.waves())
    for name in checked.graph.order():
        new = definition.resources[name]
        try:
            kind = checked.lookup.kind(new)
        except TemplateError:
            continue
        old = stack.best(name, "", stack.generation)
        plan.steps.append(_step(old, kind, new, futures))
    for name in sorted(set(stack.resources) - set(definition.resources)):
        plan.steps.append(Step(name, stack.resources[name].type, DELETED))
    return plan


def _step(old: Resource | None, kind: Kind, new: ResourceDefinition, futures: dict[str, Any]) -> Step:
    name = new.name
    if old is None or old.action == "INIT":
        futures[name] = _Future(name, AFTER_CREATION, kind, None, _values(kind, new))
        return Step(name, new.type, CREATED, tuple(_made(new)))
    later = dict(_later(new))
    if later:
        change, values = _unsure(old, kind, new, later)
    else:
        change = decide(old, kind, new, new.frozen())
        values = _values(kind, new)
    if change.kind == REPLACED:
        futures[name] = _Future(name, AFTER_CREATION, kind, None, values)
    elif change.kind == UPDATED and (change.changed or later):
        futures[name] = _Future(name, AFTER_UPDATE, kind, old, values)
    before = old.properties
    after = (values or _known(kind, new, later)) | later
    properties = tuple(
        PropertyChange(key, before.get(key), after.get(key), change.kind == REPLACED and key in change.forces)
        for key in sorted(change.changed)
    )
    return Step(name, new.type, change.kind, properties, change.reason)


def _values(kind: Kind, new: ResourceDefinition) -> dict[str, Any] | None:
    """All values with their defaults; None when one is not known."""
    try:
        given = attempt(new.properties or {})
        return Properties(kind.schema(None, given), given, renamed=kind.type.renamed).values()
    except FunctionError:
        return None


def _known(kind: Kind, new: ResourceDefinition, later: Mapping[str, Later]) -> dict[str, Any]:
    """The values that are known, with their defaults."""
    part = {key: value for key, value in (new.properties or {}).items() if key not in later}
    return _values(kind, ResourceDefinition(new.name, new.type, part)) or {}


def _later(new: ResourceDefinition) -> Iterator[tuple[str, Later]]:
    """The properties whose values are known only later."""
    given = new.properties if isinstance(new.properties, dict) else {}
    for key, value in given.items():
        try:
            attempt(value)
        except _NotYet as error:
            yield key, error.later
        except FunctionError:
            continue


def _unsure(
    old: Resource, kind: Kind, new: ResourceDefinition, later: Mapping[str, Later]
) -> tuple[Change, dict[str, Any] | None]:
    """The class when some values are known only later; those count as changed."""
    known = {key: value for key, value in (new.properties or {}).items() if key not in later}
    part = ResourceDefinition(
        new.name, new.type, known, None, new.depends_on, new.deletion_policy, new.update_policy, "", new.external_id,
        new.condition,
    )  # fmt: skip
    frozen = part.frozen()
    before = dict(old.frozen.get("properties") or {})
    kept = {key: before[key] for key in later if key in before}
    change = decide(old, kind, part, frozen | {"properties": {**attempt(known), **kept}})
    if change.kind == REPLACED:
        return change, None
    table = kind.schema(old, before)
    changed = change.changed | frozenset(later)
    forces = frozenset(key for key in changed if not table[key].update_allowed)
    replaced = bool(forces) or kind.needs_replace(old, set(changed), old.values({**attempt(known), **kept}))
    if replaced:
        return Change(REPLACED, changed, forces or changed), None
    return Change(UPDATED, changed), None


def plan_create(checked: Validation) -> Plan:
    """What a create would do."""
    definition = checked.definition
    futures: dict[str, Any] = {}
    definition.view = futures.get
    plan = Plan(waves=checked.graph.waves())
    for name in checked.graph.order():
        new = definition.resources[name]
        kind = checked.lookup.kind(new)
        futures[name] = _Future(name, AFTER_CREATION, kind, None, _values(kind, new))
        plan.steps.append(Step(name, new.type, CREATED, tuple(_made(new))))
    return plan


def _made(new: ResourceDefinition) -> Iterator[PropertyChange]:
    given = new.properties if isinstance(new.properties, dict) else {}
    for key, value in given.items():
        try:
            yield PropertyChange(key, None, attempt(value))
        except _NotYet as error:
            yield PropertyChange(key, None, error.later)
        except FunctionError:
            yield PropertyChange(key, None, Later("not known here"))
