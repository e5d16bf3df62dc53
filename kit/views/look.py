"""A look at a cloud through its own APIs, without leaving a trace on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

AGENT = "cloud-explorer"


class Watched(Protocol):
    """What a panel needs of a cloud: `kit.cloud.Cloud` has it."""

    exchanges: Any
    faults: Any
    clock: Any
    request_ids: Any
    generation: int

    def connect(self, user: str = ..., project: str | None = ...) -> Any:
        """An openstacksdk Connection."""

    def snapshot(self) -> bytes:
        """The whole state."""

    def restore(self, data: bytes) -> None:
        """Become what the snapshot was taken of."""


@dataclass
class View:
    """What was seen: documents as the services answer them."""

    servers: list[dict[str, Any]] = field(default_factory=list)
    networks: list[dict[str, Any]] = field(default_factory=list)
    ports: list[dict[str, Any]] = field(default_factory=list)
    routers: list[dict[str, Any]] = field(default_factory=list)


class Looker:
    """Looks at a cloud as an administrator; raw requests, so that a look costs a few milliseconds."""

    def __init__(self, cloud: Watched) -> None:
        self.cloud = cloud
        with unseen(cloud):
            self.connection = cloud.connect()
            self.connection.session.app_name = AGENT
            self.look()

    def look(self) -> View:
        """Servers, networks, ports and routers of all projects."""
        with unseen(self.cloud):
            compute, network = self.connection.compute, self.connection.network
            return View(
                compute.get("/servers/detail?all_tenants=1&sort_key=created_at&sort_dir=asc").json()["servers"],
                *(network.get(f"/{name}").json()[name] for name in ("networks", "ports", "routers")),
            )


@contextmanager
def unseen(cloud: Watched) -> Iterator[None]:
    """Let time stand still and faults rest: who watches meets none and causes nothing."""
    tick, rules, drawn = cloud.clock.tick, cloud.faults.to_json(), cloud.request_ids.count
    cloud.clock.tick = 0
    cloud.faults.clear()
    try:
        yield
    finally:
        cloud.clock.tick, cloud.request_ids.count = tick, drawn
        cloud.faults.load(rules)


def calls(cloud: Watched, count: int) -> list[Any]:
    """The last calls that others made, newest first."""
    found = [call for call in cloud.exchanges if not call.request_headers.get("user-agent", "").startswith(AGENT)]
    return found[: -count - 1 : -1]
