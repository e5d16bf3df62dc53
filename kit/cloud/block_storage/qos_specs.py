"""QoS specs, and the volume types they are for."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import schemas, volume_types
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import conflict, require_admin
from kit.cloud.block_storage.listing import Kind, answer, links, page, parameters
from kit.cloud.block_storage.models import qos_specs
from kit.cloud.block_storage.models import volume_types as type_table
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import body, boolean, length
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row

_RULE = "volume_extension:qos_specs_manage:"
CONSUMERS = ("back-end", "front-end", "both")


def missing(id: str) -> NotFound:
    """cinder.exception.QoSSpecsNotFound."""
    return NotFound(f"No such QoS spec {id}.")


KIND = Kind(
    "qos_specs", {name: name for name in ("id", "created_at", "updated_at")}, missing
)  # fmt: skip


def find(call: Call, id: str) -> Row:
    """The QoS specs of that id."""
    row = call.tx.get(qos_specs, id)
    if row is None:
        raise missing(id)
    return row


def document(row: Row) -> dict[str, Any]:
    """QoS specs as Cinder shows them."""
    return {"id": row["id"], "name": row["name"], "consumer": row["consumer"], "specs": row["specs"] or {}}


def _whole(call: Call, row: Row) -> dict[str, Any]:
    return {"qos_specs": document(row), "links": links(call, "qos-specs", row["id"])}


def index(call: Call) -> dict[str, Any]:
    """List QoS specs."""
    require_admin(call, f"{_RULE}get_all")
    found = page(call, KIND, call.tx.rows(qos_specs))
    return answer(call, "qos_specs", "qos-specs", found, [document(row) for row in found.rows])


def show(call: Call, qos_id: str) -> dict[str, Any]:
    """Show QoS specs."""
    require_admin(call, f"{_RULE}get")
    return _whole(call, find(call, qos_id))


def _check(specs: dict[str, Any]) -> None:
    for name, value in specs.items():
        length(name, f'Key "{name}"', 1, 255)
        if value is not None:
            length(value, f'Value for key "{name}"', 0, 255)
    if specs.get("consumer") and specs["consumer"] not in CONSUMERS:
        raise BadRequest(f"Invalid qos specs: Valid consumer of QoS specs are: {list(CONSUMERS)}")


def create(call: Call) -> dict[str, Any]:
    """Make QoS specs."""
    given = dict(body(call, schemas.QOS)["qos_specs"])
    require_admin(call, f"{_RULE}create")
    name = given.pop("name").strip()
    _check(given)
    consumer = given.pop("consumer", None) or "back-end"
    if call.tx.first(qos_specs, name=name):
        raise conflict(f"QoS Specs {name} already exists.")
    row = call.tx.insert(
        qos_specs, id=call.tx.ids.uuid(), number=next_number(call.tx, qos_specs), name=name, consumer=consumer, specs=given,
        created_at=call.tx.stamp,
    )  # fmt: skip
    return _whole(call, row)


def update(call: Call, qos_id: str) -> dict[str, Any]:
    """Set keys of QoS specs."""
    data = body(call, schemas.QOS_SET)
    require_admin(call, f"{_RULE}update")
    row = find(call, qos_id)
    given = dict(data["qos_specs"])
    _check(given)
    consumer = given.pop("consumer", row["consumer"])
    specs = {**(row["specs"] or {}), **given}
    call.tx.update(qos_specs, qos_id, specs=specs, consumer=consumer, updated_at=call.tx.stamp)
    return data


def delete_keys(call: Call, qos_id: str) -> Answer:
    """Remove keys of QoS specs."""
    keys = body(call, schemas.QOS_UNSET)["keys"]
    require_admin(call, f"{_RULE}delete")
    row = find(call, qos_id)
    specs = dict(row["specs"] or {})
    for key in keys:
        if key not in specs:
            raise NotFound(f"QoS spec {qos_id} has no spec with key {key}.")
        del specs[key]
    call.tx.update(qos_specs, qos_id, specs=specs, updated_at=call.tx.stamp)
    return bare()


def delete(call: Call, qos_id: str) -> Answer:
    """Delete QoS specs; from types that have them only by force."""
    require_admin(call, f"{_RULE}delete")
    force = boolean(parameters(call), "force")
    find(call, qos_id)
    if call.tx.count(type_table, qos_specs_id=qos_id):
        if not force:
            raise BadRequest("Qos specs still in use.")
        _release(call, qos_id)
    call.tx.delete(qos_specs, id=qos_id)
    return bare()


def _release(call: Call, qos_id: str) -> None:
    for row in call.tx.rows(type_table, qos_specs_id=qos_id):
        call.tx.update(type_table, row["id"], qos_specs_id=None)


def associations(call: Call, qos_id: str) -> dict[str, Any]:
    """The volume types that have the QoS specs."""
    require_admin(call, f"{_RULE}get_all")
    find(call, qos_id)
    rows = call.tx.rows(type_table, qos_specs_id=qos_id, order=type_table.c.number)
    return {
        "qos_associations": [{"association_type": "volume_type", "name": row["name"], "id": row["id"]} for row in rows]
    }


def _type(call: Call) -> Row:
    type_id = call.query.one("vol_type_id")
    if not type_id:
        raise BadRequest("Volume Type id must not be None.")
    return volume_types.find(call, type_id)


def associate(call: Call, qos_id: str) -> Answer:
    """Give a volume type the QoS specs."""
    require_admin(call, f"{_RULE}update")
    type_ = _type(call)
    find(call, qos_id)
    if type_["qos_specs_id"] not in (None, qos_id):
        raise BadRequest(
            f"Invalid volume type: Type {type_['id']} is already associated with another qos specs: {type_['qos_specs_id']}"
        )
    call.tx.update(type_table, type_["id"], qos_specs_id=qos_id)
    return bare()


def disassociate(call: Call, qos_id: str) -> Answer:
    """Take the QoS specs from a volume type."""
    require_admin(call, f"{_RULE}update")
    type_ = _type(call)
    find(call, qos_id)
    if type_["qos_specs_id"] == qos_id:
        call.tx.update(type_table, type_["id"], qos_specs_id=None)
    return bare()


def disassociate_all(call: Call, qos_id: str) -> Answer:
    """Take the QoS specs from every volume type."""
    require_admin(call, f"{_RULE}update")
    find(call, qos_id)
    _release(call, qos_id)
    return bare()
