"""Flavors, their extra specs, and who may use a private one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import named
from kit.cloud.compute.common import links, next_link, page, truth
from kit.cloud.compute.extra_specs import check_specs
from kit.cloud.compute.forms import BOOLEAN, DESCRIPTION, INTEGER, NAME, Form, body_of, fields
from kit.cloud.compute.models import flavor_access, flavors
from kit.cloud.compute.quotas import check_project
from kit.cloud.compute.validation import body, part, refuse, require_admin
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.store import Row

_POSITIVE = {**INTEGER, "minimum": 1, "maximum": 0x7FFFFFFF}
_SIZE = {**INTEGER, "maximum": 0x7FFFFFFF}
_FLAVOR: Form = {
    "name": NAME,
    "id": {
        "type": ["string", "number", "null"], "minLength": 1, "maxLength": 255,
        "pattern": "^(?! )[a-zA-Z0-9. _-]+(?<! )$",
    },
    "ram": _POSITIVE, "vcpus": _POSITIVE, "disk": _SIZE, "OS-FLV-EXT-DATA:ephemeral": _SIZE, "swap": _SIZE,
    "rxtx_factor": {"type": ["number", "string"], "pattern": r"^[0-9]+(\.[0-9]+)?$", "exclusiveMinimum": True, "minimum": 0},
    "os-flavor-access:is_public": BOOLEAN,
}  # fmt: skip
_ABOUT = {**DESCRIPTION, "maxLength": 65535}


def _schema(known: Form) -> Form:
    return body_of("flavor", fields(known, "name", "ram", "vcpus", "disk"))


CREATE = _schema(_FLAVOR)
CREATE_255 = _schema({**_FLAVOR, "description": _ABOUT})
CREATE_2102 = _schema(
    {name: form for name, form in {**_FLAVOR, "description": _ABOUT}.items() if name != "rxtx_factor"}
)
UPDATE = body_of("flavor", fields({"description": _ABOUT}, "description"))
_SPECS = {
    "type": "object",
    "patternProperties": {r"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "number"], "maxLength": 255}},
    "additionalProperties": False,
}
SPECS = body_of("extra_specs", _SPECS)
SPEC = {**_SPECS, "minProperties": 1, "maxProperties": 1}
_TENANT = fields({"tenant": {"type": "string", "minLength": 1, "maxLength": 255}}, "tenant")


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
    if call.at_least("2.102"):
        del shown["rxtx_factor"], shown["OS-FLV-DISABLED:disabled"]
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


def _least(call: Call, name: str) -> int:
    text = call.query.one(name, "0")
    try:
        return int(text or "")
    except ValueError:
        raise BadRequest(f"Invalid {name} filter [{text}]") from None


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
    where += [flavors.c.ram >= _least(call, "minRam"), flavors.c.disk >= _least(call, "minDisk")]
    if call.at_least("2.102") and "name" in call.query:
        where.append(flavors.c.name.regexp_match(call.query.one("name")))
    key = call.query.one("sort_key", "flavorid")
    column = flavors.c.get({"flavorid": "id", "memory_mb": "ram", "root_gb": "disk"}.get(str(key), str(key)))
    if column is None:
        column = flavors.c.id  # a column of Nova's database that says nothing here
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
    schema = CREATE_2102 if call.at_least("2.102") else CREATE_255 if call.at_least("2.55") else CREATE
    given = body(call, schema)["flavor"]
    flavor_id = str(given.get("id") or "auto").strip()
    if flavor_id == "auto":  # Nova would keep the word; old clients and seeds mean by it what they mean by none
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
    if call.at_least("2.86"):
        check_specs(given)
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
    if call.at_least("2.86"):
        check_specs(value)
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
    name, data = named(call)
    if name not in ("addTenantAccess", "removeTenantAccess"):
        raise BadRequest(f"There is no such action: {name}")
    verb = "add_tenant_access" if name == "addTenantAccess" else "remove_tenant_access"
    tenant = part(call, data[name], _TENANT, name)["tenant"]
    if not call.context.is_admin:
        refuse(f"os-flavor-access:{verb}")
    if verb == "add_tenant_access":
        check_project(call, tenant)
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
