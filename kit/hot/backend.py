"""A backend that keeps records only: for plans, tests and everyone without a cloud.

Its ids count, and its clock goes on only when a stack waits, so that the same steps give the same results.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kit.hot.events import Event
from kit.hot.resources.base import Kind
from kit.hot.resources.kinds import kind_of
from kit.hot.types import ResourceType, find_type

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class MemoryBackend:
    """Stacks of records.

    Parameters
    ----------
    seed : int
        For ids, names and random strings.
    kinds : mapping, optional
        Further types, or others in their place.

    Examples
    --------
    >>> from kit.hot import MemoryBackend, Stack
    >>> stack = Stack.create("s", "heat_template_version: 2021-04-16\\noutputs: {o: {value: 1}}", MemoryBackend())
    >>> stack.state
    'CREATE_COMPLETE'
    """

    blocks = True

    def __init__(self, seed: int = 0, kinds: Mapping[str, Kind] | None = None) -> None:
        self._random = random.Random(seed)
        self._kinds: dict[str, Kind] = dict(kinds or {})
        self.time = 0.0

    def kind(self, type: str) -> Kind | None:
        """The kind of a type: one of the engine's own, or records for any other type of Heat."""
        if type not in self._kinds:
            found: ResourceType | None = find_type(type)
            if found is None:
                return None
            self._kinds[type] = kind_of(found)
        return self._kinds[type]

    def new_id(self) -> str:
        """A UUID by the seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def short_id(self) -> str:
        """Twelve lower-case letters and digits."""
        return "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz234567", k=12))

    def now(self) -> float:
        """The time that was waited."""
        return self.time

    def wait(self, seconds: float) -> None:
        """Let the clock go on."""
        self.time += seconds

    def endpoint(self, project_id: str) -> str:
        """An address that nobody answers."""
        return f"http://heat.example/v1/{project_id or 'project'}"

    def tell(self, stack: Stack, event: Event) -> None:
        """Nobody else listens: a stack keeps its events itself."""

    def random(self, size: int) -> list[int]:
        """Numbers by the seed."""
        return [self._random.getrandbits(32) for _ in range(size)]
