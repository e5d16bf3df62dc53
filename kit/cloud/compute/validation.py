"""Request bodies and query strings as Nova checks them, in Nova's words."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.validation import first_error


def body(call: Call, schema: dict[str, Any]) -> Any:
    """The JSON body, once it fits the schema (a module constant).

    Raises
    ------
    BadRequest
        In the form of `nova.api.validation.validators._SchemaValidator`.
    """
    data = call.json()
    check(data, schema)
    return data


def check(data: Any, schema: dict[str, Any]) -> None:
    """Refuse data that does not fit the schema."""
    error = first_error(schema, data)
    if error is None:
        return
    if error.path:
        raise BadRequest(
            f"Invalid input for field/attribute {error.path[-1]}. Value: {error.instance}. {error.message}"
        )
    raise BadRequest(error.message)


def require_admin(call: Call, rule: str) -> None:
    """Refuse whoever is no administrator; `rule` is Nova's policy name (`os-hypervisors:list`)."""
    if not call.context.is_admin:
        refuse(rule)


def refuse(rule: str) -> None:
    """Refuse by a policy rule."""
    raise Forbidden(f"Policy doesn't allow os_compute_api:{rule} to be performed.")
