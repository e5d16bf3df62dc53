"""Actions that give a server a fresh start: rebuild, unshelve."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.call import Answer, Call
from kit.cloud.compute import keypairs
from kit.cloud.compute.actions import action, in_state
from kit.cloud.compute.asking import kept_properties
from kit.cloud.compute.common import address, new_password, short
from kit.cloud.compute.forms import (
    BOOLEAN,
    CERTIFICATES,
    DESCRIPTION,
    DISK_CONFIG,
    DOMAIN_NAME,
    HOSTNAME,
    IPV4,
    IPV6,
    METADATA,
    NAME,
    PERSONALITY,
    USER_DATA,
    UUID,
    Form,
    fields,
)
from kit.cloud.compute.hosts import zones
from kit.cloud.compute.image_properties import disk_config
from kit.cloud.compute.injected import check_files, check_user_data
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.moves import known_host, request_for
from kit.cloud.compute.scheduling import NO_HOST, check_flavor, choose_host
from kit.cloud.compute.server_create import check_image
from kit.cloud.compute.server_shares import unshared
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.serverview import details
from kit.cloud.compute.states import RUNNING, SHUTDOWN, change, later
from kit.cloud.compute.validation import refuse
from kit.cloud.errors import BadRequest, Conflict
from kit.cloud.image.images import visible
from kit.cloud.store import Row

_ANY = {"type": "string", "minLength": 1, "maxLength": 255}
_KEY_OR_NONE: Form = {"oneOf": [_ANY, {"type": "null"}]}
_REBUILD: Form = {
    "name": NAME, "imageRef": UUID, "adminPass": {"type": "string"}, "metadata": METADATA, "preserve_ephemeral": BOOLEAN,
    "OS-DCF:diskConfig": DISK_CONFIG, "accessIPv4": IPV4, "accessIPv6": IPV6, "personality": PERSONALITY,
}  # fmt: skip
# What came with later microversions; what went is None.
_NEWER: dict[str, dict[str, Form | None]] = {
    "2.19": {"description": DESCRIPTION},
    "2.54": {"key_name": _KEY_OR_NONE},
    "2.57": {"user_data": USER_DATA | {"type": ["string", "null"]}, "personality": None},
    "2.63": {"trusted_image_certificates": CERTIFICATES},
    "2.90": {"hostname": HOSTNAME},
    "2.94": {"hostname": DOMAIN_NAME},
}


def _forms() -> list[tuple[str, Form]]:
    """What a rebuild is given, from each microversion on."""
    known, found = dict(_REBUILD), [("2.1", fields(_REBUILD, "imageRef"))]
    for version, more in _NEWER.items():
        known = {name: form for name, form in (known | more).items() if form is not None}
        found.append((version, fields(known, "imageRef")))
    return found


_OLDEST, *_LATER = _forms()
_COLUMNS = {
    "name": "name", "metadata": "metadata", "accessIPv4": "access_ip_v4", "accessIPv6": "access_ip_v6",
    "description": "description", "OS-DCF:diskConfig": "disk_config", "user_data": "user_data",
    "hostname": "hostname", "trusted_image_certificates": "trusted_certs", "key_name": "key_name",
}  # fmt: skip


@action("rebuild", _OLDEST[1], *_LATER)
def rebuild(call: Call, row: Row, given: Any) -> Answer:
    """Give a server a fresh disk from an image; its addresses stay."""
    unshared(call, row)
    unlocked(call, row, "rebuild")
    in_state(row, "rebuild", ("active", "stopped", "error"))
    image = visible(call.tx, call.context, given["imageRef"].rpartition("/")[2])
    if image is None:
        raise BadRequest("Cannot find image for rebuild")
    root = storage.root_of(call.tx, row)
    if root is None:
        check_image(image, row["flavor"])
    elif not call.at_least("2.93") and (root["image_metadata"] or {}).get("image_id") != image["id"]:
        why = "Unable to rebuild with a different image for a volume-backed server."
        raise BadRequest(f"Image {image['id']} is unacceptable: {why}")
    check_user_data(given)
    check_files(call, given)
    if given.get("key_name") and keypairs.find(call, given["key_name"]) is None:
        raise BadRequest("Invalid key_name provided.")
    fields = {column: given[name] for name, column in _COLUMNS.items() if name in given}
    if "access_ip_v6" in fields:
        fields["access_ip_v6"] = short(fields["access_ip_v6"])
    fields |= {"image_id": image["id"] if root is None else row["image_id"], "task_state": "rebuilding"}
    if root is not None and call.at_least("2.93"):
        storage.reimage(call.tx, root, image)
    fields["disk_config"] = disk_config(given, image)
    if root is None:
        kept = {name: value for name, value in (row["system_metadata"] or {}).items() if name != "image_properties"}
        properties = kept_properties(image)
        fields["system_metadata"] = {**kept, "image_properties": properties} if properties else kept
        check_flavor(call.tx, row["flavor"], properties)
    begin(call, row, "rebuild", ("rebuild_server", "compute_rebuild_instance"))
    changed = change(call.tx, row, **fields)
    stopped = row["vm_state"] == "stopped"
    state = {
        "vm_state": "stopped" if stopped else "active", "power_state": SHUTDOWN if stopped else RUNNING, "fault": None,
    }  # fmt: skip
    later(call, row, "rebuild", "set", task_state="rebuilding", fields={**state, "launched_at": call.tx.stamp})
    shown = details(call, [changed], changed=True)[0]
    if call.at_least("2.54"):
        shown["key_name"] = changed["key_name"]
    if call.at_least("2.57"):
        shown["user_data"] = changed["user_data"]
        shown.pop("OS-EXT-SRV-ATTR:user_data", None)
    shown["adminPass"] = given.get("adminPass") or new_password(call)
    return Answer(202, {"server": shown}, {"Location": address(call, f"servers/{row['id']}")})


_TO_ZONE = fields({"availability_zone": NAME}, "availability_zone") | {"type": ["object", "null"]}
_TO_PLACE = fields({"availability_zone": {"type": ["string", "null"]}, "host": {"type": "string"}}) | {
    "type": ["object", "null"]
}


@action("unshelve", None, ("2.77", _TO_ZONE), ("2.91", _TO_PLACE))
def unshelve(call: Call, row: Row, given: Any) -> Answer:
    """Boot a shelved server again, on a host with room (in the zone that is named, or on the host)."""
    wanted: dict[str, Any] = (given or {}) if call.at_least("2.77") else {}
    unlocked(call, row, "unshelve")
    in_state(row, "unshelve", ("shelved", "shelved_offloaded"))
    offloaded = row["vm_state"] == "shelved_offloaded"
    if wanted:
        row = _destined(call, row, wanted, offloaded)
    place = request_for(call, row, row["flavor"], host=wanted.get("host", ""))
    host = row["host"] or choose_host(call.cloud, call.tx, place)
    if host is None:
        raise BadRequest(NO_HOST)
    begin(call, row, "unshelve", ("compute_unshelve_instance",))
    change(call.tx, row, task_state="unshelving", host=host, availability_zone=row["availability_zone"])
    later(call, row, "unshelve", "unshelved", task_state="unshelving", offloaded=offloaded)
    return Answer(202)


def _destined(call: Call, row: Row, wanted: dict[str, Any], offloaded: bool) -> Row:
    """The server with the zone it is to be in, once zone and host are known and it may move at all."""
    if not offloaded:
        what = "an availability zone or a host" if call.at_least("2.91") else "an availability zone"
        raise Conflict(
            f"Specifying {what} when unshelving server '{row['id']}' with status 'SHELVED' is not supported. "
            "The server status must be SHELVED_OFFLOADED."
        )
    if "host" in wanted:
        if not call.context.is_admin:
            refuse("os-shelve:unshelve_to_host")
        known_host(call, wanted["host"])
    if "availability_zone" in wanted:
        zone = wanted["availability_zone"]
        if zone is not None and zone not in zones(call.tx).values():
            raise BadRequest("The requested availability zone is not available")
        return {**row, "availability_zone": zone}
    return row
