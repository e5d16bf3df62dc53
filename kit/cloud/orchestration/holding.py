"""Stacks from the store, on with their work, and back: who changes a tree of stacks does it here.

A tree that was read once stays in memory; the digest of its state, kept in its row, tells whether it is still
the newest, whatever transactions were undone and whichever worker went on with it. Work is done when a call
begins it, and at moments of the clock: when anything in the cloud falls due, when a wait ends, and now and then.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from kit.cloud.call import Context
from kit.cloud.clock import parse, stamp
from kit.cloud.events import due_events
from kit.cloud.orchestration.backend import CloudBackend, moment, seconds
from kit.cloud.orchestration.models import snapshots, stacks
from kit.cloud.orchestration.service import EVENT
from kit.hot import Stack
from kit.hot.keep import from_dict, to_dict
from kit.hot.snapshots import take

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.store import Row, Transaction

MOST = 50  # trees in memory
LONGEST = 300.0  # seconds between two looks at something that others may have changed

Kept = OrderedDict[str, tuple[str, Stack]]

_shared: WeakKeyDictionary[Cloud, Kept] = WeakKeyDictionary()
_own = threading.local()


def _cache(cloud: Cloud) -> Kept:
    """The trees of a cloud in memory; where transactions of several threads run at once, each thread has its own."""
    if cloud.store.sqlite:
        return _shared.setdefault(cloud, OrderedDict())
    if not hasattr(_own, "kept"):
        _own.kept = WeakKeyDictionary()
    found: Kept = _own.kept.setdefault(cloud, OrderedDict())
    return found


def owner(row: Row) -> Context:
    """As whom a stack acts."""
    kept = row["owner"]
    return Context(**{**kept, "roles": frozenset(kept["roles"])})


def kept_context(context: Context) -> dict[str, Any]:
    """A context as a stack's row keeps it."""
    found = asdict(context)
    found.pop("token")
    return found | {"roles": sorted(context.roles)}


def load(cloud: Cloud, tx: Transaction, row: Row) -> Stack:
    """The tree of stacks of a root's row, ready to go on in this transaction."""
    kept = _cache(cloud)
    found = kept.get(row["id"])
    if found is not None and found[0] == row["revision"]:
        stack = found[1]
        kept.move_to_end(row["id"])
        backend = stack.backend
        assert isinstance(backend, CloudBackend)
        backend.attach(tx, owner(row))
        return stack
    backend = CloudBackend(cloud, row["base"])
    backend.root_id = row["id"]
    backend.attach(tx, owner(row))
    stack = from_dict(json.loads(row["state"]), backend)
    _remember(cloud, row["id"], row["revision"], stack)
    return stack


def _remember(cloud: Cloud, id: str, revision: str, stack: Stack) -> None:
    kept = _cache(cloud)
    kept[id] = (revision, stack)
    kept.move_to_end(id)
    while len(kept) > MOST:
        kept.popitem(last=False)


def tree(stack: Stack) -> Iterator[tuple[Stack, Stack | None, str | None]]:
    """A stack and all inside it, each with the stack around it and the resource that it is."""
    yield stack, None, None
    waiting = [stack]
    while waiting:
        around = waiting.pop()
        for id, child in around.children.items():
            record = around.records.get(id)
            yield child, around, record.name if record else None
            waiting.append(child)


def find(stack: Stack, id: str) -> Stack | None:
    """The stack of an id in a tree."""
    return next((each for each, _, _ in tree(stack) if each.id == id), None)


def advance(stack: Stack) -> None:
    """Go on as far as possible at this moment."""
    moved = True
    while moved:
        moved = False
        if stack.task is not None:
            more, moved = stack._step()
            moved = moved or not more
        moved = stack.step_inside() or moved


def save(cloud: Cloud, tx: Transaction, stack: Stack, idle: float = 1.0) -> None:
    """Write a tree of stacks back, with its events, and let the clock come back to it.

    Parameters
    ----------
    idle : float
        Seconds after which to look again when nothing has changed now.
    """
    backend = stack.backend
    assert isinstance(backend, CloudBackend)
    backend.write_events()
    if stack.action == "DELETE" and stack.status == "COMPLETE":
        stack.children.clear()
    text = json.dumps(to_dict(stack), separators=(",", ":"))
    revision = hashlib.sha256(text.encode()).hexdigest()[:32]
    root = tx.get(stacks, stack.id)
    assert root is not None
    if root["revision"] == revision:
        schedule(cloud, tx, stack, idle)
        return
    there = {row["id"]: row for row in tx.rows(stacks, root_id=stack.id)}
    for each, around, name in tree(stack):
        fields = _summary(each)
        if each is stack:
            fields |= {"state": text, "revision": revision}
        old = there.pop(each.id, None)
        if old is not None:
            changed = {key: value for key, value in fields.items() if old.get(key) != value}
            tx.update(stacks, each.id, **changed)
            continue
        assert around is not None
        shared = {key: root[key] for key in ("project_id", "user_id", "user_name", "owner", "base", "tags")}
        tx.insert(
            stacks, id=each.id, root_id=stack.id, parent_id=around.id, parent_resource=name, depth=each.depth,
            **{**shared, **fields},
        )  # fmt: skip
    for id in there:
        if there[id]["deleted_at"] is None:
            tx.update(stacks, id, action="DELETE", status="COMPLETE", deleted_at=tx.stamp)
    _remember(cloud, stack.id, revision, stack)
    for each, _, _ in tree(stack):
        if each.action == "SNAPSHOT" and each.task is None:
            _finish_snapshots(tx, each)
    schedule(cloud, tx, stack)


def _finish_snapshots(tx: Transaction, stack: Stack) -> None:
    """Fill the snapshot for which the stack has saved its resources."""
    for row in tx.rows(snapshots, stack_id=stack.id, status="IN_PROGRESS"):
        tx.update(snapshots, row["id"], status=stack.status, reason=stack.reason, data=take(stack))


def _summary(stack: Stack) -> dict[str, Any]:
    gone = stack.action == "DELETE" and stack.status == "COMPLETE"
    updated = stack.updated_at if stack.action != "CREATE" else None
    return {
        "name": stack.name, "description": stack.template.description, "action": stack.action, "status": stack.status,
        "reason": stack.reason, "timeout_mins": stack.timeout_mins, "disable_rollback": not stack.rollback,
        "created_at": stamp(moment(stack.created_at)),
        "updated_at": stamp(moment(updated)) if updated is not None else None,
        **({"tags": stack.tags} if stack.parent is None else {}),
        "deleted_at": stamp(moment(stack.updated_at)) if gone else None,
    }  # fmt: skip


def schedule(cloud: Cloud, tx: Transaction, stack: Stack, idle: float = 1.0) -> None:
    """Let the clock come back to a stack that has more to do.

    Parameters
    ----------
    idle : float
        Seconds after which to look even if nothing is known to happen.
    """
    cloud.events.cancel(tx, stack.id, EVENT)
    if not stack.busy:
        return
    now = seconds(tx.now)
    wait = idle
    if (wakes := stack.wakes()) is not None:
        # A timeout is over only when more than its time has passed.
        wait = min(wait, max(wakes - now, 0.0) + (0.001 if wakes <= now else 0.0))
    query = sa.select(sa.func.min(due_events.c.due)).where(due_events.c.kind != EVENT)
    other = tx.connection.execute(query).scalar()
    if other is not None:
        wait = min(wait, max(seconds(parse(other)) - now, 0.0))
    cloud.events.add(tx, max(wait, 0.001), EVENT, stack.id, {"idle": min(idle * 1.5, LONGEST)})


def step(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """Go on with a stack because its moment has come."""
    row = tx.get(stacks, event.subject)
    if row is None:
        return
    stack = load(cloud, tx, row)
    advance(stack)
    save(cloud, tx, stack, event.payload.get("idle", 1.0))


def service_context(cloud: Cloud, tx: Transaction) -> Context:
    """An administrator: who the service is when nobody asks."""
    from kit.cloud.policy.runtime import Runtime

    return Runtime(cloud).context(tx)
