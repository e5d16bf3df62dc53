"""A limit for code that never ends: a check stops it, and the learner's notebook stays alive."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LIMIT_S = 60.0


class TimeIsUp(BaseException):
    """The code under a limit still ran when its time was over.

    No `Exception`, so that a learner's `except Exception` inside the loop does not swallow it.
    """


@contextmanager
def patience(seconds: float = LIMIT_S) -> Iterator[None]:
    """Raise TimeIsUp in what still runs after some seconds.

    Where signals cannot do that (outside the main thread, on Windows, in a browser) there is no limit.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, stop)
    # Again each second: a bare `except:` in a loop may swallow the first.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
