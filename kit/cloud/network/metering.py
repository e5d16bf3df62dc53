"""Metering labels and their rules: which traffic of a project's routers is counted."""

from __future__ import annotations

import ipaddress
from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning
from kit.cloud.network.attributes import REQUIRED, Field, Form, bulk
from kit.cloud.network.errors import conflict, invalid_input, not_found
from kit.cloud.network.models_extensions import metering_labels, metering_rules
from kit.cloud.store import Row

_OWNER = (Field("project_id", is_.text(), put=False), Field("tenant_id", is_.text(), put=False))
LABEL = Form("metering_label", (
    *_OWNER, Field("name", is_.text(), "", put=False), Field("description", is_.text(1024), "", put=False),
    Field("shared", is_.boolean, False, put=False, admin=True),
))  # fmt: skip
_PREFIXES = ("remote_ip_prefix", "source_ip_prefix", "destination_ip_prefix")
RULE = Form("metering_label_rule", (
    *_OWNER,
    Field("metering_label_id", is_.uuid, REQUIRED, put=False),
    Field("direction", is_.one_of("ingress", "egress"), "ingress", put=False),
    Field("excluded", is_.boolean, False, put=False),
    *(Field(name, is_.none_or(is_.cidr), None, put=False) for name in _PREFIXES),
))  # fmt: skip


def _missing(kind: str, id: str) -> Exception:
    error = not_found(kind, id)
    error.message = f"{kind} '{id}' does not exist."
    return error


def _label(row: Row) -> dict[str, Any]:
    names = ("id", "name", "description", "shared", "project_id")
    return {**{name: row[name] for name in names}, "tenant_id": row["project_id"]}


def _rule(row: Row) -> dict[str, Any]:
    names = ("id", "metering_label_id", "direction", *_PREFIXES, "excluded")
    return {name: row[name] for name in names}


def _find_label(call: Call, label_id: str) -> Row:
    row = call.tx.get(metering_labels, label_id)
    if row is None or not (owning.owns(call, row) or row["shared"]):
        raise _missing("Metering label", label_id)
    return row


def label_index(call: Call) -> dict[str, Any]:
    """List labels: own and shared ones."""
    table = metering_labels
    mine = sa.or_(table.c.project_id == call.context.project_id, table.c.shared.is_(True))
    rows = listing.fetch(call, table, [] if call.context.is_admin else [mine], table.c.id)
    return listing.answer(call, "metering_labels", rows, lambda found: [_label(row) for row in found])


@bulk(LABEL)
def label_create(call: Call) -> dict[str, Any]:
    """Create a label."""
    owning.manager(call, "create_metering_label")
    values = LABEL.create(call, LABEL.one(call))
    return {"metering_label": _label(call.tx.insert(metering_labels, id=call.tx.ids.uuid(), **values))}


def label_show(call: Call, label_id: str) -> dict[str, Any]:
    """Show a label."""
    return {"metering_label": listing.pick(call, _label(_find_label(call, label_id)))}


def label_delete(call: Call, label_id: str) -> None:
    """Delete a label and its rules."""
    owning.manager(call, "delete_metering_label")
    call.tx.delete(metering_labels, id=owning.one(call, metering_labels, label_id, "Metering label")["id"])


def _find_rule(call: Call, rule_id: str) -> Row:
    row = call.tx.get(metering_rules, rule_id)
    if row is None or not owning.owns(call, row):
        raise _missing("Metering label rule", rule_id)
    return row


def rule_index(call: Call) -> dict[str, Any]:
    """List rules."""
    rows = listing.fetch(call, metering_rules, owning.mine(call, metering_rules), metering_rules.c.id)
    return listing.answer(call, "metering_label_rules", rows, lambda found: [_rule(row) for row in found])


@bulk(RULE)
def rule_create(call: Call) -> dict[str, Any]:
    """Count, or leave out, the traffic of a range."""
    owning.manager(call, "create_metering_label_rule")
    values = RULE.create(call, RULE.one(call))
    _find_label(call, values["metering_label_id"])
    given = [name for name in _PREFIXES if values[name]]
    if not given or ("remote_ip_prefix" in given and len(given) > 1):
        raise invalid_input(
            "You must define at least one of the following parameters: remote_ip_prefix, source_ip_prefix, "
            "destination_ip_prefix; remote_ip_prefix goes with no other"
        )
    _apart(call, values)
    return {"metering_label_rule": _rule(call.tx.insert(metering_rules, id=call.tx.ids.uuid(), **values))}


def _apart(call: Call, values: Row) -> None:
    """Refuse a remote range that meets another one of the label in the same direction."""
    if not values["remote_ip_prefix"]:
        return
    net = ipaddress.ip_network(values["remote_ip_prefix"])
    same = {name: values[name] for name in ("metering_label_id", "direction")}
    for row in call.tx.rows(metering_rules, **same):
        if row["remote_ip_prefix"] and ipaddress.ip_network(row["remote_ip_prefix"]).overlaps(net):
            raise conflict(
                "MeteringLabelRuleOverlaps",
                f"Metering label rule with remote_ip_prefix '{values['remote_ip_prefix']}' overlaps another.",
            )


def rule_show(call: Call, rule_id: str) -> dict[str, Any]:
    """Show a rule."""
    return {"metering_label_rule": listing.pick(call, _rule(_find_rule(call, rule_id)))}


def rule_delete(call: Call, rule_id: str) -> None:
    """Delete a rule."""
    owning.manager(call, "delete_metering_label_rule")
    call.tx.delete(metering_rules, id=_find_rule(call, rule_id)["id"])
