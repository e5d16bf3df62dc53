"""OS::Heat::ResourceGroup and OS::Heat::ResourceChain: several resources of one definition.

Source: Heat 27. A group shrinks from the highest index; a removal policy keeps the others, and a name that was
removed is never used again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from kit.hot.definition import Definition
from kit.hot.errors import (
    FunctionError,
    InvalidTemplateAttribute,
    ResourceFailure,
    StackValidationFailed,
    TemplateError,
)
from kit.hot.functions.refer import select
from kit.hot.resources.base import Planned, Resource
from kit.hot.resources.nested import Child, StackKind, define
from kit.hot.resources.rolling import Members, Rolling, changing, growing, of_policy
from kit.hot.template import Template

VERSION = {"heat_template_version": "2015-04-30"}


def synthesize(members: Mapping[str, dict[str, Any]]) -> Template:
    """A template of members that are written already."""
    return Template({**VERSION, "resources": dict(members)})


class Group(StackKind):
    """The attributes that all groups share: one value for each member."""

    lists: tuple[str, ...] = ("refs",)
    drops_oldest = False  # whether members that were added for a change stay, and the oldest go

    # Batches

    def rolling(self, resource: Resource, update: bool) -> Rolling | None:
        """How the group is made or changed in batches; None: at once."""
        policy = resource.frozen.get("update_policy")
        return of_policy(policy, "rolling_update" if update else "batch_create")

    def spare(self, resource: Resource, taken: set[str]) -> str:
        """A name for a member that is only there while the others change."""
        return next(text for text in map(str, itertools.count()) if text not in taken)

    def begin(self, resource: Resource, made: Child, update: bool) -> None:
        """Begin with the first batch; the others follow when it is done."""
        child = self.inside(resource)
        old = dict(child.template.section("resources")) if child is not None else {}
        policy = self.rolling(resource, update and bool(old))
        steps: list[Members] = []
        if policy is not None:
            new = dict(made.template.section("resources"))
            taken = {*old, *new, *resource.data.get("skipped", ())}

            def spare() -> str:
                name = self.spare(resource, taken)
                taken.add(name)
                return name

            steps = changing(old, new, policy, spare, self.drops_oldest) if old else growing(new, policy)
        resource.data.pop("rolling", None)
        if len(steps) > 1 and policy is not None:
            resource.data["rolling"] = {"steps": steps[1:], "pause": policy.pause}
            made = Child(synthesize(steps[0]), made.parameters, made.without, True)
        super().begin(resource, made, update)

    def _done(self, resource: Resource) -> bool:
        rolling = resource.data.get("rolling")
        if rolling is None or resource.action == "DELETE":
            return super()._done(resource)
        now = resource.stack.backend.now()
        if "until" not in rolling:
            try:
                if not super()._done(resource):
                    return False
            except ResourceFailure:
                resource.data.pop("rolling")
                raise
            rolling["until"] = now + rolling["pause"]
        if now < rolling["until"]:
            return False
        steps = rolling["steps"]
        super().begin(resource, Child(synthesize(steps[0]), old_files=len(steps) > 1), True)
        resource.data["rolling"] = {"steps": steps[1:], "pause": rolling["pause"]}
        if len(steps) == 1:
            del resource.data["rolling"]
        return False

    def wakes(self, resource: Resource) -> float | None:
        found: float | None = resource.data.get("rolling", {}).get("until")
        return found

    def names(self, resource: Resource) -> list[str]:
        """The members, in order."""
        child = self.inside(resource)
        return list(child.definition.resources) if child is not None else []

    def asked(self, members: list[str], key: str, path: list[Any]) -> Iterator[tuple[str, Any]]:
        if key.startswith("resource."):
            member, *rest = key.split(".", 2)[1:]
            rest = [*rest, *path]
            if rest and member in members:
                yield member, rest[0]
        elif key == "attributes":
            yield from ((member, path[0]) for member in members if path)
        elif key not in ("refs", "refs_map", "removed_rsrc_list", "show"):
            yield from ((member, key) for member in members)

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        child = self.inside(resource)
        if name == "attributes" and not path:
            raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")
        if name.startswith("resource."):
            return self.of_member(resource, name, path)
        if child is None:
            return self.missing(resource, name, path)
        members = {key: child.resources[key] for key in self.names(resource)}
        if name == "refs":
            return select([each.reference() for each in members.values()], path)
        if name == "refs_map":
            return {key: each.reference() for key, each in members.items()}
        if name == "attributes":
            return {key: each.attribute(str(path[0]), path[1:]) for key, each in members.items()}
        return [each.attribute(name, path) for each in members.values()]

    def missing(self, resource: Resource, name: str, path: list[Any]) -> Any:
        """An attribute where the members could not be made at all."""
        return None


class ResourceGroup(Group):
    """`count` resources of one definition, named 0, 1, 2 and so on."""

    def anchor(self, planned: Planned) -> tuple[str, ...]:
        return (*planned.path, planned.definition.section.properties, "resource_def")

    def skipped(self, values: Mapping[str, Any], resource: Resource | None) -> set[str]:
        """The names that may not be used, with those that removal policies add."""
        before = set(resource.data.get("skipped", ())) if resource is not None else set()
        start = set() if values.get("removal_policies_mode") == "update" else set(before)
        child = self.inside(resource) if resource is not None else None
        names = {name: member.reference() for name, member in child.resources.items()} if child is not None else {}
        for policy in values.get("removal_policies") or ():
            for item in policy.get("resource_list") or ():
                text = str(item)
                if text in before or child is None or text in names:
                    start.add(text)
                else:
                    start |= {name for name, reference in names.items() if reference == item}
        return start

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        skipped = self.skipped(values, resource)
        if resource is not None:
            resource.data["skipped"] = sorted(skipped)
        free = (text for text in map(str, itertools.count()) if text not in skipped)
        names = itertools.islice(free, values["count"])
        marker = values["index_var"]
        return Child(synthesize({text: _member(values["resource_def"], marker, text) for text in names}))

    def plan_child(self, planned: Planned) -> Definition | None:
        values = planned.properties.values()
        if not values["count"]:
            return None
        made = self.child(planned.definition, planned.resource.name, dict(values) | {"count": 1}, None)
        return define(planned.definition, planned.resource.name, made)

    def missing(self, resource: Resource, name: str, path: list[Any]) -> Any:
        skipped = set(resource.data.get("skipped", ()))
        free = (text for text in map(str, itertools.count()) if text not in skipped)
        names = list(itertools.islice(free, resource.properties["count"]))
        if name in ("refs_map", "attributes"):
            return dict.fromkeys(names)
        return select([None] * len(names), path) if name == "refs" else [None] * len(names)

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        if name == "removed_rsrc_list":
            return list(resource.data.get("skipped", ()))
        return super().attribute(resource, name, path)


def _member(wanted: Mapping[str, Any], marker: str, index: str) -> dict[str, Any]:
    """One member's definition; the marker in its properties becomes the index."""
    made: dict[str, Any] = {"type": wanted["type"]}
    given = {key: value for key, value in (wanted.get("properties") or {}).items() if value is not None}
    if given:
        made["properties"] = _put(given, marker, index)
    if wanted.get("metadata"):
        made["metadata"] = wanted["metadata"]
    return made


def _put(value: Any, marker: str, index: str) -> Any:
    if isinstance(value, str):
        return value.replace(marker, index)
    if isinstance(value, dict):
        return {key: _put(item, marker, index) for key, item in value.items()}
    return [_put(item, marker, index) for item in value] if isinstance(value, list) else value


class ResourceChain(Group):
    """One resource for each type of a list, all with the same properties; each waits for the one before."""

    def anchor(self, planned: Planned) -> tuple[str, ...]:
        return (*planned.path, planned.definition.section.properties, "resource_properties")

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        members: dict[str, dict[str, Any]] = {}
        for place, kind in enumerate(values["resources"]):
            member: dict[str, Any] = {"type": kind}
            if values.get("resource_properties"):
                member["properties"] = values["resource_properties"]
            if place and not values.get("concurrent"):
                member["depends_on"] = [str(place - 1)]
            members[str(place)] = member
        return Child(synthesize(members))

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        for kind in planned.properties.get("resources") or ():
            if not isinstance(kind, str):
                yield StackValidationFailed(f"Resource type {kind!r} of a chain is not a string", path=planned.path)


class SoftwareDeploymentGroup(Group):
    """One deployment for each server of a map."""

    member_type = "OS::Heat::SoftwareDeployment"
    shared = ("config", "input_values", "deploy_actions", "name", "signal_transport")
    plural: ClassVar[dict[str, str]] = {"deploy_stdouts": "deploy_stdout", "deploy_stderrs": "deploy_stderr",
              "deploy_status_codes": "deploy_status_code"}  # fmt: skip

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        common = {key: values[key] for key in self.shared if values.get(key) is not None}
        members = {
            key: {"type": self.member_type, "properties": common | {"server": server}}
            for key, server in (values.get("servers") or {}).items()
        }
        return Child(synthesize(members))

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        single = self.plural.get(name, name)
        return select(super().attribute(resource, "attributes", [single]), path)


class StructuredDeploymentGroup(SoftwareDeploymentGroup):
    """One structured deployment for each server of a map."""

    member_type = "OS::Heat::StructuredDeployment"


def not_found(name: str, group: str) -> FunctionError:
    """The error for a member that is not there."""
    return FunctionError(f"Member '{name}' not found in group resource '{group}'.")
