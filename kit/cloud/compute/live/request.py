"""`os-migrateLive`: the body at each microversion, and what is answered.

Until 2.33 the caller waits for the conductor's checks and gets their refusal as a 400; from 2.34 on the answer is
202, and the migration's record and the instance action tell. The extension of this cloud, `kit:bandwidth` (MiB/s) and
`kit:max_downtime` (ms), is no part of Nova: where it is off, the body is refused as Nova refuses it.
"""

from __future__ import annotations

import copy
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import action, in_state
from kit.cloud.compute.common import truth
from kit.cloud.compute.forms import BOOLEAN, HOST_OR_NONE, Form, fields
from kit.cloud.compute.instance_actions import begin as note
from kit.cloud.compute.live import steps
from kit.cloud.compute.live.checks import Refused
from kit.cloud.compute.live.move import LIVE, Move
from kit.cloud.compute.live.settings import read
from kit.cloud.compute.models import actions, hypervisors, migrations
from kit.cloud.compute.server_shares import unshared
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.validation import require_admin
from kit.cloud.errors import BadRequest, Conflict
from kit.cloud.store import Row

_WORDS: Any = BOOLEAN["enum"]
_AUTO = {"type": ["boolean", "string"], "enum": [*_WORDS, "auto"]}
# kit.migration.knobs: QEMU's own limits, and Nova's least downtime.
KNOBS = {
    "bandwidth": {"type": "number", "minimum": 0, "maximum": 1_000_000},
    "max_downtime": {"type": "number", "minimum": 100, "maximum": 2_000_000},
}


def _schema(properties: dict[str, Any], required: list[str], extended: bool) -> dict[str, Any]:
    inside = {"host": HOST_OR_NONE, **properties}
    if extended:
        inside |= {f"kit:{name}": rule for name, rule in KNOBS.items()}
    return fields(inside, *required)


_KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "2.1": (
        {"block_migration": BOOLEAN, "disk_over_commit": BOOLEAN},
        ["block_migration", "disk_over_commit", "host"],
    ),
    "2.25": ({"block_migration": _AUTO}, ["block_migration", "host"]),
    "2.30": ({"block_migration": _AUTO, "force": BOOLEAN}, ["block_migration", "host"]),
}
SCHEMAS = {
    (version, extended): _schema(copy.deepcopy(properties), required, extended)
    for version, (properties, required) in _KINDS.items()
    for extended in (False, True)
}


def _version(call: Call) -> str:
    if not call.at_least("2.25"):
        return "2.1"
    return "2.30" if call.at_least("2.30") and not call.at_least("2.68") else "2.25"


def _form(call: Call) -> Form:
    return SCHEMAS[_version(call), read(call.tx).extension]


@action("os-migrateLive", choose=_form, admin="os-migrate-server:migrate_live", manager=True)
def live_migrate(call: Call, row: Row, given: Any) -> Answer:
    """Move a running server to another host."""
    host, force = given["host"] or "", truth(given.get("force", False))
    if host:
        require_admin(call, "os-migrate-server:migrate_live:host")
    if force and not host:
        raise BadRequest("Can't force to a non-provided destination")
    unshared(call, row)
    unlocked(call, row, "os-migrateLive")
    in_state(row, "os-migrateLive", ("active", "paused"))
    if host and call.tx.first(hypervisors, host=host) is None:
        raise BadRequest(f"Compute host {host} could not be found.")
    fault = call.cloud.faults.breaks("request", (row["name"], row["id"])) if call.cloud.faults else None
    if fault:
        raise Conflict(fault.message or f"Instance {row['id']} is locked")
    move = _accept(call, row, given, host, forced=bool(host) and (force or not call.at_least("2.30")))
    if call.at_least("2.34"):
        move.after("live_check", "check")
        return Answer(202)
    try:
        steps.begin(move)
    except Refused as refused:
        steps.refuse(move, refused)
        kind = Conflict if refused.error == "InstanceInvalidState" else BadRequest
        # The record stays: what was refused is to be seen in it, so that the request is kept.
        return call.service.fault(kind(refused.message), call)
    return Answer(202)


def _accept(call: Call, row: Row, given: dict[str, Any], host: str, forced: bool) -> Move:
    """The record of a migration that has just been asked for, and the server on its way."""
    tx = call.tx
    note(call, row, LIVE)
    action_id = tx.rows(actions, server_id=row["id"], order=actions.c.id.desc(), limit=1)[0]["id"]
    block = given["block_migration"]
    live = {
        "action": action_id, "host": host, "forced": forced, "block": "auto" if block == "auto" else truth(block),
        "over_commit": truth(given["disk_over_commit"]) if "disk_over_commit" in given else None,
        "knobs": {name: given[f"kit:{name}"] for name in KNOBS if f"kit:{name}" in given},
    }  # fmt: skip
    record = tx.insert(
        migrations, uuid=tx.ids.uuid(), server_id=row["id"], migration_type=LIVE, status="accepted",
        source_host=row["host"], dest_host=None, old_flavor_id=row["flavor"]["id"],
        new_flavor_id=row["flavor"]["id"], user_id=call.context.user_id, project_id=call.context.project_id,
        live=live, created_at=tx.stamp, updated_at=tx.stamp,
    )  # fmt: skip
    move = Move(call.cloud, tx, record, row)
    move.change(task_state="migrating")
    return move
