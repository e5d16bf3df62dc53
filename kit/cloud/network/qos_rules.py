"""Rules of QoS policies, one type a collection; each is also reached without its policy (`alias_`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import Forbidden
from kit.cloud.network import checks as is_
from kit.cloud.network import listing
from kit.cloud.network.attributes import REQUIRED, Field, Form, sound
from kit.cloud.network.errors import conflict, not_found
from kit.cloud.network.models_extensions import qos_policies, qos_rules
from kit.cloud.network.qos_policies import changeable, rule_document
from kit.cloud.network.qos_policies import find as find_policy
from kit.cloud.service import Service
from kit.cloud.store import Row

_LIMIT = is_.whole(0, 2**31 - 1)
_MARKS = (0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56)
_WAYS = ("egress", "ingress")


def _mark(value: Any) -> int:
    return int(is_.one_of(*_MARKS)(is_.whole()(value)))


def _form(type: str, *fields: Field) -> Form:
    return Form(f"{type}_rule", fields, ("id", "qos_policy_id", "type"))


_DIRECTION = Field("direction", is_.one_of(*_WAYS), "egress")
FORMS = {
    "bandwidth_limit": _form(
        "bandwidth_limit", Field("max_kbps", _LIMIT, REQUIRED), Field("max_burst_kbps", _LIMIT, 0), _DIRECTION
    ),
    "dscp_marking": _form("dscp_marking", Field("dscp_mark", _mark, REQUIRED)),
    "minimum_bandwidth": _form("minimum_bandwidth", Field("min_kbps", _LIMIT, REQUIRED), _DIRECTION),
    "minimum_packet_rate": _form(
        "minimum_packet_rate", Field("min_kpps", _LIMIT, REQUIRED),
        Field("direction", is_.one_of(*_WAYS, "any"), "egress"),
    ),
    "packet_rate_limit": _form(
        "packet_rate_limit", Field("max_kpps", _LIMIT, REQUIRED), Field("max_burst_kpps", _LIMIT, 0), _DIRECTION
    ),
}  # fmt: skip
# Types whose values limit each other: the minimum's, the maximum's, with the name of the value.
_PAIRS = (("minimum_bandwidth", "min_kbps", "bandwidth_limit", "max_kbps"),)


def _missing(rule_id: str, policy_id: str) -> Exception:
    error = not_found("QoS rule", rule_id)
    error.type = "QosRuleNotFound"
    error.message = f"QoS rule {rule_id} for policy {policy_id} could not be found."
    return error


def _find(call: Call, type: str, rule_id: str, policy_id: str) -> Row:
    row = call.tx.first(qos_rules, id=rule_id, qos_policy_id=policy_id, type=type)
    if row is None:
        raise _missing(rule_id, policy_id)
    return row


def _sound(call: Call, policy_id: str, type: str, values: dict[str, Any], rule_id: str | None = None) -> None:
    """Refuse a rule that another one of the policy contradicts."""
    rows = [row for row in call.tx.rows(qos_rules, qos_policy_id=policy_id) if row["id"] != rule_id]
    for row in rows:
        way, other = values.get("direction"), row["values"].get("direction")
        if row["type"] == type and (way == other or "any" in (way, other)):
            raise conflict(
                "QoSRulesConflict",
                f"Rule {type} conflicts with rule {row['id']} which already exists in QoS Policy {policy_id}.",
            )
        for low, low_name, high, high_name in _PAIRS:
            have = {row["type"]: row["values"], type: values}
            if way != other or set(have) != {low, high} or have[low][low_name] <= have[high][high_name]:
                continue
            name = low_name if type == low else high_name
            there, kind = (high_name, high) if type == low else (low_name, low)
            raise conflict(
                "QoSRuleParameterConflict",
                f"Unable to add the rule with value {values[name]} to the policy {policy_id} as the existing rule of "
                f"type {kind} has value {row['values'][there]}.",
            )


def _touch(call: Call, policy: Row) -> None:
    """A policy's revision goes up with its rules'."""
    listing.touch(call, qos_policies, policy)


def _index(call: Call, type: str, policy_id: str) -> dict[str, Any]:
    """List a policy's rules of one type."""
    find_policy(call, policy_id)
    rows = call.tx.rows(qos_rules, qos_policy_id=policy_id, type=type, order=qos_rules.c.number)
    return listing.answer(call, f"{type}_rules", rows, lambda found: [rule_document(row) for row in found])


def _create(call: Call, type: str, policy_id: str) -> dict[str, Any]:
    """Add a rule."""
    values = FORMS[type].create(call, FORMS[type].one(call))
    policy = changeable(call, policy_id, f"create_policy_{type}_rule")
    _sound(call, policy_id, type, values)
    number = call.tx.count(qos_rules) + 1
    row = call.tx.insert(
        qos_rules, id=call.tx.ids.uuid(), number=number, qos_policy_id=policy_id, type=type, values=values
    )
    _touch(call, policy)
    return {f"{type}_rule": rule_document(row)}


def _show(call: Call, type: str, policy_id: str, rule_id: str) -> dict[str, Any]:
    """Show a rule."""
    find_policy(call, policy_id)
    return {f"{type}_rule": listing.pick(call, rule_document(_find(call, type, rule_id, policy_id)))}


def _update(call: Call, type: str, policy_id: str, rule_id: str, key: str = "") -> dict[str, Any]:
    """Change a rule."""
    policy = changeable(call, policy_id, f"update_policy_{type}_rule")
    form = FORMS[type] if not key else Form(key, FORMS[type].fields, FORMS[type].read_only)
    row = _find(call, type, rule_id, policy_id)
    values = {**row["values"], **form.update(call, form.one(call))}
    _sound(call, policy_id, type, values, rule_id)
    call.tx.update(qos_rules, rule_id, values=values)
    _touch(call, policy)
    return {key or f"{type}_rule": rule_document({**row, "values": values})}


def _delete(call: Call, type: str, policy_id: str, rule_id: str) -> None:
    """Remove a rule."""
    policy = changeable(call, policy_id, f"delete_policy_{type}_rule")
    call.tx.delete(qos_rules, id=_find(call, type, rule_id, policy_id)["id"])
    _touch(call, policy)


def _policy_of(call: Call, type: str, rule_id: str) -> str:
    row = call.tx.first(qos_rules, id=rule_id, type=type)
    if row is None:
        raise _missing(rule_id, "")
    return str(row["qos_policy_id"])


def _alias_show(call: Call, type: str, rule_id: str) -> dict[str, Any]:
    """Show a rule, whichever policy has it."""
    found = _show(call, type, _policy_of(call, type, rule_id), rule_id)
    return {f"alias_{type}_rule": found[f"{type}_rule"]}


def _alias_update(call: Call, type: str, rule_id: str) -> dict[str, Any]:
    """Change a rule, whichever policy has it."""
    return _update(call, type, _policy_of(call, type, rule_id), rule_id, f"alias_{type}_rule")


def _alias_delete(call: Call, type: str, rule_id: str) -> None:
    """Remove a rule, whichever policy has it."""
    _delete(call, type, _policy_of(call, type, rule_id), rule_id)


def types(call: Call) -> dict[str, Any]:
    """The types of rules that the network's drivers carry out."""
    rows: list[Row] = [{"type": type} for type in sorted(FORMS)]
    return listing.answer(call, "rule_types", rows, lambda found: found)


def type_show(call: Call, type: str) -> dict[str, Any]:
    """One type, with what its drivers can (for the administrator)."""
    if not call.context.is_admin:
        raise Forbidden("Not authorized.", type="NotAuthorized")
    if type not in FORMS:
        raise not_found("QoS rule type", type)
    shown = []
    for field in FORMS[type].fields:
        ranged = {"values": {"start": 0, "end": 2147483647}, "type": "range"}
        if field.name in ("direction", "dscp_mark"):
            values: list[Any] = list(_MARKS) if field.name == "dscp_mark" else list(_WAYS)
            ranged = {"values": values, "type": "choices"}
        shown.append(
            {"parameter_name": field.name, "parameter_type": ranged["type"], "parameter_values": ranged["values"]}
        )
    return {"rule_type": {"type": type, "drivers": [{"name": "openvswitch", "supported_parameters": shown}]}}


def _of(type: str, function: Callable[..., Any], verb: str) -> Callable[..., Any]:
    """An operation on the rules of one type, under a name of its own."""

    def operation(call: Call, **given: str) -> Any:
        return function(call, type, **given)

    operation.__name__, operation.__doc__ = f"{type}_{verb}", function.__doc__
    return operation


def add_to(service: Service) -> None:
    """Add the operations to the network service."""
    add = service.add
    for type in FORMS:
        path = f"/v2.0/qos/policies/{{policy_id}}/{type}_rules"
        add("GET", path, _of(type, _index, "index"))
        add("POST", path, sound(FORMS[type], _of(type, _create, "create"), "create"), status=201)
        add("GET", f"{path}/{{rule_id}}", _of(type, _show, "show"))
        add("PUT", f"{path}/{{rule_id}}", sound(FORMS[type], _of(type, _update, "update")))
        add("DELETE", f"{path}/{{rule_id}}", _of(type, _delete, "delete"))
        path = f"/v2.0/qos/alias-{type.replace('_', '-')}-rules/{{rule_id}}"
        add("GET", path, _of(type, _alias_show, "alias_show"))
        add("PUT", path, _of(type, _alias_update, "alias_update"))
        add("DELETE", path, _of(type, _alias_delete, "alias_delete"))
    add("GET", "/v2.0/qos/rule-types", types)
    add("GET", "/v2.0/qos/rule-types/{type}", type_show)
