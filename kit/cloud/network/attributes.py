"""Attribute maps: what a resource's body may hold, checked and completed in one place.

The idea is Neutron's own (neutron_lib.api.definitions): a resource is a list of fields, and all of
them are treated alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network.checks import Check, Unfit, boolean, text
from kit.cloud.network.errors import bad_request, invalid, not_allowed

Create = Callable[..., dict[str, Any]]

REQUIRED = object()
UNSET = object()


@dataclass(frozen=True)
class Field:
    """One attribute.

    Attributes
    ----------
    default : object
        What a POST without it means; `REQUIRED` refuses, `UNSET` leaves it to the resource.
    post, put : bool
        Whether it may be given at all.
    admin : bool
        Whether only the administrator may give it (another value than the default, on POST).
    """

    name: str
    check: Check
    default: Any = UNSET
    post: bool = True
    put: bool = True
    admin: bool = False


COMMON = (
    Field("project_id", text(), put=False),
    Field("tenant_id", text(), put=False),
    Field("description", text(), ""),
)


READ_ONLY = ("id", "status", "created_at", "updated_at", "revision_number", "tags")


@dataclass(frozen=True)
class Form:
    """The fields of one kind of resource (`network`).

    Attributes
    ----------
    read_only : tuple of str
        What an answer shows and no request may give.
    """

    kind: str
    fields: tuple[Field, ...]
    read_only: tuple[str, ...] = READ_ONLY
    plural: str = ""

    @property
    def collection(self) -> str:
        """The name of several of them."""
        return self.plural or f"{self.kind}s"

    def one(self, call: Call) -> dict[str, Any]:
        """The resource that the request body holds."""
        data = call.json()
        if not isinstance(data, dict):
            raise bad_request("Resource body required")
        found = data.get(self.kind)
        if not isinstance(found, dict):
            raise bad_request(f"Unable to find '{self.kind}' in request body")
        return found

    def body(self, call: Call) -> dict[str, Any] | list[dict[str, Any]]:
        """What the body of a creation holds: one resource, or a list of them."""
        data = call.json()
        many = data.get(self.collection) if isinstance(data, dict) else None
        if not isinstance(many, list):
            return self.one(call)
        if not many:
            raise bad_request("Resources required")
        if not all(isinstance(item, dict) for item in many):
            raise bad_request(f"Invalid format: {self.collection}")
        # Each may be wrapped once more, as it is when it comes alone.
        return [item[self.kind] if isinstance(item.get(self.kind), dict) else item for item in many]

    def create(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """A new resource's values, checked and with defaults.

        Raises
        ------
        BadRequest, Forbidden
            As neutron.api.v2.attributes and the default policies refuse.
        """
        known = {field.name: field for field in self.fields}
        self._recognize(given, known)
        for name in given:
            if name not in known:
                raise bad_request(f"Attribute '{name}' not allowed in POST")
        values: dict[str, Any] = {}
        for name, field in known.items():
            if name not in given:
                if field.default is REQUIRED:
                    raise bad_request(f"Failed to parse request. Required attribute '{name}' not specified")
                if field.default is not UNSET:
                    values[name] = field.default
                continue
            if not field.post:
                raise bad_request(f"Attribute '{name}' not allowed in POST")
            values[name] = _checked(field, given[name])
            if field.admin and not call.context.is_admin and values[name] != field.default:
                raise not_allowed(f"create_{self.kind}:{name}")
        owner = values.pop("tenant_id", None)
        values["project_id"] = values.get("project_id") or owner or call.project_id
        if values["project_id"] != call.context.project_id and not call.context.is_admin:
            raise bad_request(
                "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user."
            )
        return values

    def update(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """The values that a PUT changes, checked."""
        values = self.changes(given)
        for field in self.fields:
            if field.name in values and field.admin and not call.context.is_admin:
                raise not_allowed(f"update_{self.kind}:{field.name}")
        return values

    def changes(self, given: dict[str, Any]) -> dict[str, Any]:
        """The values that a PUT changes, checked, whoever asks."""
        known = {field.name: field for field in self.fields}
        self._recognize(given, known)
        values: dict[str, Any] = {}
        for name, value in given.items():
            field = known.get(name)
            if field is None or not field.put:
                raise bad_request(f"Cannot update read-only attribute {name}")
            values[name] = _checked(field, value)
        return values

    def _recognize(self, given: dict[str, Any], known: dict[str, Field]) -> None:
        strange = [name for name in given if name not in known and name not in self.read_only]
        if strange:
            raise bad_request(f"Unrecognized attribute(s) '{', '.join(strange)}'")


def sound(form: Form, update: Create) -> Create:
    """Let an update look at its body before anything else: what is malformed is refused whoever asks for whatever."""

    @wraps(update)
    def operation(call: Call, **parts: str) -> Any:
        form.changes(form.one(call))
        return update(call, **parts)

    return operation


def bulk(form: Form) -> Callable[[Create], Create]:
    """Let an operation that creates one resource take a list of them, all or none (Neutron's emulated bulk)."""

    def around(create: Create) -> Create:
        @wraps(create)
        def operation(call: Call, **parts: str) -> dict[str, Any]:
            given = form.body(call)
            if not isinstance(given, list):
                return create(call, **parts)
            whole, made = call.body, []
            for item in given:
                call.body = json.dumps({form.kind: item}).encode()
                made.append(create(call, **parts)[form.kind])
            call.body = whole
            return {form.collection: made}

        return operation

    return around


def _checked(field: Field, value: Any) -> Any:
    try:
        return field.check(value)
    except Unfit as reason:
        raise invalid(field.name, str(reason)) from None


ADMIN_STATE = Field("admin_state_up", boolean, True)
