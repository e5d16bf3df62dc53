"""Flavors, their extra specs, and who may use a private one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Answer, Call
from kit.cloud.compute.common import BOOLEAN, INTEGER, NAME, links, next_link, number, page, truth
from kit.cloud.compute.models import flavor_access, flavors
from kit.cloud.compute.validation import body, refuse, require_admin
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.store import Row

_POSITIVE = {**INTEGER, "minimum": 1, "maximum": 0x7FFFFFFF}
_SIZE = {**INTEGER, "maximum": 0x7FFFFFFF}
_FLAVOR = {
    "name": NAME,
    "id": {"oneOf": [
        {"type": "string", "minLength": 0, "maxLength": 255, "pattern": "^(?! )[a-zA-Z0-9. _-]*(?<! )$"}, {"type": "null"}, {"type": "integer"}]},
    "ram": _POSITIVE, "vcpus": _POSITIVE, "disk": _SIZE, "OS-FLV-EXT-DATA:ephemeral": _SIZE, "swap": _SIZE,
    "rxtx_factor": {"type": ["number", "string"], "pattern": r"^[0-9]+(\.[0-9]+)?$", "minimum": 0},
    "os-flavor-access:is_public": BOOLEAN,
}  # fmt: skip


def _schema(**more: Any) -> dict[str, Any]:
    inner = {
        "type": "object",
        "properties": {**_FLAVOR, **more},
        "required": ["name", "ram", "vcpus", "disk"],
        "additionalProperties": False,
    }
    return {"type": "object", "properties": {"flavor": inner}, "required": ["flavor"], "additionalProperties": False}


CREATE = _schema()
CREATE_255 = _schema(description={"type": ["string", "null"], "maxLength": 65535})
UPDATE = {
    "type": "object", "required": ["flavor"], "additionalProperties": False,
    "properties": {"flavor": {
        "type": "object", "required": ["description"], "additionalProperties": False,
        "properties": {"description": {"type": ["string", "null"], "maxLength": 65535}},
    }},
}  # fmt: skip
_SPECS = {
    "type": "object", "additionalProperties": False,
    "patternProperties": {r"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "number"], "maxLength": 255}},
}  # fmt: skip
SPECS = {
    "type": "object",
    "properties": {"extra_specs": _SPECS},
    "required": ["extra_specs"],
    "additionalProperties": False,
}
SPEC = {**_SPECS, "minProperties": 1, "maxProperties": 1}


def usable(call: Call, ref: str) -> Row | None:
    """The flavor of that id when the caller may boot with it."""
    row = call.tx.get(flavors, str(ref))
    if row is None or row["is_public"] or call.context.is_admin:
        return row
    return row if call.tx.first(flavor_access, flavor_id=row["id"], project_id=call.context.project_id) else None


def find(call: Call, flavor_id: str) -> Row:
    """The flavor, or Nova's 404."""
    row = usable(call, flavor_id)
    if row is None:
        raise NotFound(f"Flavor {flavor_id} could not be found.")
    return row


def document(call: Call, row: Row) -> dict[str, Any]:
    """A flavor as Nova shows it at the request's microversion."""
    shown = {
        "id": row["id"], "name": row["name"], "ram": row["ram"], "disk": row["disk"],
        "swap": row["swap"] if row["swap"] or call.at_least("2.75") else "", "OS-FLV-EXT-DATA:ephemeral": row["ephemeral"],
        "OS-FLV-DISABLED:disabled": row["disabled"], "vcpus": row["vcpus"],
        "os-flavor-access:is_public": row["is_public"], "rxtx_factor": row["rxtx_factor"],
        "links": links(call, f"flavors/{row['id']}"),
    }  # fmt: skip
    if call.at_least("2.55"):
        shown["description"] = row["description"]
    if call.at_least("2.61"):
        shown["extra_specs"] = row["extra_specs"] or {}
    return shown


def _short(call: Call, row: Row) -> dict[str, Any]:
    shown = {"id": row["id"], "name": row["name"], "links": links(call, f"flavors/{row['id']}")}
    if call.at_least("2.55"):
        shown["description"] = row["description"]
    return shown


def _rows(call: Call) -> tuple[list[Row], str | None]:
    where: list[Any] = []
    public = call.query.one("is_public")
    if not call.context.is_admin:
        mine = sa.select(flavor_access.c.flavor_id).where(flavor_access.c.project_id == call.context.project_id)
        where.append(sa.or_(flavors.c.is_public.is_(True), flavors.c.id.in_(mine)))
    elif public is None:
        where.append(flavors.c.is_public.is_(True))
    elif public.lower() != "none":
        if public.lower() not in ("true", "false", "1", "0", "t", "f", "yes", "no", "on", "off"):
            raise BadRequest(f"Invalid is_public filter [{public}]")
        where.append(flavors.c.is_public.is_(truth(public)))
    where += [flavors.c.ram >= number(call, "minRam", 0), flavors.c.disk >= number(call, "minDisk", 0)]
    key = call.query.one("sort_key", "flavorid")
    column = flavors.c.get({"flavorid": "id", "memory_mb": "ram", "root_gb": "disk"}.get(str(key), str(key)))
    if column is None:
        raise BadRequest(
            f"Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of the sort keys"
        )
    down = (call.query.one("sort_dir") or "asc").lower() == "desc"
    rows = call.tx.rows(flavors, *where, order=[column.desc() if down else column, flavors.c.id])
    return page(call, rows)


def index(call: Call) -> dict[str, Any]:
    """List flavors, shortly."""
    return _list(call, _short)


def detail(call: Call) -> dict[str, Any]:
    """List flavors, whole."""
    return _list(call, document)


def _list(call: Call, show: Any) -> dict[str, Any]:
    rows, marker = _rows(call)
    found: dict[str, Any] = {"flavors": [show(call, row) for row in rows]}
    if marker:
        found["flavors_links"] = next_link(call, marker)
    return found


def show(call: Call, flavor_id: str) -> dict[str, Any]:
    """Show a flavor."""
    return {"flavor": document(call, find(call, flavor_id))}


def create(call: Call) -> dict[str, Any]:
    """Create a flavor."""
    require_admin(call, "os-flavor-manage:create")
    given = body(call, CREATE_255 if call.at_least("2.55") else CREATE)["flavor"]
    flavor_id = str(given.get("id") or "auto").strip()
    if flavor_id == "auto":
        flavor_id = call.tx.ids.uuid()
    if call.tx.first(flavors, name=given["name"]):
        raise Conflict(f"Flavor with name {given['name']} already exists.")
    if call.tx.get(flavors, flavor_id):
        raise Conflict(f"Flavor with ID {flavor_id} already exists.")
    row = call.tx.insert(
        flavors, id=flavor_id, name=given["name"], ram=int(given["ram"]), vcpus=int(given["vcpus"]), disk=int(given["disk"]),
        ephemeral=int(given.get("OS-FLV-EXT-DATA:ephemeral", 0)), swap=int(given.get("swap", 0)),
        rxtx_factor=float(given.get("rxtx_factor", 1.0)), is_public=truth(given.get("os-flavor-access:is_public", True)),
        disabled=False, description=given.get("description"), extra_specs={},
    )  # fmt: skip
    return {"flavor": document(call, row)}


def update(call: Call, flavor_id: str) -> dict[str, Any]:
    """Change the description (2.55)."""
    require_admin(call, "os-flavor-manage:update")
    given = body(call, UPDATE)["flavor"]
    row = find(call, flavor_id)
    call.tx.update(flavors, flavor_id, description=given["description"])
    return {"flavor": document(call, {**row, **given})}


def delete(call: Call, flavor_id: str) -> Answer:
    """Delete a flavor; servers keep their copy."""
    require_admin(call, "os-flavor-manage:delete")
    find(call, flavor_id)
    call.tx.delete(flavor_access, flavor_id=flavor_id)
    call.tx.delete(flavors, id=flavor_id)
    return Answer(202)


# Extra specs


def spec_index(call: Call, flavor_id: str) -> dict[str, Any]:
    """All extra specs."""
    return {"extra_specs": find(call, flavor_id)["extra_specs"] or {}}


def spec_create(call: Call, flavor_id: str) -> dict[str, Any]:
    """Add extra specs."""
    require_admin(call, "os-flavor-extra-specs:create")
    given = {key: str(value) for key, value in body(call, SPECS)["extra_specs"].items()}
    row = find(call, flavor_id)
    call.tx.update(flavors, flavor_id, extra_specs={**(row["extra_specs"] or {}), **given})
    return {"extra_specs": given}


def _spec(row: Row, key: str) -> str:
    specs = row["extra_specs"] or {}
    if key not in specs:
        raise NotFound(f"Flavor {row['id']} has no extra specs with key {key}.")
    return str(specs[key])


def spec_show(call: Call, flavor_id: str, key: str) -> dict[str, Any]:
    """One extra spec."""
    return {key: _spec(find(call, flavor_id), key)}


def spec_update(call: Call, flavor_id: str, key: str) -> dict[str, Any]:
    """Set one extra spec."""
    require_admin(call, "os-flavor-extra-specs:update")
    given = body(call, SPEC)
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    row = find(call, flavor_id)
    value = {key: str(given[key])}
    call.tx.update(flavors, flavor_id, extra_specs={**(row["extra_specs"] or {}), **value})
    return value


def spec_delete(call: Call, flavor_id: str, key: str) -> Answer:
    """Remove one extra spec."""
    require_admin(call, "os-flavor-extra-specs:delete")
    row = find(call, flavor_id)
    _spec(row, key)
    call.tx.update(flavors, flavor_id, extra_specs={k: v for k, v in row["extra_specs"].items() if k != key})
    return Answer(200)


# Access to private flavors


def access_index(call: Call, flavor_id: str) -> dict[str, Any]:
    """The projects that may use a private flavor."""
    require_admin(call, "os-flavor-access")
    row = find(call, flavor_id)
    if row["is_public"]:
        raise NotFound("Access list not available for public flavors.")
    return _access(call, flavor_id)


def _access(call: Call, flavor_id: str) -> dict[str, Any]:
    rows = call.tx.rows(flavor_access, flavor_id=flavor_id, order=flavor_access.c.id)
    return {"flavor_access": [{"flavor_id": flavor_id, "tenant_id": row["project_id"]} for row in rows]}


def action(call: Call, flavor_id: str) -> dict[str, Any]:
    """Let a project use a private flavor, or no longer."""
    data = call.json()
    name = next(iter(data), "") if isinstance(data, dict) else ""
    if name not in ("addTenantAccess", "removeTenantAccess"):
        raise BadRequest(f"There is no such action: {name}")
    verb = "add_tenant_access" if name == "addTenantAccess" else "remove_tenant_access"
    if not call.context.is_admin:
        refuse(f"os-flavor-access:{verb}")
    tenant = data[name].get("tenant") if isinstance(data[name], dict) else None
    if not isinstance(tenant, str):
        raise BadRequest(
            f"Invalid input for field/attribute {name}. Value: {data[name]}. 'tenant' is a required property"
        )
    row = find(call, flavor_id)
    there = call.tx.first(flavor_access, flavor_id=flavor_id, project_id=tenant)
    if verb == "add_tenant_access":
        if row["is_public"] and call.at_least("2.7"):
            raise Conflict("Can not add access to a public flavor.")
        if there:
            raise Conflict(f"Flavor access already exists for flavor {flavor_id} and project {tenant} combination.")
        call.tx.insert(flavor_access, flavor_id=flavor_id, project_id=tenant)
    else:
        if not there:
            raise NotFound(f"Flavor access not found for {flavor_id} / {tenant} combination.")
        call.tx.delete(flavor_access, id=there["id"])
    return _access(call, flavor_id)
