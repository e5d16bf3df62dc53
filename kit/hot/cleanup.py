"""What an action deletes, and when.

Source: Heat 27, `_compute_convg_dependencies`: a resource goes once whatever needed it is changed or gone, and its own
replacement stands. So deletes run beside creates, and a rollback may have to make anew what is gone already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kit.hot.resources.base import Resource

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class Cleanup:
    """The records there were when the action began, each with what it waits for.

    Parameters
    ----------
    names : mapping of str to str
        The resources that stay, and the record that each goes on with.

    Attributes
    ----------
    before : dict
        Record to the records that come before it, in an order in which they can.
    after : dict
        Record to the name whose change comes before it.
    settled : set
        The records that are gone or stay.
    """

    def __init__(self, stack: Stack, names: Mapping[str, str]) -> None:
        self.stack = stack
        self.after = {id: name for name, id in names.items() if id in stack.records}
        self.before = _sorted(_waits(list(stack.records.values())))
        self.settled: set[str] = set()

    @property
    def over(self) -> bool:
        """Whether nothing is left to look at."""
        return len(self.settled) == len(self.before)

    def ready(self, done: set[str]) -> list[Resource]:
        """The records to delete now.

        Parameters
        ----------
        done : set of str
            The names that are changed already.
        """
        found = []
        stay = {id for id, name in self.after.items() if self.stack.resources.get(name) is self.stack.records.get(id)}
        for id, others in self.before.items():
            if id in self.settled:
                continue
            record = self.stack.records.get(id)
            if record is not None:
                if not others <= self.settled or (id in self.after and self.after[id] not in done):
                    continue
                if id not in stay and record.action != "INIT":
                    found.append(record)
                    continue
                if id not in stay:
                    self.stack.drop(record)
            self.settled.add(id)
        return found


def _waits(records: list[Resource]) -> dict[str, set[str]]:
    """Each record with those that need it, and with what replaces it."""
    named: dict[str, list[Resource]] = {}
    for record in records:
        named.setdefault(record.name, []).append(record)
    waits: dict[str, set[str]] = {record.id: set() for record in records}
    for record in records:
        for name in record.requires:
            found = named.get(name, [])
            # Of several of one name, the one of its own time is meant.
            for each in [each for each in found if each.generation == record.generation] or found:
                if each is not record:
                    waits[each.id].add(record.id)
        if record.replaced_by in waits:
            waits[record.id].add(str(record.replaced_by))
    return waits


def _sorted(waits: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same, each record behind those it waits for; what waits in a circle does not."""
    left = {id: set(others) for id, others in waits.items()}
    users: dict[str, list[str]] = {}
    for id, others in waits.items():
        for other in others:
            users.setdefault(other, []).append(id)
    found: dict[str, set[str]] = {}
    free = [id for id, others in left.items() if not others]
    while left:
        if not free:
            free = [next(iter(left))]
            waits[free[0]] &= found.keys()
        for id in free:
            found[id] = waits[id]
            del left[id]
        loose = [user for id in free for user in users.get(id, ()) if user in left]
        for id in free:
            for user in users.get(id, ()):
                if user in left:
                    left[user].discard(id)
        free = [user for user in dict.fromkeys(loose) if not left[user]]
    return found
