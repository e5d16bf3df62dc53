"""Several processes that serve one kept cloud on one port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kit.cloud.public import Public, of_address
from kit.cloud.server import listen
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# Workers that one after the other end sooner than this have a reason that new ones would have, too. Seconds.
TOO_SOON = 2.0


def serve(
    make: Callable[[], Cloud], announce: Callable[[Cloud, str], None], *, host: str, port: int, count: int,
    token: str = "", public_url: str = "",
) -> None:  # fmt: skip
    """Serve with `count` processes until an interrupt; one that dies is replaced, and none outlives this one.

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
        root = Public.read(public_url).url if public_url else of_address(host, listening.getsockname()[1])
        announce(cloud, f"{root}/identity/v3")
    finally:
        cloud.close()
    started: dict[int, float] = {}
    in_a_row = 0
    life = os.pipe()  # it ends with this process, however that ends
    folder = Path(tempfile.mkdtemp(prefix="kit-cloud-"))
    try:
        while True:
            while len(started) < count:
                worker = _fork(make, listening, folder / "journal", life, token=token, public_url=public_url)
                started[worker] = time.monotonic()
            ended, _ = os.wait()
            in_a_row = in_a_row + 1 if time.monotonic() - started.pop(ended, 0.0) < TOO_SOON else 0
            if in_a_row > count:
                raise CloudError("a worker ended as soon as it began", todo="Serve with one worker to see why.")
    except KeyboardInterrupt:
        pass
    finally:
        for worker in started:
            os.kill(worker, signal.SIGTERM)
        for worker in started:
            os.waitpid(worker, 0)
        listening.close()
        for end in life:
            os.close(end)
        shutil.rmtree(folder, ignore_errors=True)


def _fork(
    make: Callable[[], Cloud], listening: socket.socket, journal: Path, life: tuple[int, int], *, token: str,
    public_url: str,
) -> int:  # fmt: skip
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        from kit.cloud.journal import Journal
        from kit.cloud.server import Server

        os.close(life[1])
        threading.Thread(target=_end_with, args=(life[0],), daemon=True).start()
        cloud = make()
        cloud.exchanges = Journal(journal)
        server = Server(cloud, threads=8, listening=listening, token=token, public_url=public_url)
        code = 0
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        os._exit(code)


def _end_with(life: int) -> None:
    """End this worker when the process that watches over it is gone."""
    os.read(life, 1)
    os.kill(os.getpid(), signal.SIGTERM)
