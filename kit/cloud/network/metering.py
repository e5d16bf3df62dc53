"""Metering labels and their rules: which traffic of a project's routers is counted."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import ApiError
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning
from kit.cloud.network.attributes import OWNER, REQUIRED, Field, Form, bulk
from kit.cloud.network.errors import conflict, invalid_input, not_allowed, not_found
from kit.cloud.network.models_extensions import metering_labels, metering_rules
from kit.cloud.store import Row

LABEL = Form("metering_label", (
    *OWNER, Field("name", is_.name, "", put=False), Field("description", is_.text(1024), "", put=False),
    Field("shared", is_.boolean, False, put=False, admin=True),
))  # fmt: skip


def _prefix(value: Any) -> str | None:
    """A range or a single address, host bits as they were given."""
    try:
        return str(ipaddress.ip_interface(value)) if value else None
    except ValueError:
        raise is_.Unfit(f"'{value}' is not a valid IP subnet") from None


_PREFIXES = ("remote_ip_prefix", "source_ip_prefix", "destination_ip_prefix")
RULE = Form("metering_label_rule", (
    *OWNER,
    Field("metering_label_id", is_.uuid, REQUIRED, put=False),
    Field("direction", is_.one_of("ingress", "egress"), REQUIRED, put=False),
    Field("excluded", is_.boolean, False, put=False),
    Field("remote_ip_prefix", _prefix, None, put=False), *(Field(name, _prefix, None) for name in _PREFIXES[1:]),
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


def find_label(call: Call, label_id: str) -> Row:
    row = call.tx.get(metering_labels, label_id)
    if row is None or not (owning.owns(call, row) or row["shared"]):
        raise _missing("Metering label", label_id)
    if not owning.owns(call, row):  # what is shared is counted for all, and shown to its owner
        raise owning.foreign()
    return row


def label_index(call: Call) -> dict[str, Any]:
    """List labels: own and shared ones."""
    table = metering_labels
    rows = listing.fetch(call, table, owning.mine(call, table), table.c.id)
    return listing.answer(call, "metering_labels", rows, lambda found: [_label(row) for row in found])


@bulk(LABEL)
def label_create(call: Call) -> dict[str, Any]:
    """Create a label."""
    values = LABEL.create(call, LABEL.one(call))
    owning.manager(call, "create_metering_label")
    return {"metering_label": _label(call.tx.insert(metering_labels, id=call.tx.ids.uuid(), **values))}


def label_show(call: Call, label_id: str) -> dict[str, Any]:
    """Show a label."""
    return {"metering_label": listing.pick(call, _label(find_label(call, label_id)))}


def label_update(call: Call, label_id: str) -> dict[str, Any]:
    """Refuse to change a label: nothing of it may."""
    return _unchanging(call, find_label(call, label_id), "metering_label")


def _unchanging(call: Call, _row: Row, kind: str) -> dict[str, Any]:
    owning.manager(call, f"update_{kind}")
    raise ApiError("", type="NotImplementedError", status=501)


def label_delete(call: Call, label_id: str) -> None:
    """Delete a label and its rules."""
    row = find_label(call, label_id)
    owning.manager(call, "delete_metering_label")
    if not owning.owns(call, row):
        raise not_allowed("delete_metering_label")
    call.tx.delete(metering_labels, id=label_id)


def find_rule(call: Call, rule_id: str) -> Row:
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
    values = RULE.create(call, RULE.one(call))
    owning.manager(call, "create_metering_label_rule")
    find_label(call, values["metering_label_id"])
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
    net = ipaddress.ip_network(values["remote_ip_prefix"], strict=False)
    same = {name: values[name] for name in ("metering_label_id", "direction")}
    for row in call.tx.rows(metering_rules, **same):
        if row["remote_ip_prefix"] and ipaddress.ip_network(row["remote_ip_prefix"], strict=False).overlaps(net):
            raise conflict(
                "MeteringLabelRuleOverlaps",
                f"Metering label rule with remote_ip_prefix '{values['remote_ip_prefix']}' overlaps another.",
            )


def rule_show(call: Call, rule_id: str) -> dict[str, Any]:
    """Show a rule."""
    return {"metering_label_rule": listing.pick(call, _rule(find_rule(call, rule_id)))}


def rule_update(call: Call, rule_id: str) -> dict[str, Any]:
    """Refuse to change a rule: nothing of it may."""
    return _unchanging(call, find_rule(call, rule_id), "metering_label_rule")


def rule_delete(call: Call, rule_id: str) -> None:
    """Delete a rule."""
    find_rule(call, rule_id)
    owning.manager(call, "delete_metering_label_rule")
    call.tx.delete(metering_rules, id=rule_id)
