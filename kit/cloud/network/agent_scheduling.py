"""Which agent serves a network's addresses or hosts a router.

A network with a DHCP subnet, and a router that leads anywhere, is on the first agent of its kind, unless
an operator has put it elsewhere.
"""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.network import agents, networks, owning, router_routes, routers
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models import routers as router_table
from kit.cloud.network.models import subnets
from kit.cloud.network.models_extensions import agent_bindings
from kit.cloud.store import Row


def _ordinary(call: Call, binary: str) -> set[str]:
    """The networks or routers that are scheduled of themselves."""
    if binary == agents.DHCP:
        return {row["network_id"] for row in call.tx.rows(subnets, enable_dhcp=True)}
    inside = {row["device_id"] for row in call.tx.rows(port_table, device_owner=router_routes.INTERFACE)}
    return inside | {row["id"] for row in call.tx.rows(router_table) if row["gateway_port_id"]}


def _hosted(call: Call, agent: Row) -> set[str]:
    """The ids of what an agent has."""
    first = next((row["id"] for row in agents.rows(call) if row["binary"] == agent["binary"]), None)
    found = _ordinary(call, agent["binary"]) if first == agent["id"] else set()
    for row in call.tx.rows(agent_bindings, agent_id=agent["id"]):
        (found.add if row["bound"] else found.discard)(row["object_id"])
    return found


def _hosts(call: Call, binary: str, object_id: str) -> list[Row]:
    return [row for row in agents.rows(call) if row["binary"] == binary and object_id in _hosted(call, row)]


def _bind(call: Call, agent: Row, object_id: str, bound: bool) -> None:
    call.tx.delete(agent_bindings, agent_id=agent["id"], object_id=object_id)
    call.tx.insert(agent_bindings, agent_id=agent["id"], object_id=object_id, bound=bound)


def _agent(call: Call, agent_id: str, binary: str) -> Row:
    agent = agents.find(call, agent_id)
    if agent["binary"] != binary or not agent["admin_state_up"]:
        kind = "DHCP" if binary == agents.DHCP else "L3"
        error = not_found("Agent", agent_id)
        error.type = f"Invalid{kind}Agent"
        verb, stop = ("is not a valid DHCP Agent", ".") if kind == "DHCP" else ("is not a L3 Agent", "")
        error.message = f"Agent {agent_id} {verb} or has been disabled{stop}"
        raise error
    return agent


def _named(call: Call, name: str) -> str:
    data = call.json()
    if not isinstance(data, dict) or not isinstance(data.get(name), str):
        raise bad_request(f"Unable to find '{name}' in request body")
    return str(data[name])


def dhcp_networks(call: Call, agent_id: str) -> dict[str, Any]:
    """The networks whose addresses an agent gives out."""
    ids = _hosted(call, agents.find(call, agent_id))
    rows = call.tx.rows(network_table, id=ids, order=[network_table.c.created_at, network_table.c.id])
    return {"networks": networks.documents(call, rows)}


def dhcp_add(call: Call, agent_id: str) -> Answer:
    """Let an agent give out a network's addresses, too."""
    owning.operator(call, "create_dhcp-network")
    agent = _agent(call, agent_id, agents.DHCP)
    network = networks.find(call, _named(call, "network_id"))
    if network["id"] in _hosted(call, agent):
        raise conflict(
            "NetworkHostedByDHCPAgent",
            f"The network {network['id']} has been already hosted by the DHCP Agent {agent_id}.",
        )
    _bind(call, agent, network["id"], True)
    return Answer(201, b"null")


def dhcp_remove(call: Call, agent_id: str, network_id: str) -> None:
    """Let it do so no more."""
    owning.operator(call, "delete_dhcp-network")
    agent = agents.find(call, agent_id)
    if network_id not in _hosted(call, agent):
        raise conflict(
            "NetworkNotHostedByDhcpAgent", f"The network {network_id} is not hosted by the DHCP Agent {agent_id}."
        )
    _bind(call, agent, network_id, False)


def l3_routers(call: Call, agent_id: str) -> dict[str, Any]:
    """The routers that an agent hosts."""
    ids = _hosted(call, agents.find(call, agent_id))
    rows = call.tx.rows(router_table, id=ids, order=[router_table.c.created_at, router_table.c.id])
    return {"routers": routers.documents(call, rows)}


def l3_add(call: Call, agent_id: str) -> Answer:
    """Let an agent host a router."""
    owning.operator(call, "create_l3-router")
    agent = _agent(call, agent_id, agents.L3)
    router = routers.find(call, _named(call, "router_id"))
    hosts = _hosts(call, agents.L3, router["id"])
    if any(row["id"] != agent_id for row in hosts) and not router["ha"]:
        raise conflict(
            "RouterHostedByL3Agent",
            f"The router {router['id']} has been already hosted by the L3 Agent {hosts[0]['id']}.",
        )
    _bind(call, agent, router["id"], True)
    return Answer(201, b"null")


def l3_remove(call: Call, agent_id: str, router_id: str) -> None:
    """Let it do so no more."""
    owning.operator(call, "delete_l3-router")
    agent = _agent(call, agent_id, agents.L3)
    if router_id in _hosted(call, agent):
        _bind(call, agent, router_id, False)


def dhcp_agents(call: Call, network_id: str) -> dict[str, Any]:
    """The agents that give out a network's addresses."""
    owning.operator(call, "get_dhcp-agents")
    return {"agents": _hosts(call, agents.DHCP, network_id)}


def l3_agents(call: Call, router_id: str) -> dict[str, Any]:
    """The agents that host a router."""
    owning.operator(call, "get_l3-agents")
    routers.find(call, router_id)
    return {"agents": [{**row, "ha_state": None} for row in _hosts(call, agents.L3, router_id)]}
