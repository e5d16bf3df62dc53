"""A seed for a large cloud, with numbers as operators know them: few large projects, many small ones.

Sizes follow Zipf's law; roles, flavors, images and states have the shares below. The same random
seed gives the same cloud.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

# name, vcpus, MiB, GiB, share of the servers
FLAVORS = (
    ("m1.tiny", 1, 512, 1, 8), ("m1.small", 1, 2048, 20, 34), ("m1.medium", 2, 4096, 40, 32),
    ("m1.large", 4, 8192, 80, 18), ("m1.xlarge", 8, 16384, 160, 6), ("r1.large", 4, 32768, 80, 2),
)  # fmt: skip
IMAGES = (("ubuntu-24.04", 38), ("ubuntu-22.04", 24), ("debian-12", 16), ("rocky-9", 14), ("cirros", 8))
STATES = (("ACTIVE", 885), ("SHUTOFF", 85), ("ERROR", 10), ("SHELVED_OFFLOADED", 10), ("PAUSED", 5), ("SUSPENDED", 5))
# What a project's servers do, and of how many, in a hundred.
ROLES = (("web", 28), ("app", 26), ("worker", 22), ("db", 12), ("cache", 7), ("ci", 5))
NAMES = (
    "payments", "search", "mail", "billing", "analytics", "portal", "archive", "build", "catalog", "chat", "data",
    "edge", "forms", "games", "geo", "health", "identity", "jobs", "kiosk", "ledger", "maps", "metrics", "news", "orders",
)  # fmt: skip
ZONES = ("az1", "az2", "az3")
HOST = {"vcpus": 96, "memory_mb": 786432, "local_gb": 20000, "cpu_allocation_ratio": 8.0}
# Of a project's servers, one in so many has a floating IP.
FLOATING = 12


@dataclass(frozen=True)
class Size:
    """How large the cloud is to be; what is not given follows from the number of servers.

    Attributes
    ----------
    hosts : int
        0 takes as many as the servers need.
    """

    servers: int
    projects: int = 0
    hosts: int = 0

    @property
    def project_count(self) -> int:
        """The number of projects."""
        return self.projects or max(2, min(self.servers, round(2 + self.servers**0.45)))


def population(size: Size, random_seed: int = 0) -> dict[str, Any]:
    """The seed of a cloud of that size, as a mapping that YAML can hold."""
    dice = random.Random(random_seed)
    names = [
        NAMES[n] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]}-{n // len(NAMES) + 1}"
        for n in range(size.project_count)
    ]
    shares = _zipf(size.servers, size.project_count)
    servers = [item for name, count in zip(names, shares, strict=True) for item in _servers(dice, name, count)]
    wanted = sum(_flavor(item["flavor"])[1] * item["count"] for item in servers)
    memory = sum(_flavor(item["flavor"])[2] * item["count"] for item in servers)
    disk = sum(_flavor(item["flavor"])[3] * item["count"] for item in servers)
    needed = max(
        wanted / (HOST["vcpus"] * HOST["cpu_allocation_ratio"]), memory / HOST["memory_mb"], disk / HOST["local_gb"]
    )
    hosts = size.hosts or max(len(ZONES), round(needed * 1.35) + 1)
    return {
        "description": f"{size.servers} servers in {size.project_count} projects on {hosts} hosts",
        "random_seed": random_seed,
        "clock": "real",
        "projects": [{"name": name, "description": f"The {name} team"} for name in names],
        "users": [user for name in names for user in _users(dice, name)],
        "quotas": [_quota(name, [item for item in servers if item["project"] == name]) for name in names],
        "flavors": [
            {"name": name, "id": number, "vcpus": vcpus, "ram": ram, "disk": disk_}
            for number, (name, vcpus, ram, disk_, _) in enumerate(FLAVORS, 1)
        ],
        "images": [{"name": name} for name, _ in IMAGES],
        "hosts": [{"name": f"compute-{n:03}", **HOST} for n in range(1, hosts + 1)],
        "aggregates": [
            {"name": zone, "availability_zone": zone,
             "hosts": [f"compute-{n:03}" for n in range(1, hosts + 1) if n % len(ZONES) == index]}
            for index, zone in enumerate(ZONES)
        ],
        "networks": [_external(), *(_network(number, name) for number, name in enumerate(names))],
        "routers": [
            {"name": f"{name}-router", "project": name, "external": "public", "subnets": [f"{name}-net-subnet"]}
            for name in names
        ],
        "security_groups": [group for name in names for group in _groups(name)],
        "servers": servers,
    }  # fmt: skip


def _zipf(total: int, count: int) -> list[int]:
    """`total` shared out by Zipf's law, at least one each as far as it goes."""
    weights = [1 / (rank + 1) ** 0.8 for rank in range(count)]
    shares = [int(total * weight / sum(weights)) for weight in weights]
    for rank in range(count):
        if shares[rank] == 0:
            shares[rank] = 1
    while sum(shares) > total:
        shares[shares.index(max(shares))] -= 1
    shares[0] += total - sum(shares)
    return shares


def _servers(dice: random.Random, project: str, count: int) -> list[dict[str, Any]]:
    """The servers of a project, in groups of one kind."""
    made: dict[tuple[str, str, str, bool], int] = {}
    images = {role: _pick(dice, IMAGES) for role, _ in ROLES}
    flavors = {role: _pick(dice, [(item[0], item[4]) for item in FLAVORS]) for role, _ in ROLES}
    for number in range(count):
        role = _pick(dice, ROLES)
        floating = role == "web" and number % FLOATING == 0
        state = "ACTIVE" if floating else _pick(dice, STATES)
        flavor = flavors[role] if dice.random() < 0.8 else _pick(dice, [(item[0], item[4]) for item in FLAVORS])
        kind = (role, flavor, state, floating)
        made[kind] = made.get(kind, 0) + 1
    items = []
    for index, ((role, flavor, state, floating), number) in enumerate(sorted(made.items())):
        item: dict[str, Any] = {
            "name": f"{role}-{index:02}", "project": project, "count": number,
            "flavor": flavor, "image": images[role], "network": f"{project}-net",
            "security_groups": ["default", "web"] if role == "web" else ["default"], "metadata": {"role": role},
        }  # fmt: skip
        if state != "ACTIVE":
            item["state"] = state
        if floating:
            item["floating_ip"] = "public"
        items.append(item)
    return items


def _users(dice: random.Random, project: str) -> list[dict[str, Any]]:
    count = dice.choice((1, 1, 2, 3))
    roles = ["member", "member", "reader"]
    return [
        {"name": f"{project}-{number + 1}", "project": project, "roles": {project: roles[number]}}
        for number in range(count)
    ]


def _quota(project: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Limits in the steps in which operators give them, above what is used."""
    used = sum(item["count"] for item in items)
    cores = sum(_flavor(item["flavor"])[1] * item["count"] for item in items)
    ram = sum(_flavor(item["flavor"])[2] * item["count"] for item in items)
    floating = sum(item["count"] for item in items if "floating_ip" in item)
    return {
        "project": project,
        "compute": {"instances": _step(used, 10), "cores": _step(cores, 20), "ram": _step(ram, 51200)},
        "network": {"port": _step(used + 10, 500), "floatingip": _step(floating, 50)},
    }


def _step(used: int, step: int) -> int:
    return step * (int(used * 1.2) // step + 1)


def _external() -> dict[str, Any]:
    pool = [{"start": "203.0.0.10", "end": "203.0.255.250"}]
    return {
        "name": "public",
        "external": True,
        "subnets": [{"cidr": "203.0.0.0/16", "gateway": "203.0.0.1", "pools": pool}],
    }


def _network(number: int, project: str) -> dict[str, Any]:
    cidr = f"10.{number // 16 % 240 + 1}.{number % 16 * 16}.0/20"
    return {"name": f"{project}-net", "project": project, "subnets": [{"cidr": cidr, "dns": ["192.0.2.53"]}]}


def _groups(project: str) -> list[dict[str, Any]]:
    ssh = {"protocol": "tcp", "port": 22, "remote_ip": "198.51.100.0/24"}
    web = [{"protocol": "tcp", "port": port, "remote_ip": "0.0.0.0/0"} for port in (80, 443)]
    return [
        {"name": "default", "project": project, "rules": [ssh]},
        {"name": "web", "project": project, "description": "HTTP and HTTPS from anywhere", "rules": web},
    ]


def _pick(dice: random.Random, shares: Any) -> str:
    return str(dice.choices([name for name, _ in shares], [share for _, share in shares])[0])


def _flavor(name: str) -> tuple[str, int, int, int, int]:
    return next(item for item in FLAVORS if item[0] == name)
