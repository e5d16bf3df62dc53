"""OS::Keystone types. Source: Heat 27, `resources/openstack/keystone/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kit.cloud.orchestration.resources.base import ApiKind, CloudKind, Values, ask, pruned
from kit.cloud.orchestration.resources.finding import find
from kit.hot import Kind, Resource


class KeystoneKind(ApiKind):
    """A thing of Keystone's."""

    service = "identity"
    update_method = "PATCH"

    def cleared(self, changed: Mapping[str, Any]) -> Values:
        return {}


class Project(KeystoneKind):
    """OS::Keystone::Project."""

    path, key = "/projects", "project"
    fields: ClassVar[Mapping[str, str]] = {"domain": "domain_id", "parent": "parent_id"}
    found: ClassVar[Mapping[str, str]] = {"domain": "keystone.domain", "parent": "keystone.project"}


class Domain(KeystoneKind):
    """OS::Keystone::Domain: disabled, then deleted."""

    path, key = "/domains", "domain"

    def remove(self, resource: Resource) -> None:
        off = {"domain": {"enabled": False}}
        self.call(resource, "PATCH", self.one(resource), off, missing_ok=True)
        super().remove(resource)


class Role(KeystoneKind):
    """OS::Keystone::Role; its domain is not one of Heat's `default`."""

    path, key = "/roles", "role"
    fields: ClassVar[Mapping[str, str]] = {"domain": "domain_id"}
    found: ClassVar[Mapping[str, str]] = {"domain": "keystone.domain"}

    def body(self, resource: Resource, values: Mapping[str, Any]) -> Values:
        made = super().body(resource, values)
        return {key: each for key, each in made.items() if not (key == "domain_id" and each == "default")}


class Region(KeystoneKind):
    """OS::Keystone::Region."""

    path, key = "/regions", "region"
    named = False
    fields: ClassVar[Mapping[str, str]] = {"parent_region": "parent_region_id"}


class Service(KeystoneKind):
    """OS::Keystone::Service."""

    path, key = "/services", "service"


class Endpoint(KeystoneKind):
    """OS::Keystone::Endpoint."""

    path, key = "/endpoints", "endpoint"
    fields: ClassVar[Mapping[str, str]] = {"service": "service_id", "region": "region_id"}
    found: ClassVar[Mapping[str, str]] = {"service": "keystone.service"}


class Roles:
    """Role assignments of a user or a group."""

    def __init__(self, actor: str) -> None:
        self.actor = actor  # `users` or `groups`

    def _path(self, resource: Resource, id: str, given: Values) -> str:
        calls = ask(resource)
        role = find(calls, "keystone.role", given["role"])
        if given.get("project"):
            return f"/projects/{find(calls, 'keystone.project', given['project'])}/{self.actor}/{id}/roles/{role}"
        return f"/domains/{find(calls, 'keystone.domain', given['domain'])}/{self.actor}/{id}/roles/{role}"

    def change(self, resource: Resource, id: str, before: list[Values], after: list[Values]) -> None:
        """Grant what is new and revoke what is gone."""
        calls = ask(resource)
        for each in [each for each in before if each not in after]:
            calls("identity", "DELETE", self._path(resource, id, each), missing_ok=True)
        for each in [each for each in after if each not in before]:
            calls("identity", "PUT", self._path(resource, id, each))


class Group(KeystoneKind):
    """OS::Keystone::Group."""

    path, key = "/groups", "group"
    unsent = frozenset({"roles"})
    fields: ClassVar[Mapping[str, str]] = {"domain": "domain_id"}
    found: ClassVar[Mapping[str, str]] = {"domain": "keystone.domain"}
    roles = Roles("groups")

    def after(self, resource: Resource, made: Values) -> None:
        self.roles.change(resource, str(resource.physical_id), [], resource.properties["roles"] or [])

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        if "roles" in changed:
            before = (resource.data["before"].get("properties") or {}).get("roles") or []
            self.roles.change(resource, str(resource.physical_id), before, changed["roles"] or [])


class User(Group):
    """OS::Keystone::User."""

    path, key = "/users", "user"
    unsent = frozenset({"roles", "groups"})
    fields: ClassVar[Mapping[str, str]] = {"domain": "domain_id", "default_project": "default_project_id"}
    found: ClassVar[Mapping[str, str]] = {"domain": "keystone.domain", "default_project": "keystone.project"}
    roles = Roles("users")

    def _groups(self, resource: Resource, before: list[str], after: list[str]) -> None:
        for method, names, other in (("DELETE", before, after), ("PUT", after, before)):
            for name in [each for each in names if each not in other]:
                group = find(ask(resource), "keystone.group", name)
                self.call(resource, method, f"/groups/{group}/users/{resource.physical_id}")

    def after(self, resource: Resource, made: Values) -> None:
        super().after(resource, made)
        self._groups(resource, [], resource.properties["groups"] or [])

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        super().after_update(resource, changed)
        if "groups" in changed:
            before = (resource.data["before"].get("properties") or {}).get("groups") or []
            self._groups(resource, before, changed["groups"] or [])


class UserRoleAssignment(CloudKind):
    """OS::Keystone::UserRoleAssignment."""

    actor, what = "user", "keystone.user"
    roles = Roles("users")

    def _id(self, resource: Resource) -> str:
        return str(find(ask(resource), self.what, resource.properties[self.actor]))

    def create(self, resource: Resource) -> None:
        self.roles.change(resource, self._id(resource), [], self._given(resource.properties))
        resource.physical_id = resource.stack.physical_name(resource)

    @staticmethod
    def _given(values: Mapping[str, Any]) -> list[Values]:
        return [pruned(dict(each)) for each in values.get("roles") or ()]

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        before = self._given(resource.data["before"].get("properties") or {})
        self.roles.change(resource, self._id(resource), before, self._given(resource.properties))

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            self.roles.change(resource, self._id(resource), self._given(resource.properties), [])


class GroupRoleAssignment(UserRoleAssignment):
    """OS::Keystone::GroupRoleAssignment."""

    actor, what = "group", "keystone.group"
    roles = Roles("groups")


KINDS: dict[str, type[Kind]] = {
    "OS::Keystone::Project": Project, "OS::Keystone::Domain": Domain, "OS::Keystone::Role": Role,
    "OS::Keystone::Region": Region, "OS::Keystone::Service": Service, "OS::Keystone::Endpoint": Endpoint,
    "OS::Keystone::Group": Group, "OS::Keystone::User": User, "OS::Keystone::UserRoleAssignment": UserRoleAssignment,
    "OS::Keystone::GroupRoleAssignment": GroupRoleAssignment,
}  # fmt: skip
