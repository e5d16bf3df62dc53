"""A router's ways out: the gateway that every router may have, and further ones beside it."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import ApiError
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import ndp, ports, qos_policies, sharing
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import addresses, floating_ips, routers
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models import subnets as subnet_table
from kit.cloud.store import Row

GATEWAY = "network:router_gateway"

_GATEWAY = is_.record(
    ["network_id"], network_id=is_.uuid, enable_snat=is_.boolean,
    external_fixed_ips=net_.fixed_ips, qos_policy_id=is_.none_or(is_.uuid),
)  # fmt: skip


def gateway(value: Any) -> dict[str, Any] | None:
    """A gateway; nothing, or an empty dictionary, takes it away."""
    return _GATEWAY(value) if value else None


def operators(call: Call, gateway: dict[str, Any] | None) -> bool:
    """Whether a gateway says what only the administrator may: its addresses, and whether it translates them."""
    return not call.context.is_admin and bool(gateway and {"enable_snat", "external_fixed_ips"} & set(gateway))


def several(value: Any) -> list[dict[str, Any]]:
    """Gateways: one network may be there more than once; clients write no gateway as an empty dictionary."""
    if value == {}:
        return []
    if not isinstance(value, list):
        raise is_.Unfit(f"'{value}' is not a list")
    return [_GATEWAY(item) for item in value]


def connect(call: Call, row: Row, gateway: dict[str, Any] | None) -> Row:
    """Connect a router to an external network, another one, or none."""
    if gateway and row["gateway_network_id"] == gateway["network_id"] and "external_fixed_ips" not in gateway:
        fields: dict[str, Any] = {"enable_snat": gateway.get("enable_snat", row["enable_snat"])}
        if "qos_policy_id" in gateway:
            qos_policies.usable(call, gateway["qos_policy_id"])
            fields["gateway_qos_policy_id"] = gateway["qos_policy_id"]
        call.tx.update(routers, row["id"], **fields)
        return {**row, **fields}
    fields = {
        "gateway_network_id": None, "gateway_port_id": None, "enable_snat": True, "gateway_qos_policy_id": None,
    }  # fmt: skip
    network = _outside(call, row, gateway) if gateway else None
    ndp.may_change(call, row, gateway)
    if row["gateway_port_id"]:
        if (not network or network["id"] != row["gateway_network_id"]) and call.tx.first(
            floating_ips, router_id=row["id"]
        ):
            raise _in_use(row, row["gateway_network_id"])
        ports.remove(call.tx, row["gateway_port_id"])
    if gateway and network:
        port = _port(call, row, network, gateway)
        fields = {
            "gateway_network_id": network["id"], "gateway_port_id": port["id"],
            "enable_snat": gateway.get("enable_snat", True), "gateway_qos_policy_id": gateway.get("qos_policy_id"),
        }  # fmt: skip
    call.tx.update(routers, row["id"], **fields)
    return {**row, **fields}


def _in_use(row: Row, network_id: str) -> ApiError:
    return conflict(
        "RouterExternalGatewayInUseByFloatingIp",
        f"Gateway cannot be updated for router {row['id']}, since a gateway to external network {network_id} is required "
        "by one or more floating IPs.",
    )


def _outside(call: Call, row: Row, gateway: dict[str, Any]) -> Row:
    """The external network that a gateway leads to."""
    network = call.tx.get(network_table, gateway["network_id"])
    owned = network is not None and network["project_id"] == row["project_id"]
    if network is None or not (
        owned or call.context.is_admin or sharing.sees(call, network) or sharing.outside(call, network)
    ):
        raise not_found("Network", gateway["network_id"])
    qos_policies.usable(call, gateway.get("qos_policy_id"))
    if not network["external"]:
        raise bad_request(f"Bad router request: Network {network['id']} is not an external network.", "BadRequest")
    return network


def _beside_gateways(call: Call, network: Row, wanted: list[dict[str, Any]]) -> None:
    """Refuse an address that the other side of the gateway has."""
    theirs = {row["gateway_ip"] for row in call.tx.rows(subnet_table, network_id=network["id"])} if wanted else set()
    for item in wanted:
        if item.get("ip_address") in theirs - {None}:
            raise bad_request(
                f"Bad router request: External IP {item['ip_address']} is the same as the gateway IP.", "BadRequest"
            )


def _port(call: Call, row: Row, network: Row, gateway: dict[str, Any]) -> Row:
    _beside_gateways(call, network, gateway.get("external_fixed_ips") or [])
    # The port belongs to no project, so that nobody's quota pays for it.
    values = {"project_id": "", "device_id": row["id"], "device_owner": GATEWAY, "status": "ACTIVE"}
    if gateway.get("external_fixed_ips"):
        values["fixed_ips"] = gateway["external_fixed_ips"]
    return ports.make(call, network, values)


# Several gateways


def _ports(call: Call, row: Row) -> list[Row]:
    """The ports of a router's gateways, the one that is `external_gateway_info` first."""
    found = call.tx.rows(
        port_table, device_id=row["id"], device_owner=GATEWAY, order=[port_table.c.created_at, port_table.c.id]
    )
    return sorted(found, key=lambda port: port["id"] != row["gateway_port_id"])


def _fixed(call: Call, port: Row) -> list[dict[str, Any]]:
    given = call.tx.rows(addresses, port_id=port["id"], order=addresses.c.id)
    return [{"ip_address": item["ip_address"], "subnet_id": item["subnet_id"]} for item in given]


def listed(call: Call, row: Row) -> list[dict[str, Any]]:
    """A router's gateways as it shows them."""
    if not row["gateway_port_id"]:
        return []
    return [{"network_id": port["network_id"], "external_fixed_ips": _fixed(call, port)} for port in _ports(call, row)]


def add(call: Call, row: Row, wanted: list[dict[str, Any]]) -> Row:
    """Give a router further gateways; the first one that it ever has is its plain gateway."""
    for gateway in wanted:
        if row["gateway_port_id"]:
            _port(call, row, _outside(call, row, gateway), gateway)
        else:
            row = connect(call, row, gateway)
    return row


def remove(call: Call, row: Row, wanted: list[dict[str, Any]]) -> Row:
    """Take gateways from a router; when the plain one goes, the next takes its place."""
    if wanted and not row["gateway_port_id"]:
        raise ApiError(
            f"Unable to remove extra gateways from a router {row['id']}", type="UnableToRemoveGateways", status=500
        )
    ids = []
    for gateway in wanted:
        port = _match(call, row, gateway)
        if port is None:
            raise _no_match(row)
        ids.append(port["id"])
    for id in ids:
        if id != row["gateway_port_id"]:
            _free(call, row, call.tx.get(port_table, id))
    if row["gateway_port_id"] in ids:
        row = _promote(call, row)
    return row


def _match(call: Call, row: Row, gateway: dict[str, Any]) -> Row | None:
    """The gateway's port: by one of its addresses, or the only one on the network."""
    here = [port for port in _ports(call, row) if port["network_id"] == gateway["network_id"]]
    asked = {item.get("ip_address") for item in gateway.get("external_fixed_ips") or []} - {None}
    if not asked:
        if len(here) > 1:
            raise _no_match(row)
        return here[0] if here else None
    return next((port for port in here if asked & {item["ip_address"] for item in _fixed(call, port)}), None)


def _no_match(row: Row) -> ApiError:
    return bad_request(
        f"Unable to match a requested gateway port to existing gateway ports for router {row['id']}",
        "UnableToMatchGateways",
    )


def _free(call: Call, row: Row, port: Row | None) -> None:
    if port is None:
        return
    others = [other for other in _ports(call, row) if other["network_id"] == port["network_id"]]
    if len(others) < 2 and call.tx.first(floating_ips, router_id=row["id"], floating_network_id=port["network_id"]):
        raise _in_use(row, port["network_id"])
    ports.remove(call.tx, port["id"])


def _promote(call: Call, row: Row) -> Row:
    """Take the plain gateway away; another one becomes it."""
    rest = [port for port in _ports(call, row) if port["id"] != row["gateway_port_id"]]
    if not rest:
        return connect(call, row, None)
    _free(call, row, call.tx.get(port_table, row["gateway_port_id"]))
    fields = {"gateway_port_id": rest[0]["id"], "gateway_network_id": rest[0]["network_id"]}
    call.tx.update(routers, row["id"], **fields)
    return {**row, **fields}


def replace(call: Call, row: Row, wanted: list[dict[str, Any]]) -> Row:
    """Let a router have these gateways and no others; those that match stay where they are."""
    kept: list[tuple[Row, dict[str, Any]]] = []
    new: list[dict[str, Any]] = []
    for gateway in wanted:
        port = _match(call, row, gateway) if row["gateway_port_id"] else None
        if port is None or port["id"] in [other["id"] for other, _ in kept]:
            new.append(gateway)
        else:
            kept.append((port, gateway))
    for port, gateway in kept:
        asked = gateway.get("external_fixed_ips")
        if asked:
            ports.readdress(call, port, asked)
    stay = {port["id"] for port, _ in kept}
    for port in _ports(call, row):
        if port["id"] not in stay and port["id"] != row["gateway_port_id"]:
            _free(call, row, port)
    if row["gateway_port_id"] and row["gateway_port_id"] not in stay:
        row = _promote(call, row)
    return add(call, row, new)


def drop(call: Call, row: Row) -> None:
    """Take all of a router's gateways, whoever used them."""
    for port in _ports(call, row):
        ports.remove(call.tx, port["id"])
