"""Where copies of a server go: hosts that have room, addresses that are free."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from kit.cloud.compute.models import aggregates, hypervisors, services
from kit.cloud.network.models import addresses, ports, subnets
from kit.cloud.store import Row, Transaction
from kit.cloud.tables import metadata


class Hosts:
    """The compute hosts with their room, as Placement counts it."""

    def __init__(self, tx: Transaction) -> None:
        self._providers = metadata.tables["placement_providers"]
        off = {row["host"] for row in tx.rows(services, binary="nova-compute") if row["disabled"] or row["forced_down"]}
        self.uuids = {row["host"]: row["id"] for row in tx.rows(hypervisors, order=hypervisors.c.number)}
        zones = {
            host: row["metadata"]["availability_zone"]
            for row in tx.rows(aggregates) if "availability_zone" in (row["metadata"] or {})
            for host in row["hosts"] or ()
        }  # fmt: skip
        self._used: dict[str, dict[str, int]] = {}
        self._room: dict[str, dict[str, float]] = {}
        names = {uuid: host for host, uuid in self.uuids.items()}
        for row in tx.rows(self._providers):
            host = names.get(row["uuid"])
            if host is not None:
                used = self._used[host] = dict(row["used"] or {})
                self._room[host] = {
                    name: (item["total"] - item["reserved"]) * item["allocation_ratio"] - used.get(name, 0)
                    for name, item in (row["inventories"] or {}).items()
                }  # fmt: skip
        self._open: dict[str | None, list[str]] = {None: [host for host in self._room if host not in off]}
        for host in self._open[None]:
            self._open.setdefault(zones.get(host, "nova"), []).append(host)
        self._turn: dict[str | None, int] = {}

    def choose(self, amounts: dict[str, int], zone: str | None) -> str | None:
        """A host in the zone that has room, one after the other; None when no one has."""
        hosts = self._open.get(zone, [])
        for _ in range(len(hosts)):
            turn = self._turn[zone] = (self._turn.get(zone, -1) + 1) % len(hosts)
            room = self._room[hosts[turn]]
            if all(room.get(name, 0) >= amount for name, amount in amounts.items()):
                for name, amount in amounts.items():
                    room[name] -= amount
                    self._used[hosts[turn]][name] = self._used[hosts[turn]].get(name, 0) + amount
                return hosts[turn]
        return None

    def keep(self, tx: Transaction) -> None:
        """Write down what is in use now."""
        for row in tx.rows(self._providers, uuid=list(self.uuids.values())):
            host = next(host for host, uuid in self.uuids.items() if uuid == row["uuid"])
            if self._used.get(host) != row["used"]:
                used, generation = self._used[host], row["generation"] + 1
                tx.update(self._providers, row["number"], used=used, generation=generation)


class Addresses:
    """The addresses of each subnet that nobody has, in order, and MAC addresses."""

    def __init__(self, tx: Transaction) -> None:
        self._subnets = {row["id"]: row for row in tx.rows(subnets)}
        self._taken = {(row["subnet_id"], row["ip_address"]) for row in tx.rows(addresses)}
        self._free: dict[str, Any] = {}
        self._last: dict[str, str] = {}
        self._macs = {row["mac_address"] for row in tx.rows(ports)}

    def draw(self, subnet: str) -> str | None:
        """The next free address; None when there is none."""
        found = next(self._free.setdefault(subnet, self._every(self._subnets[subnet])), None)
        if found is not None:
            self._last[subnet] = found
        return found

    def _every(self, subnet: Row) -> Any:
        for pool in subnet["allocation_pools"]:
            start, end = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
            for number in range(int(start), int(end) + 1):
                text = str(type(start)(number))
                if text != subnet["gateway_ip"] and (subnet["id"], text) not in self._taken:
                    yield text

    def mac(self, tx: Transaction) -> str:
        """A MAC address that no port has."""
        while (made := tx.ids.mac()) in self._macs:
            pass
        self._macs.add(made)
        return made

    def keep(self, tx: Transaction) -> None:
        """Let later ports go on after the last addresses."""
        for subnet, last in self._last.items():
            tx.update(subnets, subnet, next_ip=str(int(ipaddress.ip_address(last)) + 1))


def shape(item: dict[str, Any], image: dict[str, Any]) -> str:
    """What servers must share to be copies of one another; images that differ in name only are alike."""
    words = ("flavor", "state", "keypair", "description", "tags", "security_groups", "availability_zone")
    alike = {
        **{word: item.get(word) for word in words}, "networks": len(networks_of(item)),
        "floating_ip": item.get("floating_ip"), "image": {**image, "name": ""} if image else item["image"],
    }  # fmt: skip
    return json.dumps(alike, sort_keys=True)


def networks_of(item: dict[str, Any]) -> list[str]:
    """The names of the networks that an item's servers are on."""
    return list(item.get("networks", [item["network"]] if "network" in item else []))
