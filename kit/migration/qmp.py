"""QMP over a UNIX socket, with the standard library: commands, answers, events."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

from kit.migration.errors import QemuError


class Qmp:
    """A connection to one QEMU.

    Parameters
    ----------
    path : Path
        Its socket.
    timeout_s : float
        Seconds to wait for an answer.

    Raises
    ------
    QemuError
        When the QEMU refuses a command or is gone.
    """

    def __init__(self, path: Path, timeout_s: float = 20.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        self._buffer = b""
        self.events: list[tuple[float, dict[str, Any]]] = []
        try:
            self._socket.connect(str(path))
            self._read()  # the greeting
        except (OSError, ValueError):
            self._socket.close()
            raise
        self.do("qmp_capabilities")
        numbers = self.do("query-version")["qemu"]
        self.version = f"{numbers['major']}.{numbers['minor']}.{numbers['micro']}"

    def do(self, command: str, **arguments: Any) -> Any:
        """Send a command; give its answer. Underscores of argument names become hyphens."""
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.raw(command, named)

    def raw(self, command: str, arguments: dict[str, Any]) -> Any:
        """Send a command with its arguments as they are; give its answer."""
        text = json.dumps({"execute": command, "arguments": arguments} if arguments else {"execute": command})
        try:
            self._socket.sendall(text.encode() + b"\n")
            while True:
                found = self._read()
                if "return" in found:
                    return found["return"]
                if "error" in found:
                    raise QemuError(f"QEMU refuses {command}: {found['error']['desc']}", todo="See the QEMU's manual.")
                self._event(found)
        except (OSError, ValueError) as error:
            raise QemuError(f"QEMU is gone ({error or 'no answer'})", where=command) from None

    def words(self, address: int, count: int = 1) -> list[int]:
        """32 bit words of the guest's memory."""
        text = self.do("human-monitor-command", command_line=f"xp /{count}wx {address:#x}")
        return [int(word, 16) for line in text.splitlines() for word in line.split(":", 1)[1].split()]

    def poll(self) -> None:
        """Take in events that have come without waiting for more."""
        timeout = self._socket.gettimeout()
        self._socket.settimeout(0.0)
        try:
            while True:
                self._event(self._read())
        except (OSError, ValueError):
            pass
        finally:
            self._socket.settimeout(timeout)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _event(self, found: dict[str, Any]) -> None:
        if "event" in found:
            self.events.append((time.monotonic(), found))

    def _read(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            more = self._socket.recv(65536)
            if not more:
                raise ValueError("it hung up")
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found
