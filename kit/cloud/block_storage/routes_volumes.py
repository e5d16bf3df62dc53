"""Paths of volumes, snapshots, backups, attachments, transfers and groups."""

from __future__ import annotations

from kit.cloud.block_storage import (
    attachments,
    backups,
    consistency_groups,
    encryption,
    group_snapshots,
    groups,
    messages,
    metadata,
    snapshots,
    transfers,
    volume_actions,
    volume_create,
    volumes,
)
from kit.cloud.block_storage.paths import adder
from kit.cloud.service import Service


def add_to(service: Service) -> None:
    """Add the operations to the block storage service."""
    add = adder(service)
    add("GET", "/volumes", volumes.index)
    add("GET", "/volumes/detail", volumes.detail)
    add("GET", "/volumes/summary", volumes.summary, since="3.12")
    add("POST", "/volumes", volume_create.create)
    one = "/volumes/{volume_id}"
    add("GET", one, volumes.show)
    add("PUT", one, volumes.update)
    add("DELETE", one, volumes.delete)
    add("POST", f"{one}/action", volume_actions.perform)
    add("GET", f"{one}/metadata", metadata.index)
    add("POST", f"{one}/metadata", metadata.create)
    add("PUT", f"{one}/metadata", metadata.replace)
    add("GET", f"{one}/metadata/{{key}}", metadata.show)
    add("PUT", f"{one}/metadata/{{key}}", metadata.update)
    add("DELETE", f"{one}/metadata/{{key}}", metadata.delete)
    add("GET", f"{one}/encryption", encryption.index)
    add("GET", f"{one}/encryption/{{key}}", encryption.show)

    for collection, id, module in (
        ("snapshots", "snapshot_id", snapshots),
        ("backups", "backup_id", backups),
    ):
        path = f"/{collection}"
        add("GET", path, module.index)
        add("GET", f"{path}/detail", module.detail)
        add("POST", path, module.create)
        add("GET", f"{path}/{{{id}}}", module.show)
        add("PUT", f"{path}/{{{id}}}", module.update, since="3.9" if module is backups else "")
        add("DELETE", f"{path}/{{{id}}}", module.delete)
        add("POST", f"{path}/{{{id}}}/action", module.action)
    one = "/snapshots/{snapshot_id}/metadata"
    add("GET", one, metadata.snapshot_index)
    add("POST", one, metadata.snapshot_create)
    add("PUT", one, metadata.snapshot_replace)
    add("GET", f"{one}/{{key}}", metadata.snapshot_show)
    add("PUT", f"{one}/{{key}}", metadata.snapshot_update)
    add("DELETE", f"{one}/{{key}}", metadata.snapshot_delete)
    add("POST", "/backups/{backup_id}/restore", backups.restore)
    add("GET", "/backups/{backup_id}/export_record", backups.export_record)
    add("POST", "/backups/import_record", backups.import_record)

    add("GET", "/attachments", attachments.index, since="3.27")
    add("GET", "/attachments/detail", attachments.detail, since="3.27")
    add("POST", "/attachments", attachments.create, since="3.27")
    add("GET", "/attachments/{attachment_id}", attachments.show, since="3.27")
    add("PUT", "/attachments/{attachment_id}", attachments.update, since="3.27")
    add("DELETE", "/attachments/{attachment_id}", attachments.delete, since="3.27")
    add("POST", "/attachments/{attachment_id}/action", attachments.action)

    for path in ("/os-volume-transfer", "/volume-transfers"):
        add("GET", path, transfers.index)
        add("GET", f"{path}/detail", transfers.detail)
        add("POST", path, transfers.create)
        add("GET", f"{path}/{{transfer_id}}", transfers.show)
        add("DELETE", f"{path}/{{transfer_id}}", transfers.delete)
        add("POST", f"{path}/{{transfer_id}}/accept", transfers.accept)

    add("GET", "/groups", groups.index, since="3.13")
    add("GET", "/groups/detail", groups.detail, since="3.13")
    add("POST", "/groups", groups.create, since="3.13")
    add("POST", "/groups/action", groups.action, since="3.14")
    add("GET", "/groups/{group_id}", groups.show, since="3.13")
    add("PUT", "/groups/{group_id}", groups.update, since="3.13")
    add("POST", "/groups/{group_id}/action", groups.action, since="3.13")
    add("GET", "/group_snapshots", group_snapshots.index, since="3.14")
    add("GET", "/group_snapshots/detail", group_snapshots.detail, since="3.14")
    add("POST", "/group_snapshots", group_snapshots.create, since="3.14")
    add("GET", "/group_snapshots/{group_snapshot_id}", group_snapshots.show, since="3.14")
    add("DELETE", "/group_snapshots/{group_snapshot_id}", group_snapshots.delete, since="3.14")
    add("POST", "/group_snapshots/{group_snapshot_id}/action", group_snapshots.action, since="3.19")
    older = consistency_groups
    add("GET", "/consistencygroups", older.index)
    add("GET", "/consistencygroups/detail", older.detail)
    add("POST", "/consistencygroups", older.create)
    add("POST", "/consistencygroups/create_from_src", older.create_from_source)
    add("GET", "/consistencygroups/{group_id}", older.show)
    add("PUT", "/consistencygroups/{group_id}", older.update)
    add("PUT", "/consistencygroups/{group_id}/update", older.update)
    add("DELETE", "/consistencygroups/{group_id}", older.delete)
    add("POST", "/consistencygroups/{group_id}/delete", older.delete)
    add("GET", "/cgsnapshots", older.snapshot_index)
    add("GET", "/cgsnapshots/detail", older.snapshot_detail)
    add("POST", "/cgsnapshots", older.snapshot_create)
    add("GET", "/cgsnapshots/{snapshot_id}", older.snapshot_show)
    add("DELETE", "/cgsnapshots/{snapshot_id}", older.snapshot_delete)

    add("GET", "/messages", messages.index, since="3.3")
    add("GET", "/messages/{message_id}", messages.show, since="3.3")
    add("DELETE", "/messages/{message_id}", messages.delete, since="3.3")
