"""A cloud of three hosts for live migrations, with a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit.cloud import Cloud
from kit.cloud.block_storage.models import attachments, volumes
from kit.cloud.clock import Clock
from kit.cloud.compute.models import hypervisors, migrations, servers
from kit.cloud.network.models import ports
from kit.cloud.network.models_extensions import port_bindings
from kit.cloud.placement.models import allocations, consumers, providers

# Never ends by itself on 1 Gbit/s: rewrites 512 MiB faster than the network takes them.
BUSY = {"used_mib": 1024, "working_set_mib": 512, "writes_per_s": 100_000}
CALM = {"used_mib": 512, "working_set_mib": 16, "writes_per_s": 100}


def seed(count: int = 1, workload: dict[str, Any] | None = None, **conf: Any) -> dict[str, Any]:
    """Three hosts on shared storage and 1 Gbit/s, `count` servers on the first of them."""
    return {
        "random_seed": 3,
        "live_migration": {"nova_conf": conf, "network": {"mbps": 1000}, "shared_storage": "ceph"},
        "hosts": [{"name": f"h{n}", "vcpus": 16, "memory_mb": 32768, "local_gb": 200} for n in (1, 2, 3)],
        "flavors": [{"name": "f", "vcpus": 1, "ram": 2048, "disk": 10}],
        "images": [{"name": "i"}],
        "networks": [{"name": "net", "project": "admin", "subnets": [{"cidr": "10.0.0.0/24"}]}],
        "servers": [
            {"name": "s" if count == 1 else f"s{n}", "flavor": "f", "image": "i", "network": "net", "host": "h1",
             "workload": workload or CALM} for n in range(count)
        ],
        "volumes": [{"name": "v", "size": 1, "server": "s" if count == 1 else "s0"}] if count else [],
    }  # fmt: skip


class Lab:
    """A cloud, its administrator, and quick ways to ask and to look."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.conn = cloud.connect()
        with cloud.read() as tx:
            self.ids = {row["name"]: row["id"] for row in tx.rows(servers)}

    def ask(self, method: str, path: str, version: str = "2.80", **options: Any) -> Any:
        """What the compute service answers."""
        return self.conn.compute.request(path, method, microversion=version, raise_exc=False, **options)

    def migrate(self, name: str = "s", version: str = "2.34", **more: Any) -> Any:
        """Ask for a live migration."""
        body = {"host": None, "block_migration": "auto", **more}
        return self.ask("POST", f"/servers/{self.ids[name]}/action", version, json={"os-migrateLive": body})

    def act(self, verb: Any, name: str = "s", version: str = "2.65", number: int | None = None) -> Any:
        """Abort (`None`) or act on the latest migration of a server."""
        path = f"/servers/{self.ids[name]}/migrations/{number or self.record(name)['id']}"
        return (
            self.ask("DELETE", path, version)
            if verb is None
            else self.ask("POST", f"{path}/action", version, json=verb)
        )

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.cloud.clock.advance(seconds)
        self.cloud.settle()

    def until(self, status: str, most: float = 20_000, step: float = 0.25) -> dict[str, Any]:
        """Let time pass until the latest migration has a status."""
        for _ in range(int(most / step)):
            if self.record()["status"] == status:
                return self.record()
            self.go(step)
        raise AssertionError(f"it is {self.record()['status']} and not {status} after {most} s")

    def record(self, name: str = "s") -> dict[str, Any]:
        """The latest migration of a server, from the store."""
        with self.cloud.read() as tx:
            order = migrations.c.id.desc()
            return tx.rows(migrations, server_id=self.ids[name], order=order, limit=1)[0]

    def server(self, name: str = "s") -> dict[str, Any]:
        """A server's row."""
        with self.cloud.read() as tx:
            return tx.get(servers, self.ids[name]) or {}

    def shown(self, name: str = "s") -> list[dict[str, Any]]:
        """The server's migrations in progress, as the API shows them."""
        return list(self.ask("GET", f"/servers/{self.ids[name]}/migrations").json()["migrations"])

    def held(self) -> dict[str, Any]:
        """What is held where: allocations, bindings, attachments, volumes' statuses; without identifiers that change."""
        with self.cloud.read() as tx:
            host = {row["id"]: row["host"] for row in tx.rows(hypervisors)}
            moves = {row["uuid"] for row in tx.rows(migrations)}
            taken = [
                (row["server_id"], "migration" if row["consumer_id"] in moves else "server", host[row["provider_id"]])
                for row in tx.rows(allocations)
            ]
            return {
                "allocations": sorted(taken), "consumers": tx.count(consumers),
                "used": {row["name"]: {k: v for k, v in row["used"].items() if v} for row in tx.rows(providers)},
                "ports": sorted((row["device_id"], row["host_id"], row["status"]) for row in tx.rows(ports)),
                "bindings": sorted((row["port_id"], row["host"]) for row in tx.rows(port_bindings)),
                "attachments": sorted((row["volume_id"], row["attached_host"], row["attach_status"]) for row in tx.rows(attachments)),
                "volumes": sorted((row["id"], row["status"]) for row in tx.rows(volumes)),
            }  # fmt: skip


@pytest.fixture
def lab() -> Iterator[Callable[..., Lab]]:
    """Make a cloud for live migrations; `seed`'s arguments, or a whole seed."""
    made: list[Cloud] = []

    def make(whole: dict[str, Any] | None = None, **given: Any) -> Lab:
        made.append(Cloud.from_seed(whole or seed(**given), clock=Clock(rate=0)))
        return Lab(made[-1])

    yield make
    for cloud in made:
        cloud.close()


@pytest.fixture
def live_seed() -> Callable[..., dict[str, Any]]:
    """The seed of those clouds, to be changed."""
    return seed


@pytest.fixture
def busy() -> dict[str, Any]:
    """A workload that 1 Gbit/s cannot follow."""
    return dict(BUSY)
