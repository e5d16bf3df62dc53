"""Several processes that serve one kept cloud on one port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kit.cloud.server import listen
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# A worker that ends sooner than this has a reason that a new one would have, too. Seconds.
TOO_SOON = 2.0


def serve(
    make: Callable[[], Cloud], announce: Callable[[Cloud, str], None], *, host: str, port: int, count: int,
    token: str = "",
) -> None:  # fmt: skip
    """Serve with `count` processes until an interrupt; one that dies is replaced.

    Parameters
    ----------
    make : callable
        Opens the cloud's store; each process does so for itself.
    announce : callable
        Told the cloud and its `auth_url` once the port is taken.

    Raises
    ------
    CloudError
        When the port cannot be had, this system cannot fork, or no worker stays alive.
    """
    if not hasattr(os, "fork"):
        raise CloudError("this system has no fork", todo="Serve with one worker, or in WSL.")
    listening = listen(host, port)
    cloud = make()  # grown before the workers open it
    try:
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        url = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/identity/v3"
        announce(cloud, url)
    finally:
        cloud.close()
    started: dict[int, float] = {}
    folder = Path(tempfile.mkdtemp(prefix="kit-cloud-"))
    try:
        while True:
            while len(started) < count:
                started[_fork(make, listening, token, folder / "journal")] = time.monotonic()
            ended, _ = os.wait()
            if time.monotonic() - started.pop(ended, 0.0) < TOO_SOON:
                raise CloudError("a worker ended as soon as it began", todo="Serve with one worker to see why.")
    except KeyboardInterrupt:
        pass
    finally:
        for worker in started:
            os.kill(worker, signal.SIGTERM)
        for worker in started:
            os.waitpid(worker, 0)
        listening.close()
        shutil.rmtree(folder, ignore_errors=True)


def _fork(make: Callable[[], Cloud], listening: socket.socket, token: str, journal: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        from kit.cloud.journal import Journal
        from kit.cloud.server import Server

        cloud = make()
        cloud.exchanges = Journal(journal)
        server = Server(cloud, threads=8, token=token, listening=listening)
        code = 0
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        os._exit(code)
