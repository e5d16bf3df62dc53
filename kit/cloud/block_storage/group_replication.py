"""Replication of groups (3.38): allowed where the group's type and its volumes' types ask for it.

The one backend has no second site, so that what is allowed ends in the replication status `error`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.cloud.block_storage import grouping
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import invalid, require_member
from kit.cloud.block_storage.groups import ACTIONS
from kit.cloud.block_storage.models import group_types, groups, volume_types, volumes
from kit.cloud.block_storage.schemas import ANY_NAME, BOOLEAN, fields
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.validation import truth
from kit.cloud.call import Answer, Call
from kit.cloud.store import Row


@dataclass(frozen=True)
class Step:
    """One change of a group's replication, and the statuses that allow it (cinder.group.api)."""

    verb: str
    doing: str
    group: tuple[str, ...]
    replication: tuple[str, ...]
    volume: tuple[str, ...] = ()


ENABLE = Step("enable", "enabling", ("available",), ("disabled", "enabled"), ("available", "in-use"))
DISABLE = Step("disable", "disabling", ("available", "error"), ("enabled", "error"))
FAILOVER = Step("failover", "failing-over", ("available",), ("enabled", "failed-over"), ("available", "in-use"))


def _replicated(call: Call, row: Row) -> None:
    type_ = call.tx.get(group_types, row["group_type_id"]) or {}
    specs = type_.get("group_specs") or {}
    if "<is> True" not in (specs.get("group_replication_enabled"), specs.get("consistent_group_replication_enabled")):
        raise invalid("group_type", f"Group {row['id']} is not a replication group type.")
    for member in call.tx.rows(volume_types, id=row["volume_types"] or []):
        word, _, value = str((member["extra_specs"] or {}).get("replication_enabled", "")).partition(" ")
        if word != "<is>" or not truth(value):
            raise invalid(
                "volume_type",
                f"Volume type {member['id']} does not have 'replication_enabled' spec key set to '<is> True'.",
            )


def _allowed(name: str, allowed: tuple[str, ...], current: str | None, kind: str, id: str, verb: str) -> None:
    if current not in allowed:
        what = f"{kind.title()} {id} {name} must be {list(allowed)}, but current status is: {current}."
        raise invalid(kind, f"{what} Cannot {verb} replication.")


def _take(call: Call, row: Row, step: Step, *, attached: bool = True) -> Answer:
    _replicated(call, row)
    _allowed("status", step.group, row["status"], "group", row["id"], step.verb)
    _allowed("replication status", step.replication, row["replication_status"], "group", row["id"], step.verb)
    mine = grouping.members(call, row)
    for volume in mine:
        if step.volume:
            _allowed("status", step.volume, volume["status"], "volume", volume["id"], step.verb)
        if volume["status"] == "in-use" and not attached:
            raise invalid(
                "volume",
                f"Volume {volume['id']} is attached but allow_attached_volume flag is False. Cannot failover replication.",
            )
        _allowed(
            "replication status", step.replication, volume["replication_status"], "volume", volume["id"], step.verb
        )
    for table, rows in ((volumes, mine), (groups, [row])):
        for one in rows:
            kind = "group" if table is groups else "volume"
            later(call, kind, change(call.tx, table, one, replication_status=step.doing), "group", "set",
                  fields={"replication_status": "error"})  # fmt: skip
    return bare()


@ACTIONS.add("enable_replication", {"type": "object"}, since="3.38")
def enable(call: Call, group_id: str, given: Any) -> Answer:
    """Let the volumes of a group be replicated."""
    row = grouping.find(call, group_id)
    require_member(call, "group:enable_replication")
    return _take(call, row, ENABLE)


@ACTIONS.add("disable_replication", {"type": "object"}, since="3.38")
def disable(call: Call, group_id: str, given: Any) -> Answer:
    """Let the volumes of a group no longer be replicated."""
    row = grouping.find(call, group_id)
    require_member(call, "group:disable_replication")
    return _take(call, row, DISABLE)


@ACTIONS.add(
    "failover_replication", fields(allow_attached_volume=BOOLEAN, secondary_backend_id=ANY_NAME), since="3.38"
)  # fmt: skip
def failover(call: Call, group_id: str, given: Any) -> Answer:
    """Go over to the replicas of a group."""
    row = grouping.find(call, group_id)
    require_member(call, "group:failover_replication")
    return _take(call, row, FAILOVER, attached=truth(given.get("allow_attached_volume", False)))


@ACTIONS.add("list_replication_targets", {"type": "object"}, since="3.38")
def targets(call: Call, group_id: str, given: Any) -> dict[str, Any]:
    """Where a group can be replicated to: nowhere from this backend."""
    row = grouping.find(call, group_id)
    require_member(call, "group:list_replication_targets")
    _replicated(call, row)
    return {"replication_targets": []}
