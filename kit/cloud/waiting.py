"""Waiting in no time: a client's pause between two looks at a standing clock moves that clock instead.

`create_server(wait=True)` looks, sleeps five seconds and looks again. On a cloud whose clock stands
until it is moved, those seconds would be lost for nothing. So the modules in which the clients sleep
are given a `time` of ours: the sleep that follows an answer of a cloud in this process with a standing
clock lets the cloud's time pass. Every other sleep is a real one.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kit.cloud.clock import steady

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# Where the clients sleep between two looks or two tries.
MODULES = ("openstack.utils", "openstack.orchestration.util.event_utils", "keystoneauth1.session")
# Others that do, given our time once they are loaded: nobody pays for those that are not used.
LOADED = (
    "cinderclient.client", "heatclient.common.event_utils", "osc_lib.utils", "swiftclient.client", "tenacity.nap",
)  # fmt: skip
LIMITER = "keystoneauth1._fair_semaphore"
# The real time when this was loaded, less the steady one; freezegun leaves `clock_gettime` alone.
_EPOCH = (time.clock_gettime(time.CLOCK_REALTIME) if hasattr(time, "clock_gettime") else time.time()) - steady()


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

    def monotonic(self) -> float:
        """Seconds that only run forward, spared sleep included."""
        return time.monotonic() + _last.spared

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class SteadyTime:
    """The `time` module as keystoneauth's limit on the rate of calls sees it.

    That notes the time when a connection is made and sleeps until then: for years, in a test that turns the time back.
    """

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def time(self) -> float:
        """Seconds since the epoch that no test turns back."""
        return _EPOCH + steady()


_ours = ClientTime()


def answered(cloud: Cloud) -> None:
    """Note that this cloud has answered the calling thread in process."""
    _last.cloud = cloud
    if not sys.modules.keys().isdisjoint(_awaited):
        _put()


_for_good: list[bool] = []
# The modules of `LOADED` that are not loaded yet, while the clients have our time.
_awaited: set[str] = set()


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
            _awaited.clear()
            for name in (*MODULES, *LOADED, LIMITER):
                if name in sys.modules:
                    _take_back(sys.modules[name])


@contextmanager
def sleepers(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Give our `time` to modules that poll the cloud themselves, for a while."""
    given = [module for module in modules if _give(module)]
    try:
        yield
    finally:
        for module in given:
            _take_back(module)


def _put() -> None:
    for name in MODULES:
        _give(importlib.import_module(name))
    for name in LOADED:
        if name in sys.modules:
            _give(sys.modules[name])
            _awaited.discard(name)
        else:
            _awaited.add(name)
    limiter: Any = sys.modules.get(LIMITER)
    if limiter is not None and limiter.time is time:
        limiter.time = SteadyTime()


# What a module may have of `time`: the module itself, or functions out of it.
_FUNCTIONS = ("sleep", "time", "monotonic")


def _give(module: Any) -> bool:
    """Put our time in the place of the real one; whether there was any."""
    found = False
    for name in _FUNCTIONS:
        had = getattr(module, name, None)
        if had is time:
            module.time = _ours
        elif had is not None and had is getattr(time, name):
            setattr(module, name, getattr(_ours, name))
        else:
            continue
        found = True
    return found


def _take_back(module: Any) -> None:
    for name in _FUNCTIONS:
        had = getattr(module, name, None)
        if isinstance(had, ClientTime | SteadyTime):
            module.time = time
        elif getattr(had, "__self__", None) is _ours:
            setattr(module, name, getattr(time, name))
