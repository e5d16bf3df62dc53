"""Host aggregates."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import named
from kit.cloud.compute.forms import HOST, NAME, SPACED_NAME, UUID, ZONE, body_of, fields
from kit.cloud.compute.hosts import zones
from kit.cloud.compute.models import aggregates, hypervisors, servers
from kit.cloud.compute.validation import body, part, require_admin
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.image.images import visible
from kit.cloud.placement import servers as placement
from kit.cloud.store import Row

_ZONE = {"oneOf": [ZONE, {"type": "null"}]}
CREATE = body_of("aggregate", fields({"name": NAME, "availability_zone": _ZONE}, "name"))
UPDATE = body_of(
    "aggregate",
    fields(
        {"name": SPACED_NAME, "availability_zone": _ZONE},
        anyOf=[{"required": ["name"]}, {"required": ["availability_zone"]}],
    ),
)
_HOST = fields({"host": HOST}, "host")
_META = fields(
    {
        "metadata": {
            "type": "object",
            "patternProperties": {r"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}},
            "additionalProperties": False,
        }
    },
    "metadata",
)
ACTIONS = {"add_host": _HOST, "remove_host": _HOST, "set_metadata": _META}


def document(call: Call, row: Row, *, whole: bool = True) -> dict[str, Any]:
    """An aggregate as Nova shows it."""
    shown = {
        "id": row["id"], "name": row["name"], "availability_zone": (row["metadata"] or {}).get("availability_zone"),
        "created_at": row["created_at"], "updated_at": row["updated_at"], "deleted": False, "deleted_at": None,
    }  # fmt: skip
    if call.at_least("2.41"):
        shown["uuid"] = row["uuid"]
    if whole:
        shown |= {"hosts": row["hosts"] or [], "metadata": row["metadata"] or {}}
    return shown


def find(call: Call, aggregate_id: str) -> Row:
    """The aggregate, or Nova's 404."""
    if not aggregate_id.removeprefix("-").isdigit():
        raise BadRequest("Invalid input received: id must be an integer")
    row = call.tx.get(aggregates, int(aggregate_id))
    if row is None:
        raise NotFound(f"Aggregate {aggregate_id} could not be found.")
    return row


def index(call: Call) -> dict[str, Any]:
    """List aggregates."""
    require_admin(call, "os-aggregates:index")
    return {"aggregates": [document(call, row) for row in call.tx.rows(aggregates, order=aggregates.c.id)]}


def create(call: Call) -> dict[str, Any]:
    """Create an aggregate."""
    require_admin(call, "os-aggregates:create")
    given = body(call, CREATE)["aggregate"]
    if call.tx.first(aggregates, name=given["name"]):
        raise Conflict(f"Aggregate {given['name']} already exists.")
    zone = given.get("availability_zone")
    row = call.tx.insert(
        aggregates, uuid=call.tx.ids.uuid(), name=given["name"], hosts=[], created_at=call.tx.stamp,
        metadata={"availability_zone": zone} if zone else {},
    )  # fmt: skip
    return {"aggregate": document(call, row, whole=False)}


def show(call: Call, aggregate_id: str) -> dict[str, Any]:
    """Show an aggregate."""
    require_admin(call, "os-aggregates:show")
    return {"aggregate": document(call, find(call, aggregate_id))}


def _change(call: Call, row: Row, **fields: Any) -> dict[str, Any]:
    fields["updated_at"] = call.tx.stamp
    call.tx.update(aggregates, row["id"], **fields)
    return {"aggregate": document(call, {**row, **fields})}


def update(call: Call, aggregate_id: str) -> dict[str, Any]:
    """Change an aggregate's name or zone."""
    require_admin(call, "os-aggregates:update")
    given = body(call, UPDATE)["aggregate"]
    row = find(call, aggregate_id)
    fields: dict[str, Any] = {}
    if "name" in given:
        if given["name"] != row["name"] and call.tx.first(aggregates, name=given["name"]):
            raise Conflict(f"Aggregate {given['name']} already exists.")
        fields["name"] = given["name"]
    if "availability_zone" in given:
        fields["metadata"] = _zoned(call, row, given["availability_zone"])
    return _change(call, row, **fields)


def _zoned(call: Call, row: Row, zone: str | None) -> dict[str, Any]:
    """The metadata with another zone, once no host would be in two zones and none has servers."""
    metadata = dict(row["metadata"] or {})
    if zone != metadata.get("availability_zone"):
        for host in row["hosts"] or []:
            if call.tx.count(servers, servers.c.deleted_at.is_(None), host=host):
                raise BadRequest(
                    f"Cannot update aggregate {row['id']}. Reason: One or more hosts contain instances in this zone."
                )
            _one_zone(call, row, host, zone)
    metadata.pop("availability_zone", None)
    return {**metadata, "availability_zone": zone} if zone else metadata


def _one_zone(call: Call, row: Row, host: str, zone: str | None) -> None:
    for other in call.tx.rows(aggregates):
        theirs = (other["metadata"] or {}).get("availability_zone")
        if other["id"] != row["id"] and host in (other["hosts"] or []) and zone and theirs and theirs != zone:
            raise Conflict(
                f"Cannot add host to aggregate {row['id']}. Reason: Host {host} already in availability zone(s) {theirs}."
            )


def delete(call: Call, aggregate_id: str) -> Answer:
    """Delete an aggregate without hosts."""
    require_admin(call, "os-aggregates:delete")
    row = find(call, aggregate_id)
    if row["hosts"]:
        raise BadRequest(f"Cannot remove host from aggregate {row['id']}. Reason: Host aggregate is not empty.")
    call.tx.delete(aggregates, id=row["id"])
    return Answer(200)


def action(call: Call, aggregate_id: str) -> dict[str, Any]:
    """Add a host, remove one, or set metadata."""
    name, data = named(call)
    if name not in ACTIONS:
        raise BadRequest(f"There is no such action: {name}")
    data = {name: part(call, data[name], ACTIONS[name], name)}
    require_admin(call, f"os-aggregates:{name}")
    row = find(call, aggregate_id)
    if name == "set_metadata":
        return _set_metadata(call, row, data[name]["metadata"])
    host, hosts = data[name]["host"], list(row["hosts"] or [])
    hypervisor = call.tx.first(hypervisors, host=host)
    if hypervisor is None:
        raise NotFound(f"Compute host {host} could not be found.")
    if name == "add_host":
        if host in hosts:
            raise Conflict(f"Aggregate {row['id']} already has host {host}.")
        zone = (row["metadata"] or {}).get("availability_zone")
        _one_zone(call, row, host, zone)
        if (
            zone
            and zone != zones(call.tx).get(host)
            and call.tx.count(servers, servers.c.deleted_at.is_(None), host=host)
        ):
            raise Conflict(
                f"Cannot add host to aggregate {row['id']}. Reason: One or more hosts contain instances in this zone."
            )
        placement.set_aggregate(call.tx, hypervisor, row["uuid"], True)
        return _change(call, row, hosts=[*hosts, host])
    if host not in hosts:
        raise NotFound(f"Cannot remove host {host} in aggregate {row['id']}")
    placement.set_aggregate(call.tx, hypervisor, row["uuid"], False)
    return _change(call, row, hosts=[other for other in hosts if other != host])


_IMAGES = body_of("cache", {"type": ["array"], "minItems": 1, "items": fields({"id": UUID}, "id")})


def cache_images(call: Call, aggregate_id: str) -> Answer:
    """Let the aggregate's hosts fetch images before a server needs them (2.81)."""
    require_admin(call, "compute:aggregates:images")
    wanted = [item["id"] for item in body(call, _IMAGES)["cache"]]
    find(call, aggregate_id)
    if len(set(wanted)) < len(wanted):
        raise BadRequest("Duplicate images in request")
    for image_id in wanted:
        if visible(call.tx, call.context, image_id) is None:
            raise BadRequest(f"Image {image_id} could not be found.")
    return Answer(202)


def _set_metadata(call: Call, row: Row, given: dict[str, Any]) -> dict[str, Any]:
    metadata = dict(row["metadata"] or {})
    if given.get("availability_zone") == "":
        raise BadRequest(
            f"Cannot update metadata of aggregate {row['id']}. "
            f"Reason: Aggregate {row['name']} does not support empty named availability zone."
        )
    if "availability_zone" in given:
        metadata = _zoned(call, row, given["availability_zone"])
    for key, value in given.items():
        if value is None:
            metadata.pop(key, None)
        else:
            metadata[key] = value
    return _change(call, row, metadata=metadata)
