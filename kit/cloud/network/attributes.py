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
from kit.cloud.errors import Forbidden
from kit.cloud.network.checks import Check, Unfit, boolean, text
from kit.cloud.network.errors import bad_request, invalid, not_allowed

Create = Callable[..., dict[str, Any]]

REQUIRED = object()
UNSET = object()
PARTS = "parts"


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
    ruled : bool or str
        Whether a policy has a rule of its own for it; `PARTS` when it has one for each part of a dictionary.
    """

    name: str
    check: Check
    default: Any = UNSET
    post: bool = True
    put: bool = True
    admin: bool = False
    ruled: bool | str = False


# Whose a resource is, by its old name and by its new one; a refusal uses the one that the resource began with.
OWNER = (Field("tenant_id", text(), put=False), Field("project_id", text(), put=False))
NEW_OWNER = OWNER[::-1]
COMMON = (*OWNER, Field("description", text(), ""))


# What Neutron's own controllers answer for, not those of its extensions.
_CORE = ("network", "port", "subnet", "packet_rate_limit_rule", "minimum_packet_rate_rule")
READ_ONLY = ("id", "status", "created_at", "updated_at", "revision_number", "tags")


@dataclass(frozen=True)
class Form:
    """The fields of one kind of resource (`network`).

    Attributes
    ----------
    read_only : tuple of str
        What an answer shows and no request may give.
    many : bool
        Whether a POST may make several at once.
    """

    kind: str
    fields: tuple[Field, ...]
    read_only: tuple[str, ...] = READ_ONLY
    plural: str = ""
    many: bool = False

    @property
    def collection(self) -> str:
        """The name of several of them."""
        return self.plural or f"{self.kind}s"

    def one(self, call: Call) -> dict[str, Any]:
        """The resource that the request body holds."""
        data = self._data(call)
        if f"{self.kind}s" in data:
            raise bad_request("Bulk operation not supported")
        return self._inside(data)

    def _data(self, call: Call) -> dict[str, Any]:
        """The body; Neutron's extensions have words of their own for one that holds nothing."""
        if self.kind not in _CORE:
            data = decoded(call, "")
            if call.method == "PUT" and not isinstance(data, dict | list):
                raise bad_request(f"Bad body request: Invalid format: {call.body!r}.", "BadRequest")
            if data in (None, [], {}):
                raise bad_request("Resource body required")
        return body_of(call)

    def _inside(self, data: Any) -> dict[str, Any]:
        found = data.get(self.kind)
        if found is None:
            raise bad_request(f"Unable to find '{self.kind}' in request body")
        if not isinstance(found, dict):
            raise bad_request(f"Object '{self.kind}' contains invalid data")
        return found

    def body(self, call: Call) -> dict[str, Any] | list[dict[str, Any]]:
        """What the body of a creation holds: one resource, or a list of them."""
        data = self._data(call)
        if self.collection not in data or self.collection != f"{self.kind}s":
            return self._inside(data)
        many = data[self.collection]
        if not many:
            raise bad_request("Resources required")
        if not isinstance(many, list | dict | str):
            raise bad_request("Body contains invalid data")
        found = []
        for item in many:  # all of them are looked at before the first is made
            if not isinstance(item, dict | list | str):
                raise bad_request("Body contains invalid data")
            # Each may be wrapped once more, as it is when it comes alone.
            found.append(self._inside(item if isinstance(item, dict) and self.kind in item else {self.kind: item}))
            self.read(call, found[-1])
        return found

    def create(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """A new resource's values, checked and with defaults.

        Raises
        ------
        BadRequest, Forbidden
            As neutron_lib.api.attributes and the default policies refuse.
        """
        values = self.read(call, given)
        if not call.context.is_admin and any(
            field.admin and values.get(field.name, field.default) != field.default for field in self.fields
        ):
            raise self.refusal("create", values)
        return values

    def read(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """A new resource's values, checked and with defaults, whatever the caller may."""
        given = self._owned(call, given)
        self._recognize(given)
        for name in self.read_only:
            if name in given and name not in self._names:
                raise bad_request(f"Attribute '{name}' not allowed in POST")
        for field in self.fields:
            if field.name in given:
                if not field.post:
                    raise bad_request(f"Attribute '{field.name}' not allowed in POST")
            elif field.default is REQUIRED:
                raise bad_request(f"Failed to parse request. Required attribute '{field.name}' not specified")
        values: dict[str, Any] = {}
        for field in self.fields:
            if field.name in given:
                values[field.name] = _checked(field, given[field.name])
            elif field.default is not UNSET:
                values[field.name] = field.default
        values.pop("tenant_id", None)
        if "project_id" in self._names:
            values.setdefault("project_id", call.project_id)
        return values

    def update(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """The values that a PUT changes, checked."""
        values = self.changes(call, given)
        if not call.context.is_admin and any(field.admin and field.name in values for field in self.fields):
            raise self.refusal("update", values)
        return values

    def changes(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """The values that a PUT changes, checked, whatever the caller may."""
        given = self._owned(call, given)
        self._recognize(given)
        fixed = ("id", *(field.name for field in self.fields if not field.put), *self.read_only)
        for name in fixed:
            if name in given:
                raise bad_request(f"Cannot update read-only attribute {name}")
        return {field.name: _checked(field, given[field.name]) for field in self.fields if field.name in given}

    def refusal(self, verb: str, values: dict[str, Any]) -> Forbidden:
        """Policy stands against a request that sets these values: the rule of the whole, and those of attributes.

        Source: neutron.policy._build_match_rule.
        """
        whole = f"{verb}_{self.kind}"
        rules: list[str | tuple[str, ...]] = []
        for field in self.fields:
            value = values.get(field.name, UNSET)
            if not (field.admin or field.ruled) or value is UNSET or (verb == "create" and value == field.default):
                continue
            parts = [value] if field.ruled == PARTS else value if isinstance(value, list) else []
            below = [f"{field.name}:{key}" for part in parts if isinstance(part, dict) for key in part]
            rules.append((field.name, *below) if below else field.name)
        return not_allowed(whole, *rules)

    @property
    def _names(self) -> set[str]:
        return {field.name for field in self.fields}

    def _owned(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        """The body with its owner under both names; nobody but the administrator names another project."""
        if "tenant_id" not in given and "project_id" not in given:
            return given
        project = given.get("project_id", given.get("tenant_id"))
        if project != given.get("tenant_id", project):
            raise bad_request("'project_id' and 'tenant_id' do not match")
        if project != call.context.project_id and not call.context.is_admin:
            raise bad_request(
                "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user."
            )
        return {**given, "tenant_id": project, "project_id": project}

    def _recognize(self, given: dict[str, Any]) -> None:
        names = self._names
        strange = sorted(name for name in given if name not in names and name not in self.read_only)
        if strange:
            raise bad_request(f"Unrecognized attribute(s) '{', '.join(strange)}'")


def decoded(call: Call, wrong: Any = None) -> Any:
    """The body as JSON: None for none, `wrong` for what is no JSON."""
    try:
        return json.loads(call.body or "null")
    except (ValueError, RecursionError):  # the second of a body nested thousands deep
        return wrong


def body_of(call: Call) -> dict[str, Any]:
    """The body as a mapping; a request without one holds nothing."""
    if not call.body:
        return {}
    data = decoded(call)
    if not isinstance(data, dict):
        raise bad_request("Body contains invalid data")
    return data


def sound(form: Form, function: Create, verb: str = "update") -> Create:
    """Let an operation know its form: what is malformed is refused whoever asks for whatever, and a refusal names
    the attributes that the request sets.
    """  # fmt: skip

    @wraps(function)
    def operation(call: Call, **parts: str) -> Any:
        if verb == "update":
            form.changes(call, form.one(call))
        try:
            return function(call, **parts)
        except Forbidden as refused:
            if refused.message.startswith(f"rule:{verb}_{form.kind} is"):
                raise form.refusal(verb, given(call, form, verb)) from None
            raise

    operation.form = form  # type: ignore[attr-defined]  # the service asks for it
    return operation


def given(call: Call, form: Form, verb: str) -> dict[str, Any]:
    """The values that a request sets, whatever the caller may."""
    if verb == "update":
        return form.changes(call, form.one(call))
    body = form.body(call) if form.many else form.one(call)
    return form.read(call, body[0] if isinstance(body, list) else body)


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
