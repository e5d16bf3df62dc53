"""What a security group rule says about packets: its fields, and what makes no sense together."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.network import checks as is_
from kit.cloud.network.attributes import REQUIRED, Field
from kit.cloud.network.errors import bad_request
from kit.cloud.store import Row

# neutron_lib.constants.IP_PROTOCOL_MAP
PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2, "ip": 0, "ipip": 4,
    "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
_WITH_PORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
_ICMP = ("icmp", "icmpv6", "ipv6-icmp")


def _protocol(value: Any) -> str | None:
    """A protocol by name or number, as it is stored; `any` is none."""
    if value is None or str(value).lower() == "any":
        return None
    name = str(value).lower()
    if name in PROTOCOLS or (name.isdigit() and int(name) <= 255):
        return name
    raise bad_request(
        f"Security group rule protocol {value} not supported. Only protocol values {(None, 'any', *PROTOCOLS)} "
        "and integer representations [0 to 255] are supported.",
        "SecurityGroupRuleInvalidProtocol",
    )


def _ethertype(value: Any) -> str:
    for name in ("IPv4", "IPv6"):
        if str(value).lower() == name.lower():
            return name
    raise bad_request(
        f"Security group rule for ethertype '{value}' not supported. Allowed values are ['IPv4', 'IPv6'].",
        "SecurityGroupRuleInvalidEtherType",
    )


def _port(value: Any) -> int | None:
    if value is None:
        return None
    try:
        port = int(value)
    except (ValueError, TypeError, OverflowError):
        port = -1
    if not 0 <= port <= 65535:
        raise bad_request(f"Invalid value for port {value}", "SecurityGroupInvalidPortValue")
    return port


def _prefix(value: Any) -> str | None:
    """An address or a network in CIDR form, host bits as they were given."""
    if not value:
        return None
    try:
        return str(ipaddress.ip_interface(str(value) if not isinstance(value, int | float) else ""))
    except ValueError:
        raise bad_request(f"Invalid CIDR {value} given as IP prefix.", "InvalidCIDR") from None


# What a rule says about packets, and so does a template of rules.
FIELDS = (
    Field("direction", is_.one_of("ingress", "egress"), REQUIRED, put=False),
    Field("ethertype", _ethertype, "IPv4", put=False),
    Field("protocol", _protocol, None, put=False),
    Field("port_range_min", _port, None, put=False),
    Field("port_range_max", _port, None, put=False),
    Field("remote_ip_prefix", _prefix, None, put=False),
)  # fmt: skip
KEYS = (
    "direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id",
    "remote_address_group_id",
)  # fmt: skip
_EVERYTHING = ("0.0.0.0/0", "::/0")


def sound(values: dict[str, Any]) -> None:
    """Refuse a rule that contradicts itself (neutron.db.securitygroups_db)."""
    remotes = [name for name in ("remote_ip_prefix", "remote_group_id", "remote_address_group_id") if values.get(name)]
    if len(remotes) > 1:
        raise bad_request(
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
            "SecurityGroupMultipleRemoteEntites",
        )
    prefix = values["remote_ip_prefix"]
    if prefix:
        version = ipaddress.ip_interface(prefix).version
        if values["ethertype"] != f"IPv{version}":
            raise bad_request(
                f"Conflicting value ethertype {values['ethertype']} for CIDR {prefix}",
                "SecurityGroupRuleParameterConflict",
            )
    if values["ethertype"] == "IPv6" and values["protocol"] in ("icmp", "icmpv6"):
        values["protocol"] = "ipv6-icmp"  # the older names of it
    protocol = name_of(values["protocol"])
    if (
        protocol in ("ipv6-encap", "ipv6-icmp", "icmpv6", "ipv6-frag", "ipv6-nonxt", "ipv6-opts", "ipv6-route")
        and values["ethertype"] == "IPv4"
    ):
        raise bad_request(
            f"Invalid ethertype IPv4 for protocol {values['protocol']}.", "SecurityGroupEthertypeConflictWithProtocol"
        )
    _ports(protocol, values["port_range_min"], values["port_range_max"])


def name_of(protocol: str | None) -> str | None:
    """The name of a protocol that was given by number."""
    if protocol is None or not protocol.isdigit():
        return protocol
    return next((name for name, number in PROTOCOLS.items() if number == int(protocol)), protocol)


def _ports(protocol: str | None, low: int | None, high: int | None) -> None:
    if low is None and high is None:
        return
    if protocol is None:
        raise bad_request(
            "Must also specify protocol if port range is given.", "SecurityGroupProtocolRequiredWithPorts"
        )
    if protocol in _ICMP:
        for name, value in (("port_range_min", low), ("port_range_max", high)):
            if value is not None and not 0 <= value <= 255:
                field = "type" if name == "port_range_min" else "code"
                raise bad_request(
                    f"Invalid value for ICMP {field} ({name}) {value}. It must be 0 to 255.",
                    "SecurityGroupInvalidIcmpValue",
                )
        if low is None and high is not None:
            raise bad_request(
                f"ICMP code (port-range-max) {high} is provided but ICMP type (port-range-min) is missing.",
                "SecurityGroupMissingIcmpType",
            )
        return
    if protocol not in _WITH_PORTS:
        raise bad_request(
            f"Ports cannot be specified for protocol {PROTOCOLS.get(protocol, protocol)}. Ports are only supported for DCCP, "
            "SCTP, TCP, UDP, UDPLITE.",
            "SecurityGroupInvalidProtocolForPort",
        )
    if 0 in (low, high):
        raise bad_request("Invalid value for port 0", "SecurityGroupInvalidPortValue")
    if low is None or high is None or low > high:
        raise bad_request(
            "For TCP/UDP protocols, port_range_min must be <= port_range_max", "SecurityGroupInvalidPortRange"
        )


def same(row: Row, values: dict[str, Any]) -> bool:
    """Whether two rules say the same; everything as a range is no range."""

    def plain(key: str, value: Any) -> Any:
        if key == "protocol" and value is not None:
            return PROTOCOLS.get(value) or int(value) if value in PROTOCOLS or value.isdigit() else value
        return None if value in _EVERYTHING else value

    return all(plain(key, row[key]) == plain(key, values.get(key)) for key in KEYS)
