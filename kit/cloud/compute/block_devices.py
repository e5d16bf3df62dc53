"""Block devices of a server that is being made: what it boots from, and which volumes come with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.block_storage import volume_types
from kit.cloud.call import Call
from kit.cloud.compute.common import truth
from kit.cloud.compute.volume_attachments import attach
from kit.cloud.errors import ApiError, BadRequest, NotFound
from kit.cloud.image.images import visible
from kit.cloud.store import Row


@dataclass
class Device:
    """One volume that a server comes with.

    Attributes
    ----------
    volume, image, snapshot : Row or None
        What it is, or is made from; nothing for a blank one.
    size : int or None
        GiB of a volume that is to be made.
    """

    boot_index: int | None
    delete_on_termination: bool
    volume: Row | None = None
    image: Row | None = None
    snapshot: Row | None = None
    size: int | None = None
    type: str | None = None
    name: str | None = None
    tag: str | None = None


def _invalid(details: str) -> BadRequest:
    return BadRequest(f"Block Device Mapping is Invalid: {details}")


def wanted(call: Call, given: dict[str, Any]) -> list[Device]:
    """The volumes that a request for a server asks for, once they are looked at.

    Raises
    ------
    BadRequest
        In Nova's words, when a mapping makes no sense or names what is not there.
    """
    old, new = given.get("block_device_mapping"), given.get("block_device_mapping_v2")
    if old and new:
        raise BadRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    items = [_from_old(item, first=not number) for number, item in enumerate(old or [])] or list(new or [])
    if any(not (item.get("volume_id") or item.get("snapshot_id") or item.get("no_device")) for item in old or []):
        raise _invalid("Unrecognized legacy format.")
    image = bool(given.get("imageRef"))
    found = [device for item in items if (device := _device(call, item, image)) is not None]
    indexes = sorted(
        index for item in items if (index := _index(item)) is not None and index >= 0 and not item.get("no_device")
    )
    if image and not any(index == 0 for index in indexes):
        indexes.insert(0, 0)
    if items and (not indexes or indexes != list(range(len(indexes)))):
        raise _invalid("Boot sequence for the instance and image/block device mapping combination is not valid.")
    return found


def check_room(given: dict[str, Any], flavor: Row) -> None:
    """Refuse ephemeral disks and swap beyond what the flavor gives.

    Raises
    ------
    BadRequest
        In Nova's words (nova/compute/api.py, _validate_bdm).
    """
    local = [
        item for item in given.get("block_device_mapping_v2") or []
        if item.get("source_type") == "blank" and item.get("destination_type") == "local"
    ]  # fmt: skip
    swaps = [item for item in local if item.get("guest_format") == "swap"]
    disks = [item for item in local if item.get("guest_format") != "swap"]
    if disks and sum(int(item.get("volume_size") or flavor["ephemeral"]) for item in disks) > flavor["ephemeral"]:
        raise BadRequest(
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block device "
            "mapping, flavor ephemeral size will be used."
        )
    if len(swaps) > 1:
        raise BadRequest("More than one swap drive requested.")
    if swaps and int(swaps[0].get("volume_size") or flavor["swap"]) > flavor["swap"]:
        raise BadRequest("Swap drive requested is larger than instance type allows.")


def _from_old(item: dict[str, Any], *, first: bool) -> dict[str, Any]:
    """The old form of a mapping in the new one."""
    kind = "snapshot" if item.get("snapshot_id") else "volume"
    return {
        "source_type": kind, "destination_type": "volume", "uuid": item.get(f"{kind}_id"),
        "boot_index": 0 if first else -1,
        **{name: item[name] for name in ("volume_size", "device_name", "delete_on_termination") if name in item},
    }  # fmt: skip


def _index(item: dict[str, Any]) -> int | None:
    value = item.get("boot_index")
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError):
        raise _invalid("Boot index is invalid.") from None


def _device(call: Call, item: dict[str, Any], image_given: bool) -> Device | None:
    if item.get("no_device"):
        return None
    source, uuid = item.get("source_type"), item.get("uuid")
    destination = item.get("destination_type", "volume")
    if destination not in ("local", "volume"):
        raise BadRequest(
            "Invalid input for field/attribute destination_type. "
            f"Value: {destination}. {destination!r} is not one of ['local', 'volume']"
        )
    to_volume = item.get("destination_type", "volume" if source in ("volume", "snapshot") else "local") == "volume"
    if source is None:
        raise _invalid("Missing device UUID." if not uuid else "Some required fields are missing")
    if source == "blank" and uuid:
        raise _invalid("Invalid device UUID.")
    if source != "blank" and not uuid:
        raise _invalid("Missing device UUID.")
    index = _index(item)
    if not to_volume:
        if source == "image" and not (image_given and index == 0):
            raise _invalid("Mapping image to local is not supported.")
        if item.get("volume_type"):
            raise _invalid("Specifying a volume_type with destination_type=local is not supported.")
        if source == "image" and visible(call.tx, call.context, str(uuid)) is None:
            raise _invalid(f"failed to get image {uuid}.")
        if source == "volume":
            _volume(call, str(uuid), image_given)
        return None
    if source == "volume" and item.get("volume_type"):
        raise _invalid("Specifying volume type to existing volume is not supported.")
    size = item.get("volume_size")
    if size and not str(size).isdigit():
        raise _invalid("Invalid volume_size.")
    if item.get("volume_type"):
        try:
            volume_types.named(call, str(item["volume_type"]))
        except ApiError:
            raise BadRequest(f"Volume type {item['volume_type']} could not be found.") from None
    device = Device(
        index, truth(item.get("delete_on_termination", False)), size=int(size) if size else None,
        type=item.get("volume_type"), name=item.get("device_name"), tag=item.get("tag"),
    )  # fmt: skip
    return _origin(call, device, str(source), str(uuid), image_given)


def _origin(call: Call, device: Device, source: str, uuid: str, image_given: bool) -> Device:
    """The device with what it is made from."""
    if source == "image":
        device.image = visible(call.tx, call.context, uuid)
        if device.image is None:
            raise _invalid(f"failed to get image {uuid}.")
        if not device.size:
            raise BadRequest("Images with destination_type 'volume' need to have a non-zero size specified")
    elif source == "snapshot":
        device.snapshot = storage.snapshot(call, uuid)
        if device.snapshot is None:
            gone = BadRequest(f"Snapshot {uuid} could not be found.")
            raise _invalid(f"failed to get snapshot {uuid}.") if image_given else gone
    elif source == "volume":
        device.volume = _volume(call, uuid, image_given)
        # Nova looks at the volume only where no image says what is to boot.
        if device.boot_index == 0 and not image_given and not device.volume["bootable"]:
            raise _invalid(f"Block Device {uuid} is not bootable.")
    elif not device.size:
        raise BadRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size")
    return device


def _volume(call: Call, uuid: str, image_given: bool) -> Row:
    """The volume; where no image is given, Nova looks for one on it first, and refuses in other words."""
    try:
        return storage.volume(call, uuid)
    except NotFound:
        lost = BadRequest(f"Volume {uuid} could not be found.")
        raise lost if image_given else _invalid(f"failed to get volume {uuid}.") from None


def root(devices: list[Device]) -> Device | None:
    """The volume that the server boots from, if it does."""
    return next((device for device in devices if device.boot_index == 0), None)


def prepare(call: Call, row: Row, devices: list[Device]) -> str:
    """Make the volumes that are to be made, and reserve all for the server.

    Returns
    -------
    str
        Why the build must fail: the server is there by then, so no refusal is due any more.
    """
    letters = iter("abcdefghijklmnopqrstuvwxyz" if root(devices) else "bcdefghijklmnopqrstuvwxyz")
    ordered = sorted(devices, key=lambda device: device.boot_index != 0)
    for device in ordered:
        volume = device.volume
        if volume is None:
            try:
                volume = storage.make(
                    call, device.size, image=device.image, from_snapshot=device.snapshot, type=device.type
                )
            except ApiError as error:
                return error.message
        attach(
            call, row, volume, device.name or f"/dev/vd{next(letters)}", tag=device.tag,
            delete_on_termination=device.delete_on_termination, boot_index=device.boot_index,
        )  # fmt: skip
    return ""
