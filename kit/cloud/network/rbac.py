"""RBAC policies: a resource lent to one project, or to all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, models, models_extensions, owning, quotas
from kit.cloud.network.attributes import OWNER, REQUIRED, Field, Form
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_allowed, not_found
from kit.cloud.network.models_extensions import rbac_policies
from kit.cloud.network.sharing import EVERYBODY, EXTERNAL, SHARED
from kit.cloud.store import Row
from kit.cloud.tables import Table


@dataclass(frozen=True)
class Kind:
    """A kind of resource that can be lent."""

    title: str
    table: Table
    actions: tuple[str, ...] = (SHARED,)


KINDS = {
    "address_group": Kind("Address group", models.address_groups),
    "address_scope": Kind("Address scope", models.address_scopes),
    "network": Kind("Network", models.networks, (SHARED, EXTERNAL)),
    "qos_policy": Kind("QoS policy", models_extensions.qos_policies),
    "security_group": Kind("Security group", models.security_groups),
    "subnetpool": Kind("Subnet pool", models.subnet_pools),
}


def _kind(value: Any) -> str:
    name = str(value).strip().lower()
    if name not in KINDS:
        raise invalid_input(f"'{value}' is not a valid RBAC object type")
    return name


def _target(value: Any) -> str:
    if value == EVERYBODY:
        return EVERYBODY
    try:
        return is_.uuid(value)
    except is_.Unfit:
        raise invalid_input(f"'{value}' is not a valid target project ID; expected a UUID or '*'") from None


FORM = Form("rbac_policy", (
    *OWNER,
    Field("object_type", _kind, REQUIRED, put=False, ruled=True),
    Field("object_id", is_.uuid, REQUIRED, put=False, ruled=True),
    Field("target_tenant", _target, REQUIRED, ruled=True),
    Field("action", is_.text(), REQUIRED, put=False, ruled=True),
), ("id",), plural="rbac_policies")  # fmt: skip


def document(row: Row) -> dict[str, Any]:
    """A policy as Neutron shows it."""
    names = ("id", "object_type", "object_id", "action", "project_id")
    return {
        **{name: row[name] for name in names},
        "target_tenant": row["target_project"],
        "tenant_id": row["project_id"],
    }


def find(call: Call, policy_id: str) -> Row:
    """A policy of the caller's project."""
    row = call.tx.get(rbac_policies, policy_id)
    if row is None or not owning.owns(call, row):
        raise NotFound(f"RBAC policy of type unknown with ID {policy_id} not found", type="RbacPolicyNotFound")
    return row


def index(call: Call) -> dict[str, Any]:
    """List policies."""
    rows = listing.fetch(call, rbac_policies, owning.mine(call, rbac_policies), rbac_policies.c.id)
    return listing.answer(call, "rbac_policies", rows, lambda found: [document(row) for row in found])


def create(call: Call) -> dict[str, Any]:
    """Lend a resource of one's own."""
    values = _targeted(call, FORM.create(call, FORM.one(call)), "create_rbac_policy")
    kind = KINDS[values["object_type"]]
    if values["action"] not in kind.actions:
        raise bad_request(
            f"Invalid action '{values['action']}' for object type '{values['object_type']}'. Valid actions: {kind.actions}",
            "InvalidActionForType",
        )
    row = call.tx.get(kind.table, values["object_id"])
    if row is None:
        raise not_found(kind.title, values["object_id"])
    if not owning.owns(call, row):
        raise invalid_input("Only admins can manipulate policies on objects they do not own")
    same = {name: values[name] for name in ("object_id", "action", "target_project")}
    if call.tx.first(rbac_policies, **same):
        raise conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.")
    if values["object_type"] == "subnetpool":
        _scope_shared(call, row, values["target_project"])
    quotas.reserve(call, "rbac_policy", values["project_id"])
    policy = call.tx.insert(rbac_policies, id=call.tx.ids.uuid(), **values)
    _mirror(call, policy)
    return {"rbac_policy": document(policy)}


def _scope_shared(call: Call, pool: Row, target: str) -> None:
    """Refuse to lend a pool to who has no access to its address scope."""
    scope = call.tx.get(models.address_scopes, pool["address_scope_id"]) if pool["address_scope_id"] else None
    if scope is None or scope["project_id"] == target or scope["shared"]:
        return
    if not call.tx.first(rbac_policies, object_id=scope["id"], action=SHARED, target_project=[target, EVERYBODY]):
        raise bad_request(
            f"Illegal subnetpool association: subnetpool {pool['id']} cannot be associated with address scope {scope['id']}.",
            "IllegalSubnetPoolAssociationToAddressScope",
        )


def _targeted(call: Call, values: dict[str, Any], rule: str) -> dict[str, Any]:
    """The values with the target under its one name; only the administrator lends to everybody."""
    if "target_tenant" in values:
        values["target_project"] = values.pop("target_tenant")
    if values.get("target_project") == EVERYBODY and not call.context.is_admin:
        raise not_allowed(rule)
    return values


def _mirror(call: Call, policy: Row) -> None:
    """Let the resource's own columns say what its policies say."""
    table = KINDS[policy["object_type"]].table
    same = {"object_id": policy["object_id"], "action": policy["action"]}
    if policy["action"] == EXTERNAL:
        call.tx.update(table, policy["object_id"], external=bool(call.tx.first(rbac_policies, **same)))
    elif "shared" in table.c:
        everybody = call.tx.first(rbac_policies, **same, target_project=EVERYBODY)
        call.tx.update(table, policy["object_id"], shared=everybody is not None)
    resource = call.tx.get(table, policy["object_id"])
    if resource is not None and "revision_number" in table.c:
        listing.bump(call, table, resource)


def show(call: Call, policy_id: str) -> dict[str, Any]:
    """Show a policy."""
    return {"rbac_policy": listing.pick(call, document(find(call, policy_id)))}


def update(call: Call, policy_id: str) -> dict[str, Any]:
    """Lend the resource to another project instead."""
    row = find(call, policy_id)
    values = _targeted(call, FORM.update(call, FORM.one(call)), "update_rbac_policy")
    target = values.get("target_project", row["target_project"])
    if target != row["target_project"]:
        same = {name: row[name] for name in ("object_id", "action")}
        if call.tx.first(rbac_policies, **same, target_project=target):
            raise conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.")
        if target != EVERYBODY:
            # Of networks Neutron sees who keeps access; of the rest it does not.
            _needless(call, row, instead=target if row["object_type"] == "network" else None)
        call.tx.update(rbac_policies, policy_id, target_project=target)
        _mirror(call, row)
    return {"rbac_policy": document({**row, "target_project": target})}


def delete(call: Call, policy_id: str) -> None:
    """Take the resource back, once nobody rests on it."""
    row = find(call, policy_id)
    _needless(call, row)
    call.tx.delete(rbac_policies, id=policy_id)
    _mirror(call, row)


def _needless(call: Call, policy: Row, instead: str | None = None) -> None:
    """Refuse to take back what a project uses that would lose it."""
    kind = KINDS[policy["object_type"]]
    resource = call.tx.get(kind.table, policy["object_id"])
    if resource is None or policy["target_project"] == resource["project_id"]:
        return
    if policy["action"] == EXTERNAL and policy["target_project"] == EVERYBODY and resource["is_default"]:
        raise _in_use(policy, "Default external networks must be shared to everyone.")
    others = call.tx.rows(rbac_policies, object_id=policy["object_id"], action=policy["action"])
    left = {row["target_project"] for row in others if row["id"] != policy["id"]} | {""}
    if policy["object_type"] == "network":  # of the rest, what the owner uses counts too
        left.add(resource["project_id"])
    left |= {instead} if instead else set()
    if EVERYBODY in left:
        return
    users = _users(call, policy) - left
    if policy["target_project"] in users or (policy["target_project"] == EVERYBODY and users):
        raise _in_use(policy, _DETAILS.get(policy["action"], "").format(id=policy["object_id"]))


def spare(call: Call, object_id: str) -> None:
    """Refuse to end what a resource is to everybody while another project uses it."""
    policy = call.tx.first(rbac_policies, object_id=object_id, action=SHARED, target_project=EVERYBODY)
    if policy is not None:
        _needless(call, policy)


_DETAILS = {
    EXTERNAL: "There are routers attached to this network that depend on this policy for access.",
    SHARED: "Callback failed: Unable to reconfigure sharing settings for {id}. Multiple projects are using it.",
}


def _in_use(policy: Row, details: str) -> Exception:
    return conflict(
        "RbacPolicyInUse",
        f"RBAC policy on object {policy['object_id']} cannot be removed because other objects depend on it.\n"
        f"Details: {details}",
    )


def _users(call: Call, policy: Row) -> set[str]:
    """The projects that use the resource in the way that the policy allows."""
    id, tx = policy["object_id"], call.tx
    if policy["action"] == EXTERNAL:
        rows = tx.rows(models.routers, gateway_network_id=id)
    elif policy["object_type"] == "network":
        rows = tx.rows(models.ports, network_id=id)
    elif policy["object_type"] == "security_group":
        rows = [row for row in tx.rows(models.ports) if id in (row["security_groups"] or [])]
        rows += tx.rows(models.rules, remote_group_id=id)
    elif policy["object_type"] == "qos_policy":
        rows = [
            row
            for table in (models.ports, models.networks, models.floating_ips)
            for row in tx.rows(table, qos_policy_id=id)
        ]
    elif policy["object_type"] == "subnetpool":
        rows = tx.rows(models.subnets, subnetpool_id=id)
    elif policy["object_type"] == "address_scope":
        rows = tx.rows(models.subnet_pools, address_scope_id=id)
    else:
        rows = tx.rows(models.rules, remote_address_group_id=id)
    return {row["project_id"] or "" for row in rows}
