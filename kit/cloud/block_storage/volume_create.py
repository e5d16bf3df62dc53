"""Making volumes: the request checked as Cinder checks it, then scheduled and built."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from kit.cloud.block_storage import backend, quotas, schemas, volume_types
from kit.cloud.block_storage.bootstrap import POOL, ZONE
from kit.cloud.block_storage.errors import conflict, invalid, invalid_input, malformed, not_found, require_member
from kit.cloud.block_storage.messages import NO_BACKEND, SCHEDULE, leave
from kit.cloud.block_storage.models import backups, groups, snapshots, volumes
from kit.cloud.block_storage.states import later
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import body, check, is_uuid, truth
from kit.cloud.block_storage.volume_view import details
from kit.cloud.block_storage.volumes import find, names
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.image.images import visible
from kit.cloud.image.models import images
from kit.cloud.store import Row
from kit.cloud.tables import Table

GB = 2**30


@dataclass
class Wish:
    """What a volume is to be, and what it is made from: one of the four, or nothing.

    Attributes
    ----------
    size : int or str or None
        GiB; None takes the size of what it is made from.
    reserve : tuple of str
        The quotas that it counts against.
    """

    size: Any
    name: str | None = None
    description: str | None = None
    type: Row | None = None
    snapshot: Row | None = None
    source: Row | None = None
    image: Row | None = None
    backup: Row | None = None
    group: Row | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    reserve: tuple[str, ...] = ("volumes", "gigabytes")
    in_group_copy: bool = False


def create(call: Call) -> Answer:
    """Make a volume from nothing, or from an image, a snapshot, a volume, a backup."""
    data = body(call, _schema(call))
    hints = data.get("OS-SCH-HNT:scheduler_hints")
    if hints is not None:
        check(hints, schemas.HINTS)
    given = data["volume"]
    wish = Wish(
        given.get("size"), metadata=given.get("metadata") or {}, zone=given.get("availability_zone"), **names(given)
    )
    if given.get("volume_type"):
        wish.type = volume_types.named(call, given["volume_type"])
    if given.get("snapshot_id") is not None:
        wish.snapshot = _part(call, snapshots, "snapshot", given["snapshot_id"])
    if given.get("source_volid") is not None:
        wish.source = find(call, given["source_volid"])
    # The schema names the group only since 3.13; the older ones let it through, and it counts.
    group_id = given.get("group_id")
    if group_id is None:
        group_id = given.get("consistencygroup_id")
    if group_id is not None:
        wish.group = _part(call, groups, "group", group_id)
    ref = given.get("image_id", given.get("imageRef"))
    if ref is not None:
        wish.image = _image(call, ref)
        wish.snapshot = (_snapshot_behind(call, wish.image) if call.at_least("3.46") else None) or wish.snapshot
        if wish.snapshot is not None and not given.get("snapshot_id"):
            wish.image = None
    if call.at_least("3.47") and given.get("backup_id"):
        wish.backup = _part(call, backups, "backup", given["backup_id"])
    if given.get("multiattach") is not None and truth(given["multiattach"]):
        raise BadRequest(
            "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. "
            "Contact your administrator to create a multiattach enabled volume type and use it to create multiattach "
            "volumes."
        )
    row = make(call, wish)
    # Cinder answers before its scheduler has chosen a host.
    return Answer(202, {"volume": details(call, [{**row, "host": None}], extended=False)[0]})


def _schema(call: Call) -> dict[str, Any]:
    if call.at_least("3.53"):
        return schemas.VOLUME_353
    if call.at_least("3.47"):
        return schemas.VOLUME_347
    return schemas.VOLUME_313 if call.at_least("3.13") else schemas.VOLUME


def _part(call: Call, table: Table, kind: str, id: str) -> Row:
    row = call.tx.get(table, id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found(kind, id)
    return row


def _image(call: Call, ref: str) -> Row:
    """The image of that id, URL or name."""
    id = ref.rpartition("/")[2]
    row = visible(call.tx, call.context, id) if is_uuid(id) else None
    if row is not None:
        return row
    named = [row for row in call.tx.rows(images, name=ref) if visible(call.tx, call.context, row["id"])]
    if len(named) > 1:
        raise conflict(f"Multiple matches found for '{ref}', use an ID to be more specific.")
    if not named:
        raise BadRequest("Invalid image identifier or unable to access requested image.")
    return named[0]


def _snapshot_behind(call: Call, image: Row) -> Row | None:
    """The snapshot that an image stands for: Nova makes such images, without a byte, of servers on volumes (3.46)."""
    mapping = (image["properties"] or {}).get("block_device_mapping")
    try:
        devices = json.loads(mapping) if isinstance(mapping, str) else mapping
    except ValueError:
        return None
    for device in devices or []:
        if device.get("source_type") == "snapshot" and device.get("boot_index") == 0:
            row = call.tx.get(snapshots, device.get("snapshot_id") or "")
            if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
                raise NotFound(
                    f"Nova specific image is found, but boot volume snapshot id:{device.get('snapshot_id')} not found."
                )
            return row
    return None


def make(call: Call, wish: Wish) -> Row:
    """Write a volume down and let it be built (cinder.volume.api.API.create).

    Raises
    ------
    ApiError
        Whatever Cinder refuses with.
    """
    tx = call.tx
    require_member(call, "volume:create_from_image" if wish.image else "volume:create")
    size = wish.size
    for origin in (wish.snapshot, wish.source, wish.backup):
        if size is None and origin is not None:
            size = origin["size"]
    if size is None:
        raise malformed()
    size = int(size)
    volume_types.check_size(wish.type or volume_types.default(tx, None), size)
    if wish.group is not None and not wish.in_group_copy:
        _check_group(wish)
    _check_origin(call, wish)
    _check_statuses(wish)
    _check_sizes(wish, size)
    type_ = wish.type or _type_of_origin(call, wish) or volume_types.default(tx, call.context.project_id)
    zone = _zone(wish)
    key = tx.ids.uuid() if type_["encryption"] else None
    multiattach = volume_types.is_multiattach(type_)
    if multiattach and key:
        raise invalid("volume", "Multiattach cannot be used with encrypted volumes.")
    quotas.check_size(tx, call.project_id, size)
    amounts = {"volumes": 1, "gigabytes": size}
    quotas.reserve(
        tx, call.project_id, "volumes", {name: amounts[name] for name in wish.reserve}, size=size, type_id=type_["id"]
    )
    bootable, image_metadata = _boot_data(call, wish)
    row = tx.insert(
        volumes, id=tx.ids.uuid(), number=next_number(call.tx, volumes), name=wish.name, description=wish.description,
        status="creating", project_id=call.project_id, user_id=call.context.user_id, created_at=tx.stamp, updated_at=None,
        size=size, attach_status="detached", availability_zone=zone, volume_type_id=type_["id"],
        snapshot_id=wish.snapshot["id"] if wish.snapshot else None, source_volid=wish.source["id"] if wish.source else None,
        bootable=bootable, multiattach=multiattach, encryption_key_id=key, consumes_quota=True,
        group_id=wish.group["id"] if wish.group else None, metadata=wish.metadata, admin_metadata={},
        image_metadata=image_metadata, host=None,
    )  # fmt: skip
    return _schedule(call, row, wish, type_)


def _schedule(call: Call, row: Row, wish: Wish, type_: Row) -> Row:
    """Find the volume its backend, and let the build take its time."""
    tx = call.tx
    if not (backend.accepts(call.cloud, tx) and backend.serves(type_["extra_specs"])):
        later(call, "volume", row, "create", "failed")
        leave(call, SCHEDULE, NO_BACKEND, "VOLUME", row["id"])
        return row
    tx.update(volumes, row["id"], host=POOL)
    row = {**row, "host": POOL}
    if wish.in_group_copy:
        return row
    if wish.image is not None:
        begin = call.cloud.duration("volume.create", 2.0)
        call.later(begin / 2, "volume.done", row["id"], kind="volume", then="set", status="creating",
                   fields={"status": "downloading"})  # fmt: skip
        seconds = begin / 2 + call.cloud.duration("volume.download", 2.0)
        call.later(seconds, "volume.done", row["id"], kind="volume", then="created", status="downloading",
                   fields={"bootable": True, "image_metadata": image_properties(wish.image)})  # fmt: skip
    else:
        later(call, "volume", row, "clone" if wish.snapshot or wish.source else "create", "created")
    return row


def image_properties(image: Row) -> dict[str, str]:
    """What a volume keeps of the image it was made from: all as text."""
    names_ = ("container_format", "disk_format", "min_disk", "min_ram", "size", "checksum")
    kept = {"image_id": image["id"], "image_name": image["name"], **{name: image[name] for name in names_}}
    kept = {**(image["properties"] or {}), **kept}
    return {name: str(value) for name, value in kept.items() if value is not None}


def _check_group(wish: Wish) -> None:
    if wish.type is None:
        raise invalid_input("volume_type must be provided when creating a volume in a group.")
    assert wish.group is not None
    if wish.type["id"] not in (wish.group["volume_types"] or []):
        raise invalid_input(
            f"Invalid volume_type provided: {wish.type['id']} (requested type must be supported by this group)."
        )


def _check_origin(call: Call, wish: Wish) -> None:
    """Only one origin, and one whose type the wished one goes with."""
    if sum(part is not None for part in (wish.snapshot, wish.image, wish.source, wish.backup)) > 1:
        raise invalid_input("May specify only one of backup, imageRef, snapshot, source volume")
    for origin in (wish.source, wish.snapshot):
        if origin is None or wish.type is None or wish.type["id"] == origin["volume_type_id"]:
            continue
        if not volume_types.goes_with(call.tx, origin["volume_type_id"], wish.type):
            advice = (
                "either match source volume, or omit type argument" if origin is wish.source
                else "recommend omitting the type argument"
            )  # fmt: skip
            raise invalid_input(
                f"Invalid volume_type provided: {wish.type['id']} (requested type is not compatible; {advice})."
            )


def _check_statuses(wish: Wish) -> None:
    for origin, kind, word, allowed in (
        (wish.snapshot, "snapshot", "snapshot", ("available",)),
        (wish.source, "volume", "source volume", ("available", "in-use")),
        (wish.backup, "backup", "backup", ("available",)),
        (None if wish.in_group_copy else wish.group, "group", "group", ("available", "creating")),
    ):
        if origin is not None and origin["status"] not in allowed and not wish.in_group_copy:
            raise invalid(kind, f"Originating {word} status must be one of '{', '.join(allowed)}' values")


def _check_sizes(wish: Wish, size: int) -> None:
    if wish.source and size < wish.source["size"]:
        raise invalid_input(
            f"Volume size '{size}'GB cannot be smaller than original volume size  {wish.source['size']}GB. "
            "They must be >= original volume size."
        )
    if wish.snapshot and size < wish.snapshot["size"]:
        raise invalid_input(
            f"Volume size '{size}'GB cannot be smaller than the snapshot size {wish.snapshot['size']}GB. "
            "They must be >= original snapshot size."
        )
    if wish.backup and size < wish.backup["size"]:
        raise invalid_input(
            f"Volume size {size}GB cannot be smaller than the backup size {wish.backup['size']}GB. "
            "It must be >= backup size."
        )
    if wish.image is not None:
        check_image(wish.image, size)


def check_image(image: Row, size: int) -> None:
    """Refuse an image that is not there yet, or that does not go into so small a volume."""
    if image["status"] != "active":
        raise invalid_input(f"Image {image['id']} is not active.")
    needed = (int(image["size"]) + GB - 1) // GB
    if needed > size:
        raise invalid_input(f"Size of specified image {needed}GB is larger than volume size {size}GB.")
    if size < (image["min_disk"] or 0):
        raise invalid_input(
            f"Volume size {size}GB cannot be smaller than the image minDisk size {image['min_disk']}GB."
        )
    virtual = (int(image["virtual_size"] or 0) + GB - 1) // GB
    if virtual > size:
        raise BadRequest(
            f"Image {image['id']} is unacceptable: Image virtual size is {virtual}GB and doesn't fit in a volume of size "
            f"{size}GB."
        )


def _type_of_origin(call: Call, wish: Wish) -> Row | None:
    for origin in (wish.source, wish.snapshot):
        if origin is not None:
            return volume_types.named(call, origin["volume_type_id"])
    wanted = ((wish.image or {}).get("properties") or {}).get("cinder_img_volume_type")
    return volume_types.named(call, wanted) if wanted else None


def _zone(wish: Wish) -> str:
    zone = (wish.group or {}).get("availability_zone") or wish.zone or ZONE
    if zone != ZONE:
        raise BadRequest(f"Availability zone '{zone}' is invalid.")
    return zone


def _boot_data(call: Call, wish: Wish) -> tuple[bool, dict[str, str]]:
    """Whether a copy is bootable, and what it knows of its image."""
    if wish.source is not None:
        return bool(wish.source["bootable"]), dict(wish.source["image_metadata"] or {})
    if wish.snapshot is not None:
        volume = call.tx.get(volumes, wish.snapshot["volume_id"])
        if volume is None:
            raise NotFound(f"Volume {wish.snapshot['volume_id']} could not be found.")
        return bool(volume["bootable"]), dict(wish.snapshot["image_metadata"] or {})
    if wish.backup is not None:
        return bool(wish.backup["image_metadata"]), dict(wish.backup["image_metadata"] or {})
    return False, {}
