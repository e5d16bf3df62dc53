"""The records of a stack's resources, their states, and the events that tell of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kit.hot.change import CREATED, DELETED, REPLACED, UNTOUCHED, UPDATED
from kit.hot.events import Event
from kit.hot.resources.base import Backend, Kind, Resource

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class Records:
    """What a stack keeps of its resources.

    Attributes
    ----------
    resources : dict
        Name to `Resource`, those of today.
    records : dict
        All records, also those that are being replaced.
    children : dict
        A record's id to the stack inside it.
    events : list of Event
        What happened, in order.
    """

    def __init__(self, name: str, backend: Backend, id: str | None = None) -> None:
        self.name = name
        self.backend = backend
        self.id = backend.new_id() if id is None else id
        self.action, self.status, self.reason = "INIT", "COMPLETE", ""
        self.resources: dict[str, Resource] = {}
        self.records: dict[str, Resource] = {}
        self.children: dict[str, Stack] = {}
        self.events: list[Event] = []
        self._changes: dict[str, str] = {}

    @property
    def state(self) -> str:
        """`CREATE_COMPLETE` and the like."""
        return f"{self.action}_{self.status}"

    def view(self, name: str) -> Resource | None:
        """The live resource of a name, for functions."""
        return self.resources.get(name)

    def of_name(self, name: str) -> list[Resource]:
        """All records of a name."""
        return [record for record in self.records.values() if record.name == name]

    def best(self, name: str, generation: str, previous: str = "") -> Resource | None:
        """The record that an update goes on with. Source: Heat 27, `_get_best_existing_rsrc_db`.

        Parameters
        ----------
        generation, previous : str
            Of the template that the stack goes to, and of the one that it comes from.
        """

        def suitability(record: Resource) -> tuple[int, float]:
            score = -30 * (record.status == "FAILED") - 50 * (record.action == "DELETE")
            score -= record.replaced_by in self.records
            score += 5 * (record.generation == previous) + 10 * (record.generation == generation)
            return score, record.updated_at or record.created_at

        # Of equals the newest.
        return max(reversed(self.of_name(name)), key=suitability, default=None)

    def new_record(self, name: str, type: str, kind: Kind) -> Resource:
        """A record that is not made yet."""
        record = Resource(cast("Stack", self), name, type, kind, self.backend.new_id(), created_at=self.backend.now())
        self.records[record.id] = record
        self.resources.setdefault(name, record)
        return record

    def drop(self, record: Resource) -> None:
        """Forget a record that is deleted."""
        self.records.pop(record.id, None)
        self.children.pop(record.id, None)
        if self.resources.get(record.name) is record:
            del self.resources[record.name]

    def physical_name(self, resource: Resource) -> str:
        """`STACK-RESOURCE-RANDOM`, as Heat names what it makes."""
        if "physical_name" not in resource.data:
            resource.data["physical_name"] = f"{self.name}-{resource.name}-{self.backend.short_id()}"
        return str(resource.data["physical_name"])

    def set_state(self, resource: Resource, action: str, status: str, reason: str = "state changed") -> None:
        """Give a resource another state, and tell it."""
        news = (resource.action, resource.status) != (action, status)
        resource.action, resource.status, resource.reason = action, status, reason
        resource.updated_at = self.backend.now()
        if status == "IN_PROGRESS":
            resource.since = self.backend.now()
        if news:
            self.add_event(resource, action, status, reason)

    def set_stack_state(self, action: str, status: str, reason: str) -> None:
        """Give the stack another state, and tell it."""
        self.action, self.status, self.reason = action, status, reason
        self.add_event(None, action, status, reason)

    def add_event(self, resource: Resource | None, action: str, status: str, reason: str) -> None:
        """Tell what happened."""
        name, type = (self.name, "OS::Heat::Stack") if resource is None else (resource.name, resource.type)
        physical = self.id if resource is None else resource.physical_id
        event = Event(self.backend.new_id(), self.backend.now(), name, type, action, status, reason, physical)
        self.events.append(event)
        self.backend.tell(cast("Stack", self), event)

    def note(self, name: str, change: str, replaced: bool = False) -> None:
        """Remember what became of a resource in this update."""
        before = self._changes.get(name)
        if change == DELETED:
            if replaced:
                return
            if before in (CREATED, REPLACED):
                self._changes.pop(name)
                # The one that stays was begun to be updated before it was to be replaced.
                if before == REPLACED and any(each.state == "UPDATE_COMPLETE" for each in self.of_name(name)):
                    self._changes[name] = UPDATED
                return
        if before in (CREATED, REPLACED, UPDATED) and change in (UNTOUCHED, UPDATED):
            return
        self._changes[name] = change

    @property
    def changes(self) -> dict[str, list[str]]:
        """Class to names: created, updated, replaced, deleted, untouched."""
        found: dict[str, list[str]] = {}
        for name, change in sorted(self._changes.items()):
            found.setdefault(change, []).append(name)
        return found

    def members(self) -> list[Resource]:
        """The resources of today, the oldest first."""
        return sorted(self.resources.values(), key=lambda each: each.created_at)
