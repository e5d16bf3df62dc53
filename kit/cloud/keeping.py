"""What a kept store holds of the cloud itself: its time, faults, timings and passwords, for whoever opens it next.

Several workers may have one store open. Each looks, before it answers, whether another has changed these.
A store in memory is one cloud's alone: nothing of this is written there.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit.cloud import schema
from kit.cloud.clock import parse, stamp
from kit.cloud.ids import Ids

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction


class Keeping:
    """The state of one cloud in its store."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._revision = 0
        self._era = 0  # how often a snapshot was restored: only then may time run backwards
        self._saved: Any = None

    def join(self, tx: Transaction) -> None:
        """Count this opening of the store, and draw identifiers that no other one draws."""
        number = int(schema.recall(tx.connection, "openings") or 0) + 1
        schema.remember(tx.connection, "openings", number)
        cloud = self._cloud
        if cloud.random_seed is None:
            cloud.random_seed = (schema.recall(tx.connection, "cloud") or {}).get("random_seed")
        if number > 1:
            cloud.ids = Ids(cloud.random_seed, f"ids-{number}")
            cloud.request_ids = Ids(cloud.random_seed, f"requests-{number}")

    def load(self, tx: Transaction, *, own_clock: bool = False) -> None:
        """Take over what another has written since.

        Parameters
        ----------
        own_clock : bool
            Whether this cloud's clock was asked for: it then keeps its pace, and only never runs back.
        """
        kept = schema.recall(tx.connection, "cloud")
        if kept is None or kept["revision"] == self._revision:
            return
        cloud, clock = self._cloud, kept["clock"]
        now = parse(clock["now"]) + timedelta(seconds=max(0.0, time.time() - clock["wall"]) * clock["rate"])
        exact = not own_clock and kept["era"] != self._era
        if not own_clock:
            cloud.clock.rate, cloud.clock.tick = clock["rate"], clock["tick"]
        cloud.clock.set(now if exact else max(now, cloud.clock.now()))
        cloud.faults.load(kept["faults"])
        cloud.timings, cloud.passwords = dict(kept["timings"]), dict(kept["passwords"])
        self._revision, self._era = kept["revision"], kept["era"]
        self._saved = None if own_clock else self._state()

    def save(self, tx: Transaction, *, restored: bool = False) -> None:
        """Write down what has changed since it was last read or written."""
        state = self._state()
        if state == self._saved and not restored:
            return
        cloud, clock = self._cloud, self._cloud.clock
        kept = schema.recall(tx.connection, "cloud") or {"revision": 0, "era": 1}
        self._revision, self._era = kept["revision"] + 1, kept["era"] + restored
        beside = {
            "revision": self._revision, "era": self._era, "random_seed": cloud.random_seed,
            "clock": {"now": stamp(clock.now()), "wall": time.time(), "rate": clock.rate, "tick": clock.tick},
            "faults": cloud.faults.to_json(), "timings": cloud.timings, "passwords": cloud.passwords,
        }  # fmt: skip
        schema.remember(tx.connection, "cloud", beside)
        self._saved = state

    def _state(self) -> Any:
        cloud = self._cloud
        return cloud.clock.setting, cloud.faults.to_json(), dict(cloud.timings), dict(cloud.passwords)
