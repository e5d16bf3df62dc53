"""What the identity service's resources share: bodies, filters, lists with links, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kit.cloud.call import Call, Context
from kit.cloud.errors import BadRequest, Conflict, Forbidden, NotFound
from kit.cloud.store import Row
from kit.cloud.tables import Table
from kit.cloud.validation import first_error

ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[a-zA-Z0-9-]+$"}
NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"[\S]+"}
TEXT = {"type": ["string", "null"]}
FLAG = {"type": "boolean", "enum": [True, False]}
TAG = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
# With the words of Keystone's own schema in their order: a refusal prints it.
TAGS = {"type": "array", "items": TAG, "required": [], "maxItems": 80, "uniqueItems": True}


# The options that a role, a project or a domain may have.
IMMUTABLE = {
    "type": "object", "properties": {"immutable": {"type": ["boolean", "null"]}}, "additionalProperties": False,
}  # fmt: skip


def schema(required: list[str], **properties: Any) -> dict[str, Any]:
    """A body's schema; Keystone keeps unknown attributes as extras."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": True}


def changes(**properties: Any) -> dict[str, Any]:
    """The schema of a change, which must change something."""
    return {**schema([], **properties), "minProperties": 1}


# (key, id of the form) -> the form, and the schema of the body that holds it under the key; both are kept.
_WHOLE: dict[tuple[str, int], tuple[dict[str, Any], dict[str, Any]]] = {}


def body(call: Call, key: str, form: dict[str, Any]) -> dict[str, Any]:
    """What the JSON body holds under `key`, once it fits the form, a module constant.

    Raises
    ------
    BadRequest
        In the words of keystone.api.validation.
    """
    kept = _WHOLE.get((key, id(form)))
    if kept is None:
        whole = {"type": "object", "properties": {key: form}, "required": [key], "additionalProperties": False}
        kept = _WHOLE[key, id(form)] = (form, whole)
    found: dict[str, Any] = whole_body(call, kept[1])[key]
    return found


def whole_body(call: Call, form: dict[str, Any]) -> Any:
    """The JSON body, once it fits the schema.

    Raises
    ------
    BadRequest
        In the words of keystone.api.validation.
    """
    found = call.json() or {}
    error = first_error(form, found)
    if error is None:
        return found
    if error.path:
        raise BadRequest(
            f"Invalid input for field/attribute {error.path[-1]}. Value: {error.instance}. {error.message}"
        )
    raise BadRequest(error.message)


def fits(found: Any, form: dict[str, Any]) -> Any:
    """What was given, once it fits the schema; for the operations that print the schema with a refusal.

    Raises
    ------
    BadRequest
        In the words of keystone.common.validation.
    """
    error = first_error(form, found)
    if error is None:
        return found
    where = f"Invalid input for field '{'/'.join(map(str, error.path))}': " if error.path else ""
    raise BadRequest(f"{where}{error}")


def extras(given: dict[str, Any], table: Table, *known: str) -> dict[str, Any]:
    """The attributes of a body that are no columns: Keystone gives them back as they came."""
    own = {*table.c.keys(), *known, "links"}
    return {name: value for name, value in given.items() if name not in own}


def forbid(operation: str) -> Forbidden:
    """The refusal of a policy rule: `identity:create_project`."""
    return Forbidden(f"You are not authorized to perform the requested action: identity:{operation}.")


def require_admin(call: Call, operation: str, *domains: str | None) -> None:
    """Refuse whoever is neither an administrator of the cloud nor, for what is in `domains`, the domain's manager."""
    if call.context.is_admin and not _beyond(call, operation):
        return
    if not (operation in _MANAGED and _in_own(call, "manager", domains)):
        raise forbid(operation)


# What rules that are for a domain's administrator, too, are about (keystone.common.policies: `scope_types`).
_OF_DOMAINS = (
    "user",
    "project",
    "group",
    "grant",
    "role_assignments",
    "list_roles",
    "get_role",
    "list_domains",
    "get_domain",
)
_OF_OTHERS = ("endpoint", "domain_config", "domain_role", "system_grant")
# What a token of a domain lets its readers see there, and its managers do (keystone.common.policies).
_SEEN = frozenset(
    (
        "list_users", "get_user", "list_user_projects", "list_groups_for_user", "list_projects", "get_project",
        "list_project_tags", "get_project_tag", "list_groups", "get_group", "list_users_in_group", "check_user_in_group",
        "list_domains", "list_role_assignments", "list_role_assignments_for_tree", "list_grants", "check_grant",
    )
)  # fmt: skip
_MANAGED = frozenset(
    (
        "create_user", "update_user", "delete_user", "create_project", "update_project", "delete_project",
        "update_project_tags", "create_project_tag", "delete_project_tag", "delete_project_tags", "create_group",
        "update_group", "delete_group", "add_user_to_group", "remove_user_from_group", "create_grant", "revoke_grant",
    )
)  # fmt: skip


def _in_own(call: Call, role: str, domains: tuple[str | None, ...]) -> bool:
    """Whether the token is one of a domain, with that role, and all that is asked about is in that domain."""
    own = call.context.domain_id
    return own is not None and role in call.context.roles and all(domain == own for domain in domains)


def domain_of(call: Call, table: Table, id: str) -> str | None:
    """The domain that a thing is in; None when there is no such thing."""
    row = call.tx.get(table, id)
    return row["domain_id"] if row else None


def meant_domain(call: Call, key: str) -> str | None:
    """The domain in which the body says that it would have the new thing; a manager must say it."""
    try:
        data = call.json()
    except BadRequest:  # refused later, in its turn
        return None
    given = data.get(key) if isinstance(data, dict) else None
    return given.get("domain_id") if isinstance(given, dict) else None


def _beyond(call: Call, operation: str) -> bool:
    """Whether a token of a domain does not reach that far."""
    if call.context.domain_id is None:
        return False
    return any(word in operation for word in _OF_OTHERS) or not any(word in operation for word in _OF_DOMAINS)


def require_reader(call: Call, operation: str, *domains: str | None) -> None:
    """Refuse whoever may not look: administrators, readers of the system, and a domain's readers in `domains` may."""
    context = call.context
    if overlooks(context) and not _beyond(call, operation):
        return
    if not (operation in _SEEN and _in_own(call, "reader", domains)):
        raise forbid(operation)


def overlooks(context: Context) -> bool:
    """Whether a caller may look at all there is: administrators, and readers of the system."""
    return context.is_admin or (context.system and "reader" in context.roles)


def no_domain(call: Call, operation: str) -> None:
    """Refuse tokens of a domain: the rule is for projects and for the system (its `scope_types`)."""
    if call.context.domain_id is not None:
        raise forbid(operation)


def within(call: Call, row: Row) -> bool:
    """Whether a list that a domain's token asks for shows the thing: it shows the domain's own."""
    return call.context.domain_id in (None, row["domain_id"])


def mutable(row: Row, given: dict[str, Any] | None, kind: str) -> None:
    """Refuse to change (or, with nothing given, to delete) what is immutable; it must be made mutable first.

    Raises
    ------
    Forbidden
        As keystone.common.resource_options.options.immutable.
    """
    if not (row["options"] or {}).get("immutable"):
        return
    options = (given or {}).get("options") or {}
    if given is None or len(given) > 1 or options.get("immutable", True) not in (False, None):
        raise Forbidden(
            f"Unable to {'delete' if given is None else 'update'} immutable {kind} resource: `{row['id']}. "
            'Set resource option "immutable" to false first.'
        )


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
