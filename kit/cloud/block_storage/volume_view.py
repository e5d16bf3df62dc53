"""A volume as Cinder shows it at each microversion (cinder.api.v3.views.volumes)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import group_types
from kit.cloud.block_storage.bootstrap import BACKEND_HOST
from kit.cloud.block_storage.listing import links
from kit.cloud.block_storage.models import attachments, groups, services, volume_types
from kit.cloud.call import Call
from kit.cloud.store import Row

# Statuses that are shown as another one.
_SHOWN = {"managing": "creating", "error_managing": "error", "error_managing_deleting": "deleting"}
# What users see of the administrator's metadata.
_VISIBLE = ("readonly", "attached_mode")


def basic(call: Call, row: Row) -> dict[str, Any]:
    """A volume in a short list."""
    return {"id": row["id"], "name": row["name"], "links": links(call, "volumes", row["id"])}


def details(call: Call, rows: list[Row], *, extended: bool = True) -> list[dict[str, Any]]:
    """Volumes, whole; what lies in other tables is fetched once for all.

    Parameters
    ----------
    extended : bool
        Whether extensions add their attributes: they do in answers that only look.
    """
    types = {row["id"]: row["name"] for row in call.tx.rows(volume_types)}
    attached: dict[str, list[Row]] = {}
    ids = [row["id"] for row in rows if row["status"] != "available"]
    if ids:
        for row in call.tx.rows(attachments, volume_id=ids, attach_status="attached", order=attachments.c.number):
            attached.setdefault(row["volume_id"], []).append(row)
    service = call.tx.first(services, binary="cinder-volume", host=BACKEND_HOST)
    uuid = service["id"] if service else None
    shown = [_document(call, row, types, attached.get(row["id"], []), uuid, extended) for row in rows]
    if any(row["group_id"] for row in rows):
        old = {row["id"] for row in call.tx.rows(groups, group_type_id=group_types.old_type(call.tx) or "")}
        for document, row in zip(shown, rows, strict=True):
            document["consistencygroup_id"] = row["group_id"] if row["group_id"] in old else None
    return shown


# What later microversions have added.
_NEWER = (
    "group_id", "provider_id", "shared_targets", "service_uuid", "cluster_name", "volume_type_id", "encryption_key_id",
    "consumes_quota",
)  # fmt: skip


def legacy(call: Call, row: Row) -> dict[str, Any]:
    """A volume as Cinder showed it before there were microversions: it still does when it takes one over."""
    (shown,) = details(call, [row], extended=False)
    return {name: value for name, value in shown.items() if name not in _NEWER}


def _document(
    call: Call, row: Row, types: dict[str, str], attached: list[Row], service: str | None, extended: bool
) -> dict[str, Any]:  # fmt: skip
    admin = call.context.is_admin
    visible = {name: value for name, value in (row["admin_metadata"] or {}).items() if name in _VISIBLE}
    shown: dict[str, Any] = {
        "id": row["id"], "status": _SHOWN.get(row["status"], row["status"]), "size": row["size"],
        "availability_zone": row["availability_zone"], "created_at": row["created_at"], "updated_at": row["updated_at"],
        "name": row["name"], "description": row["description"], "volume_type": types.get(row["volume_type_id"]),
        "snapshot_id": row["snapshot_id"], "source_volid": row["source_volid"],
        "metadata": {**(row["metadata"] or {}), **visible}, "links": links(call, "volumes", row["id"]),
        "user_id": row["user_id"], "bootable": str(bool(row["bootable"])).lower(),
        "encrypted": row["encryption_key_id"] is not None, "replication_status": row["replication_status"],
        "consistencygroup_id": None, "multiattach": bool(row["multiattach"]),
        "attachments": [_attachment(call, item) for item in attached],
    }  # fmt: skip
    if admin:
        shown["migration_status"] = row["migration_status"]
    if call.at_least("3.13"):
        shown["group_id"] = row["group_id"]
    if admin and call.at_least("3.21"):
        shown["provider_id"] = None
    if call.at_least("3.48"):
        shown |= {"shared_targets": True, "service_uuid": service if row["host"] else None}
    if admin and call.at_least("3.61"):
        shown["cluster_name"] = None
    if call.at_least("3.63"):
        shown["volume_type_id"] = row["volume_type_id"]
    if call.at_least("3.64") and row["encryption_key_id"]:
        shown["encryption_key_id"] = row["encryption_key_id"]
    if call.at_least("3.65"):
        shown["consumes_quota"] = bool(row["consumes_quota"])
    return _extend(call, row, shown) if extended else shown


def _extend(call: Call, row: Row, shown: dict[str, Any]) -> dict[str, Any]:
    admin = call.context.is_admin
    if admin:
        shown["os-vol-host-attr:host"] = row["host"]
    shown["os-vol-tenant-attr:tenant_id"] = row["project_id"]
    if admin:
        shown |= {"os-vol-mig-status-attr:migstat": row["migration_status"], "os-vol-mig-status-attr:name_id": None}
    if row["image_metadata"]:
        shown["volume_image_metadata"] = row["image_metadata"]
    return shown


def _attachment(call: Call, row: Row) -> dict[str, Any]:
    operator = call.context.is_admin or "service" in call.context.roles
    return {
        "id": row["volume_id"], "attachment_id": row["id"], "volume_id": row["volume_id"],
        "server_id": row["instance_uuid"], "host_name": row["attached_host"] if operator else None,
        "device": row["mountpoint"], "attached_at": row["attach_time"],
    }  # fmt: skip
