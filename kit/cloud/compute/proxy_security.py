"""Nova's view of security groups, kept for old clients (until 2.35)."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.common import number
from kit.cloud.compute.forms import UUID, body_of, fields
from kit.cloud.compute.proxy import ask
from kit.cloud.compute.validation import body
from kit.cloud.errors import ApiError, BadRequest, Conflict, NotFound
from kit.cloud.network import rules, security_groups
from kit.cloud.network.models import security_groups as table

_UUID = re.compile(r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
PROTOCOLS = ("tcp", "udp", "icmp")


def rule_document(call: Call, rule: dict[str, Any]) -> dict[str, Any] | None:
    """A rule as nova-network showed it; what lets traffic out has no place there."""
    if rule["direction"] != "ingress":
        return None
    low, high, protocol = rule["port_range_min"], rule["port_range_max"], rule["protocol"]
    if low is None and high is None and protocol is not None:
        low = high = -1
    group: dict[str, Any] = {}
    where: dict[str, Any] = {}
    if rule["remote_group_id"]:
        remote = call.tx.get(table, rule["remote_group_id"])
        if remote is not None:
            group = {"name": remote["name"], "tenant_id": remote["project_id"]}
    else:
        where = {"cidr": rule["remote_ip_prefix"] or ("::/0" if rule["ethertype"] == "IPv6" else "0.0.0.0/0")}
    return {
        "id": rule["id"], "parent_group_id": rule["security_group_id"], "ip_protocol": protocol, "from_port": low,
        "to_port": high, "group": group, "ip_range": where,
    }  # fmt: skip


def document(call: Call, group: dict[str, Any]) -> dict[str, Any]:
    """A group as nova-network showed it."""
    shown = [rule_document(call, rule) for rule in group["security_group_rules"]]
    return {
        "id": group["id"], "name": group["name"], "description": group["description"] or "",
        "tenant_id": group["project_id"], "rules": [rule for rule in shown if rule is not None],
    }  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List security groups."""
    everywhere = call.context.is_admin and "all_tenants" in call.query
    query = {} if everywhere else {"project_id": call.project_id}
    found = ask(call, security_groups.index, query=query)["security_groups"]
    start, limit = number(call, "offset", 0), number(call, "limit", 1000)
    return {"security_groups": [document(call, group) for group in found[start : start + limit]]}


def _checked(group_id: str) -> str:
    if not _UUID.match(str(group_id)):
        raise BadRequest("Security group id should be uuid")
    return str(group_id)


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a security group."""
    found = ask(call, security_groups.show, group_id=_checked(group_id))["security_group"]
    return {"security_group": document(call, found)}


_TEXTS = {
    "name": {"type": "string", "minLength": 0, "maxLength": 255},
    "description": {"type": "string", "minLength": 0, "maxLength": 255},
}
_OPEN = {"additionalProperties": True}
GROUP = body_of("security_group", fields(_TEXTS, "name", "description") | _OPEN) | _OPEN
_RULE = {
    "group_id": {**UUID, "type": ["string", "null"]}, "parent_group_id": UUID, "to_port": {}, "from_port": {},
    "ip_protocol": {}, "cidr": {},
}  # fmt: skip
RULE = body_of("security_group_rule", fields(_RULE, "parent_group_id") | _OPEN) | _OPEN


def _texts(call: Call) -> dict[str, Any]:
    given = body(call, GROUP)["security_group"]
    return {name: given[name] for name in _TEXTS}


def create(call: Call) -> dict[str, Any]:
    """Create a security group."""
    try:
        made = ask(call, security_groups.create, body={"security_group": _texts(call)})["security_group"]
    except Conflict as error:
        raise BadRequest(error.message) from None
    return {"security_group": document(call, made)}


def update(call: Call, group_id: str) -> dict[str, Any]:
    """Change a security group."""
    values = _texts(call)
    try:
        found = ask(call, security_groups.update, body={"security_group": values}, group_id=_checked(group_id))
    except Conflict as error:
        raise BadRequest(error.message) from None
    return {"security_group": document(call, found["security_group"])}


def delete(call: Call, group_id: str) -> Answer:
    """Delete a security group that no port has."""
    group = ask(call, security_groups.show, group_id=_checked(group_id))["security_group"]
    if group["name"] == "default":
        raise BadRequest("Unable to delete system group 'default'")
    try:
        ask(call, security_groups.delete, group_id=group_id)
    except Conflict as error:
        raise BadRequest(error.message) from None
    return Answer(202)


# Rules


def rule_create(call: Call) -> dict[str, Any]:
    """Let something in."""
    given = body(call, RULE)["security_group_rule"]
    parent = _checked(given.get("parent_group_id") or "")
    try:
        ask(call, security_groups.show, group_id=parent)
    except NotFound:
        raise NotFound(f"Security group {parent} not found.") from None
    values: dict[str, Any] = {"security_group_id": parent, "direction": "ingress", **_ports(given)}
    remote = given.get("group_id")
    if remote:
        values |= {"remote_group_id": _checked(remote), "ethertype": "IPv4"}
    else:
        values |= _range(given.get("cidr"))
    try:
        rule = ask(call, rules.create, body={"security_group_rule": values})["security_group_rule"]
    except Conflict as error:
        raise BadRequest(error.message) from None
    return {"security_group_rule": rule_document(call, rule)}


def _range(cidr: Any) -> dict[str, Any]:
    try:
        net = ipaddress.ip_interface(cidr or "0.0.0.0/0")
    except ValueError:
        raise BadRequest(f"Invalid cidr {cidr}.") from None
    return {"remote_ip_prefix": str(net), "ethertype": f"IPv{net.version}"}


def _ports(given: dict[str, Any]) -> dict[str, Any]:
    """Protocol and ports in Neutron's words, once they make sense (nova.network.security_group_api)."""
    protocol, low, high = (given.get(name) for name in ("ip_protocol", "from_port", "to_port"))
    if protocol is None and low is None and high is None:
        if given.get("group_id"):
            return {}
        raise BadRequest("Not enough parameters to build a valid rule.")
    name = str(protocol).lower()
    if name not in PROTOCOLS and name not in ("none", "any", ""):
        raise BadRequest(f"Invalid IP protocol {protocol}.")
    try:
        start, end = int(low if low is not None else -1), int(high if high is not None else -1)
    except (TypeError, ValueError):
        raise BadRequest("Type and Code must be integers for ICMP protocol type") from None
    if start > end and name != "icmp":
        raise BadRequest(f"Invalid port range {start}:{end}. Former value cannot be greater than the later")
    if name in ("tcp", "udp") and (start < 1 or end > 65535):
        raise BadRequest(f"Invalid port range {start}:{end}. Valid {name.upper()} ports should be between 1-65535")
    if name == "icmp" and not (-1 <= start <= 255 and -1 <= end <= 255):
        raise BadRequest(f"Invalid port range {start}:{end}. For ICMP, the type:code must be valid")
    shown = name if name in PROTOCOLS else None
    ports = {"port_range_min": start, "port_range_max": end} if start >= 0 and shown else {}
    return {"protocol": shown, **{key: value for key, value in ports.items() if value >= 0}}


def rule_delete(call: Call, rule_id: str) -> Answer:
    """Take a rule away."""
    if not _UUID.match(rule_id):
        raise BadRequest("Rule id should be uuid")
    try:
        ask(call, rules.delete, rule_id=rule_id)
    except ApiError as error:
        if error.status == 404:
            raise NotFound(f"Rule ({rule_id}) not found") from None
        raise
    return Answer(202)
