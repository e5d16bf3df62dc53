"""One record of exchanges for several workers: lines in a file that they share, bounded."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kit.cloud.record import Exchange, Exchanges

# When the file is larger than this, only its last lines stay. Bytes.
LARGEST = 4 * 2**20
KEPT = 1000


class Journal(Exchanges):
    """The last exchanges of all workers, without headers and bodies; those of this one are kept as ever.

    The file's first line says how many lines have gone; so a call's number is its place, whoever answered it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, exchange: Exchange) -> None:
        """Keep one, for all workers to see."""
        super().add(exchange)
        text = json.dumps(exchange.line(), separators=(",", ":")) + "\n"
        with self._alone():
            size = os.fstat(self._file).st_size
            if size > LARGEST:
                gone, lines = self._read()
                self._begin(gone + len(lines) - len(lines[-KEPT:]), lines[-KEPT:])
            elif not size:
                self._begin(0, [])
            os.write(self._file, text.encode())

    def lines(self, since: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """The calls of all workers with a number above `since`, and how many more there are."""
        with self._alone():
            gone, lines = self._read()
        first = max(since - gone, 0)
        shown = [
            json.loads(text) | {"number": gone + first + index}
            for index, text in enumerate(lines[first : first + limit], 1)
        ]
        return shown, max(len(lines) - first - len(shown), 0)

    @property
    def total(self) -> int:
        """How many calls all workers have answered."""
        with self._alone():
            gone, lines = self._read()
        return gone + len(lines)

    def _read(self) -> tuple[int, list[bytes]]:
        text = os.pread(self._file, os.fstat(self._file).st_size, 0)
        first, *lines = text.splitlines() or [b"0"]
        return int(first), lines

    def _begin(self, gone: int, lines: list[bytes]) -> None:
        os.ftruncate(self._file, 0)
        os.write(self._file, b"\n".join([str(gone).encode(), *lines]) + b"\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
