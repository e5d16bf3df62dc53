"""The steps of a create, update, rollback or delete: resources are made in waves, and what is not wanted goes.

Source: Heat 27's convergence engine. After a failure nothing new is begun, what is under way is finished, and
what waits stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit.hot.change import (
    CREATED,
    DELETED,
    REPLACED,
    UNTOUCHED,
    UPDATED,
    Change,
    check_values,
    decide,
    metadata_after,
    same,
    wrong_value,
)
from kit.hot.cleanup import Cleanup
from kit.hot.definition import Definition
from kit.hot.errors import ResourceFailure, as_failure
from kit.hot.graph import Graph
from kit.hot.hooks import Hooks
from kit.hot.lookup import Lookup
from kit.hot.resources.base import Kind, Resource
from kit.hot.states import check

if TYPE_CHECKING:
    from kit.hot.stack import Stack


MOST_TRIES = 5


class Converge(Hooks):
    """Brings a stack to a definition, step by step.

    Parameters
    ----------
    stack : Stack
        What is changed.
    action : str
        `CREATE`, `UPDATE`, `ROLLBACK` or `DELETE`.
    definition, lookup, graph
        What it shall be.
    """

    def __init__(self, stack: Stack, action: str, definition: Definition, lookup: Lookup, graph: Graph) -> None:
        super().__init__(stack, definition)
        self.action = action
        self.lookup = lookup
        self.graph = graph
        self.generation = stack.generation
        self.previous = stack.previous
        self.waiting = [name for name in graph.order() if name in definition.resources]
        self.done: set[str] = set()
        self.running: dict[str, str] = {}  # record -> CREATE, UPDATE or DELETE
        # What an action that this one takes over from had under way: finished first, then looked at anew.
        old = stack.task
        self.inherited: dict[str, str] = {**old.inherited, **old.running} if isinstance(old, Converge) else {}
        for id in self.inherited:
            if id in stack.children:
                stack.children[id].leave()  # a stack inside is not waited for: it takes the new turn itself
        best = {name: found.id for name in self.waiting if (found := stack.best(name, self.generation, self.previous))}
        self.cleanup = Cleanup(stack, best)
        self.drained = False
        self.failure: ResourceFailure | None = None
        self.failed_action = ""
        self.more: list[tuple[ResourceFailure, str]] = []  # failures of what was under way at the first
        for name in self.waiting:
            if not stack.of_name(name):
                self._record(name)

    def _record(self, name: str) -> Resource:
        definition = self.definition.resources[name]
        record = self.stack.new_record(name, definition.type, self.lookup.kind(definition))
        record.requires = sorted(self.graph.needs[name])
        return record

    # Steps

    def step(self) -> tuple[bool, bool]:
        """Go on as far as possible now.

        Returns
        -------
        tuple of bool
            Whether there is more to do, and whether something happened.
        """
        moved = self._poll_inherited()
        moved = self._poll() or moved
        if self.drained:
            return bool(self.running or self.inherited), moved
        if self.failure is None:
            moved = self._begin() or moved
        if self.running or self.paused or self.inherited:
            return True, moved
        if self.failure is not None:
            return False, moved
        return bool(self.waiting) or not self.cleanup.over, moved

    def _poll_inherited(self) -> bool:
        """Finish what an earlier action has begun; its failure is the resource's, not this action's."""
        moved = False
        for id, op in list(self.inherited.items()):
            record = self.stack.records[id]
            try:
                if not self._finished(record, op):
                    continue
                self.stack.set_state(record, op, "COMPLETE")
            except Exception as error:
                self.stack.set_state(record, op, "FAILED", as_failure(error).below(record.name).text)
            record.data.pop("before", None)
            del self.inherited[id]
            moved = True
            if op == "DELETE" and record.status == "COMPLETE":
                self.stack.drop(record)
        return moved

    def _free(self, name: str) -> bool:
        return not self.inherited or not any(record.id in self.inherited for record in self.stack.of_name(name))

    def _poll(self) -> bool:
        moved = False
        for id, op in list(self.running.items()):
            record = self.stack.records[id]
            try:
                done = self._finished(record, op)
            except Exception as error:
                if op == "DELETE" and self._try_again(record, error):
                    continue
                self._fail(record, op, as_failure(error))
                moved = True
                continue
            if done:
                moved = True
                self._complete(record, op)
        return moved

    def _finished(self, record: Resource, op: str) -> bool:
        if op == "DELETE" and "again" in record.data:
            if self.stack.backend.now() < record.data["again"]["at"]:
                return False
            record.kind.delete(record)
            record.data.pop("again", None)
        asks: dict[str, Callable[[Resource], bool]] = {
            "CREATE": record.kind.created, "UPDATE": record.kind.updated, "DELETE": record.kind.deleted,
            "ADOPT": record.kind.created if record.kind.nested else lambda _record: True,
        }  # fmt: skip
        return asks[op](record)

    def _complete(self, record: Resource, op: str) -> None:
        if op in ("CREATE", "UPDATE") and self._holds(record, f"post-{op.lower()}"):
            return
        del self.running[record.id]
        if record.data.pop("before", None) is not None:
            record.generation = self.generation
            record.requires = sorted(self.graph.needs[record.name])
        self.stack.set_state(record, op, "COMPLETE", record.kind.told_when_done)
        if op == "DELETE":
            self.stack.drop(record)
        else:
            self.done.add(record.name)

    def _begin(self) -> bool:
        moved = self._clean()
        ready_names = [name for name in self.waiting if self.graph.needs[name] <= self.done and self._free(name)]
        for name in ready_names:
            if self.failure is not None:
                break
            if self._node(name):
                self.waiting.remove(name)
                moved = True
        return moved

    # Making and changing

    def _node(self, name: str) -> bool:
        """Begin a resource; false while a hook holds it."""
        definition = self.definition.resources[name]
        kind = self.lookup.kind(definition)
        record = self.stack.best(name, self.generation, self.previous)
        if record is None:
            record = self._record(name)
        self.stack.resources[name] = record
        successor = self.stack.records.get(record.replaced_by or "")
        record.replaced_by = None
        op = "CREATE" if record.action == "INIT" else "UPDATE"
        try:
            frozen = definition.frozen()
            if op == "CREATE":
                make = self._adopt if self.action == "ADOPT" else self._create
                return make(record, kind, frozen)
            if same(record.kind, kind):
                if self.action == "ROLLBACK" and successor is not None:
                    record.kind.restore(record, successor)
                if {record.frozen.get("external_id"), frozen.get("external_id")} != {None}:
                    return self._external(record, frozen)
                if self._holds(record, "pre-update"):
                    return False
            return self._change(record, kind, frozen, decide(record, kind, definition, frozen))
        except Exception as error:
            self._fail(record, op, as_failure(error))
            return True

    def _create(self, record: Resource, kind: Kind, frozen: dict[str, Any], change: str = CREATED) -> bool:
        if self._holds(record, "pre-create"):
            return False
        stack = self.stack
        record.kind, record.frozen, record.generation = kind, frozen, self.generation
        record.requires = sorted(self.graph.needs[record.name])
        record.metadata = metadata_after({}, {}, frozen)
        stack.note(record.name, change)
        if frozen.get("external_id") is not None:
            stack.set_state(record, "ADOPT", "IN_PROGRESS")
            if not frozen["external_id"]:
                self._fail(record, "ADOPT", ResourceFailure("Resource ID was not provided.", "Exception"))
                return True
            record.physical_id = str(frozen["external_id"])
            stack.set_state(record, "ADOPT", "COMPLETE")
            check(record)
            self.done.add(record.name)
            return True
        self.running[record.id] = "CREATE"
        stack.set_state(record, "CREATE", "IN_PROGRESS")
        record.data["unmade"] = True
        check_values(record, kind, frozen)
        del record.data["unmade"]
        kind.create(record)
        return True

    def _external(self, record: Resource, frozen: dict[str, Any]) -> bool:
        """What is somebody else's is looked at once and then left alone."""
        if record.frozen.get("external_id") != frozen.get("external_id"):
            what = f"Update to property external_id of {record.name} ({record.type}) is not supported."
            self._stop(ResourceFailure(what, "NotSupported").below(record.name), "UPDATE")
            return True
        return self._untouched(record)

    def _adopt(self, record: Resource, kind: Kind, frozen: dict[str, Any]) -> bool:
        """Take over what is there already; a stack inside takes over what is in it."""
        given = self.stack.adopting.get(record.name) or {}
        record.kind, record.frozen, record.generation = kind, frozen, self.generation
        record.requires = sorted(self.graph.needs[record.name])
        self.stack.note(record.name, CREATED)
        self.running[record.id] = "ADOPT"
        self.stack.set_state(record, "ADOPT", "IN_PROGRESS")
        record.metadata = dict(given.get("metadata") or frozen.get("metadata") or {})
        if kind.nested:
            kind.create(record)
            return True
        if not given.get("resource_id"):
            raise ResourceFailure("Resource ID was not provided.", "Exception")
        record.physical_id = given["resource_id"]
        record.data |= dict(given.get("resource_data") or {})
        return True

    def _untouched(self, record: Resource) -> bool:
        record.generation = self.generation
        record.requires = sorted(self.graph.needs[record.name])
        self.stack.note(record.name, UNTOUCHED)
        if record.status == "FAILED":
            told = "Update status to COMPLETE for FAILED resource neither update nor replace."
            self.stack.set_state(record, record.action, "COMPLETE", told)
        self.done.add(record.name)
        return True

    def _change(self, record: Resource, kind: Kind, frozen: dict[str, Any], change: Change) -> bool:
        stack = self.stack
        if change.kind == UNTOUCHED:
            return self._untouched(record)
        restricted = self.definition.environment.registry.restricted(record.name)
        word = "replace" if change.kind == REPLACED else "update"
        if word in restricted:
            what = f"{word} is restricted for resource."
            stack.add_event(record, "UPDATE", "FAILED", what)
            self._stop(ResourceFailure(what, "ResourceActionRestricted").below(record.name), "UPDATE")
            return True
        if change.kind == REPLACED and not (change.begun and wrong_value(record, kind, frozen)):
            return self._replace(record, kind, frozen, change)
        stack.note(record.name, UPDATED)
        stack.set_state(record, "UPDATE", "IN_PROGRESS")
        check_values(record, kind, frozen)
        if change.forbidden:
            names = ", ".join(sorted(change.forbidden))
            what = f"Update to properties {names} of {record.name} ({record.type}) is not supported."
            raise ResourceFailure(what, "NotSupported")
        record.data["before"] = record.frozen
        record.kind, record.frozen, record.type = kind, frozen, self.definition.resources[record.name].type
        record.metadata = metadata_after(record.metadata, record.data["before"], frozen)
        self.running[record.id] = "UPDATE"
        values = record.properties
        kind.update(record, {key: values[key] for key in change.changed})
        return True

    def _replace(self, old: Resource, kind: Kind, frozen: dict[str, Any], change: Change) -> bool:
        stack = self.stack
        if change.begun:
            stack.set_state(old, "UPDATE", "IN_PROGRESS")
            stack.set_state(old, "UPDATE", "COMPLETE")
        if same(old.kind, kind):
            old.kind.before_replace(old)
        record = stack.new_record(old.name, self.definition.resources[old.name].type, kind)
        old.replaced_by = record.id
        stack.resources[old.name] = record
        try:
            return self._create(record, kind, frozen, REPLACED)
        except Exception as error:
            self._fail(record, "CREATE", as_failure(error))
            return True

    # Deleting

    def _clean(self) -> bool:
        """Begin to delete what can go now."""
        busy = {*self.running, *self.inherited}
        ready = self.cleanup.ready(self.done)
        begun = [self._delete(each) for each in ready if each.id not in busy and not self._held(each)]
        return any(begun)

    def _delete(self, record: Resource) -> bool:
        if self._holds(record, "pre-delete"):
            return False
        self.stack.note(record.name, DELETED, replaced=record.replaced_by is not None)
        self.stack.set_state(record, "DELETE", "IN_PROGRESS")
        if (
            record.frozen.get("deletion_policy") == "Retain"
            or record.frozen.get("external_id") is not None
            or "unmade" in record.data
        ):
            self.stack.set_state(record, "DELETE", "COMPLETE")
            self.stack.drop(record)
            return True
        self.running[record.id] = "DELETE"
        try:
            record.kind.delete(record)
        except Exception as error:
            if not self._try_again(record, error):
                self._fail(record, "DELETE", as_failure(error))
        return True

    def _try_again(self, record: Resource, error: Exception) -> bool:
        """Put a delete that was refused off, a few times, each longer. Source: Heat 27, `action_retry_limit`."""
        count = record.data.get("again", {}).get("count", 0)
        if count >= MOST_TRIES or not record.kind.retries_delete(record, error):
            record.data.pop("again", None)
            return False
        record.data["again"] = {"count": count + 1, "at": self.stack.backend.now() + 2.0**count}
        return True

    # Failing

    def _fail(self, record: Resource, op: str, failure: ResourceFailure) -> None:
        self.running.pop(record.id, None)
        if "before" in record.data and op == "UPDATE":
            record.frozen = record.data.pop("before")
        told = failure.below(record.name)
        self.stack.set_state(record, op, "FAILED", told.text)
        self._stop(told, op)

    def _stop(self, failure: ResourceFailure, op: str) -> None:
        if self.failure is None:
            self.failure, self.failed_action = failure, op
        elif op:
            self.more.append((failure, op))

    def drain(self) -> None:
        """Begin nothing more; what is under way comes to its own end."""
        self.drained = True
        self.waiting.clear()
        self.paused.clear()

    def abort(self, reason: str) -> None:
        """End at once: what is under way has failed, for a timeout or a cancel."""
        for id, op in [*self.inherited.items(), *self.running.items()]:
            record = self.stack.records[id]
            record.frozen = record.data.pop("before", record.frozen)
            record.kind.cancel(record)
            self.stack.set_state(record, op, "FAILED", f"{op} aborted ({reason})")
        self.running.clear()
        self.paused.clear()
        self.inherited.clear()
        self._stop(ResourceFailure(reason, ""), "")
