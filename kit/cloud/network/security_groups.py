"""Security groups, and the one named `default` that every project has."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning, quotas, rule_templates, sharing
from kit.cloud.network.attributes import COMMON, READ_ONLY, Field, Form, bulk
from kit.cloud.network.errors import conflict, not_allowed, not_found
from kit.cloud.network.models import ports, rules, security_groups
from kit.cloud.network.models_extensions import logs
from kit.cloud.store import Row

FORM = Form("security_group", (
    *COMMON,
    Field("name", is_.text(), ""),
    Field("stateful", is_.boolean, True),
), (*READ_ONLY, "shared", "security_group_rules"), many=True)  # fmt: skip


def find(call: Call, group_id: str) -> Row:
    """A security group that the caller sees."""
    row = call.tx.get(security_groups, group_id)
    if row is None or not sharing.sees(call, row):
        raise not_found("Security group", group_id)
    return row


def default(call: Call, project_id: str) -> Row:
    """The project's group `default`, made when it is not there yet.

    It lets everything out, and in what comes from members of the group itself.
    """
    row = call.tx.first(security_groups, project_id=project_id, is_default=True)
    if row is not None:
        return row
    row = call.tx.insert(
        security_groups, name="default", description="Default security group", stateful=True, is_default=True,
        project_id=project_id, **listing.new(call, 1),
    )  # fmt: skip
    _fill(call, row)
    return row


def _fill(call: Call, row: Row) -> None:
    """Give a new group the rules that the templates say; `PARENT` there is the group itself."""
    for rule in rule_templates.rules(call.tx, in_default=bool(row["is_default"])):
        remote = row["id"] if rule["remote_group_id"] == rule_templates.PARENT else rule["remote_group_id"]
        add_rule(call, row, **{**rule, "remote_group_id": remote})


def add_rule(call: Call, group: Row, **fields: Any) -> Row:
    """Write one rule down, unchecked."""
    values = {
        "protocol": None, "port_range_min": None, "port_range_max": None, "remote_ip_prefix": None,
        "remote_group_id": None, "remote_address_group_id": None, "description": None, "project_id": group["project_id"], **fields,
    }  # fmt: skip
    return call.tx.insert(
        rules, number=call.tx.most(rules.c.number) + 1, security_group_id=group["id"],
        belongs_to_default_sg=bool(group["is_default"]), **values, **listing.new(call, 0),
    )  # fmt: skip


def _normal(prefix: str | None) -> str | None:
    """A range without host bits."""
    return str(ipaddress.ip_network(prefix, strict=False)) if prefix else None


def rule_document(row: Row) -> dict[str, Any]:
    """A rule as Neutron shows it."""
    names = (
        "id", "security_group_id", "ethertype", "direction", "protocol", "port_range_min", "port_range_max",
        "remote_ip_prefix", "remote_address_group_id", "remote_group_id", "belongs_to_default_sg",
    )  # fmt: skip
    shown = {name: row[name] for name in names}
    return {
        **shown, "normalized_cidr": _normal(row["remote_ip_prefix"]), "standard_attr_id": row["number"],
        **listing.standard(row),
    }  # fmt: skip


def documents(call: Call, rows: list[Row], listed: bool = False) -> list[dict[str, Any]]:
    """Groups with their rules as Neutron shows them; a list does not say whose rules are a default group's."""
    shared = sharing.shared_with(call, rows)
    below: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    wanted = [rules.c.security_group_id == rows[0]["id"]] if len(rows) == 1 else []
    for rule in call.tx.rows(rules, *wanted, order=rules.c.number):
        if rule["security_group_id"] in below:
            shown = rule_document(rule)
            below[rule["security_group_id"]].append({**shown, "belongs_to_default_sg": None} if listed else shown)
    return [
        {
            "id": row["id"], "name": row["name"], "stateful": row["stateful"],
            "shared": row["id"] in shared,
            "security_group_rules": below[row["id"]], **listing.standard(row),
        }
        for row in rows
    ]  # fmt: skip


def first_look(call: Call) -> None:
    """Make the default group of the project whose groups or rules are listed."""
    asked = call.query.one("project_id") or call.query.one("tenant_id") if call.context.is_admin else None
    if asked or call.context.project_id:
        default(call, asked or call.project_id)


def index(call: Call) -> dict[str, Any]:
    """List security groups; a project's first look makes its default group."""
    first_look(call)
    rows = listing.fetch(
        call,
        security_groups,
        sharing.visible(call, security_groups),
        [security_groups.c.created_at, security_groups.c.id],
    )
    return listing.answer(call, "security_groups", rows, lambda found: documents(call, found, listed=True))


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Create a group, with the rules that the templates say: it lets everything out and nothing in."""
    values = FORM.create(call, FORM.one(call))
    default(call, values["project_id"])
    if values["name"].lower() == "default":
        raise conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    quotas.reserve(call, "security_group", values["project_id"])
    begins_with = len(rule_templates.rules(call.tx, in_default=False))
    quotas.reserve(call, "security_group_rule", values["project_id"], begins_with)
    row = call.tx.insert(security_groups, **values, is_default=False, **listing.new(call, 1))
    _fill(call, row)
    return {"security_group": documents(call, [row])[0]}


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a group."""
    return {"security_group": listing.pick(call, documents(call, [find(call, group_id)])[0])}


def changeable(call: Call, group_id: str, rule: str) -> Row:
    """A group that the caller may change: one that is only shared with them is not."""
    row = find(call, group_id)
    if not owning.owns(call, row):
        raise not_allowed(rule)
    return row


def update(call: Call, group_id: str) -> dict[str, Any]:
    """Change a group; the default group keeps its name."""
    row = changeable(call, group_id, "update_security_group")
    values = FORM.update(call, FORM.one(call))
    if values.get("name", "").lower() == "default":
        raise conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    if row["is_default"] and "name" in values:
        raise conflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")
    if "stateful" in values and values["stateful"] != row["stateful"] and _users(call, group_id):
        raise conflict("SecurityGroupInUse", f"Security Group {group_id} in use.")
    return {"security_group": documents(call, [listing.change(call, security_groups, row, values)])[0]}


def _users(call: Call, group_id: str) -> bool:
    """Whether a port has the group."""
    return any(group_id in (port["security_groups"] or []) for port in call.tx.rows(ports))


def delete(call: Call, group_id: str) -> None:
    """Delete a group that no port has."""
    row = changeable(call, group_id, "delete_security_group")
    if row["is_default"] and not call.context.is_admin:
        raise conflict("SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
    if _users(call, group_id):
        raise conflict("SecurityGroupInUse", f"Security Group {group_id} in use.")
    listing.match(call, row)
    call.tx.delete(rules, remote_group_id=group_id)
    call.tx.delete(logs, resource_id=group_id)
    sharing.forget(call, group_id)
    call.tx.delete(security_groups, id=group_id)
