"""A grown cloud as an image: SQLite's own bytes and what stands beside the rows; to open one costs a millisecond."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kit.cloud.faults import Fault

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud


@dataclass(frozen=True)
class Grown:
    """A cloud in memory with a standing clock, as it was; every cloud opened from it begins there.

    Attributes
    ----------
    counts : tuple of int
        How far the identifiers, those of requests, the exchanges and the generation had come.
    luck : tuple
        The state of the dice that faults with a probability throw.
    """

    database: bytes
    now: datetime
    tick: float
    random_seed: int | None
    counts: tuple[int, int, int, int]
    faults: tuple[Fault, ...]
    luck: tuple[Any, ...]
    timings: dict[str, float]
    passwords: dict[str, str]

    @classmethod
    def of(cls, cloud: Cloud) -> Grown:
        """The image of a cloud whose store is memory and whose clock stands."""
        return cls(
            database=cloud.store.image(), now=cloud.clock.now(), tick=cloud.clock.tick, random_seed=cloud.random_seed,
            counts=(cloud.ids.count, cloud.request_ids.count, cloud.exchanges.count, cloud.generation),
            faults=tuple(replace(fault) for fault in cloud.faults), luck=cloud.faults.luck,
            timings=dict(cloud.timings), passwords=dict(cloud.passwords),
        )  # fmt: skip

    def dress(self, cloud: Cloud) -> None:
        """Give a cloud whose store holds the rows all that stands beside them."""
        cloud.clock.set(self.now)
        cloud.clock.tick = self.tick
        cloud.ids.count, cloud.request_ids.count, cloud.exchanges.count, cloud.generation = self.counts
        for fault in self.faults:
            cloud.faults.add(replace(fault))
        cloud.faults.luck = self.luck
        cloud.timings.update(self.timings)
        cloud.passwords.update(self.passwords)
