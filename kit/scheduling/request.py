"""What is asked of the scheduler: a flavor, an image, hints, a group, a number of servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from kit.scheduling.errors import RequestError, amount
from kit.scheduling.image import Image

POLICIES = ("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """Amounts that a server asks for, and extra specs.

    Attributes
    ----------
    vcpus : int
        Virtual CPUs.
    memory_mb, swap : int
        MiB.
    root_gb, ephemeral_gb : int
        GiB.

    Raises
    ------
    RequestError
        For an amount that is negative or no number.
    """

    name: str = "flavor"
    vcpus: int = 1
    memory_mb: int = 512
    root_gb: int = 0
    ephemeral_gb: int = 0
    swap: int = 0
    extra_specs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("vcpus", "memory_mb", "root_gb", "ephemeral_gb", "swap"):
            amount(f"{name} of flavor {self.name!r}", getattr(self, name))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Flavor:
        """A flavor from `{"name", "vcpus", "ram_mb", "disk_gb", "ephemeral_gb", "swap_mb", "extra_specs"}`."""
        return cls(
            name=data.get("name", "flavor"), vcpus=data["vcpus"], memory_mb=data["ram_mb"],
            root_gb=data.get("disk_gb", 0), ephemeral_gb=data.get("ephemeral_gb", 0), swap=data.get("swap_mb", 0),
            extra_specs=dict(data.get("extra_specs") or {}),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ServerGroup:
    """A server group: its policy, its members, and where these are."""

    policy: str
    members: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    max_server_per_host: int = 1

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise RequestError(f"{self.policy!r} is no policy of server groups", todo=f"There are {POLICIES}.")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ServerGroup:
        """A group from `{"policy", "members", "hosts", "rules"}`."""
        limit = (data.get("rules") or {}).get("max_server_per_host", 1)
        return cls(
            policy=data["policy"], members=tuple(data.get("members") or ()), hosts=tuple(data.get("hosts") or ()),
            max_server_per_host=int(limit),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request for one server or several alike.

    Attributes
    ----------
    servers : tuple of str
        Their ids; so many hosts are chosen.
    hints : mapping
        Scheduler hints by name; a value may be a list.
    destination_host, destination_node : str, optional
        The only host to look at; filters are run.
    force_hosts, force_nodes : tuple of str
        The only hosts to look at; no filter is run.
    ignore_hosts : tuple of str
        Hosts that are left out.
    is_bfv : bool
        Boot from volume: the root disk needs no local disk.
    retried : tuple of str
        Hosts that failed before (the RetryFilter of old).
    rebuild : bool
        The server stays where it is: no query to Placement, no claim, few filters.
    source_cell, allow_cross_cell_move
        For a move: the cell where the server is, and whether it may leave it.
    """

    flavor: Flavor
    image: Image = field(default_factory=Image)
    project_id: str = ""
    servers: tuple[str, ...] = ("new-1",)
    hints: Mapping[str, Any] = field(default_factory=dict)
    group: ServerGroup | None = None
    availability_zone: str | None = None
    destination_host: str | None = None
    destination_node: str | None = None
    force_hosts: tuple[str, ...] = ()
    force_nodes: tuple[str, ...] = ()
    ignore_hosts: tuple[str, ...] = ()
    is_bfv: bool = False
    retried: tuple[str, ...] = ()
    rebuild: bool = False
    source_cell: str | None = None
    allow_cross_cell_move: bool = False

    @property
    def extra_specs(self) -> Mapping[str, str]:
        """Those of the flavor."""
        return self.flavor.extra_specs

    @cached_property
    def disk_gb(self) -> int:
        """Local disk in GiB: root, ephemeral, and swap rounded up; no root when it boots from a volume."""
        root = 0 if self.is_bfv else self.flavor.root_gb
        return root + self.flavor.ephemeral_gb + -(-self.flavor.swap // 1024)

    def hint(self, name: str, default: Any = None) -> Any:
        """A scheduler hint; a list of one is the one."""
        value = self.hints.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return default if value is None else value

    def hint_list(self, name: str) -> list[str]:
        """A scheduler hint as a list; empty when it is not given."""
        value = self.hints.get(name)
        return [] if not value else [value] if isinstance(value, str) else list(value)

    def changed(self, **fields: Any) -> Request:
        """The same request with some fields changed."""
        return replace(self, **fields)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Request:
        """A request from plain data.

        Parameters
        ----------
        data : mapping
            `flavor` (as `Flavor.from_dict`), and as wanted `image`, `project`, `num_instances`, `hints`, `group`,
            `az`, `destination_host`, `destination_node`, `force_hosts`, `force_nodes`, `ignore_hosts`, `is_bfv`.

        Raises
        ------
        RequestError
            A member is not known.
        """
        members = [
            "flavor",
            "image",
            "project",
            "num_instances",
            "servers",
            "hints",
            "group",
            "az",
            "destination_host",
            "destination_node",
            "force_hosts",
            "force_nodes",
            "ignore_hosts",
            "is_bfv",
            "retried",
            "rebuild",
            "source_cell",
            "allow_cross_cell_move",
        ]
        unknown = sorted(set(data) - set(members))
        if unknown:
            raise RequestError(f"a request has no {', '.join(unknown)}", todo=f"It has: {', '.join(members)}.")
        servers = data.get("servers") or [f"new-{number + 1}" for number in range(data.get("num_instances", 1))]
        same = ["destination_host", "destination_node", "is_bfv", "rebuild", "source_cell", "allow_cross_cell_move"]
        lists = ["force_hosts", "force_nodes", "ignore_hosts", "retried"]
        named: dict[str, Any] = {name: data[name] for name in same if name in data}
        named |= {name: tuple(data[name] or ()) for name in lists if name in data}
        return cls(
            flavor=Flavor.from_dict(data["flavor"]), image=Image.from_dict(data.get("image")),
            project_id=data.get("project", ""), servers=tuple(servers), hints=dict(data.get("hints") or {}),
            group=ServerGroup.from_dict(data["group"]) if data.get("group") else None,
            availability_zone=data.get("az"),
            **named,
        )  # fmt: skip
