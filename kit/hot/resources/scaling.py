"""OS::Heat::AutoScalingGroup and OS::Heat::ScalingPolicy.

Source: Heat 27. The size stays within its limits; a percentage below one step rounds away from zero, above
towards it; inside the cooldown a signal does nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from kit.hot.definition import Definition
from kit.hot.errors import (
    FunctionError,
    InvalidTemplateAttribute,
    ResourceFailure,
    ResourcePropertyValueDependency,
    StackValidationFailed,
    TemplateError,
)
from kit.hot.resources.base import Kind, NoActionRequired, Planned, Resource
from kit.hot.resources.group import Group, not_found, synthesize
from kit.hot.resources.nested import Child, define
from kit.hot.resources.rolling import Rolling, of_policy

CHANGE, EXACT, PERCENT = "change_in_capacity", "exact_capacity", "percent_change_in_capacity"


def new_capacity(current: int, adjustment: float, type: str, step: int | None, low: int, high: int) -> int:
    """The size after an adjustment.

    Parameters
    ----------
    type : str
        `change_in_capacity`, `exact_capacity` or `percent_change_in_capacity`.
    step : int or None
        The least change of a percentage.
    low, high : int
        The limits.
    """
    if type == CHANGE:
        wanted = current + adjustment
    elif type == EXACT:
        wanted = adjustment
    else:
        change = current * adjustment / 100
        away = abs(change) < 1
        rounded = math.ceil(change) if (change > 0) == away else math.floor(change)
        if step and step > abs(rounded):
            rounded = step if rounded > 0 else -step
        wanted = current + rounded
    return int(max(low, min(high, wanted)))


class AutoScalingGroup(Group):
    """Between `min_size` and `max_size` resources of one definition, with random names."""

    drops_oldest = True

    def anchor(self, planned: Planned) -> tuple[str, ...]:
        return (*planned.path, planned.definition.section.properties, "resource")

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        values = planned.properties.values()
        low, high, wanted = values["min_size"], values["max_size"], values["desired_capacity"]
        if high < low:
            yield StackValidationFailed("MinSize can not be greater than MaxSize", rule="property")
        if wanted is not None and not low <= wanted <= high:
            yield StackValidationFailed("DesiredCapacity must be between MinSize and MaxSize", rule="property")
        yield from _definition_faults(values["resource"])

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        wanted = values["desired_capacity"]
        inside = self.inside(resource) if resource is not None else None
        if wanted is None or (wanted == 0 and inside is not None):  # an update takes 0 for no wish at all
            low, high = values["min_size"], values["max_size"]
            wanted = low if inside is None else max(low, min(high, len(self.members(resource))))  # type: ignore[arg-type]
        return Child(self._members(values["resource"], wanted, resource))

    def plan_child(self, planned: Planned) -> Definition | None:
        values = planned.properties.values()
        size = values["min_size"] if values["desired_capacity"] is None else values["desired_capacity"]
        if not size:
            return None
        one = Child(synthesize({"member": _written(values["resource"])}))
        return define(planned.definition, planned.resource.name, one)

    def _members(self, wanted: Mapping[str, Any], size: int, resource: Resource | None) -> Any:
        """The members: those there are, the oldest dropped first, and new ones."""
        old: list[str] = []
        if resource is not None:
            child = self.inside(resource)
            everyone = child.members() if child is not None else []
            old = [each.name for each in sorted(everyone, key=lambda each: each.status != "FAILED")]
            old = old[-size:] if size else []
        names = old + [self._new_name(resource, place) for place in range(size - len(old))]
        return synthesize({name: _written(wanted) for name in names})

    @staticmethod
    def _new_name(resource: Resource | None, place: int) -> str:
        return resource.stack.backend.short_id() if resource is not None else f"member-{place}"

    def rolling(self, resource: Resource, update: bool) -> Rolling | None:
        told = resource.properties["rolling_updates"] or {}
        return of_policy({"rolling_updates": told}, "rolling_updates") if update else None

    def spare(self, resource: Resource, taken: set[str]) -> str:
        return resource.stack.backend.short_id()

    def members_of(self, resource: Resource, size: int) -> Child:
        """The group with another size."""
        return Child(self._members(resource.properties["resource"], size, resource))

    def range_of(self, resource: Resource) -> tuple[int, int]:
        """The least and the largest size."""
        values = resource.properties
        return values["min_size"], values["max_size"]

    def cooldown_of(self, resource: Resource) -> float | None:
        """Seconds after a change in which there is no other."""
        found: float | None = resource.properties["cooldown"]
        return found

    def adjust(
        self, resource: Resource, adjustment: float, type: str, step: int | None, cooldown: float | None
    ) -> None:
        """Change the size.

        Raises
        ------
        NoActionRequired
            It stays the same, or the cooldown is not over.
        ResourceFailure
            The members could not be made or deleted.
        """
        if resource.status != "COMPLETE" or resource.metadata.get("scaling_in_progress"):
            raise NoActionRequired
        size = len(self.members(resource))
        wanted = new_capacity(size, adjustment, type, step, *self.range_of(resource))
        if wanted == size:
            raise NoActionRequired
        exact = adjustment + (size if type == CHANGE else 0)
        low, high = self.range_of(resource)
        if type != PERCENT and low < exact < high and exact != int(exact):
            raise ResourceFailure(f"a group cannot have {exact} members", "TypeError")
        pause = self.cooldown_of(resource) if cooldown is None else cooldown
        now = resource.stack.backend.now()
        if now < resource.data.get("cooldown_end", -math.inf):
            raise NoActionRequired
        self.begin(resource, self.members_of(resource, wanted), True)
        self._cool_down(resource, pause, f"{type} : {adjustment}")
        resource.metadata["scaling_in_progress"] = True
        child = self.inside(resource)
        assert child is not None
        if resource.stack.backend.blocks:
            child.run()
            self.settled(resource)
            if child.status == "FAILED":
                raise ResourceFailure(child.reason)

    def settled(self, resource: Resource) -> None:
        resource.metadata["scaling_in_progress"] = False

    def created(self, resource: Resource) -> bool:
        return self._finished(resource)

    def updated(self, resource: Resource) -> bool:
        return self._finished(resource)

    def _finished(self, resource: Resource) -> bool:
        """The cooldown begins when the group is made or changed, too."""
        done = self._done(resource)
        if done:
            self._cool_down(resource, self.cooldown_of(resource), f"{EXACT} : {len(self.members(resource))}")
        return done

    @staticmethod
    def _cool_down(resource: Resource, pause: float | None, why: str) -> None:
        now = resource.stack.backend.now()
        resource.data["cooldown_end"] = max(resource.data.get("cooldown_end", 0.0), now + max(0, pause or 0))
        resource.metadata["cooldown_end"] = {str(resource.data["cooldown_end"]): why}

    def asked(self, members: list[str], key: str, path: list[Any]) -> Iterator[tuple[str, Any]]:
        rest = [*key.split(".", 2)[2:], *path] if key.startswith("resource.") else path
        if rest and (key in ("outputs", "outputs_list") or key.startswith("resource.")):
            yield from ((member, rest[0]) for member in members)

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        members = self.members(resource)
        if name == "current_size":
            return len(members)
        if name == "show":
            return super().attribute(resource, name, path)
        if name == "refs":
            return [each.reference() for each in members]
        if name == "refs_map":
            return {each.name: each.reference() for each in members}
        if name in ("outputs", "outputs_list") and path:
            found = {each.name: each.attribute(str(path[0]), path[1:]) for each in members}
            return found if name == "outputs" else list(found.values())
        if name.startswith("resource."):
            _, index, *rest = name.split(".", 2)
            try:
                member = members[int(index)]
            except (ValueError, IndexError):
                raise not_found(index, resource.name) from None
            rest = [*rest, *path]
            return member.attribute(str(rest[0]), rest[1:]) if rest else member.reference()
        raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")


def _written(wanted: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("type", "properties", "metadata", "deletion_policy", "update_policy")
    return {key: wanted[key] for key in keys if wanted.get(key) is not None}


def _definition_faults(wanted: Any) -> Iterator[TemplateError]:
    if isinstance(wanted, dict) and "type" not in wanted:
        what = 'Resource member is missing "type"'
        yield StackValidationFailed(what, todo="Add `type` below `resource`.", rule="type-missing")


class ScalingPolicy(Kind):
    """Adjusts a group when it is signalled."""

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        type = planned.properties.get("adjustment_type")
        if type != PERCENT and planned.properties.get("min_adjustment_step") is not None:
            what = "min_adjustment_step property should only be specified for adjustment_type with value"
            yield ResourcePropertyValueDependency(f"{what} {PERCENT}.")

    def signal(self, resource: Resource, data: Any) -> str:
        if data is not None:
            state = data.get("current", data.get("state", "alarm")) if isinstance(data, dict) else None
            if not isinstance(state, str):
                raise ResourceFailure("the state that a signal tells must be a text", "AttributeError")
        values = resource.properties
        wanted = values["auto_scaling_group_id"]
        group = next(
            (each for each in resource.stack.resources.values() if wanted in (each.reference(), each.name)), None
        )
        if group is None or not isinstance(group.kind, AutoScalingGroup):
            what = f'Alarm {resource.name} could not find scaling group named "{wanted}"'
            raise ResourceFailure(what, "NotFound")
        group.kind.adjust(
            group, values["scaling_adjustment"], values["adjustment_type"], values["min_adjustment_step"],
            values["cooldown"],
        )  # fmt: skip
        if isinstance(data, dict) and {"previous", "current", "reason"} <= set(data):
            return f"alarm state changed from {data['previous']} to {data['current']} ({data['reason']})"
        return data if isinstance(data, str) else "No signal details provided" if data is None else "Unknown"

    def value(self, resource: Resource, name: str) -> Any:
        if name not in ("alarm_url", "signal_url"):
            raise FunctionError(f"no attribute {name}")
        return f"{resource.stack.url}/resources/{resource.name}/signal"
