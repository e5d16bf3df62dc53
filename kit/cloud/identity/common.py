"""What the identity service's resources share: bodies, filters, lists with links, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, Conflict, Forbidden, NotFound
from kit.cloud.store import Row
from kit.cloud.tables import Table
from kit.cloud.validation import first_error

ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[a-zA-Z0-9-]+$"}
NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"[\S]+"}
TEXT = {"type": ["string", "null"]}
FLAG = {"type": "boolean", "enum": [True, False]}
OPTIONS = {"type": "object"}
TAGS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"},
    "uniqueItems": True,
    "maxItems": 80,
}


def schema(required: list[str], **properties: Any) -> dict[str, Any]:
    """A body's schema; Keystone keeps unknown attributes as extras."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": True}


def body(call: Call, key: str, form: dict[str, Any]) -> dict[str, Any]:
    """What the JSON body holds under `key`, once it fits.

    Raises
    ------
    BadRequest
        In the words of keystone.common.validation.
    """
    data = call.json()
    if not isinstance(data, dict) or not isinstance(data.get(key), dict):
        raise BadRequest(
            f"Expecting to find {key} in request body. The server could not comply with the request since it is "
            "either malformed or otherwise incorrect. The client is assumed to be in error."
        )
    return fits(data[key], form)


def fits(found: Any, form: dict[str, Any]) -> dict[str, Any]:
    """What was given, once it fits the schema.

    Raises
    ------
    BadRequest
        In the words of keystone.common.validation.
    """
    error = first_error(form, found)
    if error is None:
        given: dict[str, Any] = found
        return given
    if error.path:
        raise BadRequest(f"Invalid input for field '{'/'.join(map(str, error.path))}': {error.message}")
    raise BadRequest(error.message)


def extras(given: dict[str, Any], table: Table, *known: str) -> dict[str, Any]:
    """The attributes of a body that are no columns: Keystone gives them back as they came."""
    own = {*table.c.keys(), *known, "links"}
    return {name: value for name, value in given.items() if name not in own}


def forbid(operation: str) -> Forbidden:
    """The refusal of a policy rule: `identity:create_project`."""
    return Forbidden(f"You are not authorized to perform the requested action: identity:{operation}.")


def require_admin(call: Call, operation: str) -> None:
    """Refuse whoever is no administrator of the cloud.

    An administrator of a domain token has only that domain: see `in_domain`.
    """
    if not call.context.is_admin:
        raise forbid(operation)


def require_reader(call: Call, operation: str) -> None:
    """Refuse whoever may not look: administrators, and readers of the system, may."""
    context = call.context
    if not (context.is_admin or (context.system and "reader" in context.roles)):
        raise forbid(operation)


def missing(kind: str, id: Any) -> NotFound:
    """`Could not find user: X.`"""
    return NotFound(f"Could not find {kind}: {id}.")


def fetch(call: Call, table: Table, kind: str, id: str, **equals: Any) -> Row:
    """The row of that id.

    Raises
    ------
    NotFound
        When there is none.
    """
    row = call.tx.get(table, id)
    if row is None or any(row[name] != value for name, value in equals.items()):
        raise missing(kind, id)
    return row


def duplicate(kind: str, detail: str) -> Conflict:
    """The refusal of a second thing of one name."""
    return Conflict(f"Conflict occurred attempting to store {kind} - {detail}.")


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "icontains": lambda value, part: part.lower() in value.lower(),
    "startswith": lambda value, part: value.startswith(part),
    "istartswith": lambda value, part: value.lower().startswith(part.lower()),
    "endswith": lambda value, part: value.endswith(part),
    "iendswith": lambda value, part: value.lower().endswith(part.lower()),
    "equals": lambda value, part: value == part,
    "iequals": lambda value, part: value.lower() == part.lower(),
}


def truth(text: str | None) -> bool:
    """A query's boolean: only these words, and `0`, mean no."""
    return (text or "").strip().lower() not in ("false", "0", "no", "off", "f", "n")


def matches(call: Call, item: dict[str, Any]) -> bool:
    """Whether a document satisfies the filters of the query string; a filter on an unknown attribute is none."""
    for name, values in call.query.items():
        attribute, _, comparator = name.partition("__")
        if attribute not in item:
            continue
        value, wanted = item[attribute], values[-1]
        if comparator:
            compare = _COMPARE.get(comparator)
            if compare is not None and not (isinstance(value, str) and compare(value, wanted)):
                return False
        elif isinstance(value, bool):
            if value != truth(wanted):
                return False
        elif not isinstance(value, list | dict) and str("" if value is None else value) != wanted:
            return False
    return True


def listing(call: Call, key: str, items: Iterable[dict[str, Any]], *, filtered: bool = True) -> dict[str, Any]:
    """A collection as Keystone answers it: filtered, with links."""
    found = [item for item in items if not filtered or matches(call, item)]
    return {key: found, "links": links(call)}


def links(call: Call) -> dict[str, Any]:
    """The links of a collection."""
    query = "&".join(f"{name}={value}" for name, values in call.query.items() for value in values)
    return {"next": None, "self": call.url + (f"?{query}" if query else ""), "previous": None}


def self_link(call: Call, path: str) -> dict[str, str]:
    """A resource's own link; `path` is below `/v3/`."""
    return {"self": f"{call.root}/v3/{path}"}
