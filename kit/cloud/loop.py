"""Quick requests are answered where they are read, in waitress's own loop.

Waitress hands every request to a thread and wakes its loop afterwards: a fifth of what a small call costs
here. A request that takes about a millisecond, and can wait for nothing but the cloud's own lock, gains
nothing from a thread. What may take long, sleep or stream keeps waitress's way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

# Services that answer out of the store. Images and objects stream; stacks and policies may compute for seconds.
_SERVICES = frozenset(("identity", "compute", "network", "volume", "placement"))
_LONG_BODY = 65536  # bytes


class Channel(HTTPChannel):
    """A connection whose quick requests are answered in the loop, each with one `send`."""

    here = False  # the request in front is to be answered by the loop
    _parts: list[bytes] | None = None  # of the answer that the loop is making

    def handle_read(self) -> None:
        super().handle_read()
        if self.here:  # not within `received`, which holds the lock that the end of `service` takes
            self.here = False
            self._parts = []
            try:
                self.service()
            finally:
                self.hand_over()

    def hand_over(self) -> None:
        """Send the answer that the loop has made, if it is making one."""
        parts, self._parts = self._parts, None
        if parts and self.connected:
            super().write_soon(b"".join(parts))
            # As at the end of `service`: the next answer gets a buffer of its own.
            self.current_outbuf_count = self.adj.outbuf_high_watermark

    @property
    def at_work(self) -> bool:
        """Whether the loop is answering a request of this connection."""
        return self._parts is not None

    def write_soon(self, data: Any) -> int:
        if self._parts is None or not isinstance(data, bytes):
            return int(super().write_soon(data))
        self._parts.append(data)
        return len(data)

    def send_continue(self) -> None:
        self.hand_over()
        super().send_continue()


class Dispatcher(ThreadedTaskDispatcher):
    """Leaves quick requests to the loop, and the rest, or all while a thread is at work, to the threads.

    Parameters
    ----------
    calm : callable
        Whether a call to the cloud cannot be held up, say by a fault that lets it wait.
    """

    def __init__(self, calm: Callable[[], bool]) -> None:
        super().__init__()
        self.calm = calm
        self.loop = 0  # the identity of the loop's thread

    def add_task(self, task: Any) -> None:
        if self._quick(task):
            task.here = True
        else:
            # A request that came right behind the one before: the loop is at the end of that one's `service`.
            task.hand_over()
            super().add_task(task)

    def _quick(self, channel: Channel) -> bool:
        if threading.get_ident() != self.loop or self.active_count or self.queue or channel.at_work:
            return False
        request = channel.requests[0]
        return (
            not request.error
            and request.path[1:].partition("/")[0] in _SERVICES
            and request.body_bytes_received <= _LONG_BODY
            and self.calm()
        )
