"""Pools of floating IPs: the IPv4 subnets of external networks."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import listing, networks
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import subnets
from kit.cloud.store import Row


def index(call: Call) -> dict[str, Any]:
    """List the pools that the caller may take floating IPs from."""
    outside = call.tx.rows(network_table, *networks.visible(call), external=True)
    ids = [row["id"] for row in outside]
    rows = (
        call.tx.rows(subnets, network_id=ids, ip_version=4, order=[subnets.c.created_at, subnets.c.id]) if ids else []
    )
    return listing.answer(call, "floatingip_pools", rows, lambda found: [_document(call, row) for row in found])


def _document(call: Call, row: Row) -> dict[str, Any]:
    return {
        "subnet_id": row["id"], "subnet_name": row["name"], "network_id": row["network_id"], "cidr": row["cidr"],
        "project_id": call.context.project_id, "tenant_id": call.context.project_id,
    }  # fmt: skip
