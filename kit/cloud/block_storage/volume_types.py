"""Volume types: listed, made, changed, deleted, and looked up for others."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import quotas, schemas
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.bootstrap import DEFAULT_TYPE
from kit.cloud.block_storage.errors import invalid_input, require_admin, require_reader
from kit.cloud.block_storage.listing import Kind, answer, page, parameters
from kit.cloud.block_storage.models import default_types, groups, services, type_access, volume_types, volumes
from kit.cloud.block_storage.models import quotas as quota_table
from kit.cloud.block_storage.types_in_common import change, checked, next_number, public, unique
from kit.cloud.block_storage.validation import body, is_uuid, truth
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row, Transaction

# What every user may see of a type's extra specs.
VISIBLE = ("RESKEY:availability_zones", "multiattach", "replication_enabled")
MULTIATTACH = "<is> True"


def missing(type_id: str) -> NotFound:
    """cinder.exception.VolumeTypeNotFound."""
    return NotFound(f"Volume type {type_id} could not be found.")


KIND = Kind(
    "volume_type",
    {name: name for name in ("id", "name", "description", "is_public", "qos_specs_id", "created_at", "updated_at")},
    missing,
)


def specs_for(call: Call, row: Row) -> dict[str, Any]:
    """The extra specs that the caller sees."""
    specs = row["extra_specs"] or {}
    return specs if call.context.is_admin else {name: specs[name] for name in VISIBLE if name in specs}


def document(call: Call, row: Row, *, access: bool = True, qos: bool = True) -> dict[str, Any]:
    """A type as Cinder shows it.

    Parameters
    ----------
    access, qos : bool
        Whether this answer says who may use it, and what it guarantees: not all of them do.
    """
    shown = {name: row[name] for name in ("id", "name", "is_public", "description")}
    shown["extra_specs"] = specs_for(call, row)
    if qos and call.context.is_admin:
        shown["qos_specs_id"] = row["qos_specs_id"]
    if access and (call.context.is_admin or "member" in call.context.roles):
        shown["os-volume-type-access:is_public"] = row["is_public"]
    return shown


def _visible(call: Call, row: Row) -> bool:
    if row["is_public"] or call.context.is_admin:
        return True
    return call.tx.first(type_access, type_id=row["id"], project_id=call.context.project_id) is not None


def find(call: Call, type_id: str) -> Row:
    """The type of that id that the caller may use."""
    row = call.tx.get(volume_types, type_id)
    if row is None or not _visible(call, row):
        raise missing(type_id)
    return row


def named(call: Call, text: str) -> Row:
    """The type of that id or name."""
    row = call.tx.get(volume_types, text) if is_uuid(text) else None
    row = row or call.tx.first(volume_types, name=text)
    if row is None or not _visible(call, row):
        raise missing(text) if is_uuid(text) else NotFound(f"Volume type with name {text} could not be found.")
    return row


def default(tx: Transaction, project_id: str | None) -> Row:
    """The type of a volume that names none: the project's own default, or the cloud's."""
    chosen = tx.get(default_types, project_id) if project_id else None
    row = tx.get(volume_types, chosen["volume_type_id"]) if chosen else tx.first(volume_types, name=DEFAULT_TYPE)
    row = row or tx.first(volume_types, name="__DEFAULT__")
    assert row is not None, "the default types cannot be deleted"
    return row


def is_multiattach(row: Row) -> bool:
    """Whether volumes of the type may be attached more than once."""
    return (row["extra_specs"] or {}).get("multiattach") == MULTIATTACH


_SECRETS = ("provider", "control_location", "cipher", "key_size")


def goes_with(tx: Transaction, origin_id: str, wanted: Row) -> bool:
    """Whether a copy of a volume of one type may have another (cinder.volume.api.API._retype_is_possible).

    The encryption must be the same, and both must name the same backend; an installation whose one
    volume service is disabled is let through.
    """
    origin = tx.get(volume_types, origin_id) or {}
    mine, theirs = (origin.get("encryption") or {}), (wanted["encryption"] or {})
    if any(mine.get(name) != theirs.get(name) for name in _SECRETS) or bool(mine) != bool(theirs):
        return False
    if tx.count(services, binary="cinder-volume", disabled=True) == 1:
        return True
    backends = [
        (specs or {}).get("volume_backend_name") for specs in (origin.get("extra_specs"), wanted["extra_specs"])
    ]
    return bool(backends[0]) and backends[0] == backends[1]


def check_size(row: Row, size: int) -> None:
    """Refuse a size that the type does not provide."""
    specs = row["extra_specs"] or {}
    low, high = specs.get("provisioning:min_vol_size"), specs.get("provisioning:max_vol_size")
    if low and size < int(low):
        raise invalid_input(
            f"Specified volume size of '{size}' is less than the minimum required size of '{low}' for volume type "
            f"'{row['name']}'."
        )
    if high and size > int(high):
        raise invalid_input(
            f"Specified volume size of '{size}' is greater than the maximum allowable size of '{high}' for volume type "
            f"'{row['name']}'."
        )


def index(call: Call) -> dict[str, Any]:
    """List the types that the caller may use."""
    require_reader(call, "volume_extension:type_get_all")
    wanted = public(call)
    mine = {row["type_id"] for row in call.tx.rows(type_access, project_id=call.context.project_id)}
    rows = [
        row for row in call.tx.rows(volume_types)
        if wanted is None or row["is_public"] == wanted or (wanted and row["id"] in mine)
    ]  # fmt: skip
    call.query.pop("is_public", None)
    if not call.context.is_admin and not call.at_least("3.52"):
        call.query.pop("extra_specs", None)
    if not call.context.is_admin and "extra_specs" in parameters(call) and call.at_least("3.52"):
        rows = [{**row, "extra_specs": specs_for(call, row)} for row in rows]
    found = page(call, KIND, rows)
    return answer(
        call, "volume_types", "types", found, [document(call, row) for row in found.rows], "volume_type_links"
    )


def show(call: Call, type_id: str) -> dict[str, Any]:
    """Show a type; `default` is the caller's default."""
    row = default(call.tx, call.context.project_id) if type_id == "default" else find(call, type_id)
    require_reader(call, "volume_extension:type_get")
    shown = document(call, row, access=type_id != "default")
    return {"volume_type": shown}


def create(call: Call) -> dict[str, Any]:
    """Make a type."""
    given = body(call, schemas.TYPE)["volume_type"]
    require_admin(call, "volume_extension:type_create")
    unique(call, volume_types, "Volume", given["name"])
    row = call.tx.insert(
        volume_types, id=call.tx.ids.uuid(), number=next_number(call.tx, volume_types), name=given["name"], description=given.get("description"),
        is_public=truth(given.get("os-volume-type-access:is_public", True)),
        extra_specs=given.get("extra_specs") or {}, created_at=call.tx.stamp,
    )  # fmt: skip
    return {"volume_type": document(call, row, qos=False)}


def update(call: Call, type_id: str) -> dict[str, Any]:
    """Change a type's name, description or visibility."""
    given = body(call, schemas.TYPE_UPDATE)["volume_type"]
    require_admin(call, "volume_extension:type_update")
    checked(given, "Volume", "description, is_public")
    row, name = find(call, type_id), given.get("name")
    unique(call, volume_types, "Volume", name, type_id)
    changed = change(call, volume_types, row, given)
    if name and name != row["name"]:
        for part in quotas.BY_TYPE:
            for quota in call.tx.rows(quota_table, resource=f"{part}_{row['name']}"):
                call.tx.update(quota_table, quota["id"], resource=f"{part}_{name}")
    return {"volume_type": document(call, changed, access=False, qos=False)}


def delete(call: Call, type_id: str) -> Answer:
    """Delete a type that nothing has."""
    require_admin(call, "volume_extension:type_delete")
    row = find(call, type_id)
    if call.tx.count(default_types, volume_type_id=type_id) or row["name"] == DEFAULT_TYPE:
        raise BadRequest(f"The volume type {type_id} is a default volume type and cannot be deleted.")
    if call.tx.count(volume_types) <= 1:
        raise BadRequest(f"The volume type {type_id} is the only currently defined volume type and cannot be deleted.")
    in_groups = any(type_id in (group["volume_types"] or []) for group in call.tx.rows(groups))
    if in_groups or call.tx.count(volumes, volume_type_id=type_id):
        raise BadRequest("Target volume type is still in use.")
    call.tx.delete(volume_types, id=type_id)
    return bare()
