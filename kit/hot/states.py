"""Suspend, resume and check, which walk over all resources; and what a signal does to one.

Source: Heat 27. A type that cannot be checked only says so; a resource that is not complete cannot be suspended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.errors import HotError
from kit.hot.errors import ActionError, HookNotDefined, ResourceFailure
from kit.hot.registry import HOOKS
from kit.hot.resources.base import NoActionRequired, Resource

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class NotMade(ResourceFailure):
    """A resource that is checked before it is made; its own state tells so already."""


class Walk:
    """One action on every resource, in the order of the graph; suspending goes backwards.

    Parameters
    ----------
    action : str
        `SUSPEND`, `RESUME`, `CHECK` or `SNAPSHOT`.
    """

    def __init__(self, stack: Stack, action: str) -> None:
        self.stack = stack
        self.action = action
        self.waiting = [record.name for record in stack.members()]
        self.running: set[str] = set()
        self.paused: dict[str, str] = {}
        self.failure: ResourceFailure | None = None
        self.failed_action = action
        self.more: list[tuple[ResourceFailure, str]] = []
        self.drained = False

    def _ready(self, name: str) -> bool:
        open_names = {*self.waiting, *self.running}
        resources = self.stack.resources
        if self.action == "SUSPEND":
            return not any(name in resources[other].requires for other in open_names if other != name)
        return not any(need in open_names for need in resources[name].requires)

    def step(self) -> tuple[bool, bool]:
        """Go on; whether there is more to do, and whether something happened."""
        moved = False
        for name in sorted(self.running):
            moved = self._poll(self.stack.resources[name]) or moved
        if self.drained:
            return bool(self.running), moved
        if self.action == "CHECK":
            self._check_all()
            return False, True
        if self.failure is None:
            for name in [name for name in self.waiting if self._ready(name)]:
                self.waiting.remove(name)
                moved = True
                self._begin(self.stack.resources[name])
        if self.failure is not None:
            return bool(self.running), moved
        return bool(self.running or self.waiting), moved

    def _check_all(self) -> None:
        """Check whatever does not rest on a failed one; all failures are told together. Source: Heat 27."""
        bad: set[str] = set()
        told: list[ResourceFailure] = []
        while ready := [name for name in self.waiting if self._ready(name)]:
            for name in ready:
                self.waiting.remove(name)
                resource = self.stack.resources[name]
                if not bad.isdisjoint(resource.requires):
                    bad.add(name)
                    continue
                try:
                    check(resource)
                except Exception as error:
                    bad.add(name)
                    told.append(self._failed(resource, error))
        if told:
            each = "; ".join(f"{failure.path[1]}: Resource CHECK failed: {failure.text}" for failure in told)
            self.failure = ResourceFailure(f"Resource CHECK failed: {each}", "", told[0].path)
            self.failed_action = ""

    def _begin(self, resource: Resource) -> None:
        if self._forbidden(resource):
            pair = f"('{resource.action}', '{resource.status}')"
            failure = ResourceFailure(f"State {pair} invalid for {self.action.lower()}", "Error")
            self.failure = self.failure or failure.below(resource.name)
            return
        try:
            self.stack.set_state(resource, self.action, "IN_PROGRESS")
            self.running.add(resource.name)
            kind = resource.kind
            begin = {"SUSPEND": kind.suspend, "RESUME": kind.resume, "SNAPSHOT": kind.snapshot}
            begin[self.action](resource)
        except Exception as error:
            self._fail(resource, error)

    def _forbidden(self, resource: Resource) -> bool:
        if self.action == "SUSPEND":
            wrong = resource.action == "DELETE" or (resource.action != "SUSPEND" and resource.status != "COMPLETE")
            return wrong or resource.action == "INIT"
        allowed = ("SUSPEND_COMPLETE", "RESUME_FAILED", "RESUME_COMPLETE")
        return self.action == "RESUME" and resource.state not in allowed

    def _poll(self, resource: Resource) -> bool:
        try:
            kind = resource.kind
            ask = {"SUSPEND": kind.suspended, "RESUME": kind.resumed, "SNAPSHOT": kind.snapshotted}
            done = ask[self.action](resource)
        except Exception as error:
            self._fail(resource, error)
            return True
        if done:
            self.running.discard(resource.name)
            self.stack.set_state(resource, self.action, "COMPLETE")
        return done

    def _fail(self, resource: Resource, error: Exception) -> None:
        self.running.discard(resource.name)
        told = self._failed(resource, error)
        self.failure = self.failure or told

    def _failed(self, resource: Resource, error: Exception) -> ResourceFailure:
        """Note that its action has failed; the failure as the stack sees it."""
        what = error.what if isinstance(error, HotError) else str(error)
        failure = error if isinstance(error, ResourceFailure) else ResourceFailure(what, type(error).__name__)
        told = failure.below(resource.name)
        if not isinstance(error, NotMade):
            self.stack.set_state(resource, self.action, "FAILED", told.text)
        return told

    def drain(self) -> None:
        """Begin nothing more; what is under way comes to its own end."""
        self.drained = True
        self.waiting.clear()

    def abort(self, reason: str) -> None:
        """End at once."""
        self.running.clear()
        self.waiting.clear()
        self.failure = self.failure or ResourceFailure(reason, "")


def check(resource: Resource) -> None:
    """Look whether a resource is what it should be, and tell it.

    Raises
    ------
    ResourceFailure
        It is not.
    """
    stack = resource.stack
    if resource.action == "INIT":
        if resource.kind.type.checks or resource.kind.nested:
            stack.set_state(resource, "CHECK", "FAILED", f"Can not check {resource.name}, resource not created yet.")
            raise NotMade(f"Resource {resource.name} not created yet.", "Exception")
        return
    if not (resource.kind.type.checks or resource.kind.nested):
        stack.set_state(resource, "CHECK", "COMPLETE", f"CHECK not supported for {resource.type}")
        return
    stack.set_state(resource, "CHECK", "IN_PROGRESS")
    resource.kind.inspect(resource)
    stack.set_state(resource, "CHECK", "COMPLETE")


def signal(resource: Resource, data: Any) -> None:
    """Signal a resource, and tell it; a signal that changes nothing leaves no event.

    Raises
    ------
    ResourceActionNotSupported
        The type takes none.
    ResourceFailure
        What it asks for failed.
    """
    try:
        told = resource.kind.signal(resource, data)
    except NoActionRequired:
        return
    except ActionError:
        raise
    except ResourceFailure as error:
        raise error.below(resource.name) from None
    resource.stack.add_event(resource, "SIGNAL", resource.status, f"Signal: {told}")


def unset_hook(resource: Resource, hook: str) -> None:
    """Clear the hook that stops a resource.

    Raises
    ------
    HookNotDefined
        There is no such hook, or it does not stop the resource.
    """
    if hook not in HOOKS:
        raise HookNotDefined(f'Invalid hook type "{hook}" for {resource.name}', todo=f"Hooks are: {', '.join(HOOKS)}.")
    if resource.data.get("hook") != hook:
        raise HookNotDefined(f'The "{hook}" hook is not defined on {resource.name}', where=resource.name)
    del resource.data["hook"]
    resource.stack.add_event(resource, resource.action, resource.status, f"Hook {hook} is cleared")
