"""What hangs on a server: metadata, tags, interfaces, security groups, consoles."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import console
from kit.cloud.compute.actions import in_state
from kit.cloud.compute.building import plugged
from kit.cloud.compute.forms import ADDRESS, METADATA, TAG, UUID, Form, body_of, fields
from kit.cloud.compute.hosts import zones
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import servers
from kit.cloud.compute.port_tags import keep_tags, port_tags
from kit.cloud.compute.quotas import limits
from kit.cloud.compute.server_create import worded
from kit.cloud.compute.servers import find, unlocked
from kit.cloud.compute.states import RUNNING
from kit.cloud.compute.validation import body, check, refuse
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound
from kit.cloud.network import servers as network
from kit.cloud.network.models import ports
from kit.cloud.store import Row

_ALL = body_of("metadata", METADATA)
_ONE = body_of("meta", {**METADATA, "minProperties": 1, "maxProperties": 1})


# Metadata


def meta_index(call: Call, server_id: str) -> dict[str, Any]:
    """A server's metadata."""
    return {"metadata": find(call, server_id)["metadata"] or {}}


# What a server must be for its metadata or tags to change.
_SETTLED = ("active", "paused", "suspended", "stopped")


def _settled(row: Row, name: str) -> Row:
    in_state(row, name, _SETTLED, (row["task_state"],))
    return row


def _keep_meta(call: Call, row: Row, metadata: dict[str, Any], name: str = "update metadata") -> dict[str, Any]:
    unlocked(call, row, name)
    _settled(row, name)
    limit = limits(call, row["project_id"])["metadata_items"]
    if 0 <= limit < len(metadata):
        raise Forbidden(f"Maximum number of metadata items exceeds {limit}")
    call.tx.update(servers, row["id"], metadata=metadata)
    return metadata


def meta_update(call: Call, server_id: str) -> dict[str, Any]:
    """Add to a server's metadata."""
    given = body(call, _ALL)["metadata"]
    row = find(call, server_id)
    return {"metadata": _keep_meta(call, row, {**(row["metadata"] or {}), **given})}


def meta_replace(call: Call, server_id: str) -> dict[str, Any]:
    """Replace a server's metadata."""
    given = body(call, _ALL)["metadata"]
    return {"metadata": _keep_meta(call, find(call, server_id), given)}


def meta_show(call: Call, server_id: str, key: str) -> dict[str, Any]:
    """One item."""
    metadata = find(call, server_id)["metadata"] or {}
    if key not in metadata:
        raise NotFound("Metadata item was not found")
    return {"meta": {key: metadata[key]}}


def meta_set(call: Call, server_id: str, key: str) -> dict[str, Any]:
    """Set one item."""
    given = body(call, _ONE)["meta"]
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    row = find(call, server_id)
    _keep_meta(call, row, {**(row["metadata"] or {}), **given})
    return {"meta": given}


def meta_delete(call: Call, server_id: str, key: str) -> None:
    """Remove one item."""
    row = find(call, server_id)
    if key not in (row["metadata"] or {}):
        raise NotFound("Metadata item was not found")
    left = {name: value for name, value in row["metadata"].items() if name != key}
    _keep_meta(call, row, left, "delete metadata")


# Tags (2.26)

_TAGS = body_of("tags", {"type": "array", "items": TAG, "maxItems": 50})


def tag_index(call: Call, server_id: str) -> dict[str, Any]:
    """A server's tags."""
    return {"tags": _tagged(call, server_id, "index")["tags"] or []}


def _tagged(call: Call, server_id: str, verb: str) -> Row:
    """The server whose tags are meant; another project's is refused, not hidden."""
    row = call.tx.get(servers, server_id)
    if row and not row["deleted_at"] and not (call.context.is_admin or row["project_id"] == call.context.project_id):
        refuse(f"os-server-tags:{verb}")
    return find(call, server_id)


def tag_replace(call: Call, server_id: str) -> dict[str, Any]:
    """Replace all tags."""
    tags = sorted(set(body(call, _TAGS)["tags"]))
    call.tx.update(servers, _settled(_tagged(call, server_id, "update_all"), "update tags")["id"], tags=tags)
    return {"tags": tags}


def tag_clear(call: Call, server_id: str) -> None:
    """Remove all tags."""
    call.tx.update(servers, _settled(_tagged(call, server_id, "delete_all"), "delete tags")["id"], tags=[])


def tag_check(call: Call, server_id: str, tag: str) -> None:
    """Whether the server has the tag."""
    if tag not in (_tagged(call, server_id, "show")["tags"] or []):
        raise NotFound(f"Server {server_id} has no tag '{tag}'")


def tag_add(call: Call, server_id: str, tag: str) -> Answer:
    """Add a tag: 201 when it is new, 204 when it was there."""
    if call.body:
        check(call.json(), {"type": "null"})
    row = _settled(_tagged(call, server_id, "update"), "update tag")
    tags = row["tags"] or []
    if tag in tags:
        return Answer(204)
    if len(tag) > 60 or "," in tag or "/" in tag:
        said = f"{tag!r} is too long" if len(tag) > 60 else f"{tag!r} does not match '{TAG['pattern']}'"
        raise BadRequest(
            f"Tag '{tag}' is invalid. It must be a non empty string without characters '/' and ','. "
            f"Validation error message: {said}"
        )
    if len(tags) >= 50:
        raise BadRequest("The number of tags exceeded the per-server limit 50")
    call.tx.update(servers, server_id, tags=sorted([*tags, tag]))
    return Answer(201, None, {"Location": call.url}, "text/html; charset=UTF-8")


def tag_delete(call: Call, server_id: str, tag: str) -> None:
    """Remove a tag."""
    row = _settled(_tagged(call, server_id, "delete"), "delete tag")
    if tag not in (row["tags"] or []):
        raise NotFound(f"Instance {server_id} has no tag '{tag}'")
    call.tx.update(servers, server_id, tags=[other for other in row["tags"] if other != tag])


# Interfaces


def _interface(call: Call, row: Row, port: Row, given: list[Row]) -> dict[str, Any]:
    shown = {
        "port_id": port["id"], "net_id": port["network_id"], "mac_addr": port["mac_address"], "port_state": port["status"],
        "fixed_ips": [{"subnet_id": item["subnet_id"], "ip_address": item["ip_address"]} for item in given],
    }  # fmt: skip
    if call.at_least("2.70"):
        shown["tag"] = port_tags(row).get(port["id"])
    return shown


def interface_index(call: Call, server_id: str) -> dict[str, Any]:
    """A server's ports."""
    row = find(call, server_id)
    found = network.interfaces(call.tx, row["id"]) if plugged(call, row) else []
    return {"interfaceAttachments": [_interface(call, row, port, given) for port, given in found]}


def interface_show(call: Call, server_id: str, port_id: str) -> dict[str, Any]:
    """One of a server's ports."""
    row = find(call, server_id)
    for port, given in network.interfaces(call.tx, row["id"]):
        if port["id"] == port_id:
            return {"interfaceAttachment": _interface(call, row, port, given)}
    other = call.tx.get(ports, port_id)
    if other is not None and (call.context.is_admin or other["project_id"] == call.context.project_id):
        raise NotFound(f"Instance {server_id} does not have a port with id {port_id}")
    raise NotFound(f"Port id {port_id} could not be found.")


_FIXED = {"type": "array", "minItems": 1, "maxItems": 1, "items": fields({"ip_address": ADDRESS}, "ip_address")}
_INTERFACE = {"net_id": UUID, "port_id": UUID, "fixed_ips": _FIXED}
ATTACH = fields({"interfaceAttachment": fields(_INTERFACE)})
ATTACH_249 = fields({"interfaceAttachment": fields({**_INTERFACE, "tag": TAG})})


# Refusals of Neutron's that are conflicts: the port or the address is another server's.
_TAKEN = ("PortInUse", "IpAddressAlreadyAllocated", "IpAddressInUse")
_PLUGGABLE = ("active", "paused", "stopped")


def interface_create(call: Call, server_id: str) -> dict[str, Any]:
    """Plug a server into a network, or into a port that is there."""
    found = body(call, ATTACH_249 if call.at_least("2.49") else ATTACH)
    given = found.get("interfaceAttachment") or {}
    row = find(call, server_id)
    unlocked(call, row, "attach_interface")
    in_state(row, "attach_interface", _PLUGGABLE)
    net, port_id = given.get("net_id"), given.get("port_id")
    if net and port_id:
        raise BadRequest("Must not input both network_id and port_id")
    fixed = (given.get("fixed_ips") or [{}])[0].get("ip_address")
    if fixed and not net:
        raise BadRequest("Must input network_id when request IP address")
    if not net and not port_id:
        available = network.choose(call, row["project_id"])
        if len(available) != 1:
            raise BadRequest(
                "Multiple possible networks found, use a Network ID to be more specific."
                if available
                else "No specific network was requested and none are available for project "
                f"'{call.context.project_id}'."
            )
        net = available[0]["id"]
    zone = zones(call.tx).get(row["host"], "nova")
    try:
        seen = network.visible_network(call, row["project_id"], net) if net and not port_id else None
        if seen and seen["external"] and not call.context.is_admin:
            raise Forbidden(f"It is not allowed to create an interface on external network {net}")
        port = network.plug(
            call, project_id=row["project_id"], server_id=row["id"], host=row["host"], zone=zone,
            network=seen, port_id=port_id, fixed_ip=fixed,
        )  # fmt: skip
    except ApiError as error:
        if error.type == "OverQuota":
            raise Forbidden("Maximum number of ports exceeded") from None
        if isinstance(error, Forbidden):
            raise
        if error.type in ("IpAddressAlreadyAllocated", "IpAddressInUse"):
            raise Conflict(f"Fixed IP {fixed} is already in use.") from None
        code = 404 if error.status == 404 else 409 if error.type in _TAKEN else 400
        raise ApiError(worded(error), status=code) from None
    begin(call, row, "attach_interface", ("compute_attach_interface",))
    if given.get("tag"):
        keep_tags(call, row, {port["id"]: given["tag"]})
    if row["power_state"] == RUNNING:
        network.activate(call.tx, row["id"])
    return {"interfaceAttachment": interface_show(call, server_id, port["id"])["interfaceAttachment"]}


def interface_delete(call: Call, server_id: str, port_id: str) -> Answer:
    """Unplug a port from a server."""
    row = find(call, server_id)
    unlocked(call, row, "detach_interface")
    in_state(row, "detach_interface", _PLUGGABLE)
    # The host is told to unplug, and whether it can is not waited for.
    begin(call, row, "detach_interface", ("compute_detach_interface",))
    if any(port["id"] == port_id for port, _ in network.interfaces(call.tx, row["id"])):
        network.unplug(call.tx, row["id"], port_id)
    return Answer(202)


# The rest


def group_index(call: Call, server_id: str) -> dict[str, Any]:
    """The security groups on a server's ports."""
    row = find(call, server_id)
    found = []
    for group, rules in network.group_documents(call.tx, row["id"]) if plugged(call, row) else ():
        shown = [
            {
                "id": rule["id"], "parent_group_id": group["id"], "ip_protocol": rule["protocol"],
                "from_port": rule["port_range_min"], "to_port": rule["port_range_max"], "group": {},
                "ip_range": {"cidr": rule["remote_ip_prefix"]} if rule["remote_ip_prefix"] else {},
            }
            for rule in rules
            if rule["direction"] == "ingress"
        ]  # fmt: skip
        found.append({
            "id": group["id"], "name": group["name"], "description": group["description"], "tenant_id": group["project_id"],
            "rules": shown,
        })  # fmt: skip
    return {"security_groups": found}


def password_show(call: Call, server_id: str) -> dict[str, Any]:
    """The password that a server reported, encrypted: none did."""
    find(call, server_id)
    return {"password": ""}


def password_clear(call: Call, server_id: str) -> None:
    """Forget the password that a server reported."""
    find(call, server_id)


_PROTOCOLS = ["vnc", "spice", "serial", "rdp"]
_KINDS = ["novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5"]


def _console(protocols: list[str], kinds: list[str]) -> Form:
    known = {"protocol": {"type": "string", "enum": protocols}, "type": {"type": "string", "enum": kinds}}
    return body_of("remote_console", fields(known, "protocol", "type"))


CONSOLE = _console(_PROTOCOLS, _KINDS)
CONSOLE_28 = _console([*_PROTOCOLS, "mks"], [*_KINDS, "webmks"])
CONSOLE_299 = _console([*_PROTOCOLS, "mks"], [*_KINDS, "webmks", "spice-direct"])


def remote_console(call: Call, server_id: str) -> dict[str, Any]:
    """Where a browser sees the server's screen (2.6)."""
    schema = CONSOLE_299 if call.at_least("2.99") else CONSOLE_28 if call.at_least("2.8") else CONSOLE
    given = body(call, schema)["remote_console"]
    row = find(call, server_id)
    console.check_kind(given["protocol"], given["type"])
    console.refuse(row)
    return {"remote_console": {**given, "url": console.url(call, row, given["type"])}}
