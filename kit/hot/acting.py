"""What one does to a stack that is there: suspend, resume, check, snapshot, cancel, signal, mark unhealthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kit.hot import states
from kit.hot.change import DELETED, UNTOUCHED
from kit.hot.converge import Converge
from kit.hot.errors import (
    FunctionError,
    Invalid,
    NotSupported,
    ResourceFailure,
    ResourceNotAvailable,
    ResourceNotFound,
    StackNotFound,
)
from kit.hot.functions.base import attempt
from kit.hot.looks import Looks
from kit.hot.resources.base import Backend, Resource
from kit.hot.suggest import did_you_mean

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class Acting(Looks):
    """A stack as one acts on it.

    Attributes
    ----------
    task : Converge, Walk or None
        What it is busy with.
    failure : ResourceFailure or None
        The failed leaf, with its path.
    converge : bool
        Whether its update compares with what is really there.
    """

    def __init__(
        self, name: str, backend: Backend, project_id: str, timeout_mins: int, id: str | None = None
    ) -> None:  # fmt: skip
        super().__init__(name, backend, project_id, timeout_mins, id)
        self.failure: ResourceFailure | None = None
        self.task: Converge | states.Walk | None = None
        self.started = 0.0
        self.cancelled = False
        self.converge = False

    @property
    def busy(self) -> bool:
        """Whether it, or a stack inside, has more to do."""
        return self.task is not None or any(child.busy for child in self.children.values())

    def run(self) -> Stack:
        """Step until the end."""
        raise NotImplementedError

    def suspend(self) -> Stack:
        """Suspend all resources, those that need others first."""
        return self._action("SUSPEND")

    def resume(self) -> Stack:
        """Resume all resources."""
        return self._action("RESUME")

    def check(self) -> Stack:
        """Look whether all resources are still what they should be."""
        return self._action("CHECK")

    def snapshot(self) -> Stack:
        """Save the content of all resources whose type can."""
        return self._action("SNAPSHOT")

    def _present(self) -> None:
        """Refuse what is asked of a stack that is gone.

        Raises
        ------
        StackNotFound
            It is deleted.
        """
        if self.state == "DELETE_COMPLETE":
            raise StackNotFound(f"The Stack ({self.name}) could not be found.")

    def _action(self, action: str) -> Stack:
        self.begin_action(action)
        return self.run()

    def begin_action(self, action: str) -> None:
        """Begin to suspend, resume, check or snapshot."""
        self._present()
        if (action, "COMPLETE") == (self.action, self.status) and action in ("SUSPEND", "RESUME"):
            return
        self.failure = None
        self.started = self.backend.now()
        self.set_stack_state(action, "IN_PROGRESS", f"Stack {action} started")
        self.task = states.Walk(cast("Stack", self), action)

    def cancel(self, rollback: bool = True) -> None:
        """End an update that is under way; what it has begun has failed.

        Parameters
        ----------
        rollback : bool
            Whether the stack then goes back to what it was.

        Raises
        ------
        NotSupported
            Nothing is under way, or with `rollback` something that cannot be taken back.
        """
        if self.task is None or self.task.drained or (rollback and self.action not in ("UPDATE", "CREATE")):
            what = f"Cancelling {'update' if rollback else 'action'} when stack is {self.state}"
            raise NotSupported(f"{what} is not supported.", where=self.name)
        if not rollback:
            self.leave()
            return
        self.rollback, self.cancelled = True, True
        self.stop("User cancelled operation")

    def leave(self) -> None:
        """Give up what is under way, also inside; what is begun comes to its own end. Source: Heat 27."""
        if self.task is None or self.task.drained:
            return
        self.task.drain()
        self.set_stack_state(self.action, "FAILED", f"Stack {self.action} cancelled")
        for child in self.children.values():
            child.leave()

    def stop(self, reason: str) -> None:
        """End what is under way, also in the stacks inside."""
        if self.task is None:
            return
        for key in list(self.task.running):
            record = self.records.get(key) or self.resources.get(key)
            child = self.children.get(record.id) if record is not None else None
            if child is not None:
                child.stop(reason)
                child.step()
        self.task.abort(reason)

    def _settle(self) -> None:
        """After an update that failed: what it did not reach is untouched, what it shall remove is told as deleted."""
        wanted = self.definition.resources
        for name in set(self.resources) - set(wanted) - set(self._changes):
            self.note(name, DELETED)
        self.resources = {name: each for name, each in self.resources.items() if name in wanted}
        for name, each in self.resources.items():
            if name not in self._changes and each.status == "COMPLETE" and each.action != "INIT":
                self.note(name, UNTOUCHED)

    # Single resources

    def find(self, name: str) -> Resource:
        """A resource.

        Raises
        ------
        ResourceNotFound
            The stack has none of that name.
        """
        found = self.resources.get(name)
        if found is None:
            raise ResourceNotFound(
                f"The Resource ({name}) could not be found in Stack {self.name}.",
                todo=did_you_mean(name, self.resources, "It has"),
            )
        return found

    def signal(self, name: str, data: Any = None) -> None:
        """Signal a resource: a scaling policy, a wait condition's handle, a deployment; or clear a hook.

        Raises
        ------
        ResourceNotFound, ResourceNotAvailable
            It is not there, or not made yet.
        ResourceActionNotSupported, NotSupported
            Its type takes no signal, or not in this state.
        ResourceFailure
            What the signal asks for failed.
        """
        self._present()
        resource = self.find(name)
        if isinstance(data, dict) and "unset_hook" in data:
            states.unset_hook(resource, str(data["unset_hook"]))
            return
        if resource.action in ("SUSPEND", "DELETE"):
            told = f"Cannot signal resource during {resource.action}"
            self.add_event(resource, resource.action, resource.status, told)
            raise NotSupported(f"Signal resource during {resource.action} is not supported.", where=name)
        if resource.action == "INIT":
            raise ResourceNotAvailable(f"The Resource ({name}) is not available.", where=self.name)
        states.signal(resource, data)
        self.refresh_metadata(name)

    def refresh_metadata(self, signalled: str = "") -> None:
        """Look at metadata anew that rest on others: a signal may have changed those. Source: Heat 27.

        Parameters
        ----------
        signalled : str
            The resource that knows its own.
        """
        for each in self.resources.values():
            wanted = self.definition.resources.get(each.name)
            if each.name == signalled or each.action == "INIT" or not each.kind.refreshes_metadata or wanted is None:
                continue
            try:
                each.metadata = {**each.metadata, **(attempt(wanted.metadata) or {})}
            except FunctionError:
                continue

    def mark_unhealthy(self, name: str, unhealthy: bool = True, reason: str = "") -> None:
        """Mark a resource as broken, so that the next update replaces it; or take that back.

        Raises
        ------
        ResourceNotFound
            It is not there.
        Invalid
            `unhealthy` is neither true nor false.
        """
        if not isinstance(unhealthy, bool):
            raise Invalid("Data supplied was not valid: mark_unhealthy is not a boolean", where=name)
        resource = self.find(name)
        if unhealthy and resource.action != "DELETE":
            self.set_state(resource, "CHECK", "FAILED", reason or "state changed by resource_mark_unhealthy api")
        elif not unhealthy and resource.state == "CHECK_FAILED":
            self.set_state(resource, "CHECK", "COMPLETE", reason or "state changed by resource_mark_unhealthy api")
