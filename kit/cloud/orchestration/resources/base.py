"""The base of all types whose resources another service of the cloud has: properties become calls of its API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from kit.cloud.orchestration.ask import Ask, Refused
from kit.cloud.orchestration.backend import CloudBackend, backend_of
from kit.cloud.orchestration.resources.finding import find
from kit.hot import Kind, Resource, ResourceFailure
from kit.hot.errors import InvalidTemplateAttribute
from kit.hot.functions.refer import select
from kit.hot.resources.base import Backend

Values = dict[str, Any]


def ask(resource: Resource) -> Ask:
    """The cloud's services, as the owner of the resource's stack."""
    return backend_of(resource).ask


def unknown_status(status: Any, result: str) -> ResourceFailure:
    """A status that nobody expects."""
    return ResourceFailure(f'{result} - Unknown status {status} due to "Unknown"', "ResourceUnknownStatus")


def in_error(status: Any, reason: str = "Unknown") -> ResourceFailure:
    """The thing itself has failed."""
    return ResourceFailure(f'Went to status {status} due to "{reason}"', "ResourceInError")


class CloudKind(Kind):
    """A type whose resources are in the cloud: what something else still holds is deleted later."""

    def retries_delete(self, resource: Resource, error: Exception) -> bool:
        return isinstance(error, Refused) and error.status in (400, 409)


class ApiKind(CloudKind):
    """A type whose resources are made by POST to a collection, and are below it by their ids.

    A subclass fills the table: which service and collection, which property is which field, what waits for what.
    """

    service: ClassVar[str] = ""
    path: ClassVar[str] = ""
    key: ClassVar[str] = ""  # what wraps a thing in a body
    version: ClassVar[str | None] = None
    update_method: ClassVar[str] = "PUT"
    named: ClassVar[bool] = True  # whether it gets the stack's name where the template gives none
    fields: ClassVar[Mapping[str, str]] = {}  # property to field, where they differ
    unsent: ClassVar[frozenset[str]] = frozenset()  # properties that are no fields
    found: ClassVar[Mapping[str, str]] = {}  # property to kind of thing, where a name stands for an id
    attributes_of: ClassVar[Mapping[str, str]] = {}  # attribute to field, where they differ
    good: ClassVar[tuple[str, ...]] = ()  # statuses in which it is made; none: at once
    bad: ClassVar[tuple[str, ...]] = ("error", "ERROR")
    waits_gone: ClassVar[bool] = False  # whether deleting takes time

    # Calls

    def one(self, resource: Resource) -> str:
        """The path of the thing."""
        return f"{self.path}/{resource.physical_id}"

    def call(self, resource: Resource, method: str, path: str, body: Any = None, missing_ok: bool = False) -> Any:
        """Ask the type's service."""
        return ask(resource)(self.service, method, path, body, version=self.version, missing_ok=missing_ok)

    def show(self, resource: Resource) -> Values | None:
        """The thing as the service tells it; None when it is gone."""
        if resource.physical_id is None:
            return None
        answer = self.call(resource, "GET", self.one(resource), missing_ok=True)
        return None if answer is None else answer[self.key]

    def id_of(self, resource: Resource, what: str, value: Any) -> Any:
        """The id of another thing that is given by id or by name."""
        return find(ask(resource), what, value)

    def exists(self, backend: Backend, id: str) -> bool:
        if type(self).one is not ApiKind.one or not isinstance(backend, CloudBackend):
            return True
        reply = backend.ask.reply(self.service, "GET", f"{self.path}/{id}", version=self.version)
        return reply.status_code != 404

    def live(self, resource: Resource) -> Mapping[str, Any] | None:
        live = self.show(resource)
        if live is None:
            return None
        before = resource.properties
        told: Values = {}
        for name, schema in self.type.properties.items():
            field = self.fields.get(name, name)
            if not schema.update_allowed or name in self.unsent or field not in live:
                continue
            wanted = before.get(name)
            if wanted is None:
                continue  # what the template leaves open is the service's to choose
            if name in self.found and isinstance(wanted, str):
                wanted = self.id_of(resource, self.found[name], wanted)
            if wanted != live[field]:
                told[name] = live[field]
        return told

    # From properties to fields

    def body(self, resource: Resource, values: Mapping[str, Any]) -> Values:
        """The fields for some properties."""
        made: Values = {}
        for name, value in values.items():
            if name in self.unsent or value is None:
                continue
            if name in self.found:
                kind = self.found[name]
                value = [self.id_of(resource, kind, each) for each in value] if isinstance(value, list) else (
                    self.id_of(resource, kind, value)
                )  # fmt: skip
            made[self.fields.get(name, name)] = value
        made |= values.get("value_specs") or {}
        return made

    def new(self, resource: Resource) -> Values:
        """The fields of a new thing."""
        made = self.body(resource, resource.properties)
        if self.named and "name" in self.type.properties and not made.get("name"):
            made["name"] = resource.stack.physical_name(resource)
        return made

    # Life

    def create(self, resource: Resource) -> None:
        made = self.call(resource, "POST", self.path, {self.key: self.new(resource)})[self.key]
        resource.physical_id = str(made["id"])
        self.after(resource, made)

    def after(self, resource: Resource, made: Values) -> None:
        """What is to do when the thing is there."""

    def created(self, resource: Resource) -> bool:
        return self._reached(resource)

    def _reached(self, resource: Resource) -> bool:
        if not self.good:
            return True
        live = self.show(resource)
        status = live.get("status") if live else None
        if status in self.good:
            return True
        if live is None or status in self.bad:
            raise in_error(status or "DELETED", self.why(resource, live or {}))
        return False

    def why(self, resource: Resource, live: Values) -> str:
        """Why a thing is in error."""
        return "Unknown"

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        fields = self.body(resource, {key: value for key, value in changed.items() if value is not None})
        fields |= self.cleared(changed)
        if fields:
            self.call(resource, self.update_method, self.one(resource), {self.key: fields})
        self.after_update(resource, changed)

    def cleared(self, changed: Mapping[str, Any]) -> Values:
        """The fields of properties that are no longer given."""
        return {
            self.fields.get(key, key): "" if key in ("name", "description") else None
            for key, value in changed.items() if value is None and key not in self.unsent and key != "name"
        }  # fmt: skip

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        """What an update does beside changing fields."""

    def updated(self, resource: Resource) -> bool:
        return self._reached(resource)

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            self.remove(resource)

    def remove(self, resource: Resource) -> None:
        """Delete the thing; gone already is well."""
        self.call(resource, "DELETE", self.one(resource), missing_ok=True)

    def deleted(self, resource: Resource) -> bool:
        if not self.waits_gone or resource.physical_id is None:
            return True
        live = self.show(resource)
        if live is not None and str(live.get("status", "")).lower() in ("error", "error_deleting"):
            raise in_error(live["status"], self.why(resource, live))
        return live is None

    def inspect(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is None:
            raise ResourceFailure(f"The {self.key} is gone from the cloud.", "NotFound")
        status = live.get("status")
        if self.good and status not in self.good:
            raise ResourceFailure(f"'status': expected '{self.good[0]}', got '{status}'", "Error")

    # Values

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        if not self.type.knows(name):
            raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")
        try:
            return select(self.value(resource, name), path)
        except Refused:
            return None

    def value(self, resource: Resource, name: str) -> Any:
        live = self.show(resource)
        if live is None or name == "show":
            return live
        return self.told(resource, name, live)

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        """An attribute of the thing as it is."""
        return live.get(self.attributes_of.get(name, name))


def without(values: Mapping[str, Any], *names: str) -> Values:
    """Values but for some."""
    return {key: value for key, value in values.items() if key not in names}


def pruned(value: Any) -> Any:
    """A value without members that are None."""
    if isinstance(value, dict):
        return {key: pruned(each) for key, each in value.items() if each is not None}
    return [pruned(each) for each in value] if isinstance(value, list) else value


def texts(value: Mapping[str, Any] | None) -> dict[str, str]:
    """A map whose values are texts, as metadata of Nova and Cinder are."""
    return {
        key: each if isinstance(each, str) else json.dumps(each) for key, each in (value or {}).items()
    }  # fmt: skip
