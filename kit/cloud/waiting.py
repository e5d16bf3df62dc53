"""Waiting in no time: a client's pause between two looks at a standing clock moves that clock instead.

`create_server(wait=True)` looks, sleeps five seconds and looks again. On a cloud whose clock stands
until it is moved, those seconds would be lost for nothing. So the modules in which openstacksdk and
keystoneauth sleep are given a `time` of ours: the sleep that follows an answer of a cloud in this
process with a standing clock lets the cloud's time pass. Every other sleep is a real one.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# Where the clients sleep between two looks or two tries.
MODULES = ("openstack.utils", "openstack.orchestration.util.event_utils", "keystoneauth1.session")


class _Last(threading.local):
    """What this thread did last: which cloud answered it, and how much sleep it was spared."""

    cloud: Cloud | None = None
    spared: float = 0.0


_last = _Last()


class ClientTime:
    """The `time` module as the clients see it."""

    def sleep(self, seconds: float) -> None:
        """Let time pass: the cloud's when a standing cloud answered last, else real time."""
        cloud, _last.cloud = _last.cloud, None
        # One pause an answer: a loop that polls a real cloud meanwhile is never spared its own.
        if cloud is None or cloud.clock.rate:
            time.sleep(seconds)
        else:
            cloud.clock.advance(seconds)
            _last.spared += seconds

    def time(self) -> float:
        """Seconds since the epoch, spared sleep included, so that a client's timeout still comes."""
        return time.time() + _last.spared

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def answered(cloud: Cloud) -> None:
    """Note that this cloud has answered the calling thread in process."""
    _last.cloud = cloud


_for_good: list[bool] = []


def install() -> None:
    """Give the clients our `time`; once is enough, more do no harm."""
    _for_good[:] = [True]
    _put()


@contextmanager
def installed() -> Iterator[None]:
    """The same for a while, unless a connection of some cloud has it for good."""
    _put()
    try:
        yield
    finally:
        if not _for_good:
            for name in MODULES:
                module: Any = importlib.import_module(name)
                module.time = time


def _put() -> None:
    for name in MODULES:
        module: Any = importlib.import_module(name)
        if not isinstance(module.time, ClientTime):
            module.time = ClientTime()
