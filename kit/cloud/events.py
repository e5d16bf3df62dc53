"""Things that take time: events that fall due on the cloud's clock.

Nothing runs in the background. When anybody looks at the cloud, all that has fallen due since
is applied first, in order, each at its own moment; so it never matters who looks when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from kit.cloud.clock import parse, stamp
from kit.cloud.store import Transaction
from kit.cloud.tables import Column, Integer, Table, json, metadata, moment, string

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

due_events = Table(
    "due_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    moment("due", index=True),
    string("kind"),
    string("subject", index=True),
    json("payload"),
)

_EARLIEST = sa.select(due_events).order_by(due_events.c.due, due_events.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that has fallen due.

    Attributes
    ----------
    kind : str
        Service and what happens: `compute.built`.
    subject : str
        The id of the thing it happens to.
    """

    kind: str
    subject: str
    payload: dict[str, Any]


Handler = Callable[["Cloud", Transaction, Event], None]


class Events:
    """The due events of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._handlers: dict[str, Handler] = {}
        # Whether nobody else writes to the store, so that the next due moment may be kept here.
        self._alone = cloud.store.memory
        self._next: str | None = None
        self._known = False

    def _handler(self, kind: str) -> Handler:
        """What carries out events of a kind.

        Raises
        ------
        LookupError
            When no service has it.
        """
        if kind not in self._handlers:
            # A kept store may hold events of a service that nobody has asked yet.
            for service in self._cloud.services.values():
                self._handlers.update(service.handlers)
        if kind not in self._handlers:
            raise LookupError(f"nobody handles the event {kind}")
        return self._handlers[kind]

    def register(self, kind: str, handler: Handler) -> None:
        """Call `handler` for events of this kind."""
        self._handlers[kind] = handler

    def add(
        self, tx: Transaction, seconds: float, kind: str, subject: str, payload: dict[str, Any] | None = None
    ) -> None:
        """Let something fall due `seconds` after the transaction's moment."""
        self._handler(kind)
        due = stamp(tx.now + timedelta(seconds=seconds))
        tx.insert(due_events, due=due, kind=kind, subject=subject, payload=payload or {})
        if self._next is None or due < self._next:
            self._next = due

    def cancel(self, tx: Transaction, subject: str, kind: str | None = None) -> None:
        """Forget what was still to happen to `subject`."""
        if kind is None:
            tx.delete(due_events, subject=subject)
        else:
            tx.delete(due_events, subject=subject, kind=kind)

    def forget(self) -> None:
        """Look up the next due moment anew: the store was changed behind this object's back."""
        self._known = False

    def quiet(self, now: datetime) -> bool:
        """Whether it is known, without a look at the store, that nothing has fallen due."""
        return self._alone and self._known and (self._next is None or self._next > stamp(now))

    def due(self, tx: Transaction, now: datetime) -> bool:
        """Whether anything has fallen due by `now`."""
        if not (self._alone and self._known):
            earliest = tx.connection.execute(_EARLIEST).mappings().first()
            self._next = earliest["due"] if earliest else None
            self._known = True
        return self._next is not None and self._next <= stamp(now)

    def pending(self, tx: Transaction) -> list[dict[str, Any]]:
        """What is still to happen, earliest first."""
        return tx.rows(due_events, order=[due_events.c.due, due_events.c.id])

    def apply(self, tx: Transaction, now: datetime) -> int:
        """Let all happen that has fallen due by `now`; return how many events that was."""
        count, limit = 0, stamp(now)
        while True:
            row = tx.connection.execute(_EARLIEST).mappings().first()
            if row is None or row["due"] > limit:
                break
            tx.delete(due_events, id=row["id"])
            tx.now = parse(row["due"])
            event = Event(row["kind"], row["subject"], row["payload"] or {})
            if not self._cloud.faults.loses(event):
                self._handler(event.kind)(self._cloud, tx, event)
            count += 1
        tx.now = now
        self._known = False
        return count
