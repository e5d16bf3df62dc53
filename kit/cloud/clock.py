"""The cloud's own time: real, scaled, or stepped by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

# Where a stepped clock starts, so that two runs of a lab print the same times. It lies ahead of the
# real time: a client compares a token's end with its own clock, and would log in anew for every call.
EPOCH = datetime(2040, 1, 2, 8, 0, 0)


def steady() -> float:
    """Seconds that only run forward, also in a test whose `time.monotonic` freezegun has frozen."""
    if hasattr(time, "clock_gettime"):
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


def stamp(moment: datetime) -> str:
    """A moment as the store keeps it: ISO 8601, UTC, microseconds, no zone (sorts as text)."""
    return moment.isoformat(timespec="microseconds")


def parse(text: str) -> datetime:
    """The moment of a stamp; naive, in UTC."""
    return datetime.fromisoformat(text)


class Clock:
    """One time for the whole cloud.

    Parameters
    ----------
    rate : float
        Seconds of cloud time per second of real time: 1 is real, 60 turns a minute into a
        second, 0 stands still until `advance` moves it.
    start : datetime, optional
        The first moment, naive, in UTC; default the real time, or `EPOCH` at rate 0.
    tick : float
        Seconds that every request adds. On a standing clock this lets a client that polls
        (`wait=True`) come to its end without anybody turning the time.
    """

    def __init__(self, rate: float = 1.0, start: datetime | None = None, tick: float = 0.0) -> None:
        if rate < 0:
            raise ValueError(f"a clock's rate is 0 or more, not {rate}")
        if start is None:
            start = EPOCH if rate == 0 else datetime.now(UTC).replace(tzinfo=None)
        self.tick = tick
        self._rate = rate
        self._base = start
        self._since = steady()

    @property
    def rate(self) -> float:
        """Seconds of cloud time per second of real time."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        if rate < 0:
            raise ValueError(f"a clock's rate is 0 or more, not {rate}")
        self._base, self._since = self.now(), steady()
        self._rate = rate

    @property
    def setting(self) -> tuple[datetime, float, float]:
        """What only a hand or a tick changes: where the clock was set, its rate and its tick."""
        return self._base, self._rate, self.tick

    def now(self) -> datetime:
        """The present moment, naive, in UTC."""
        if not self._rate:
            return self._base
        return self._base + timedelta(seconds=(steady() - self._since) * self._rate)

    def advance(self, seconds: float) -> datetime:
        """Move `seconds` ahead at once and return the new moment; time never runs backwards."""
        if seconds < 0:
            raise ValueError(f"time runs forward: cannot advance by {seconds} s")
        self._base += timedelta(seconds=seconds)
        return self.now()

    def set(self, moment: datetime) -> None:
        """Make `moment` the present (a restored snapshot brings its own time)."""
        self._base, self._since = moment, steady()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of cloud time pass: by waiting, or by moving a standing clock."""
        if self._rate:
            time.sleep(seconds / self._rate)
        else:
            self.advance(seconds)
