"""Templates of rules: what a new security group begins with. Neutron has four, and the operator adds and removes."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import ApiError
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning
from kit.cloud.network.attributes import OWNER, REQUIRED, Field, Form, bulk
from kit.cloud.network.errors import conflict, not_found
from kit.cloud.network.models_extensions import rule_templates
from kit.cloud.network.rule_fields import FIELDS, KEYS, same, sound
from kit.cloud.store import Row, Transaction

_USES = ("used_in_default_sg", "used_in_non_default_sg")
# As a remote group: the new group itself.
PARENT = "PARENT"

FORM = Form("default_security_group_rule", (
    *OWNER,
    Field("description", is_.text(), "", put=False),
    *FIELDS,
    Field("remote_group_id", is_.none_or(is_.text()), None, put=False),
    Field("remote_address_group_id", is_.none_or(is_.text()), None, put=False),
    Field("used_in_default_sg", is_.boolean, REQUIRED, put=False),
    Field("used_in_non_default_sg", is_.boolean, REQUIRED, put=False),
))  # fmt: skip


def _own(number: int, direction: str, ethertype: str) -> Row:
    """One of the four that a cloud begins with."""
    values: Row = dict.fromkeys(rule_templates.c.keys())
    inside = direction == "ingress"
    return values | {
        "id": f"00000000-0000-4000-8000-00000000000{number}", "direction": direction, "ethertype": ethertype,
        "remote_group_id": PARENT if inside else None, "used_in_default_sg": True, "used_in_non_default_sg": not inside,
        "revision_number": 0, "description": "Legacy default SG rule for " + (
            "ingress traffic" if inside else "egress traffic"
        ),
    }  # fmt: skip


FIRST = (
    _own(1, "ingress", "IPv4"), _own(2, "ingress", "IPv6"), _own(3, "egress", "IPv4"), _own(4, "egress", "IPv6"),
)  # fmt: skip


def _rows(tx: Transaction) -> list[Row]:
    kept = tx.rows(rule_templates, order=[rule_templates.c.created_at, rule_templates.c.id])
    gone = {row["id"] for row in kept if row["removed"]}
    return [*(row for row in FIRST if row["id"] not in gone), *(row for row in kept if not row["removed"])]


def rules(tx: Transaction, *, in_default: bool) -> list[dict[str, Any]]:
    """What the rules of a new group say."""
    used = "used_in_default_sg" if in_default else "used_in_non_default_sg"
    return [{key: row[key] for key in KEYS} for row in _rows(tx) if row[used]]


def _document(row: Row) -> dict[str, Any]:
    names = ("id", "description", *KEYS, "used_in_default_sg", "used_in_non_default_sg")
    return {name: row[name] for name in names}


def find(call: Call, rule_id: str) -> Row:
    for row in _rows(call.tx):
        if row["id"] == rule_id:
            return row
    error = not_found("Default Security Group rule", rule_id)
    error.type = "DefaultSecurityGroupRuleNotFound"
    error.message = f"Default Security Group rule {rule_id} does not exist"
    raise error


def index(call: Call) -> dict[str, Any]:
    """List the templates."""
    show = lambda found: [_document(row) for row in found]  # noqa: E731
    return listing.answer(call, "default_security_group_rules", _rows(call.tx), show)


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Let new groups begin with one more rule."""
    values = FORM.create(call, FORM.one(call))
    owning.operator(call, "create_default_security_group_rule")
    values.pop("project_id")
    sound(values)
    for row in _rows(call.tx):
        if same(row, values) and any(row[use] == values[use] for use in _USES):
            raise conflict(
                "DefaultSecurityGroupRuleExists",
                f"Default Security group rule already exists. Rule id is {row['id']}.",
            )
    new = {key: value for key, value in listing.new(call).items() if key != "tags"}
    row = call.tx.insert(rule_templates, **values, **new, removed=False)
    return {"default_security_group_rule": _document(row)}


def show(call: Call, rule_id: str) -> dict[str, Any]:
    """Show a template."""
    return {"default_security_group_rule": listing.pick(call, _document(find(call, rule_id)))}


def update(call: Call, rule_id: str) -> dict[str, Any]:
    """Refuse to change a template: nothing of it may."""
    row = find(call, rule_id)
    owning.operator(call, "update_default_security_group_rule")
    raise ApiError(f"Template {row['id']} cannot be changed.", type="HTTPMethodNotAllowed", status=405)


def delete(call: Call, rule_id: str) -> None:
    """Let new groups begin with one rule less; groups that are there keep theirs."""
    row = find(call, rule_id)
    owning.operator(call, "delete_default_security_group_rule")
    if row in FIRST:
        call.tx.insert(rule_templates, id=rule_id, removed=True)
    else:
        call.tx.delete(rule_templates, id=rule_id)
