"""Rules of security groups."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import address_groups, listing, owning, quotas, security_groups
from kit.cloud.network import checks as is_
from kit.cloud.network.attributes import OWNER, READ_ONLY, REQUIRED, Field, Form
from kit.cloud.network.errors import conflict, not_found
from kit.cloud.network.models import rules
from kit.cloud.network.models import security_groups as group_table
from kit.cloud.network.rule_fields import FIELDS, same, sound
from kit.cloud.store import Row


def _as_it_is(value: Any) -> str | None:
    """An id that nothing looks at before it is looked up."""
    return None if value is None else str(value)


FORM = Form("security_group_rule", (
    *OWNER,
    Field("description", is_.text(), ""),
    Field("security_group_id", is_.text(36), REQUIRED, put=False),
    *FIELDS,
    Field("remote_group_id", _as_it_is, None, put=False),
    Field("remote_address_group_id", _as_it_is, None, put=False),
), (*READ_ONLY, "normalized_cidr", "belongs_to_default_sg"), many=True)  # fmt: skip


def find(call: Call, rule_id: str) -> Row:
    """A rule that the caller sees."""
    row = call.tx.get(rules, rule_id)
    if row is None:
        raise not_found("Security group rule", rule_id)
    if not (owning.owns(call, row) or _of_own_group(call, row)):
        raise owning.foreign()
    return row


def _of_own_group(call: Call, row: Row) -> bool:
    group = call.tx.get(group_table, row["security_group_id"])
    return bool(group and owning.owns(call, group))


def document(row: Row) -> dict[str, Any]:
    """A rule by itself: without what Neutron shows of it within its group only."""
    shown = security_groups.rule_document(row)
    return {name: value for name, value in shown.items() if name not in ("standard_attr_id", "tags")}


def index(call: Call) -> dict[str, Any]:
    """List rules."""
    security_groups.first_look(call)
    where = []
    if not call.context.is_admin:
        own = sa.select(group_table.c.id).where(group_table.c.project_id == call.project_id)
        where = [sa.or_(rules.c.project_id == call.project_id, rules.c.security_group_id.in_(own))]
    rows = listing.fetch(call, rules, where, rules.c.number)
    return listing.answer(call, "security_group_rules", rows, lambda found: [document(row) for row in found])


def create(call: Call) -> dict[str, Any]:
    """Create one rule, or several at once."""
    given = FORM.body(call)
    if isinstance(given, list):
        if any(one in given[:place] for place, one in enumerate(given)):
            raise conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
        return {"security_group_rules": [document(_create(call, one)) for one in given]}
    return {"security_group_rule": document(_create(call, given))}


def _create(call: Call, given: dict[str, Any]) -> Row:
    values = FORM.create(call, given)
    owning.of_parent(call, group_table, values["security_group_id"], "create_security_group_rule")
    group = security_groups.changeable(call, values["security_group_id"], "create_security_group_rule")
    if values["remote_group_id"]:
        security_groups.find(call, values["remote_group_id"])
    if values.get("remote_address_group_id"):
        address_groups.find(call, values["remote_address_group_id"])
    sound(values)
    _unique(call, values)
    quotas.reserve(call, "security_group_rule", group["project_id"])
    values.pop("security_group_id")
    row = security_groups.add_rule(call, group, **values)
    listing.bump(call, group_table, group)
    return row


def _unique(call: Call, values: dict[str, Any]) -> None:
    for row in call.tx.rows(rules, security_group_id=values["security_group_id"]):
        if same(row, values):
            raise conflict("SecurityGroupRuleExists", f"Security group rule already exists. Rule id is {row['id']}.")


def show(call: Call, rule_id: str) -> dict[str, Any]:
    """Show a rule."""
    return {"security_group_rule": listing.pick(call, document(find(call, rule_id)))}


def update(call: Call, rule_id: str) -> dict[str, Any]:
    """Change a rule's description: nothing else of it may change."""
    row = find(call, rule_id)
    changed = listing.change(call, rules, row, FORM.update(call, FORM.one(call)))
    return {"security_group_rule": document(changed)}


def delete(call: Call, rule_id: str) -> None:
    """Delete a rule."""
    row = find(call, rule_id)
    listing.match(call, row)
    call.tx.delete(rules, id=rule_id)
    group = call.tx.get(group_table, row["security_group_id"])
    if group is not None:
        listing.bump(call, group_table, group)
