"""The books of a cloud: what its services hold of one thing, and whether it adds up."""

import ipaddress
from collections import Counter
from typing import Any

from kit.cloud import Cloud
from kit.cloud.block_storage import models as volume
from kit.cloud.compute import models as compute
from kit.cloud.network import models as network
from kit.cloud.placement import models as placement


def broken(cloud: Cloud) -> list[str]:
    """What does not add up."""
    with cloud.read() as tx:
        servers = {row["id"]: row for row in tx.rows(compute.servers) if not row["deleted_at"]}
        ports = {row["id"]: row for row in tx.rows(network.ports)}
        addresses, subnets = tx.rows(network.addresses), {row["id"]: row for row in tx.rows(network.subnets)}
        volumes, attachments = {row["id"]: row for row in tx.rows(volume.volumes)}, tx.rows(volume.attachments)
        floating, routers = tx.rows(network.floating_ips), {row["id"] for row in tx.rows(network.routers)}
        allocations, consumers = tx.rows(placement.allocations), {row["uuid"] for row in tx.rows(placement.consumers)}
        providers, moves = {row["uuid"]: row for row in tx.rows(placement.providers)}, tx.rows(compute.migrations)
    return [
        *_allocations(servers, allocations, consumers, providers, moves),
        *_addresses(ports, addresses, subnets, floating),
        *_ports(servers, ports, routers, floating),
        *_attachments(servers, volumes, attachments),
    ]


def _allocations(servers: Any, allocations: Any, consumers: Any, providers: Any, moves: Any) -> list[str]:
    moving = {row["uuid"] for row in moves}
    used: dict[str, Counter[str]] = {uuid: Counter() for uuid in providers}
    found = []
    for row in allocations:
        if row["consumer_id"] not in servers and not (row["consumer_id"] in moving and row["server_id"] in servers):
            found.append(f"allocation of nobody: {row}")
        used[row["provider_id"]].update(row["resources"])
    holders = {row["consumer_id"] for row in allocations}
    if holders != consumers:
        found.append(f"consumers without allocations, or the other way round: {holders ^ consumers}")
    for uuid, provider in providers.items():
        kept = Counter(provider["used"])
        if +kept != +used[uuid]:
            found.append(f"{provider['name']} says {kept}, allocations say {used[uuid]}")
        for name, amount in used[uuid].items():
            have = provider["inventories"][name]
            if amount > (have["total"] - have["reserved"]) * have["allocation_ratio"]:
                found.append(f"{provider['name']} has more {name} taken than it has: {amount}")
    # While a server moves, the migration holds what it has on the source.
    holds = {row["server_id"] for row in allocations if row["resources"].get("VCPU")}
    for id, server in servers.items():
        state = f"{server['vm_state']}/{server['task_state']}"
        if server["host"] and id not in holds:
            found.append(f"server on {server['host']} in {state} holds nothing")
        if not server["host"] and id in holds:
            found.append(f"server on no host in {state} holds something")
    return found


def _addresses(ports: Any, addresses: Any, subnets: Any, floating: Any) -> list[str]:
    found = [
        f"{row['ip_address']} is not of {subnets[row['subnet_id']]['cidr']}"
        for row in addresses
        if ipaddress.ip_address(row["ip_address"]) not in ipaddress.ip_network(subnets[row["subnet_id"]]["cidr"])
    ]
    for what, taken in (
        ("address", [(row["subnet_id"], row["ip_address"]) for row in addresses]),
        ("floating address", [row["floating_ip_address"] for row in floating]),
        ("MAC address", [(row["network_id"], row["mac_address"]) for row in ports.values()]),
    ):
        found += [f"{what} {item} is taken twice" for item, count in Counter(taken).items() if count > 1]
    for row in floating:
        if row["port_id"] and row["port_id"] not in ports:
            found.append(f"floating address {row['floating_ip_address']} leads nowhere")
    return found


def _ports(servers: Any, ports: Any, routers: Any, floating: Any) -> list[str]:
    found = []
    for row in ports.values():
        owner, of = row["device_owner"] or "", row["device_id"]
        known = servers if owner.startswith("compute:") else routers if owner.startswith("network:router") else None
        if owner == "network:floatingip":
            known = {item["id"] for item in floating}
        if known is not None and of not in known:
            found.append(f"port of {owner} {of}, which is gone")
    return found


def _attachments(servers: Any, volumes: Any, attachments: Any) -> list[str]:
    ours = {(row["instance_uuid"], row["volume_id"]) for row in attachments}
    theirs = {(id, item["volume_id"]) for id, row in servers.items() for item in row["block_devices"] or []}
    found = [f"attachment that only one side knows: {pair}" for pair in ours ^ theirs]
    for id, row in volumes.items():
        tied = [item for item in attachments if item["volume_id"] == id and item["attach_status"] == "attached"]
        if tied and row["status"] not in (
            "in-use",
            "detaching",
            "retyping",
            "backing-up",
            "uploading",
            "extending",
            "maintenance",
        ):
            found.append(f"volume is {row['status']} and attached")
        if row["status"] == "in-use" and not tied:
            found.append("volume is in-use by nobody")
    return found
