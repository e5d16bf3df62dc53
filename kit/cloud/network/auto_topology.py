"""The network that a project gets when it asks for any: with subnets and a way out, made when first asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import Conflict, Forbidden
from kit.cloud.network import networks, router_routes, routers, subnets
from kit.cloud.network.errors import bad_request
from kit.cloud.network.models import networks as table
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models import routers as router_table
from kit.cloud.network.models import subnet_pools
from kit.cloud.store import Row

NETWORK, ROUTER = "auto_allocated_network", "auto_allocated_router"


def _failure(reason: str) -> Conflict:
    return Conflict(f"Deployment error: {reason}.", type="AutoAllocationFailure")


def _requirements(call: Call) -> tuple[Row, list[Row]]:
    """The default external network and the default subnet pools.

    Raises
    ------
    Conflict
        When the operator has not set them up.
    """
    outside = call.tx.first(table, external=True, is_default=True)
    if outside is None:
        raise _failure("No default router:external network")
    pools = call.tx.rows(subnet_pools, is_default=True, order=subnet_pools.c.ip_version)
    if not pools:
        raise _failure("No default subnetpools defined")
    return outside, pools


def _made(call: Call, project_id: str) -> Row | None:
    return call.tx.first(table, project_id=project_id, name=NETWORK)


def ensure(call: Call, project_id: str) -> str:
    """The id of the project's own network, made with all that belongs to it when it is not there yet."""
    row = _made(call, project_id)
    if row is not None:
        return str(row["id"])
    outside, pools = _requirements(call)

    def make(function: Callable[..., Any], key: str, **values: Any) -> dict[str, Any]:
        body = json.dumps({key: {"project_id": project_id, **values}}).encode()
        made: dict[str, Any] = function(replace(call, body=body))[key]
        return made

    network = make(networks.create, "network", name=NETWORK)
    router = make(routers.create, "router", name=ROUTER, external_gateway_info={"network_id": outside["id"]})
    for pool in pools:
        version = pool["ip_version"]
        subnet = make(
            subnets.create, "subnet", name=f"auto_allocated_subnet_v{version}", network_id=network["id"],
            ip_version=version, subnetpool_id=pool["id"],
        )  # fmt: skip
        body = json.dumps({"subnet_id": subnet["id"]}).encode()
        routers.add_interface(replace(call, body=body), router["id"])
    return str(network["id"])


def _whose(call: Call, project_id: str) -> str:
    if project_id not in ("None", call.context.project_id) and not call.context.is_admin:
        raise Forbidden("Not authorized.", type="NotAuthorized")
    return call.project_id if project_id == "None" else project_id


def show(call: Call, project_id: str) -> dict[str, Any]:
    """The project's own network; `fields=dry-run` only says whether it could be had."""
    owner = _whose(call, project_id)
    fields = [name for name in call.query.get("fields", []) if name]
    if fields and "dry-run" not in fields:
        raise bad_request("Bad auto_allocate request: Unrecognized field.", "BadRequest")
    if fields:
        if _made(call, owner) is None:
            _requirements(call)
        found = "dry-run=pass"
    else:
        found = ensure(call, owner)
    return {"auto_allocated_topology": {"id": found, "tenant_id": owner, "project_id": owner}}


def delete(call: Call, project_id: str) -> None:
    """Take the network, its subnets and its router away again, where they are."""
    owner = _whose(call, project_id)
    network = _made(call, owner)
    if network is None:
        return
    router = call.tx.first(router_table, project_id=owner, name=ROUTER)
    if router is not None:
        here = call.tx.rows(port_table, device_id=router["id"], device_owner=router_routes.INTERFACE)
        for port in here:
            body = json.dumps({"port_id": port["id"]}).encode()
            routers.remove_interface(replace(call, body=body), router["id"])
        routers.delete(call, router["id"])
    networks.delete(call, network["id"])
