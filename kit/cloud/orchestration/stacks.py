"""Stacks listed and shown, with their templates, environments, files and outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from kit.cloud.call import Answer, Call
from kit.cloud.orchestration.common import (
    SUBPATHS,
    by_identity,
    by_name,
    engine,
    number,
    redirect,
    stack_of,
    truth,
)
from kit.cloud.orchestration.errors import HeatError, bad_request, forbidden, not_found
from kit.cloud.orchestration.models import stacks
from kit.cloud.orchestration.stack_views import full, output, summary
from kit.cloud.store import Row
from kit.hot import Stack

# Filters of the query string to columns, and sort keys.
FILTERS = {
    "id": "id", "status": "status", "name": "name", "action": "action", "tenant": "project_id",
    "username": "user_name", "owner_id": "parent_id", "stack_name": "name", "stack_identity": "id",
}  # fmt: skip
SORTS = {
    "stack_name": "name", "name": "name", "stack_status": "status", "status": "status", "creation_time": "created_at",
    "created_at": "created_at", "updated_time": "updated_at", "updated_at": "updated_at",
}  # fmt: skip
LONGEST_PAGE = 1000


def index(call: Call, tenant: str) -> dict[str, Any]:
    """List the stacks of the project, or with `global_tenant` the administrator's view of all."""
    everywhere = truth(call, "global_tenant")
    if everywhere and not call.context.is_admin:
        raise forbidden("You are not authorized to use stacks:global_index.")
    found = _wanted(call, tenant, everywhere)
    count = len(found)
    shown = _page(call, found)
    # A list does not open the templates, and so has no descriptions.
    answer: dict[str, Any] = {"stacks": [summary(call, row, everywhere) | {"description": ""} for row in shown]}
    limit = number(call, "limit")
    if limit and len(shown) == limit:
        query = {name: values for name, values in call.query.items() if name != "marker"} | {"marker": shown[-1]["id"]}
        answer["links"] = [{"rel": "next", "href": f"{call.url}?{urlencode(query, doseq=True)}"}]
    if truth(call, "with_count"):
        answer["count"] = count
    return answer


def _wanted(call: Call, tenant: str, everywhere: bool) -> list[Row]:
    query: dict[str, Any] = {} if everywhere else {"project_id": tenant}
    absent = []
    if not truth(call, "show_deleted"):
        absent.append("deleted_at")
    if not truth(call, "show_nested") and "owner_id" not in call.query:
        absent.append("parent_id")
    rows = call.tx.rows(stacks, absent=tuple(absent), **query)
    for name, values in call.query.items():
        if name in FILTERS:
            wanted = {each for value in values for each in value.split(",")}
            rows = [row for row in rows if _matches(row, FILTERS[name], wanted)]
    for name, test in _TAGS.items():
        given = call.query.one(name)
        if given:
            asked = set(given.split(","))
            rows = [row for row in rows if test(asked, set(row["tags"] or ()))]
    return _sorted(call, rows)


def _matches(row: Row, column: str, wanted: set[str]) -> bool:
    if column == "status":  # also as `stack_status` is shown
        return row["status"] in wanted or f"{row['action']}_{row['status']}" in wanted
    return row[column] in wanted


_TAGS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "tags": lambda asked, has: asked <= has, "tags_any": lambda asked, has: bool(asked & has),
    "not_tags": lambda asked, has: not asked <= has, "not_tags_any": lambda asked, has: not asked & has,
}  # fmt: skip


def _sorted(call: Call, rows: list[Row]) -> list[Row]:
    direction = call.query.one("sort_dir", "desc")
    if direction not in ("asc", "desc"):
        raise bad_request(f"Invalid sort_dir: {direction}. Must be asc or desc.")
    keys = [SORTS[name] for value in call.query.get("sort_keys", []) for name in value.split(",") if name in SORTS]
    for key in [*reversed(keys or ["created_at"])]:
        rows = sorted(rows, key=lambda row: (row[key] is not None, row[key] or ""), reverse=direction == "desc")
    return rows


def _page(call: Call, rows: list[Row]) -> list[Row]:
    marker, limit = call.query.one("marker"), number(call, "limit")
    if marker:
        places = [place for place, row in enumerate(rows) if row["id"] == marker]
        if not places:
            raise not_found("Stack", marker)
        rows = rows[places[0] + 1 :]
    return rows[: min(limit or LONGEST_PAGE, LONGEST_PAGE)]


def detail(call: Call, tenant: str) -> dict[str, Any]:
    """List them with all that is told of each but outputs."""
    found = index(call, tenant)
    found["stacks"] = [
        full(call, row, stack_of(call, row), False)
        for each in found["stacks"] if (row := call.tx.get(stacks, each["id"])) is not None
    ]  # fmt: skip
    return found


def lookup(call: Call, tenant: str, stack_name: str) -> Answer:
    """Redirect from a name to the stack's own address."""
    return redirect(call, by_name(call, tenant, stack_name, True))


def lookup_arn(
    call: Call, tenant: str, stack_name: str, stack_id: str, arn_id: str, rest: str = ""
) -> Answer:  # fmt: skip
    """Redirect from a stack's ARN, which has slashes, or from something below it."""
    if not stack_name.startswith("arn:"):
        raise call.service.no_route(call, [])
    return redirect(call, by_identity(call, tenant, stack_id, arn_id, True), *filter(None, rest.split("/")))


def lookup_part(call: Call, tenant: str, stack_name: str, stack_id: str) -> Answer:
    """Redirect a POST to `NAME/actions` and the like."""
    if stack_id not in SUBPATHS:
        raise call.service.no_route(call, ["GET"])
    return redirect(call, by_name(call, tenant, stack_name, True), stack_id)


def show(call: Call, tenant: str, stack_name: str, stack_id: str) -> Any:
    """Show one; `NAME/resources` and the like are redirected to where they are."""
    if stack_id in SUBPATHS:
        return redirect(call, by_name(call, tenant, stack_name, True), stack_id)
    row = by_identity(call, tenant, stack_name, stack_id, True)
    stack = _there(call, row)
    if stack is None:
        return {"stack": summary(call, row) | {"parameters": {}, "outputs": []}}
    return {"stack": full(call, row, stack, truth(call, "resolve_outputs", True))}


def _there(call: Call, row: Row) -> Stack | None:
    """The stack of a row; a stack that was inside another is gone with it."""
    try:
        return stack_of(call, row)
    except HeatError:
        return None


def _stack(call: Call, tenant: str, stack_name: str, stack_id: str) -> Stack:
    return stack_of(call, by_identity(call, tenant, stack_name, stack_id, True))


def template(call: Call, tenant: str, stack_name: str, stack_id: str) -> Any:
    """The template."""
    return dict(_stack(call, tenant, stack_name, stack_id).template.data)


def environment(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """The environment; hidden parameters are not told."""
    stack = _stack(call, tenant, stack_name, stack_id)
    found = stack.environment.to_dict()
    declared = stack.definition.parameters.declared
    hidden = {name for name, parameter in declared.items() if parameter.hidden}
    for part in ("parameters", "parameter_defaults"):
        found[part] = {name: "******" if name in hidden else value for name, value in found[part].items()}
    return found | {"encrypted_param_names": stack.environment.encrypted_param_names}


def files(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, str]:
    """The files."""
    return dict(_stack(call, tenant, stack_name, stack_id).files)


def outputs(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """The outputs without their values."""
    stack = _stack(call, tenant, stack_name, stack_id)
    return {"outputs": [output(stack, name, False) for name in stack.definition.outputs]}


def output_show(call: Call, tenant: str, stack_name: str, stack_id: str, key: str) -> dict[str, Any]:
    """One output with its value."""
    stack = _stack(call, tenant, stack_name, stack_id)
    if key not in stack.definition.outputs:
        raise HeatError(404, f"Specified output key {key} not found.", "NotFound")
    with engine(call, stack):
        return {"output": output(stack, key)}
