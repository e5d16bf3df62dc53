"""Request bodies and query strings as Nova checks them, in Nova's words."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.forms import UUID, WORDS
from kit.cloud.compute.settings import api
from kit.cloud.compute.v2.compatible import softened
from kit.cloud.compute.v2.paths import place_of
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.validation import first_error

# How the refusal of a name begins, whatever the field is called.
_NAMELESS = "An invalid 'name'"


def body(call: Call, schema: dict[str, Any]) -> Any:
    """The JSON body, once it fits the schema (a module constant).

    Raises
    ------
    BadRequest
        In the form of `nova.api.validation.validators._SchemaValidator`.
    """
    place = place_of(call.path)
    if not place.legacy:
        data = call.json() if call.body else None
        check(data, schema)
        return data
    data = call.json()
    if not is_legacy(call):
        data = softened(data, schema)
        check(data, schema)
        return data
    # Loaded where it is asked for: what it refuses with (413, 422) is no part of the API that is described.
    from kit.cloud.compute.v2.legacy import checked, loosened

    data = checked(call.method, place.rest, data, schema)
    check(data, loosened(schema))
    return data


def is_legacy(call: Call) -> bool:
    """Whether a request is for the legacy tree: below `/v2`, on a cloud that still has it."""
    if not place_of(call.path).legacy:
        return False
    if "legacy" not in call.notes:
        found = api(call.tx)
        call.notes |= {"legacy": found.legacy_v2, "off": found.disabled_extensions if found.legacy_v2 else ()}
    return bool(call.notes["legacy"])


def switched_off(call: Call) -> tuple[str, ...]:
    """The extensions that are not there for a request; none but in the legacy tree."""
    return tuple(call.notes["off"]) if is_legacy(call) else ()


def part(call: Call, data: Any, schema: dict[str, Any], name: str) -> Any:
    """A member of the body (what an action is given), once it fits its schema."""
    if place_of(call.path).legacy:
        data = softened(data, schema)
        if is_legacy(call):
            from kit.cloud.compute.v2.legacy import loosened

            schema = loosened(schema)
    check(data, schema, name)
    return data


def check(data: Any, schema: dict[str, Any], name: str = "") -> None:
    """Refuse data that does not fit the schema; `name` is what the body calls it, when it is not all of the body."""
    error = first_error(schema, data, best=False)
    if error is None:
        return
    said = _said(error)
    if said.startswith(_NAMELESS):
        raise BadRequest(said)
    field = error.path[-1] if error.path else name
    if field != "":
        raise BadRequest(f"Invalid input for field/attribute {field}. Value: {error.instance}. {said}")
    raise BadRequest(said)


def _said(error: Any) -> str:
    """What Nova says of an error: where it has a format with words of its own, a form has a pattern."""
    if error.validator == "pattern":
        if error.validator_value in WORDS:
            return f"{_NAMELESS} value was provided. The name must be: {WORDS[error.validator_value]}"
        if error.validator_value == UUID["pattern"]:
            return f"{error.instance!r} is not a 'uuid'"
    return str(error.message)


def manages(call: Call, project_id: str | None) -> bool:
    """Whether the caller is a manager of the project."""
    return "manager" in call.context.roles and project_id is not None and call.context.project_id == project_id


def require_manager(call: Call, rule: str, project_id: str | None) -> None:
    """Refuse whoever is neither an administrator nor a manager of the project."""
    if not call.context.is_admin and not manages(call, project_id):
        refuse(rule)


def require_admin(call: Call, rule: str) -> None:
    """Refuse whoever is no administrator; `rule` is Nova's policy name (`os-hypervisors:list`)."""
    if not call.context.is_admin:
        refuse(rule)


def refuse(rule: str) -> None:
    """Refuse by a policy rule."""
    raise Forbidden(f"Policy doesn't allow os_compute_api:{rule} to be performed.")
