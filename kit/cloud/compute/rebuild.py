"""Actions that give a server a fresh start: rebuild, unshelve."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.call import Answer, Call
from kit.cloud.compute import keypairs
from kit.cloud.compute.actions import action, in_state
from kit.cloud.compute.asking import kept_properties
from kit.cloud.compute.common import DOMAIN_NAME, HOSTNAME, NAME, address, short
from kit.cloud.compute.hosts import zones
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.moves import known_host, request_for
from kit.cloud.compute.scheduling import NO_HOST, check_flavor, choose_host
from kit.cloud.compute.server_create import METADATA, check_image, check_user_data
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.serverview import details
from kit.cloud.compute.states import RUNNING, SHUTDOWN, change, later
from kit.cloud.compute.validation import check, part, refuse
from kit.cloud.errors import BadRequest, Conflict
from kit.cloud.image.images import visible
from kit.cloud.store import Row

_REBUILD: dict[str, Any] = {
    "imageRef": {"type": "string"}, "name": NAME, "adminPass": {"type": "string"}, "metadata": METADATA,
    "accessIPv4": {"type": "string", "format": "ipv4"}, "accessIPv6": {"type": "string", "format": "ipv6"},
    "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]},
    "preserve_ephemeral": {"type": ["boolean", "string"]}, "personality": {"type": "array"},
}  # fmt: skip
# What came with later microversions.
_NEWER: dict[str, dict[str, Any]] = {
    "2.19": {"description": {"type": ["string", "null"], "maxLength": 255}},
    "2.54": {"key_name": {"type": ["string", "null"], "minLength": 1, "maxLength": 255}},
    "2.57": {"user_data": {"type": ["string", "null"], "maxLength": 65535}},
    "2.63": {"trusted_image_certificates": {"type": ["array", "null"]}},
    "2.90": {"hostname": HOSTNAME},
    "2.94": {"hostname": DOMAIN_NAME},
}
_SCHEMAS: dict[tuple[bool, ...], dict[str, Any]] = {}
_COLUMNS = {
    "name": "name", "metadata": "metadata", "accessIPv4": "access_ip_v4", "accessIPv6": "access_ip_v6",
    "description": "description", "OS-DCF:diskConfig": "disk_config", "user_data": "user_data",
    "hostname": "hostname", "trusted_image_certificates": "trusted_certs", "key_name": "key_name",
}  # fmt: skip


def _schema(call: Call) -> dict[str, Any]:
    steps = tuple(call.at_least(version) for version in _NEWER)
    if steps not in _SCHEMAS:
        fields = dict(_REBUILD)
        for on, more in zip(steps, _NEWER.values(), strict=True):
            fields |= more if on else {}
        if call.at_least("2.57"):
            fields.pop("personality")
        _SCHEMAS[steps] = {
            "type": "object", "required": ["imageRef"], "properties": fields, "additionalProperties": False,
        }  # fmt: skip
    return _SCHEMAS[steps]


@action("rebuild")
def rebuild(call: Call, row: Row, given: Any) -> Answer:
    """Give a server a fresh disk from an image; its addresses stay."""
    given = part(call, given, _schema(call))
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
    if given.get("key_name") and keypairs.find(call, given["key_name"]) is None:
        raise BadRequest("Invalid key_name provided.")
    fields = {column: given[name] for name, column in _COLUMNS.items() if name in given}
    if "access_ip_v6" in fields:
        fields["access_ip_v6"] = short(fields["access_ip_v6"])
    fields |= {"image_id": image["id"] if root is None else row["image_id"], "task_state": "rebuilding"}
    if root is not None and call.at_least("2.93"):
        storage.reimage(call.tx, root, image)
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
    shown["adminPass"] = given.get("adminPass") or call.tx.ids.secret(9)
    return Answer(202, {"server": shown}, {"Location": address(call, f"servers/{row['id']}")})


_TO_ZONE = {
    "type": ["object", "null"], "required": ["availability_zone"], "additionalProperties": False,
    "properties": {"availability_zone": {"type": "string", "minLength": 1, "maxLength": 255}},
}  # fmt: skip
_TO_PLACE = {
    "type": ["object", "null"], "minProperties": 1, "additionalProperties": False,
    "properties": {
        "availability_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
        "host": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}  # fmt: skip


@action("unshelve")
def unshelve(call: Call, row: Row, given: Any) -> Answer:
    """Boot a shelved server again, on a host with room (in the zone that is named, or on the host)."""
    wanted: dict[str, Any] = {}
    if call.at_least("2.77"):
        check(given, _TO_PLACE if call.at_least("2.91") else _TO_ZONE)
        wanted = given or {}
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
