"""Booting servers: the request checked as Nova checks it, then placed and built."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import block_devices, flavors, keypairs, quotas, server_groups
from kit.cloud.compute.asking import kept_properties
from kit.cloud.compute.common import address, links, new_password, short, truth
from kit.cloud.compute.forms import UUID
from kit.cloud.compute.hosts import open_zones
from kit.cloud.compute.image_properties import disk_config
from kit.cloud.compute.injected import check_files, check_user_data
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import hypervisors, servers
from kit.cloud.compute.port_tags import keep_tags
from kit.cloud.compute.scheduling import Request, Verdict, check_flavor, decide
from kit.cloud.compute.server_form import schema
from kit.cloud.compute.states import NOSTATE, change, later
from kit.cloud.compute.validation import body, refuse
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden
from kit.cloud.image.images import visible
from kit.cloud.network import auto_topology
from kit.cloud.network import servers as network
from kit.cloud.store import Row


def create(call: Call) -> Answer:
    """Boot one server, or several of one kind."""
    data = body(call, schema(call))
    given = data["server"]
    hints = data.get("os:scheduler_hints") or data.get("OS-SCH-HNT:scheduler_hints") or {}
    low = int(given.get("min_count") or 1)
    high = int(given.get("max_count") or max(low, 1))
    if low > high:
        raise BadRequest("min_count must be <= max_count")
    if given.get("hostname") and high > 1 and call.at_least("2.94"):
        raise BadRequest("Unable to allocate a single hostname to multiple instances")
    flavor = flavors.usable(call, str(given["flavorRef"]).rstrip("/").rpartition("/")[2])
    if flavor is None:
        raise BadRequest(f"Flavor {given['flavorRef']} could not be found.")
    devices = block_devices.wanted(call, given)
    block_devices.check_room(given, flavor)
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
    check_files(call, given)
    reservation = f"r-{call.tx.ids.hex()[:8]}"
    password = given.get("adminPass") or new_password(call)
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
    if place.lost:
        named = f"host: {place.host or None} node: {place.node or None}"
        verdict = Verdict(message=f"No valid host was found. No such host - {named} ")
    else:
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
        "security_groups": given.get("security_groups", [{"name": "default"}]), "adminPass": password,
    }  # fmt: skip
    return Answer(202, {"server": server}, {"Location": address(call, f"servers/{first['id']}")})


def _image(call: Call, given: dict[str, Any], flavor: Row) -> Row:
    """The image to boot from, once it is active and fits the flavor."""
    ref = given.get("imageRef")
    if not ref:
        raise BadRequest("Missing imageRef attribute")
    ref = str(ref).rstrip("/").rpartition("/")[2]
    image = visible(call.tx, call.context, ref)
    if image is None:
        raise BadRequest("Can not find requested image")
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
    """Where a server is asked to be: a zone, a host, a hypervisor; a forced host sees no filter, and may be none at all."""

    zone: str = ""
    host: str = ""
    node: str = ""
    forced: bool = False
    lost: bool = False


def _place(call: Call, given: dict[str, Any]) -> _Place:
    """What `zone:host:node` forces, or `host` and `hypervisor_hostname` ask for (2.74); the administrator's, both."""
    zone, _, rest = (given.get("availability_zone") or "").partition(":")
    host, _, node = rest.partition(":")
    asked, hypervisor = given.get("host") or "", given.get("hypervisor_hostname") or ""
    if ":" in node:
        raise BadRequest("Invalid input received: Unable to parse availability_zone")
    if rest and not call.context.is_admin:
        refuse("servers:create:forced_host")
    if asked or hypervisor:
        if rest:
            raise BadRequest(
                "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are "
                "mutually exclusive."
            )
        if not call.context.is_admin:
            raise Forbidden("Policy doesn't allow compute:servers:create:requested_destination to be performed.")
    if zone and zone not in open_zones(call.tx):
        raise BadRequest("The requested availability zone is not available")
    named = {"host": asked or host, "hypervisor_hostname": hypervisor or node}
    wanted = {column: name for column, name in named.items() if name}
    lost = bool(wanted) and call.tx.first(hypervisors, **wanted) is None
    if lost and not rest:
        raise BadRequest(f"Compute host {asked or hypervisor} could not be found.")
    return _Place(zone, named["host"], named["hypervisor_hostname"], forced=bool(rest), lost=lost)


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
            found.append({"port_id": port, "tag": item.get("tag")})
            continue
        if not uuid:
            raise BadRequest("Bad network format: missing 'uuid'")
        if not re.match(UUID["pattern"], uuid):
            raise BadRequest(f"Bad networks format: network uuid is not in proper format ({uuid})")
        if fixed:
            try:
                ipaddress.ip_address(fixed)
            except ValueError:
                raise BadRequest(f"Invalid fixed IP address ({fixed})") from None
            if count > 1:
                raise BadRequest(
                    "Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified."
                )
        network_row = translated(lambda uuid=uuid: network.visible_network(call, call.project_id, uuid), 400)
        found.append({"network": network_row, "fixed_ip": fixed, "tag": item.get("tag")})
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


def translated(ask: Any, status: int) -> Any:
    """Ask the network service; its refusals become Nova's."""
    try:
        return ask()
    except ApiError as error:
        raise refused(error, status) from None


def refused(error: ApiError, status: int) -> ApiError:
    """A refusal of Neutron's as Nova hands it on."""
    if error.type == "OverQuota":
        return Forbidden("Maximum number of ports exceeded")
    return ApiError(worded(error), status=409 if error.type in _CONFLICTS else status)


# Of Neutron's refusals, those that Nova hands on as a conflict.
_CONFLICTS = ("PortInUse", "NoUniqueMatch")


def worded(error: ApiError) -> str:
    """Neutron's refusal in Nova's words (nova.exception)."""
    if error.type == "PortNotFound":
        return error.message.replace("Port ", "Port id ", 1)
    return error.message


def _security_groups(call: Call, given: dict[str, Any]) -> list[str] | None:
    asked = [item["name"] for item in given.get("security_groups") or [] if "name" in item]
    if not asked or asked == ["default"]:
        return None
    try:
        return network.resolve_groups(call, call.project_id, asked)
    except ApiError as error:
        if error.type == "SecurityGroupNotFound":
            lost = next(name for name in asked if f" {name} " in error.message)
            raise BadRequest(f"Unable to find security_group with name or id '{lost}'") from None
        raise refused(error, 400) from None


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
        vcpus=flavor["vcpus"], ram=flavor["ram"], availability_zone=place.zone or None,
        key_name=key["name"] if key else None, metadata=given.get("metadata") or {}, tags=sorted(set(given.get("tags") or [])),
        scheduler_hints=hints, server_group_id=group["id"] if group else None, access_ip_v4=given.get("accessIPv4"),
        access_ip_v6=short(given.get("accessIPv6")), user_data=given.get("user_data"),
        config_drive="True" if truth(given.get("config_drive", False)) else "", admin_pass=password,
        disk_config=disk_config(given, image), reservation_id=reservation, launch_index=index,
        root_device_name="/dev/vda", trusted_certs=given.get("trusted_image_certificates"), block_devices=[],
        system_metadata={"image_min_disk": image["min_disk"] if image else 0, **({"image_properties": kept} if kept else {})},
    )  # fmt: skip


def _boot(
    call: Call, row: Row, wanted: list[dict[str, Any]], groups: list[str] | None, devices: list[block_devices.Device],
    host: str | None, zone: str, verdict: Verdict,
) -> None:  # fmt: skip
    """Give the server its host, ports and volumes at once, and let the build take its time."""
    trouble = block_devices.prepare(call, row, devices)
    if host is not None and not trouble:
        trouble = _plug(call, row, wanted, groups, host, zone)
    if host is None or trouble:
        message = f"Build of instance {row['id']} aborted: {trouble}" if trouble else verdict.message
        later(
            call, row, "build", "failed", task_state="scheduling", message=message, code=500, result="Error",
            details="" if trouble else verdict.details,
        )  # fmt: skip
        return
    row = change(call.tx, row, host=host, task_state="spawning")
    later(call, row, "build", "built", task_state="spawning")


def _plug(
    call: Call, row: Row, wanted: list[dict[str, Any]], groups: list[str] | None, host: str, zone: str
) -> str:  # fmt: skip
    """Plug a server into its networks.

    Returns
    -------
    str
        Why the build must fail: what Nova finds out on the host only, when the request is long accepted.
    """
    if any(wish["network"]["external"] for wish in wanted if "network" in wish) and not call.context.is_admin:
        return "Failed to allocate the network(s), not rescheduling."
    tags: dict[str, str] = {}
    for wish in wanted:
        tag, plugged = wish.get("tag"), {name: value for name, value in wish.items() if name != "tag"}
        try:
            port = network.plug(
                call,
                project_id=row["project_id"],
                server_id=row["id"],
                host=host,
                zone=zone,
                group_ids=groups,
                **plugged,
            )
            tags |= {port["id"]: tag} if tag else {}
        except ApiError as error:
            if error.type == "InvalidIpForNetwork":
                where = wish["network"]["id"]
                return f"Invalid input received: Fixed IP {wish['fixed_ip']} is not a valid ip address for network {where}."
            raise refused(error, 400) from None
    keep_tags(call, row, tags)
    return ""
