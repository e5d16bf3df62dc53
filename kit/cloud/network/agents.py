"""Agents: Neutron's helpers on the hosts of the cloud. Where a host is, its agents are, and they die with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from kit.cloud.call import Call
from kit.cloud.compute.models import services
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning
from kit.cloud.network.attributes import UNSET, Field, Form
from kit.cloud.network.errors import invalid_input, not_found
from kit.cloud.network.models_extensions import agents
from kit.cloud.store import Row

ZONE = "nova"
DHCP, L3 = "neutron-dhcp-agent", "neutron-l3-agent"
_SPACE = UUID("6e657574-726f-4e61-8765-6e7473000000")


@dataclass(frozen=True)
class Kind:
    """One of Neutron's agents: what it calls itself, and what it says about how it is set up."""

    type: str
    binary: str
    topic: str
    zone: str | None
    configurations: dict[str, Any]


_OVS = Kind("Open vSwitch agent", "neutron-openvswitch-agent", "N/A", None, {
    "bridge_mappings": {"public": "br-ex"}, "datapath_type": "system", "tunnel_types": ["vxlan"],
    "tunneling_ip": "192.0.2.1", "vhostuser_socket_dir": "/var/run/openvswitch",
})  # fmt: skip
_CONTROLLER = (
    Kind("DHCP agent", DHCP, "dhcp_agent", ZONE, {"dhcp_driver": "neutron.agent.linux.dhcp.Dnsmasq", "dhcp_lease_duration": 86400}),
    Kind("L3 agent", L3, "l3_agent", ZONE, {"agent_mode": "legacy", "handle_internal_only_routers": True, "interface_driver": "openvswitch"}),
    Kind("Metadata agent", "neutron-metadata-agent", "N/A", None, {"nova_metadata_host": "controller", "nova_metadata_port": 8775}),
    _OVS,
)  # fmt: skip

FORM = Form("agent", (
    Field("admin_state_up", is_.boolean, UNSET, post=False),
    Field("description", is_.none_or(is_.text()), UNSET, post=False),
), (
    "id", "agent_type", "binary", "topic", "host", "alive", "created_at", "started_at", "heartbeat_timestamp",
    "configurations", "resources_synced", "availability_zone",
))  # fmt: skip


def hints(value: Any) -> list[str]:
    """Names of availability zones, as many as Neutron's column holds."""
    found: list[str] = is_.list_of(is_.text(None))(value)
    if len(json.dumps(found)) > 255:
        raise invalid_input("Too many availability_zone_hints specified")
    return found


def known_zones(hints: list[str]) -> None:
    """Refuse an availability zone that no agent is in."""
    for hint in hints:
        if hint != ZONE:
            error = not_found("AvailabilityZone", hint)
            error.type = "AvailabilityZoneNotFound"
            raise error


def _moment(stamp: str) -> str:
    return stamp[:19].replace("T", " ")


def rows(call: Call) -> list[Row]:
    """The agents of every host, each as a document with the columns that lists are filtered by."""
    changed = {row["id"]: row for row in call.tx.rows(agents)}
    hosts: dict[str, Row] = {}
    found = []
    for service in call.tx.rows(services, order=services.c.number):
        seen = hosts.setdefault(service["host"], service)
        kinds = () if seen is not service else (_OVS,) if service["binary"] == "nova-compute" else _CONTROLLER
        for kind in kinds:
            id = str(uuid5(_SPACE, f"{service['host']}/{kind.binary}"))
            own = changed.get(id) or {"admin_state_up": True, "description": None, "removed": False}
            alive = not call.cloud.faults.dead(service["host"])
            if own["removed"] and not alive:
                continue
            found.append(_document(call, kind, service, id, own, alive))
    return found


def _document(call: Call, kind: Kind, service: Row, id: str, own: Row, alive: bool) -> Row:
    began = _moment(service["created_at"])
    return {
        "id": id, "agent_type": kind.type, "binary": kind.binary, "topic": kind.topic, "host": service["host"],
        "admin_state_up": own["admin_state_up"], "alive": alive, "availability_zone": kind.zone, "created_at": began,
        "started_at": began, "heartbeat_timestamp": _moment(call.tx.stamp) if alive else began,
        "description": own["description"], "configurations": kind.configurations, "resources_synced": None,
    }  # fmt: skip


def find(call: Call, agent_id: str) -> Row:
    """An agent, for the administrator."""
    row = next((row for row in rows(call) if row["id"] == agent_id), None)
    return owning.hidden(call, row, not_found("Agent", agent_id))


def index(call: Call) -> dict[str, Any]:
    """List agents; nobody but the administrator sees any."""
    found = rows(call) if call.context.is_admin else []
    return listing.answer(call, "agents", found, lambda shown: shown)


def show(call: Call, agent_id: str) -> dict[str, Any]:
    """Show an agent."""
    return {"agent": listing.pick(call, find(call, agent_id))}


def update(call: Call, agent_id: str) -> dict[str, Any]:
    """Describe an agent, or let it take no more work."""
    row = find(call, agent_id)
    values = FORM.update(call, FORM.one(call))
    _keep(call, row, {**values, "removed": False})
    return {"agent": {**row, **values}}


def delete(call: Call, agent_id: str) -> None:
    """Forget an agent; one that is alive reports again at once."""
    _keep(call, find(call, agent_id), {"admin_state_up": True, "description": None, "removed": True})


def _keep(call: Call, row: Row, values: dict[str, Any]) -> None:
    if not call.tx.update(agents, row["id"], **values):
        whole = {"admin_state_up": row["admin_state_up"], "description": row["description"], **values}
        call.tx.insert(agents, id=row["id"], **whole)


def zones(call: Call) -> dict[str, Any]:
    """The availability zones of networks and routers."""
    found = []
    for row in rows(call):
        resource = {DHCP: "network", L3: "router"}.get(row["binary"])
        if resource is not None:
            state = "available" if row["admin_state_up"] and row["alive"] else "unavailable"
            found.append({"name": row["availability_zone"], "resource": resource, "state": state})
    best = {
        (item["name"], item["resource"]): item for item in sorted(found, key=lambda item: item["state"], reverse=True)
    }
    ordered = [best[key] for key in sorted(best)]
    return listing.answer(call, "availability_zones", ordered, lambda shown: shown)
