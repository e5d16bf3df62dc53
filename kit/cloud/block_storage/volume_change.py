"""Actions that change a volume itself: extend, retype, revert, flags."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import quotas, volume_types
from kit.cloud.block_storage.errors import conflict, invalid, invalid_input, require_admin, require_reader
from kit.cloud.block_storage.models import attachments, snapshots, volumes
from kit.cloud.block_storage.schemas import BOOLEAN, SIZE, UUID, fields
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.validation import truth
from kit.cloud.block_storage.volume_actions import ACTIONS
from kit.cloud.block_storage.volume_create import check_image, image_properties
from kit.cloud.block_storage.volumes import SETTLED, find, own, reach
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.image.images import visible
from kit.cloud.store import Row


@ACTIONS.add("os-extend", fields("new_size", new_size=SIZE))
def extend(call: Call, volume_id: str, given: Any) -> Answer:
    """Make a volume larger; one that is in use, from 3.42 on."""
    row = find(call, volume_id)
    attached = call.at_least("3.42") and row["status"] == "in-use"
    row = own(call, volume_id, "volume:extend_attached_volume" if attached else "volume:extend")
    size = int(given["new_size"])
    if size <= row["size"]:
        raise invalid_input(
            f"New size for extend must be greater than current size. (current: {row['size']}, extended: {size})."
        )
    type_ = call.tx.get(volume_types.volume_types, row["volume_type_id"])
    if type_ is not None:
        volume_types.check_size(type_, size)
    expected = {"status": "in-use" if attached else "available"}
    if row["status"] != expected["status"]:
        raise invalid("volume", f"Volume {row['id']} status must be '{expected}' to extend, currently {row['status']}.")
    quotas.check_size(call.tx, call.project_id, size)
    more = size - row["size"]
    exceeded, have, most = quotas.over(call.tx, row["project_id"], {"gigabytes": more}, row["volume_type_id"])
    if exceeded:
        raise quotas.size_exceeds("gigabytes", more, most["gigabytes"], have["gigabytes"])
    before = row["status"]
    row = change(call.tx, volumes, row, status="extending", previous_status=before)
    by = {"request_id": call.request_id, "user_id": call.context.user_id, "project_id": call.context.project_id}
    later(call, "volume", row, "extend", "extended", size=size, by=by)
    return Answer(202)


@ACTIONS.add("os-extend_volume_completion", fields(error={"type": ["string", "null", "boolean"]}))
def extend_completion(call: Call, volume_id: str, given: Any) -> Answer:
    """Told by the compute service that it has seen a volume grow: nothing here waits for that."""
    row = find(call, volume_id)
    require_admin(call, "volume_extension:volume_admin_actions:extend_volume_completion")
    if row["status"] != "extending":
        raise invalid("volume", "Volume is not being extended.")
    raise invalid("volume", "Required volume admin metadata is malformed or missing.")


@ACTIONS.add(
    "os-retype",
    fields("new_type", new_type={"type": "string"}, migration_policy={"type": ["string", "null"], "enum": ["on-demand", "never"]}),
)  # fmt: skip
def retype(call: Call, volume_id: str, given: Any) -> Answer:
    """Give a volume another type."""
    row = own(call, volume_id, "volume:retype")
    wanted = volume_types.named(call, given["new_type"])
    volume_types.check_size(wanted, row["size"])
    multiattach = volume_types.is_multiattach(wanted)
    if multiattach != bool(row["multiattach"]) and row["status"] != "available":
        raise invalid_input(
            "Invalid volume_type passed, retypes affecting multiattach are only allowed on available volumes, the "
            f"specified volume however currently has a status of: {row['status']}."
        )
    if multiattach and wanted["encryption"]:
        raise invalid_input("Retype requested both encryption and multi-attach, which is not supported.")
    quotas.reserve(
        call.tx, row["project_id"], "volumes", {"volumes": 1, "gigabytes": row["size"]}, size=row["size"],
        type_id=wanted["id"], type_only=True,
    )  # fmt: skip
    settled = row["status"] in ("available", "in-use") and row["migration_status"] in SETTLED and not row["group_id"]
    if not settled or wanted["id"] == row["volume_type_id"]:
        raise invalid(
            "volume",
            "Retype needs volume to be in available or in-use state, not be part of an active migration or a consistency "
            "group, requested type has to be different that the one from the volume, and for in-use volumes front-end "
            "qos specs cannot change.",
        )
    before = row["status"]
    row = change(call.tx, volumes, row, status="retyping", previous_status=before, multiattach=multiattach)
    key = row["encryption_key_id"] or call.tx.ids.uuid() if wanted["encryption"] else None
    later(call, "volume", row, "retype", "set", fields={
        "status": before, "previous_status": None, "volume_type_id": wanted["id"], "encryption_key_id": key,
    })  # fmt: skip
    return Answer(202)


@ACTIONS.add("os-update_readonly_flag", fields("readonly", readonly=BOOLEAN))
def update_readonly(call: Call, volume_id: str, given: Any) -> Answer:
    """Let a volume only be read, or written too."""
    row = own(call, volume_id, "volume:update_readonly_flag")
    if row["status"] != "available":
        raise invalid(
            "volume",
            f"Volume {row['id']} status must be available to update readonly flag, but current status is: {row['status']}.",
        )
    admin = {**(row["admin_metadata"] or {}), "readonly": str(truth(given["readonly"]))}
    call.tx.update(volumes, row["id"], admin_metadata=admin)
    return Answer(202)


@ACTIONS.add("os-set_bootable", fields("bootable", bootable=BOOLEAN))
def set_bootable(call: Call, volume_id: str, given: Any) -> Answer:
    """Say whether servers can boot from a volume."""
    row = own(call, volume_id, "volume:update")
    if row["status"] == "maintenance":
        raise invalid("volume", "The volume cannot be updated during maintenance.")
    change(call.tx, volumes, row, bootable=truth(given["bootable"]))
    return Answer(200)


@ACTIONS.add("revert", fields(strict=False, snapshot_id={"type": ["string", "null"]}), since="3.40")
def revert(call: Call, volume_id: str, given: Any) -> Answer:
    """Take a volume back to its latest snapshot."""
    row = reach(call, volume_id)
    require_reader(call, "volume:get")
    mine = call.tx.rows(snapshots, volume_id=row["id"], order=snapshots.c.number.desc(), limit=1)
    if not mine:
        raise BadRequest(f"Volume {row['id']} doesn't have any snapshots.")
    latest, wanted = mine[0], given.get("snapshot_id")
    if wanted != latest["id"]:
        raise BadRequest(f"Specified snapshot {wanted} is None or not the latest one of volume {row['id']}.")
    if row["size"] != latest["size"]:
        raise BadRequest(
            f"Can't revert volume {row['id']} to its latest snapshot {wanted}. The volume size must be equal to the "
            "snapshot size."
        )
    row = own(call, volume_id, "volume:revert_to_snapshot")
    for thing, word, kind in ((row, "Volume", "volume"), (latest, "Snapshot", "snapshot")):
        if thing["status"] != "available":
            raise conflict(
                f"Invalid {kind}: Can't revert volume {row['id']} to its latest snapshot {wanted}. {word}'s status must be "
                "'available'."
            )
    row = change(call.tx, volumes, row, status="reverting")
    change(call.tx, snapshots, latest, status="restoring")
    later(call, "volume", row, "revert", "reverted", snapshot_id=latest["id"])
    return Answer(202)


@ACTIONS.add("os-reimage", fields("image_id", image_id=UUID, reimage_reserved=BOOLEAN), since="3.68")
def reimage(call: Call, volume_id: str, given: Any) -> Answer:
    """Write an image over a volume."""
    row = find(call, volume_id)
    image = _image(call, given["image_id"])
    rule = "volume:reimage_reserved" if row["status"] == "reserved" else "volume:reimage"
    row = own(call, volume_id, rule)
    if call.tx.count(attachments, volume_id=row["id"]) > 1:
        raise conflict("Cannot re-image a volume which is attached to more than one server.")
    allowed = ("available", "error", *(("reserved",) if truth(given.get("reimage_reserved", False)) else ()))
    if row["status"] not in allowed:
        raise invalid(
            "volume",
            f"Volume {row['id']} status must be {' or '.join(allowed)}, but current status is {row['status']}.",
        )
    check_image(image, row["size"])
    before = row["status"]
    row = change(call.tx, volumes, row, status="downloading", previous_status=before)
    later(call, "volume", row, "reimage", "set", fields={
        "status": "available" if before == "error" else before, "previous_status": None, "bootable": True,
        "image_metadata": image_properties(image),
    })  # fmt: skip
    return Answer(202)


def _image(call: Call, image_id: str) -> Row:
    image = visible(call.tx, call.context, image_id)
    if image is None:
        raise NotFound(f"Image {image_id} could not be found.")
    return image
