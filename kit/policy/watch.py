"""What changes demand: events of watched tables, and the actions that new rows of `execute[...]` call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.policy.change import Delta
from kit.policy.core import Key
from kit.policy.values import Row, in_order, show

MOST_KEPT = 10_000
"""Events and actions kept for a caller that never asks."""


@dataclass(frozen=True)
class Event:
    """A change of a watched table.

    Attributes
    ----------
    policy, table : str
        Which table.
    added, removed : list of tuple
        Its rows that came and went, in order.
    """

    policy: str
    table: str
    added: list[Row]
    removed: list[Row]

    def to_dict(self) -> dict[str, Any]:
        """The event as plain data."""
        rows = {"added": [list(row) for row in self.added], "removed": [list(row) for row in self.removed]}
        return {"policy": self.policy, "table": self.table, **rows}


@dataclass(frozen=True)
class Action:
    """A call that a policy demands: `execute[service:name(args)]` has a new row.

    Attributes
    ----------
    service, name : str
        What is called; without a prefix the service is the policy itself.
    args : tuple
        The arguments, in order.
    policy : str
        Whose rule demands it.
    """

    service: str
    name: str
    args: Row
    policy: str

    def __str__(self) -> str:
        return f"{self.service}:{self.name}({', '.join(map(show, self.args))})"

    @property
    def query(self) -> str:
        """The row that demands it, to ask `Engine.why` for the reason."""
        return f"execute[{self}]"

    def to_dict(self) -> dict[str, Any]:
        """The call as plain data."""
        return {"service": self.service, "action": self.name, "args": list(self.args)}


Listener = Callable[[Action], object]


class Watcher:
    """Keeps events and actions for those who ask, and tells those who listen."""

    def __init__(self) -> None:
        self.tables: dict[Key, list[Callable[[Event], object]]] = {}
        self._listeners: list[Listener] = []
        self._events: deque[Event] = deque(maxlen=MOST_KEPT)
        self._actions: deque[Action] = deque(maxlen=MOST_KEPT)
        self._untold: deque[Callable[[], object]] = deque()
        self._telling = False

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every action from now on; the result ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def events(self) -> list[Event]:
        """The events since this was last asked."""
        found = list(self._events)
        self._events.clear()
        return found

    def actions(self) -> list[Action]:
        """The actions since this was last asked."""
        found = list(self._actions)
        self._actions.clear()
        return found

    def record(self, changes: Mapping[Key, Delta]) -> None:
        """Take a change of watched tables, then tell of it.

        A listener may change the engine itself; what that demands is told after, in its turn.
        """
        for key in sorted(changes):
            minus, plus = changes[key]
            if key in self.tables:
                self._event(Event(key.policy, key.table, in_order(plus), in_order(minus)), key)
            if key.kind == "execute":
                service, _, name = key.table.partition(":")
                for row in in_order(plus):
                    self._action(Action(service, name, row, key.policy))
        if self._untold and not self._telling:
            self._tell()

    def _event(self, event: Event, key: Key) -> None:
        self._events.append(event)
        for listener in self.tables[key]:
            self._untold.append(lambda listener=listener: listener(event))  # type: ignore[misc]

    def _action(self, action: Action) -> None:
        self._actions.append(action)
        for listener in self._listeners:
            self._untold.append(lambda listener=listener: listener(action))  # type: ignore[misc]

    def _tell(self) -> None:
        self._telling = True
        try:
            while self._untold:
                self._untold.popleft()()
        finally:
            self._telling = False
