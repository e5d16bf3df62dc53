"""Quotas: how many of each thing a project may have."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import Forbidden
from kit.cloud.network import checks as is_
from kit.cloud.network import models, models_extensions
from kit.cloud.network.errors import bad_request, invalid, not_allowed, over_quota
from kit.cloud.tables import Table

# Neutron's defaults, and the tables whose rows count.
DEFAULTS: dict[str, int] = {
    "network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router_route": 30, "router": 10, "floatingip": 50,
    "rbac_policy": 10, "security_group": 10, "security_group_rule": 100, "trunk": -1
}  # fmt: skip
TABLES: dict[str, Table] = {
    "network": models.networks, "subnet": models.subnets, "subnetpool": models.subnet_pools,
    "port": models.ports, "router": models.routers, "rbac_policy": models_extensions.rbac_policies,
    "trunk": models_extensions.trunks,
    "floatingip": models.floating_ips, "security_group": models.security_groups, "security_group_rule": models.rules,
}  # fmt: skip


MOST = 2147483647  # of the database's integers


def limits(call: Call, project_id: str) -> dict[str, int]:
    """A project's limits, defaults where it has none of its own; -1 is no limit."""
    own = {row["resource"]: row["limit"] for row in call.tx.rows(models.quotas, project_id=project_id)}
    return {**DEFAULTS, **own}


def reserve(call: Call, resource: str, project_id: str, count: int = 1) -> None:
    """Refuse what would be more than the quota.

    Raises
    ------
    Conflict
        `OverQuota`, 409.
    """
    row = call.tx.first(models.quotas, project_id=project_id, resource=resource)
    limit = row["limit"] if row else DEFAULTS[resource]
    if limit >= 0 and call.tx.count(TABLES[resource], project_id=project_id) + count > limit:
        raise over_quota(resource)


def _may(call: Call, project_id: str) -> None:
    if not call.context.is_admin and project_id != call.context.project_id:
        raise Forbidden(
            "User does not have admin privileges: Only admin is authorized to access quotas for another project.",
            type="AdminRequired",
        )


def index(call: Call) -> dict[str, Any]:
    """The projects that have quotas of their own."""
    if not call.context.is_admin:
        raise not_allowed("get_quota")
    owners = sorted({row["project_id"] for row in call.tx.rows(models.quotas)})
    return {"quotas": [{**limits(call, id), "project_id": id, "tenant_id": id} for id in owners]}


def show(call: Call, project_id: str) -> dict[str, Any]:
    """A project's limits."""
    _may(call, project_id)
    return {"quota": limits(call, project_id)}


def defaults(call: Call, project_id: str) -> dict[str, Any]:
    """The limits of a project that has none of its own."""
    _may(call, project_id)
    return {"quota": dict(DEFAULTS)}


def details(call: Call, project_id: str) -> dict[str, Any]:
    """Limits and what is in use."""
    _may(call, project_id)
    found = {}
    for resource, limit in limits(call, project_id).items():
        table = TABLES.get(resource)
        used = call.tx.count(table, project_id=project_id) if table is not None else 0
        found[resource] = {"limit": limit, "used": used, "reserved": 0}
    return {"quota": found}


def update(call: Call, project_id: str) -> dict[str, Any]:
    """Set some of a project's limits."""
    if not call.context.is_admin:
        raise not_allowed("update_quota")
    data = call.json()
    given = data.get("quota") if isinstance(data, dict) else None
    if not isinstance(given, dict):
        raise bad_request("Unable to find 'quota' in request body")
    force = given.get("force") is True
    strange = sorted(set(given) - set(DEFAULTS) - {"force", "check_limit"})
    if {"project_id", "tenant_id"} & set(strange):
        strange = sorted({*strange, "project_id", "tenant_id"})
    if strange:
        raise bad_request(f"Unrecognized attribute(s) '{', '.join(strange)}'")
    wanted = {name: _limit(name, given[name]) for name in DEFAULTS if name in given}
    for resource, limit in wanted.items():
        table = TABLES.get(resource)
        used = call.tx.count(table, project_id=project_id) if table is not None else 0
        if not force and 0 <= int(limit) < used:
            raise bad_request(
                f"Quota limit {limit} for {resource} must be greater than or equal to already used {used}"
            )
    for resource, limit in wanted.items():
        call.tx.delete(models.quotas, project_id=project_id, resource=resource)
        call.tx.insert(models.quotas, project_id=project_id, resource=resource, limit=int(limit))
    return {"quota": limits(call, project_id)}


def _limit(resource: str, value: Any) -> int:
    """A limit, -1 for none (neutron.extensions.quotasv2)."""
    try:
        return int(is_.whole(-1, MOST)(value))
    except is_.Unfit as reason:
        raise invalid(resource, str(reason)) from None


def own_project(call: Call) -> dict[str, Any]:
    """The project that the token is for."""
    if call.context.project_id is None:
        raise bad_request("Tenant-id was missing from quota request.", "QuotaMissingTenant")
    word = call.path.rpartition("/")[2]
    return {word: {f"{word}_id": call.context.project_id}}


def delete(call: Call, project_id: str) -> None:
    """Give a project the defaults again."""
    if not call.context.is_admin:
        raise not_allowed("delete_quota")
    call.tx.delete(models.quotas, project_id=project_id)
