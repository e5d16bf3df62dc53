"""The face on a port: waitress serves the same callable."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.cloud.app import Dropped
from kit.cloud.opening import REGION
from kit.cloud.public import Public, of_address
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud


# Connections at once, and files that stay for the store and the log where the system allows fewer.
MOST = 4000
SPARE = 64


def open_files(wanted: int = 0) -> int:
    """How many files this process may have open; lets it have `wanted` first, as far as the system does."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return MOST + SPARE if soft == resource.RLIM_INFINITY else soft


def listen(host: str, port: int) -> socket.socket:
    """Take a port.

    Parameters
    ----------
    host : str
        A name or an address; of a name with several, IPv4 comes first. `::` is every address of both kinds.
    port : int
        0 takes a free one.

    Raises
    ------
    CloudError
        When it cannot be had.
    """
    try:
        if not 0 <= port < 2**16:
            raise OSError("a port is a number from 0 to 65535")
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
        both = place[0] == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((place[0], port), family=family, backlog=1024, dualstack_ipv6=both)
    except OSError as error:
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        todo = "Choose another with --port, or 0 for a free one." if taken else "Give an address of this machine."
        raise CloudError(f"cannot listen on port {port}: {error}", where=host, todo=todo) from error


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
    public_url : str
        By which clients reach it, when that is another: behind a proxy. The control path then hears only who shows
        its token: to the cloud all the world comes from the proxy.

    Raises
    ------
    CloudError
        When the port cannot be had.
    """

    def __init__(
        self, cloud: Cloud, host: str = "127.0.0.1", port: int = 0, threads: int = 4, *, token: str = "",
        listening: socket.socket | None = None, public_url: str = "",
    ) -> None:  # fmt: skip
        from waitress.server import create_server

        from kit.cloud.loop import Channel, Dispatcher

        self._cloud = cloud
        self._public = Public.read(public_url) if public_url else None
        listening = listening or listen(host, port)
        # A dropped connection is a fault that was asked for, not news for the log.
        logging.getLogger("waitress").addFilter(lambda record: not (record.exc_info and record.exc_info[0] is Dropped))
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._dispatcher = Dispatcher(calm=lambda: cloud.store.sqlite and not cloud.faults)
        self._server: Any = create_server(
            _app(cloud, token, self._public), sockets=[listening], threads=threads, ident="kit",
            server_name=urlsplit(of_address(host, 0)).netloc.rpartition(":")[0],  # for a client that names no host
            # Clients keep connections that they no longer use: a hundred, waitress's limit, is one test suite.
            channel_timeout=60, connection_limit=min(MOST, max(open_files() - SPARE, 8)), asyncore_use_poll=True,
            max_request_body_size=16 * 2**30, clear_untrusted_proxy_headers=True, _dispatcher=self._dispatcher,
        )  # fmt: skip
        self._server.channel_class = Channel
        self._dispatcher.set_thread_count(threads)
        self.host = host
        self.port = int(self._server.effective_port)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The cloud's root: `http://127.0.0.1:8774`."""
        return self._public.url if self._public else of_address(self.host, self.port)

    @property
    def auth_url(self) -> str:
        """What goes into `auth_url` of a clouds.yaml."""
        return f"{self.url}/identity/v3"

    def environment(
        self, user: str = "admin", project: str | None = "admin", domain: str = "Default"
    ) -> dict[str, str]:
        """The variables by which a client in another process finds the cloud, and no other cloud by OS_CLOUD."""
        entry = self._cloud.clouds_yaml(self.auth_url, user, project, domain)
        given = {
            **entry["auth"],
            "region_name": REGION,
            "identity_api_version": "3",
            "auth_type": "password",
            "cloud": "",
        }
        return {f"OS_{name.upper()}": value for name, value in given.items()}

    def run(self) -> None:
        """Serve until `stop` or an interrupt."""
        self._dispatcher.loop = threading.get_ident()
        self._server.run()

    def start(self) -> Server:
        """Serve from a daemon thread."""
        self._thread = threading.Thread(target=self.run, name=f"cloud:{self.port}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and free the port; a call under way has a second to end."""
        # The threads first: one that ends later would write to a pipe that is closed, or is somebody else's by then.
        self._dispatcher.shutdown(timeout=1)
        if self._thread is None:
            self._end()
        else:
            # Waitress's loop ends once nothing is open; only its own thread may close what is.
            try:
                self._server.trigger.pull_trigger(self._end)
            except OSError:  # somebody in this process has closed the pipe that wakes the loop
                self._end()
            self._thread.join(timeout=5)
            self._thread = None

    def _end(self) -> None:
        """Close the port, and the connections that clients keep for the next request."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _app(cloud: Cloud, token: str, public: Public | None) -> Any:
    """The control path's callable, and the cloud's; a dropped connection ends in the middle of an answer."""
    from kit.cloud.control.app import Control

    control = Control(cloud, token, alone=public is None)

    def torn(drop: Dropped) -> Iterator[bytes]:
        yield b" "
        raise drop

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if control.concerns(environ):
            return control(environ, start_response)
        if public is not None:
            public.dress(environ)
        try:
            return cloud.app(environ, start_response)
        except Dropped as drop:
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "1048576")])
            return torn(drop)

    return app
