"""Which endpoints a project's catalog shows: single ones, and groups given by a filter."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.identity.catalog import fits_filter
from kit.cloud.identity.catalog_admin import endpoint_row
from kit.cloud.identity.common import (
    TEXT,
    body,
    fetch,
    listing,
    require_admin,
    require_reader,
    schema,
    self_link,
)
from kit.cloud.identity.models import (
    endpoint_groups,
    endpoints,
    project_endpoint_groups,
    project_endpoints,
    projects,
)
from kit.cloud.identity.projects import show_row as project_document
from kit.cloud.store import Row

_FIELDS = {
    "name": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": TEXT,
    "filters": {"type": "object"},
}
CREATE = schema(["name", "filters"], **_FIELDS)
UPDATE = {**schema([], **_FIELDS), "minProperties": 1}
FILTERS = ("service_id", "region_id", "interface")


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """An endpoint group as Keystone shows it."""
    names = ("id", "name", "description", "filters")
    return {
        **{name: row[name] for name in names},
        "links": self_link(call, f"OS-EP-FILTER/endpoint_groups/{row['id']}"),
    }


def _sound(filters: dict[str, Any]) -> None:
    for name, value in filters.items():
        if name not in FILTERS or (name == "interface" and value not in ("public", "internal", "admin")):
            raise BadRequest(
                "Expecting to find service_id or region_id or interface in endpoint_group. The server could not comply "
                "with the request since it is either malformed or otherwise incorrect. The client is assumed to be in "
                "error."
            )


def _group(call: Call, group_id: str) -> Row:
    return fetch(call, endpoint_groups, "Endpoint Group", group_id)


def group_index(call: Call) -> dict[str, Any]:
    """List endpoint groups."""
    require_reader(call, "list_endpoint_groups")
    rows = call.tx.rows(endpoint_groups, order=endpoint_groups.c.id)
    return listing(call, "endpoint_groups", (show_row(call, row) for row in rows))


def group_create(call: Call) -> dict[str, Any]:
    """Create an endpoint group."""
    require_admin(call, "create_endpoint_group")
    given = body(call, "endpoint_group", CREATE)
    _sound(given["filters"])
    row = call.tx.insert(
        endpoint_groups, id=call.tx.ids.hex(), name=given["name"], description=given.get("description"),
        filters=given["filters"],
    )  # fmt: skip
    return {"endpoint_group": show_row(call, row)}


def group_show(call: Call, group_id: str) -> dict[str, Any]:
    """Show an endpoint group."""
    require_reader(call, "get_endpoint_group")
    return {"endpoint_group": show_row(call, _group(call, group_id))}


def group_update(call: Call, group_id: str) -> dict[str, Any]:
    """Change an endpoint group."""
    require_admin(call, "update_endpoint_group")
    row = _group(call, group_id)
    given = body(call, "endpoint_group", UPDATE)
    fields: dict[str, Any] = {key: given[key] for key in ("name", "description") if key in given}
    if "filters" in given:
        _sound(given["filters"])
        fields["filters"] = given["filters"]
    call.tx.update(endpoint_groups, group_id, **fields)
    return {"endpoint_group": show_row(call, {**row, **fields})}


def group_delete(call: Call, group_id: str) -> None:
    """Delete an endpoint group."""
    require_admin(call, "delete_endpoint_group")
    _group(call, group_id)
    call.tx.delete(endpoint_groups, id=group_id)


def group_endpoints(call: Call, group_id: str) -> dict[str, Any]:
    """The endpoints that a group's filter picks."""
    require_reader(call, "list_endpoints_associated_with_endpoint_group")
    filters = _group(call, group_id)["filters"]
    rows = [row for row in call.tx.rows(endpoints, order=endpoints.c.id) if fits_filter(row, filters)]
    return listing(call, "endpoints", (endpoint_row(call, row) for row in rows), filtered=False)


def group_projects(call: Call, group_id: str) -> dict[str, Any]:
    """The projects that have the group."""
    require_reader(call, "list_projects_associated_with_endpoint_group")
    _group(call, group_id)
    return _projects(call, call.tx.rows(project_endpoint_groups, group_id=group_id))


def _projects(call: Call, rows: list[Row]) -> dict[str, Any]:
    found = (call.tx.get(projects, row["project_id"]) for row in rows)
    return listing(call, "projects", (project_document(call, row) for row in found if row), filtered=False)


def project_groups(call: Call, project_id: str) -> dict[str, Any]:
    """The groups that a project has."""
    require_reader(call, "list_endpoint_groups_for_project")
    fetch(call, projects, "project", project_id)
    rows = call.tx.rows(project_endpoint_groups, project_id=project_id)
    found = (call.tx.get(endpoint_groups, row["group_id"]) for row in rows)
    return listing(call, "endpoint_groups", (show_row(call, row) for row in found if row), filtered=False)


def _pair(call: Call, group_id: str, project_id: str) -> Row | None:
    fetch(call, projects, "project", project_id)
    _group(call, group_id)
    return call.tx.first(project_endpoint_groups, group_id=group_id, project_id=project_id)


def group_add(call: Call, group_id: str, project_id: str) -> None:
    """Give a project a group of endpoints."""
    require_admin(call, "add_endpoint_group_to_project")
    if _pair(call, group_id, project_id) is None:
        call.tx.insert(project_endpoint_groups, group_id=group_id, project_id=project_id)


def group_check(call: Call, group_id: str, project_id: str) -> dict[str, Any]:
    """Whether a project has a group of endpoints."""
    require_reader(call, "get_endpoint_group_in_project")
    if _pair(call, group_id, project_id) is None:
        raise NotFound("Endpoint Group Project Association not found")
    links = {"self": f"/OS-EP-FILTER/endpoint_groups/{group_id}/projects/{project_id}"}
    return {"project_endpoint_group": {"endpoint_group_id": group_id, "project_id": project_id, "links": links}}


def group_remove(call: Call, group_id: str, project_id: str) -> None:
    """Take a group of endpoints from a project."""
    require_admin(call, "remove_endpoint_group_from_project")
    row = _pair(call, group_id, project_id)
    if row is None:
        raise NotFound("Endpoint Group Project Association not found")
    call.tx.delete(project_endpoint_groups, id=row["id"])


def project_index(call: Call, project_id: str) -> dict[str, Any]:
    """The endpoints that a project has, by itself or by groups."""
    require_reader(call, "list_endpoints_for_project")
    fetch(call, projects, "project", project_id)
    own = {row["endpoint_id"] for row in call.tx.rows(project_endpoints, project_id=project_id)}
    groups = [
        call.tx.get(endpoint_groups, row["group_id"])
        for row in call.tx.rows(project_endpoint_groups, project_id=project_id)
    ]
    rows = [
        row for row in call.tx.rows(endpoints, order=endpoints.c.id)
        if row["id"] in own or any(fits_filter(row, group["filters"]) for group in groups if group)
    ]  # fmt: skip
    return listing(call, "endpoints", (endpoint_row(call, row) for row in rows), filtered=False)


def endpoint_projects(call: Call, endpoint_id: str) -> dict[str, Any]:
    """The projects that have an endpoint."""
    require_reader(call, "list_projects_for_endpoint")
    fetch(call, endpoints, "endpoint", endpoint_id)
    return _projects(call, call.tx.rows(project_endpoints, endpoint_id=endpoint_id))


def _single(call: Call, project_id: str, endpoint_id: str) -> Row | None:
    fetch(call, endpoints, "endpoint", endpoint_id)
    fetch(call, projects, "project", project_id)
    return call.tx.first(project_endpoints, project_id=project_id, endpoint_id=endpoint_id)


def _absent(project_id: str, endpoint_id: str) -> NotFound:
    return NotFound(f"Endpoint {endpoint_id} not found in project {project_id}")


def add(call: Call, project_id: str, endpoint_id: str) -> None:
    """Give a project an endpoint."""
    require_admin(call, "add_endpoint_to_project")
    if _single(call, project_id, endpoint_id) is None:
        call.tx.insert(project_endpoints, project_id=project_id, endpoint_id=endpoint_id)


def check(call: Call, project_id: str, endpoint_id: str) -> None:
    """Whether a project has an endpoint."""
    require_reader(call, "check_endpoint_in_project")
    if _single(call, project_id, endpoint_id) is None:
        raise _absent(project_id, endpoint_id)


def remove(call: Call, project_id: str, endpoint_id: str) -> None:
    """Take an endpoint from a project."""
    require_admin(call, "remove_endpoint_from_project")
    row = call.tx.first(project_endpoints, project_id=project_id, endpoint_id=endpoint_id)
    if row is None:
        raise _absent(project_id, endpoint_id)
    call.tx.delete(project_endpoints, id=row["id"])
