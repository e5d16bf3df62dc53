"""What an update does to each resource, and why; the same decision serves the preview and the update itself.

Source: Heat 27, `_needs_update` and `update_template_diff_properties`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.hot.errors import ResourceFailure, TemplateError
from kit.hot.parts import ResourceDefinition
from kit.hot.properties import Properties, ValueFault
from kit.hot.resources.base import Kind, Resource

UNTOUCHED, UPDATED, REPLACED, CREATED, DELETED = "untouched", "updated", "replaced", "created", "deleted"


@dataclass(frozen=True)
class Change:
    """What happens to a resource.

    Attributes
    ----------
    kind : str
        `untouched`, `updated`, `replaced`, `created` or `deleted`.
    changed : frozenset of str
        The properties whose values change.
    forces : frozenset of str
        Those that cannot be changed in place.
    forbidden : frozenset of str
        Those that may not be changed at all.
    reason : str
        Why it is replaced or updated, where no property tells.
    begun : bool
        Whether the old resource tells of an update before it is replaced.
    """

    kind: str
    changed: frozenset[str] = field(default_factory=frozenset)
    forces: frozenset[str] = field(default_factory=frozenset)
    forbidden: frozenset[str] = field(default_factory=frozenset)
    reason: str = ""
    begun: bool = False


def decide(old: Resource, kind: Kind, new: ResourceDefinition, frozen: Mapping[str, Any]) -> Change:
    """What an update does to a resource.

    Parameters
    ----------
    old : Resource
        As it is.
    kind : Kind
        What its type does after the update.
    new : ResourceDefinition
        What it shall be; `frozen` are its values.
    """
    if not same(old.kind, kind):
        return Change(REPLACED, reason=f"type {old.type} -> {new.type}")
    if old.kind.answers_anything:
        return Change(UNTOUCHED)
    if kind.nested and old.physical_id is not None:
        child = old.stack.children.get(old.id)
        # A check that failed inside is for the resources inside to mend; a mark on this one replaces the whole.
        if old.state == "CHECK_FAILED" and (child is None or child.state != "CHECK_FAILED"):
            return Change(REPLACED, reason="unhealthy")
    else:
        if old.status == "FAILED" and (old.action == "CHECK" or old.kind.needs_replace_failed(old)):
            return Change(REPLACED, reason="unhealthy" if old.action == "CHECK" else f"{old.action} failed")
        if old.state == "DELETE_COMPLETE":
            return Change(REPLACED, reason="deleted")
    if kind.always_replaced:
        return Change(REPLACED, reason="each update replaces it")
    given = frozen.get("properties") or {}
    table = kind.schema(old, given)
    try:
        before, after = old.properties, Properties(table, dict(given), renamed=kind.type.renamed).values()
    except ValueFault:
        return Change(UPDATED, reason="a value is of the wrong kind")  # the update itself tells it, and fails
    if old.stack.converge and not kind.nested:
        live = old.kind.live(old)
        if live is None:
            return Change(REPLACED, reason="gone from the cloud")
        before |= {key: value for key, value in live.items() if key in before}
    changed = frozenset(key for key in table if before.get(key) != after.get(key))
    if dict(old.frozen) == dict(frozen) and not changed and not kind.always_updates:
        return Change(UNTOUCHED)
    forbidden = frozenset(key for key in changed if table[key].immutable)
    forces = frozenset(key for key in changed if not table[key].update_allowed)
    if forbidden:
        return Change(UPDATED, changed, forces, forbidden)
    if changed and kind.needs_replace(old, set(changed), after):
        return Change(REPLACED, changed, changed, begun=True)
    if forces:
        return Change(REPLACED, changed, forces, begun=True)
    return Change(UPDATED, changed, reason="" if changed else _other(old.frozen, frozen, kind))


def wrong_value(record: Resource, kind: Kind, frozen: Mapping[str, Any]) -> TemplateError | None:
    """The first fault of values that are only known now: what was a reference when the template was judged."""
    if kind.answers_anything:
        return None
    given = dict(frozen.get("properties") or {})
    path = (record.name, "Properties")
    found = Properties(kind.schema(record, given), given, path, kind.type.renamed)
    return next(found.faults(lambda _snippet: False), None)


def check_values(record: Resource, kind: Kind, frozen: Mapping[str, Any]) -> None:
    """Refuse values that are only known now.

    Raises
    ------
    ResourceFailure
        One is of the wrong kind, or breaks a constraint.
    """
    fault = wrong_value(record, kind, frozen)
    if fault is not None:
        raise ResourceFailure(fault.message, "StackValidationFailed")


def same(old: Kind, new: Kind) -> bool:
    """Whether a resource of one type may become one of the other."""
    return type(old) is type(new) and (old.type.name == new.type.name or old.nested)


def metadata_after(now: dict[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource tells: the template's, unless that did not change."""
    old, new = before.get("metadata") or {}, after.get("metadata") or {}
    return now if old == new else dict(new) if isinstance(new, dict) else {}


def _other(before: Mapping[str, Any], after: Mapping[str, Any], kind: Kind) -> str:
    """What differs besides the values of properties."""
    parts = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    if parts == ["properties"]:
        return "a property is written out or left to its default; its value stays"
    return ", ".join(parts) or ("the stack inside is looked at" if kind.nested else "")
