"""The face on a port: waitress serves the same callable."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kit.cloud.app import Dropped
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud


class Server:
    """A cloud on a port.

    Parameters
    ----------
    host : str
        The address to listen on; loopback unless told otherwise.
    port : int
        0 takes a free one; `port` then tells which.
    token : str
        What callers of the control path must show; without one it hears only this machine.
    listening : socket, optional
        One that listens already, shared with other workers, instead of host and port.

    Raises
    ------
    CloudError
        When the port cannot be had.
    """

    def __init__(
        self, cloud: Cloud, host: str = "127.0.0.1", port: int = 0, threads: int = 4, *, token: str = "",
        listening: socket.socket | None = None,
    ) -> None:  # fmt: skip
        from waitress.server import create_server

        # A dropped connection is a fault that was asked for, not news for the log.
        logging.getLogger("waitress").addFilter(lambda record: not (record.exc_info and record.exc_info[0] is Dropped))
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        place: dict[str, Any] = {"sockets": [listening]} if listening else {"host": host, "port": port}
        try:
            self._server: Any = create_server(
                _app(cloud, token), **place, threads=threads, ident="kit", channel_timeout=60,
                # Clients keep connections that they no longer use: a hundred, waitress's limit, is one test suite.
                connection_limit=4000, asyncore_use_poll=True,
                max_request_body_size=16 * 2**30, clear_untrusted_proxy_headers=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise CloudError(
                f"cannot listen on port {port}: {error}",
                where=host,
                todo="Choose another with --port, or 0 for a free one.",
            ) from error
        self.host = host
        self.port = int(self._server.effective_port)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The cloud's root: `http://127.0.0.1:8774`."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def auth_url(self) -> str:
        """What goes into `auth_url` of a clouds.yaml."""
        return f"{self.url}/identity/v3"

    def run(self) -> None:
        """Serve until `stop` or an interrupt."""
        self._server.run()

    def start(self) -> Server:
        """Serve from a daemon thread."""
        self._thread = threading.Thread(target=self._server.run, name=f"cloud:{self.port}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._thread is None:
            self._server.close()
        else:
            # Waitress's loop ends once nothing is open; only its own thread may close what is.
            try:
                self._server.trigger.pull_trigger(self._end)
            except OSError:  # somebody in this process has closed the pipe that wakes the loop
                self._end()
            self._thread.join(timeout=5)
            self._thread = None
        self._server.task_dispatcher.shutdown(timeout=1)

    def _end(self) -> None:
        """Close the port, and the connections that clients keep for the next request."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _app(cloud: Cloud, token: str) -> Any:
    """The control path's callable, and the cloud's; a dropped connection ends in the middle of an answer."""
    from kit.cloud.control.app import Control

    control = Control(cloud, token)

    def torn(drop: Dropped) -> Iterator[bytes]:
        yield b" "
        raise drop

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if control.concerns(environ):
            return control(environ, start_response)
        try:
            return cloud.app(environ, start_response)
        except Dropped as drop:
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "1048576")])
            return torn(drop)

    return app
