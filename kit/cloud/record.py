"""The record of exchanges: what was asked and what was answered, bounded."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Neither a password nor a token leaves the cloud in a record that a raised hand may carry.
_SECRET = re.compile(
    r'("(?:password|original_password|adminPass|secret|private_key)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)'
)
_SECRET_HEADERS = {"x-auth-token", "x-subject-token", "authorization"}
_KEPT = 65536


def _text(body: bytes, size: int, type: str) -> str:
    if not size:
        return ""
    if type and not type.startswith(("application/json", "text/", "application/openstack")):
        return f"<{size} bytes of {type}>"
    shown = _SECRET.sub(r'\1"***"', body.decode("utf-8", "replace"))
    return shown if size == len(body) else f"{shown}... <{size - len(body)} bytes more>"


@dataclass(slots=True)
class Exchange:
    """One request and its answer.

    Attributes
    ----------
    number : int
        Counts from 1 in the life of the record.
    at : datetime
        The moment on the cloud's clock.
    path : str
        With the query string.
    duration_ms : float
        What it cost the cloud, real time; never part of an output that must reproduce.
    user, project : str
        Names, empty without a token.
    """

    number: int
    at: datetime
    service: str
    method: str
    path: str
    status: int
    duration_ms: float
    user: str = ""
    project: str = ""
    operation: str = ""
    fault: str = ""
    _request_headers: dict[str, str] = field(default_factory=dict, repr=False)
    _response_headers: dict[str, str] = field(default_factory=dict, repr=False)
    _request: bytes = field(default=b"", repr=False)
    _response: bytes = field(default=b"", repr=False)
    _sizes: tuple[int, int] = field(default=(0, 0), repr=False)

    def __post_init__(self) -> None:
        # A thousand answers of a megabyte each are no record but a leak.
        self._sizes = len(self._request), len(self._response)
        self._request, self._response = self._request[:_KEPT], self._response[:_KEPT]

    @property
    def request_body(self) -> str:
        """The body sent, as text; secrets are masked."""
        return _text(self._request, self._sizes[0], self._request_headers.get("content-type", ""))

    @property
    def response_body(self) -> str:
        """The body answered, as text; secrets are masked."""
        return _text(self._response, self._sizes[1], self._response_headers.get("content-type", ""))

    @property
    def request_headers(self) -> dict[str, str]:
        """Headers sent, names in lower case; tokens are masked."""
        return {k: "***" if k in _SECRET_HEADERS else v for k, v in self._request_headers.items()}

    @property
    def response_headers(self) -> dict[str, str]:
        """Headers answered, names in lower case; tokens are masked."""
        return {k: "***" if k in _SECRET_HEADERS else v for k, v in self._response_headers.items()}

    def to_json(self) -> dict[str, object]:
        """The exchange as plain data."""
        return {
            "number": self.number, "at": self.at.isoformat(), "service": self.service, "method": self.method,
            "path": self.path, "status": self.status, "user": self.user, "project": self.project,
            "fault": self.fault, "request_headers": self.request_headers, "request_body": self.request_body,
            "response_headers": self.response_headers, "response_body": self.response_body,
        }  # fmt: skip

    def line(self) -> dict[str, Any]:
        """What a line of a log says of it: no headers, no bodies; the real time that it took in milliseconds."""
        return {
            "number": self.number, "at": self.at.isoformat(), "service": self.service, "method": self.method,
            "path": self.path, "status": self.status, "user": self.user, "project": self.project,
            "operation": self.operation, "fault": self.fault, "ms": round(self.duration_ms, 2),
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.path}"


class Exchanges:
    """The last exchanges of one cloud, oldest first."""

    def __init__(self, limit: int = 1000) -> None:
        self._kept: deque[Exchange] = deque(maxlen=limit)
        self.count = 0

    def add(self, exchange: Exchange) -> None:
        """Keep one; the oldest gives way when the record is full."""
        self._kept.append(exchange)

    def next_number(self) -> int:
        """The number of the exchange about to be recorded."""
        self.count += 1
        return self.count

    def clear(self) -> None:
        """Forget what was recorded; numbers go on."""
        self._kept.clear()

    def since(self, number: int) -> list[Exchange]:
        """The kept exchanges with a number above `number`."""
        return [exchange for exchange in self._kept if exchange.number > number]

    def lines(self, since: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """The lines of a log for the calls with a number above `since`, and how many more there are."""
        kept = self.since(since)
        return [exchange.line() for exchange in kept[:limit]], len(kept[limit:])

    @property
    def total(self) -> int:
        """How many calls were answered."""
        return self.count

    def to_json(self) -> str:
        """All as a JSON array."""
        return json.dumps([exchange.to_json() for exchange in self._kept], indent=1)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(list(self._kept))

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        return list(self._kept)[index]
