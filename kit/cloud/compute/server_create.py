"""Booting servers: the request checked as Nova checks it, then placed and built."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import block_devices, flavors, keypairs, quotas, server_groups
from kit.cloud.compute.asking import kept_properties
from kit.cloud.compute.common import BOOLEAN, DOMAIN_NAME, HOSTNAME, NAME, address, links, short, truth
from kit.cloud.compute.hosts import open_zones
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import hypervisors, servers
from kit.cloud.compute.scheduling import Request, Verdict, check_flavor, decide
from kit.cloud.compute.states import NOSTATE, change, later
from kit.cloud.compute.validation import body, refuse
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden
from kit.cloud.image.images import visible
from kit.cloud.network import auto_topology
from kit.cloud.network import servers as network
from kit.cloud.store import Row

_UUID = r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
_ID = {"type": "string", "format": "uuid", "pattern": _UUID}
_NETWORK = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "uuid": {"type": "string"}, "port": {"oneOf": [{"type": "string"}, {"type": "null"}]},
        "fixed_ip": {"type": "string"}, "tag": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"},
    },
}  # fmt: skip
_NETWORKS = {"type": "array", "items": _NETWORK}
_COUNT = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 1, "minLength": 1}
METADATA = {
    "type": "object", "additionalProperties": False,
    "patternProperties": {r"^[a-zA-Z0-9-_:. /]{1,255}$": {"type": "string", "maxLength": 255}},
}  # fmt: skip
TAG = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}
_FIELDS: dict[str, Any] = {
    "name": NAME, "imageRef": {"oneOf": [_ID, {"type": "string", "maxLength": 0}, {"type": "string", "format": "uri"}]},
    "flavorRef": {"type": ["string", "integer"], "minLength": 1}, "adminPass": {"type": "string"}, "metadata": METADATA,
    "networks": _NETWORKS, "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]},
    "accessIPv4": {"type": "string", "format": "ipv4"}, "accessIPv6": {"type": "string", "format": "ipv6"},
    "availability_zone": {"type": "string", "minLength": 1, "maxLength": 255},
    "block_device_mapping": {"type": "array"}, "block_device_mapping_v2": {"type": "array", "items": {"type": "object"}},
    "config_drive": BOOLEAN, "key_name": {"type": "string"}, "min_count": _COUNT, "max_count": _COUNT,
    "return_reservation_id": BOOLEAN, "user_data": {"type": "string", "maxLength": 65535},
    "security_groups": {
        "type": "array", "items": {
            "type": "object", "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255}},
            "additionalProperties": False,
        },
    },
    "personality": {"type": "array"},
}  # fmt: skip
_SERVER = {"type": "string", "pattern": _UUID}
_SERVERS = {"oneOf": [_SERVER, {"type": "array", "items": _SERVER}]}
_TARGET = {"type": "string", "minLength": 1, "maxLength": 255}
_HINTS = {
    "type": "object", "additionalProperties": True,
    "properties": {
        "group": _SERVER, "same_host": _SERVERS, "different_host": _SERVERS, "query": {"type": ["string", "object"]},
        "target_cell": _TARGET, "different_cell": {"oneOf": [_TARGET, {"type": "array", "items": _TARGET}]},
        "build_near_host_ip": {"oneOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]},
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
}  # fmt: skip

# Since which microversion a field may be given, or no longer.
_SINCE: dict[str, tuple[str, dict[str, Any]]] = {
    "description": ("2.19", {"type": ["string", "null"], "maxLength": 255}),
    "tags": ("2.52", {"type": "array", "items": TAG, "maxItems": 50}),
    "trusted_image_certificates": ("2.63", {"type": ["array", "null"]}),
    "host": ("2.74", {"type": "string", "minLength": 1, "maxLength": 255}),
    "hypervisor_hostname": ("2.74", {"type": "string", "minLength": 1, "maxLength": 255}),
    "hostname": ("2.90", HOSTNAME),
}  # fmt: skip
_SCHEMAS: dict[tuple[bool, ...], dict[str, Any]] = {}


def schema(call: Call) -> dict[str, Any]:
    """The body's schema at the request's microversion."""
    steps = (
        *(call.at_least(version) for version, _ in _SINCE.values()),
        call.at_least("2.94"),
        call.at_least("2.37"),
        call.at_least("2.57"),
    )
    if steps not in _SCHEMAS:
        fields = dict(_FIELDS)
        fields |= {name: rule for (name, (_, rule)), on in zip(_SINCE.items(), steps, strict=False) if on}
        required = ["name", "flavorRef"]
        if steps[-3]:
            fields["hostname"] = DOMAIN_NAME
        if steps[-2]:
            fields["networks"] = {"oneOf": [_NETWORKS, {"type": "string", "enum": ["none", "auto"]}]}
            required.append("networks")
        if steps[-1]:
            fields.pop("personality")
        server = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
        _SCHEMAS[steps] = {
            "type": "object", "required": ["server"], "additionalProperties": False,
            "properties": {"server": server, "os:scheduler_hints": _HINTS, "OS-SCH-HNT:scheduler_hints": _HINTS},
        }  # fmt: skip
    return _SCHEMAS[steps]


def create(call: Call) -> Answer:
    """Boot one server, or several of one kind."""
    data = body(call, schema(call))
    given = data["server"]
    hints = data.get("os:scheduler_hints") or data.get("OS-SCH-HNT:scheduler_hints") or {}
    low = int(given.get("min_count") or 1)
    high = int(given.get("max_count") or max(low, 1))
    if low > high:
        raise BadRequest("min_count must be <= max_count")
    flavor = flavors.usable(call, str(given["flavorRef"]))
    if flavor is None:
        raise BadRequest(f"Flavor {given['flavorRef']} could not be found.")
    devices = block_devices.wanted(call, given)
    boots_volume = block_devices.root(devices) is not None
    image = None if boots_volume and not given.get("imageRef") else _image(call, given, flavor)
    image = None if boots_volume else image
    place = _place(call, given)
    check_flavor(call.tx, flavor, kept_properties(image))
    high = _affordable(call, flavor, low, high)
    group = _group(call, hints, high)
    wanted = _networks(call, given, high)
    groups = _security_groups(call, given)
    key = _key(call, given)
    _metadata(call, given)
    check_user_data(given)
    reservation = f"r-{call.tx.ids.hex()[:8]}"
    password = given.get("adminPass") or call.tx.ids.secret(9)
    rows = [
        _insert(
            call, given, f"{given['name']}-{index + 1}" if high > 1 else given["name"], flavor, image, group, hints, key,
            place, reservation, index, password,
        )
        for index in range(high)
    ]  # fmt: skip
    request = Request(
        flavor, place.zone, place.host, group, hints, on_volume=image is None, forced=place.forced, node=place.node,
        image=image, project_id=call.project_id,
    )  # fmt: skip
    verdict = decide(call.cloud, call.tx, request, tuple(row["id"] for row in rows))
    for index, row in enumerate(rows):
        begin(call, row, "create", ("compute__do_build_and_run_instance",))
        host = verdict.hosts[index] if verdict.hosts else None
        _boot(call, row, wanted, groups, devices, host, request.zones.get(host or "", "nova"), verdict)
    first = rows[0]
    if truth(given.get("return_reservation_id", False)):
        return Answer(202, {"reservation_id": reservation})
    server: dict[str, Any] = {
        "id": first["id"], "links": links(call, f"servers/{first['id']}"), "OS-DCF:diskConfig": first["disk_config"],
        "security_groups": given.get("security_groups") or [{"name": "default"}], "adminPass": password,
    }  # fmt: skip
    return Answer(202, {"server": server}, {"Location": address(call, f"servers/{first['id']}")})


def _image(call: Call, given: dict[str, Any], flavor: Row) -> Row:
    """The image to boot from, once it is active and fits the flavor."""
    ref = given.get("imageRef")
    if not ref:
        raise BadRequest("Invalid imageRef provided.")
    ref = str(ref).rstrip("/").rpartition("/")[2]
    image = visible(call.tx, call.context, ref)
    if image is None:
        raise BadRequest(f"Image {ref} could not be found.")
    check_image(image, flavor)
    return image


def check_image(image: Row, flavor: Row) -> None:
    """Refuse to boot from an image that is not active, or does not fit the flavor."""
    if image["status"] != "active":
        raise BadRequest(f"Image {image['id']} is not active.")
    if flavor["ram"] < image["min_ram"]:
        raise BadRequest("Flavor's memory is too small for requested image.")
    if flavor["disk"]:
        if image["size"] is not None and image["size"] > flavor["disk"] * 2**30:
            raise BadRequest("Flavor's disk is too small for requested image. Flavor disk is "
                             f"{flavor['disk'] * 2**30} bytes, image is {image['size']} bytes.")  # fmt: skip
        if image["min_disk"] > flavor["disk"]:
            raise BadRequest(
                f"Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is "
                f"{flavor['disk'] * 2**30} bytes, minimum size is {image['min_disk'] * 2**30} bytes."
            )


@dataclass(frozen=True)
class _Place:
    """Where a server is asked to be: a zone, a host, a hypervisor; a forced host sees no filter."""

    zone: str = ""
    host: str = ""
    node: str = ""
    forced: bool = False


def _place(call: Call, given: dict[str, Any]) -> _Place:
    """What `zone:host:node` forces, or `host` and `hypervisor_hostname` ask for (2.74); the administrator's, both."""
    zone, _, rest = (given.get("availability_zone") or "").partition(":")
    host, _, node = rest.partition(":")
    asked, hypervisor = given.get("host") or "", given.get("hypervisor_hostname") or ""
    if rest and not call.context.is_admin:
        refuse("servers:create:forced_host")
    if asked or hypervisor:
        if rest:
            raise BadRequest(
                "Specifying availability_zone:host is mutually exclusive with the host or hypervisor_hostname fields."
            )
        if not call.context.is_admin:
            refuse("compute:servers:create:requested_destination")
    if zone and zone not in open_zones(call.tx):
        raise BadRequest("The requested availability zone is not available")
    named = {"host": asked or host, "hypervisor_hostname": hypervisor or node}
    wanted = {column: name for column, name in named.items() if name}
    if wanted and call.tx.first(hypervisors, **wanted) is None:
        raise BadRequest(f"Compute host {' '.join(wanted.values())} could not be found.")
    return _Place(zone, named["host"], named["hypervisor_hostname"], forced=bool(rest))


def _affordable(call: Call, flavor: Row, low: int, high: int) -> int:
    """As many servers as were asked for at most, or as the quota lets have, when that is enough."""
    number = high
    if low < high:
        count = quotas.headroom(call, call.project_id, flavor["vcpus"], flavor["ram"])
        number = high if count is None else max(min(count, high), low)
    quotas.reserve(call, call.project_id, instances=number, cores=flavor["vcpus"] * number, ram=flavor["ram"] * number)
    return number


def _group(call: Call, hints: dict[str, Any], count: int) -> Row | None:
    wanted = hints.get("group")
    if not wanted:
        return None
    row = server_groups.find(call, wanted)
    if row is None:
        raise BadRequest(f"Instance group {wanted} could not be found.")
    limit = quotas.limits(call, call.project_id)["server_group_members"]
    if 0 <= limit < len(server_groups.members(call, row["id"])) + count:
        raise Forbidden("Quota exceeded, too many servers in group")
    return row


def _networks(call: Call, given: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """What the server is to be plugged into: checked wishes, or the one network there is."""
    asked = given.get("networks")
    if asked == "none":
        return []
    if asked == "auto" or not asked:
        return _any_network(call, asked == "auto")
    found = []
    for item in asked:
        port, uuid, fixed = item.get("port"), item.get("uuid"), item.get("fixed_ip")
        if port:
            if fixed:
                raise BadRequest(
                    f"Specified Fixed IP '{fixed}' cannot be used with port '{port}': the two cannot be specified together."
                )
            if count > 1:
                raise BadRequest(
                    "Unable to launch multiple instances with a single configured port ID. "
                    "Please launch your instance one by one with different ports."
                )
            found.append({"port_id": port})
            continue
        if not uuid or not re.match(_UUID, uuid):
            raise BadRequest(f"Bad networks format: network uuid is not in proper format ({uuid})")
        if fixed:
            try:
                ipaddress.ip_address(fixed)
            except ValueError:
                raise BadRequest(f"Invalid fixed IP address ({fixed})") from None
            if count > 1:
                raise BadRequest("Invalid fixed IP address: it cannot be given to several servers.")
        network_row = _translated(lambda uuid=uuid: network.visible_network(call, call.project_id, uuid), 400)
        if network_row["external"] and not call.context.is_admin:
            raise Forbidden(f"It is not allowed to create an interface on external network {uuid}")
        found.append({"network": network_row, "fixed_ip": fixed})
    return found


def _any_network(call: Call, auto: bool) -> list[dict[str, Any]]:
    available = network.choose(call, call.project_id)
    if len(available) > 1:
        raise Conflict("Multiple possible networks found, use a Network ID to be more specific.")
    if not available:
        return [{"network": network.visible_network(call, call.project_id, _allocated(call))}] if auto else []
    return [{"network": available[0]}]


def _allocated(call: Call) -> str:
    """The network that the network service makes for a project that has none."""
    try:
        return auto_topology.ensure(call, call.project_id)
    except ApiError:
        raise BadRequest(f"Unable to automatically allocate a network for project {call.project_id}") from None


def _translated(ask: Any, status: int) -> Any:
    """Ask the network service; its refusals become Nova's."""
    try:
        return ask()
    except ApiError as error:
        if error.type == "OverQuota":
            raise Forbidden("Maximum number of ports exceeded") from None
        raise ApiError(error.message, status=status) from None


def _security_groups(call: Call, given: dict[str, Any]) -> list[str] | None:
    asked = [item["name"] for item in given.get("security_groups") or [] if "name" in item]
    if not asked or asked == ["default"]:
        return None
    return _translated(lambda: network.resolve_groups(call, call.project_id, asked), 400)


def _key(call: Call, given: dict[str, Any]) -> Row | None:
    name = given.get("key_name")
    if not name:
        return None
    row = keypairs.find(call, name)
    if row is None:
        raise BadRequest("Invalid key_name provided.")
    return row


def _metadata(call: Call, given: dict[str, Any]) -> None:
    wanted = given.get("metadata")
    limit = quotas.limits(call, call.project_id)["metadata_items"] if wanted else -1
    if 0 <= limit < len(wanted or {}):
        raise Forbidden(f"Maximum number of metadata items exceeds {limit}")


def check_user_data(given: dict[str, Any]) -> None:
    """Refuse user data that is not base 64."""
    try:
        base64.b64decode(given.get("user_data") or "", validate=True)
    except (ValueError, binascii.Error):
        raise BadRequest("User data needs to be valid base 64.") from None


def _insert(
    call: Call, given: dict[str, Any], name: str, flavor: Row, image: Row | None, group: Row | None, hints: dict[str, Any],
    key: Row | None, place: _Place, reservation: str, index: int, password: str,
) -> Row:  # fmt: skip
    hostname = (
        given.get("hostname")
        or re.sub(r"[^a-z0-9.-]", "", name.lower().replace(" ", "-").replace("_", "-")).strip(".-")[:63]
    )
    # Before 2.19 the description was the name.
    description = given.get("description") if call.at_least("2.19") else name
    server_id, kept = call.tx.ids.uuid(), kept_properties(image)
    return call.tx.insert(
        servers, id=server_id, number=call.tx.most(servers.c.number) + 1, name=name, hostname=hostname or f"server-{server_id}",
        description=description, user_id=call.context.user_id, project_id=call.project_id, created_at=call.tx.stamp,
        updated_at=call.tx.stamp, vm_state="building", task_state="scheduling", power_state=NOSTATE, progress=0,
        image_id=image["id"] if image else None, flavor=flavor,
        vcpus=flavor["vcpus"], ram=flavor["ram"], availability_zone=given.get("availability_zone") if place.zone or place.host else None,
        key_name=key["name"] if key else None, metadata=given.get("metadata") or {}, tags=sorted(set(given.get("tags") or [])),
        scheduler_hints=hints, server_group_id=group["id"] if group else None, access_ip_v4=given.get("accessIPv4"),
        access_ip_v6=short(given.get("accessIPv6")), user_data=given.get("user_data"),
        config_drive="True" if truth(given.get("config_drive", False)) else "", admin_pass=password,
        disk_config=given.get("OS-DCF:diskConfig", "MANUAL"), reservation_id=reservation, launch_index=index,
        root_device_name="/dev/vda", trusted_certs=given.get("trusted_image_certificates"), block_devices=[],
        system_metadata={"image_min_disk": image["min_disk"] if image else 0, **({"image_properties": kept} if kept else {})},
    )  # fmt: skip


def _boot(
    call: Call, row: Row, wanted: list[dict[str, Any]], groups: list[str] | None, devices: list[block_devices.Device],
    host: str | None, zone: str, verdict: Verdict,
) -> None:  # fmt: skip
    """Give the server its host, ports and volumes at once, and let the build take its time."""
    trouble = block_devices.prepare(call, row, devices)
    if host is None or trouble:
        message = f"Build of instance {row['id']} aborted: {trouble}" if trouble else verdict.message
        later(
            call, row, "build", "failed", task_state="scheduling", message=message, code=500, result="Error",
            details="" if trouble else verdict.details,
        )  # fmt: skip
        return
    row = change(call.tx, row, host=host, task_state="spawning")
    for wish in wanted:
        _translated(
            lambda wish=wish: network.plug(
                call, project_id=row["project_id"], server_id=row["id"], host=host, zone=zone, group_ids=groups, **wish
            ),
            400,
        )
    later(call, row, "build", "built", task_state="spawning")
