"""Regions, services and endpoints: what the catalog is made of."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.identity.common import (
    FLAG,
    ID,
    TEXT,
    body,
    changes,
    duplicate,
    extras,
    fetch,
    listing,
    require_admin,
    require_reader,
    schema,
    self_link,
)
from kit.cloud.identity.models import endpoints, regions, services
from kit.cloud.store import Row

_REGION = {"description": TEXT, "parent_region_id": {"type": ["string", "null"]}}
REGION, REGION_UPDATE = schema([], id={"type": "string"}, **_REGION), changes(**_REGION)
_SERVICE = {
    "type": {"type": "string", "minLength": 1, "maxLength": 255},
    "name": TEXT,
    "description": TEXT,
    "enabled": FLAG,
}
SERVICE_CREATE, SERVICE_UPDATE = schema(["type"], **_SERVICE), changes(**_SERVICE)
_ENDPOINT = {
    "enabled": FLAG, "interface": {"type": "string", "enum": ["admin", "internal", "public"]},
    "region_id": {"type": ["string", "null"]}, "region": {"type": "string"}, "service_id": ID,
    "url": {"type": "string", "minLength": 0, "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"}, "name": TEXT,
}  # fmt: skip
ENDPOINT_CREATE, ENDPOINT_UPDATE = (
    schema(["interface", "service_id", "url"], **_ENDPOINT),
    changes(**_ENDPOINT),
)


def region_row(call: Call, row: Row) -> dict[str, Any]:
    """A region as Keystone shows it."""
    return {
        **(row["extra"] or {}),
        "id": row["id"], "description": row["description"] or "", "parent_region_id": row["parent_region_id"],
        "links": self_link(call, f"regions/{row['id']}"),
    }  # fmt: skip


def region_index(call: Call) -> dict[str, Any]:
    """List regions; everyone may."""
    return listing(call, "regions", (region_row(call, row) for row in call.tx.rows(regions, order=regions.c.id)))


def region_create(call: Call, region_id: str = "") -> dict[str, Any]:
    """Create a region; the caller may choose its id."""
    require_admin(call, "create_region")
    given = body(call, "region", REGION)
    if region_id and given.get("id", region_id) != region_id:
        raise BadRequest(f'Conflicting region IDs specified: "{region_id}" != "{given["id"]}"')
    id = region_id or given.get("id") or call.tx.ids.hex()
    if call.tx.get(regions, id):
        raise duplicate("region", f"Duplicate ID, {id}.")
    if given.get("parent_region_id"):
        fetch(call, regions, "region", given["parent_region_id"])
    row = call.tx.insert(
        regions, id=id, description=given.get("description"), parent_region_id=given.get("parent_region_id"),
        extra=extras(given, regions),
    )  # fmt: skip
    return {"region": region_row(call, row)}


def region_show(call: Call, region_id: str) -> dict[str, Any]:
    """Show a region."""
    return {"region": region_row(call, fetch(call, regions, "region", region_id))}


def region_update(call: Call, region_id: str) -> dict[str, Any]:
    """Change a region."""
    require_admin(call, "update_region")
    row = fetch(call, regions, "region", region_id)
    given = body(call, "region", REGION_UPDATE)
    _no_circle(call, region_id, given.get("parent_region_id"))
    fields: dict[str, Any] = {key: given[key] for key in ("description", "parent_region_id") if key in given}
    call.tx.update(regions, region_id, **fields)
    return {"region": region_row(call, {**row, **fields})}


def _no_circle(call: Call, region_id: str, parent_id: str | None) -> None:
    above = parent_id
    while above is not None:
        if above == region_id:
            raise BadRequest(f"The specified parent region {region_id} would create a circular region hierarchy.")
        above = fetch(call, regions, "region", above)["parent_region_id"]


def region_delete(call: Call, region_id: str) -> None:
    """Delete a region and those below it, unless one of them has endpoints."""
    require_admin(call, "delete_region")
    fetch(call, regions, "region", region_id)
    tree = [region_id]
    for above in tree:  # grows while it is walked
        tree += [row["id"] for row in call.tx.rows(regions, parent_region_id=above)]
    if any(call.tx.count(endpoints, region_id=one) for one in tree):
        raise Forbidden(
            f"Unable to delete region {region_id} because it or its child regions have associated endpoints."
        )
    for one in tree:
        call.tx.delete(regions, id=one)


def service_row(call: Call, row: Row) -> dict[str, Any]:
    """A service as Keystone shows it."""
    shown = {
        **(row["extra"] or {}),
        "id": row["id"], "name": row["name"] or "", "type": row["type"], "enabled": row["enabled"],
        "links": self_link(call, f"services/{row['id']}"),
    }  # fmt: skip
    return shown if row["description"] is None else {**shown, "description": row["description"]}


def service_index(call: Call) -> dict[str, Any]:
    """List services."""
    require_reader(call, "list_services")
    return listing(call, "services", (service_row(call, row) for row in call.tx.rows(services, order=services.c.id)))


def service_create(call: Call) -> dict[str, Any]:
    """Create a service."""
    require_admin(call, "create_service")
    given = body(call, "service", SERVICE_CREATE)
    row = call.tx.insert(
        services, id=call.tx.ids.hex(), type=given["type"], name=given.get("name"), enabled=given.get("enabled", True),
        description=given.get("description"), extra=extras(given, services),
    )  # fmt: skip
    return {"service": service_row(call, row)}


def service_show(call: Call, service_id: str) -> dict[str, Any]:
    """Show a service."""
    require_reader(call, "get_service")
    return {"service": service_row(call, fetch(call, services, "service", service_id))}


def service_update(call: Call, service_id: str) -> dict[str, Any]:
    """Change a service."""
    require_admin(call, "update_service")
    row = fetch(call, services, "service", service_id)
    given = body(call, "service", SERVICE_UPDATE)
    fields: dict[str, Any] = {key: given[key] for key in ("type", "name", "description", "enabled") if key in given}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, services)}
    call.tx.update(services, service_id, **fields)
    return {"service": service_row(call, {**row, **fields})}


def service_delete(call: Call, service_id: str) -> None:
    """Delete a service and its endpoints."""
    require_admin(call, "delete_service")
    fetch(call, services, "service", service_id)
    call.tx.delete(services, id=service_id)


def endpoint_row(call: Call, row: Row) -> dict[str, Any]:
    """An endpoint as Keystone shows it."""
    shown = {
        **(row["extra"] or {}),
        "id": row["id"], "interface": row["interface"], "region": row["region_id"], "region_id": row["region_id"],
        "service_id": row["service_id"], "url": row["url"].replace("$(base_url)s", call.base),
        "enabled": row["enabled"], "links": self_link(call, f"endpoints/{row['id']}"),
    }  # fmt: skip
    if row["name"]:
        shown["name"] = row["name"]
    return shown


def endpoint_index(call: Call) -> dict[str, Any]:
    """List endpoints."""
    require_reader(call, "list_endpoints")
    rows = call.tx.rows(endpoints, order=endpoints.c.id)
    return listing(call, "endpoints", (endpoint_row(call, row) for row in rows))


def _region(call: Call, given: dict[str, Any]) -> str | None:
    """The region an endpoint is in; the old attribute `region` makes one that is not there."""
    if given.get("region_id"):
        if call.tx.get(regions, given["region_id"]) is None:
            raise _not_in("region")
        return str(given["region_id"])
    name = given.get("region")
    if name and call.tx.get(regions, name) is None:
        call.tx.insert(regions, id=name, description="")
    return name


def _not_in(kind: str) -> BadRequest:
    return BadRequest(
        f"Expecting to find endpoint {kind}_id in {kind} table. The server could not comply with the request since it "
        "is either malformed or otherwise incorrect. The client is assumed to be in error."
    )


# Keystone's `[catalog]` replaces these in a URL, and no others.
_REPLACED = ("tenant_id", "project_id", "user_id", "public_bind_host", "admin_bind_host", "compute_host",
             "admin_port", "public_port", "public_endpoint", "admin_endpoint", "base_url")  # fmt: skip


def _sound(call: Call, given: dict[str, Any]) -> None:
    """Refuse a service that is not there, and a URL that asks for something unknown."""
    if "service_id" in given and call.tx.get(services, given["service_id"]) is None:
        raise _not_in("service")
    try:
        _ = given.get("url", "").replace("$(", "%(") % dict.fromkeys(_REPLACED, "")
    except (KeyError, TypeError, ValueError):
        raise BadRequest(f"Cannot create an endpoint with an invalid URL: {given['url']}.") from None


def endpoint_create(call: Call) -> dict[str, Any]:
    """Create an endpoint."""
    require_admin(call, "create_endpoint")
    given = body(call, "endpoint", ENDPOINT_CREATE)
    _sound(call, given)
    row = call.tx.insert(
        endpoints, id=call.tx.ids.hex(), service_id=given["service_id"], region_id=_region(call, given),
        interface=given["interface"], url=given["url"], enabled=given.get("enabled", True), name=given.get("name"),
        extra=extras(given, endpoints, "region"),
    )  # fmt: skip
    return {"endpoint": endpoint_row(call, row)}


def endpoint_show(call: Call, endpoint_id: str) -> dict[str, Any]:
    """Show an endpoint."""
    require_reader(call, "get_endpoint")
    return {"endpoint": endpoint_row(call, fetch(call, endpoints, "endpoint", endpoint_id))}


def endpoint_update(call: Call, endpoint_id: str) -> dict[str, Any]:
    """Change an endpoint."""
    require_admin(call, "update_endpoint")
    row = fetch(call, endpoints, "endpoint", endpoint_id)
    given = body(call, "endpoint", ENDPOINT_UPDATE)
    _sound(call, given)
    names = ("interface", "url", "enabled", "service_id", "name")
    fields: dict[str, Any] = {key: given[key] for key in names if key in given}
    if "region_id" in given or "region" in given:
        fields["region_id"] = _region(call, given)
    fields["extra"] = {**(row["extra"] or {}), **extras(given, endpoints, "region")}
    call.tx.update(endpoints, endpoint_id, **fields)
    return {"endpoint": endpoint_row(call, {**row, **fields})}


def endpoint_delete(call: Call, endpoint_id: str) -> None:
    """Delete an endpoint."""
    require_admin(call, "delete_endpoint")
    fetch(call, endpoints, "endpoint", endpoint_id)
    call.tx.delete(endpoints, id=endpoint_id)
