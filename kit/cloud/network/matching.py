"""Whether a packet gets through: a port's security groups against what the packet says of itself.

The rules are Neutron's own (neutron.agent.linux.openvswitch_firewall): groups only allow; a packet passes
when one rule of one group of the port allows it. A port without port security lets everything pass, one
without groups lets nothing pass. Answers to what was let through pass of themselves where the group is
stateful; that is not asked here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from kit.cloud.network.models import address_groups, addresses, ports, rules
from kit.cloud.network.rule_fields import PROTOCOLS, name_of
from kit.cloud.store import Row, Transaction

_ICMP = ("icmp", "icmpv6", "ipv6-icmp")


@dataclass(frozen=True)
class Packet:
    """What rules look at.

    Attributes
    ----------
    direction : str
        `ingress` is to the port, `egress` is from it.
    remote : str
        The other side's address.
    protocol : str
        By name or number: `tcp`, `icmp`, `132`.
    port : int or None
        The destination port; for ICMP its type.
    code : int or None
        The code of an ICMP packet.
    remote_group : str or None
        A security group that the other side is in, where its address is not known to the cloud.
    """

    direction: Literal["ingress", "egress"]
    remote: str
    protocol: str
    port: int | None = None
    code: int | None = None
    remote_group: str | None = None

    @property
    def ethertype(self) -> str:
        """`IPv4` or `IPv6`, as the address has it."""
        return f"IPv{ipaddress.ip_address(self.remote).version}"


@dataclass(frozen=True)
class Verdict:
    """Whether a packet passes, and why.

    Attributes
    ----------
    rule : dict or None
        The rule that lets it pass.
    reason : str
        One sentence.
    """

    passes: bool
    reason: str
    rule: Row | None = None

    def __bool__(self) -> bool:
        return self.passes


def judge(tx: Transaction, port_id: str, packet: Packet) -> Verdict:
    """Whether a packet passes a port, by the groups of the port.

    Raises
    ------
    LookupError
        When there is no such port.
    """
    port = tx.get(ports, port_id)
    if port is None:
        raise LookupError(f"there is no port {port_id}")
    if not port["port_security_enabled"]:
        return Verdict(True, "The port has no port security: nothing is looked at.")
    groups = port["security_groups"] or []
    if not groups:
        return Verdict(False, "The port is in no security group, and without a rule nothing passes.")
    looked = tx.rows(rules, security_group_id=groups, direction=packet.direction, order=rules.c.number)
    for rule in looked:
        if allows(tx, rule, packet):
            return Verdict(True, f"Rule {rule['id']} of group {rule['security_group_id']} allows it.", rule)
    return Verdict(False, f"None of the {len(looked)} {packet.direction} rules of the port's groups allows it.")


def allows(tx: Transaction, rule: Row, packet: Packet) -> bool:
    """Whether one rule lets a packet pass."""
    return (
        rule["direction"] == packet.direction
        and rule["ethertype"] == packet.ethertype
        and _protocol_fits(rule, packet)
        and _remote_fits(tx, rule, packet)
    )


def _number(protocol: str, ethertype: str) -> int:
    name = protocol.lower()
    # `icmp` in a rule for IPv6 means ICMPv6, as Neutron's agents read it.
    if name in _ICMP or (name == "1" and ethertype == "IPv6"):
        return 58 if ethertype == "IPv6" else 1
    return int(name) if name.isdigit() else PROTOCOLS[name]


def _protocol_fits(rule: Row, packet: Packet) -> bool:
    wanted = rule["protocol"]
    if wanted is None or str(wanted).lower() in ("any", "ip", "0"):
        return True
    if _number(wanted, rule["ethertype"]) != _number(packet.protocol, packet.ethertype):
        return False
    low, high = rule["port_range_min"], rule["port_range_max"]
    if name_of(str(wanted).lower()) in _ICMP:
        return (low is None or packet.port == low) and (high is None or packet.code == high)
    if low is None and high is None:
        return True
    return packet.port is not None and low <= packet.port <= high


def _remote_fits(tx: Transaction, rule: Row, packet: Packet) -> bool:
    if rule["remote_ip_prefix"]:
        return _within(packet.remote, [rule["remote_ip_prefix"]])
    if rule["remote_address_group_id"]:
        group = tx.get(address_groups, rule["remote_address_group_id"])
        return group is not None and _within(packet.remote, group["addresses"] or [])
    if rule["remote_group_id"]:
        return packet.remote_group == rule["remote_group_id"] or _member(tx, rule["remote_group_id"], packet.remote)
    return True


def _within(address: str, ranges: list[str]) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(text, strict=False) for text in ranges)


def _member(tx: Transaction, group_id: str, address: str) -> bool:
    """Whether a port in the group has the address, or is allowed to send from it."""
    holders = {row["port_id"] for row in tx.rows(addresses, ip_address=address)}
    for port in tx.rows(ports, id=holders) if holders else []:
        if group_id in (port["security_groups"] or []):
            return True
    others = (port for port in tx.rows(ports) if port["allowed_address_pairs"])
    return any(
        group_id in (port["security_groups"] or [])
        and _within(address, [pair["ip_address"] for pair in port["allowed_address_pairs"]])
        for port in others
    )
