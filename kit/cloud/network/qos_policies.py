"""QoS policies: limits and guarantees for the traffic of ports, networks, floating IPs and router gateways."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, models, owning, rbac, sharing
from kit.cloud.network.attributes import COMMON, Field, Form
from kit.cloud.network.errors import conflict, not_allowed, not_found
from kit.cloud.network.models_extensions import qos_policies, qos_rules
from kit.cloud.store import Row

FORM = Form("policy", (
    *COMMON,
    Field("name", is_.name, ""),
    Field("shared", is_.boolean, False, admin=True),
    Field("is_default", is_.boolean, False),
), ("id", "rules", "created_at", "updated_at", "revision_number", "tags"), plural="policies")  # fmt: skip

# What may have a policy, by the word that a refusal uses.
USERS = {
    "port": (models.ports, "qos_policy_id"), "network": (models.networks, "qos_policy_id"),
    "floatingip": (models.floating_ips, "qos_policy_id"), "router": (models.routers, "gateway_qos_policy_id"),
}  # fmt: skip


def find(call: Call, policy_id: str) -> Row:
    """A policy that the caller sees."""
    row = call.tx.get(qos_policies, policy_id)
    if row is None or not sharing.sees(call, row):
        raise not_found("QoS policy", policy_id)
    return row


def usable(call: Call, policy_id: str | None) -> None:
    """Refuse a policy that the caller does not see; None is no policy."""
    if policy_id is not None:
        find(call, policy_id)


def standard(call: Call, project_id: str) -> str | None:
    """The policy that a project's new networks have when their request names none."""
    row = call.tx.first(qos_policies, project_id=project_id, is_default=True)
    return str(row["id"]) if row else None


def changeable(call: Call, policy_id: str, rule: str) -> Row:
    """A policy that the caller may change: its project's manager may."""
    if call.method == "POST":
        owning.manager(call, rule)
    row = find(call, policy_id)
    if not owning.owns(call, row):
        raise not_allowed(rule) if call.method == "POST" else owning.foreign()
    owning.manager(call, rule)
    return row


def rule_document(row: Row) -> dict[str, Any]:
    """A rule as its own path shows it."""
    return {"id": row["id"], **row["values"]}


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Policies with their rules as Neutron shows them."""
    below: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for rule in call.tx.rows(qos_rules, qos_policy_id=list(below), order=qos_rules.c.number):
        below[rule["qos_policy_id"]].append(
            {**rule_document(rule), "qos_policy_id": rule["qos_policy_id"], "type": rule["type"]}
        )
    shared = sharing.shared_with(call, rows)
    return [
        {
            "id": row["id"], "name": row["name"], "shared": row["id"] in shared, "is_default": bool(row["is_default"]),
            "rules": below[row["id"]], **listing.standard(row),
        }
        for row in rows
    ]  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List policies."""
    where = sharing.visible(call, qos_policies)
    rows = listing.fetch(call, qos_policies, where, [qos_policies.c.created_at, qos_policies.c.id])
    return listing.answer(call, "policies", rows, lambda found: documents(call, found))


def create(call: Call) -> dict[str, Any]:
    """Create a policy without rules."""
    values = FORM.create(call, FORM.one(call))
    owning.manager(call, "create_policy")
    _one_default(call, values["project_id"], values["is_default"])
    row = call.tx.insert(qos_policies, **values, **listing.new(call, 0))
    sharing.follow(call, "qos_policy", row, values, new=True)
    return {"policy": documents(call, [row])[0]}


def _one_default(call: Call, project_id: str, wanted: bool) -> None:
    if wanted and standard(call, project_id):
        raise conflict("QoSPolicyDefaultAlreadyExists", f"A default QoS policy exists for project {project_id}.")


def show(call: Call, policy_id: str) -> dict[str, Any]:
    """Show a policy."""
    return {"policy": listing.pick(call, documents(call, [find(call, policy_id)])[0])}


def update(call: Call, policy_id: str) -> dict[str, Any]:
    """Change a policy."""
    row = changeable(call, policy_id, "update_policy")
    values = FORM.update(call, FORM.one(call))
    _one_default(call, row["project_id"], bool(values.get("is_default")) and not row["is_default"])
    if values.get("shared") is False and row["shared"]:
        rbac.spare(call, policy_id)
    changed = listing.change(call, qos_policies, row, values)
    sharing.follow(call, "qos_policy", row, values)
    return {"policy": documents(call, [changed])[0]}


def delete(call: Call, policy_id: str) -> None:
    """Delete a policy that nothing has."""
    row = changeable(call, policy_id, "delete_policy")
    for kind, (table, column) in USERS.items():
        user = call.tx.first(table, **{column: policy_id})
        if user is not None:
            raise conflict("QosPolicyInUse", f"QoS Policy {policy_id} is used by {kind} {user['id']}.")
    listing.match(call, row)
    sharing.forget(call, policy_id)
    call.tx.delete(qos_policies, id=policy_id)
