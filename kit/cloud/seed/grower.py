"""Grows a cloud from a plan, section by section, by the requests that a client would send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit.cloud.seed import accounts, live, networks, provision, servers, volumes
from kit.cloud.seed.growing import Growing
from kit.cloud.seed.reader import Plan
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

Section = Callable[[Growing, Any], None]

# In this order: a section names only what an earlier one has made.
SECTIONS: dict[str, Section] = {
    "projects": accounts.projects,
    "users": accounts.users,
    "quotas": accounts.quotas,
    "flavors": provision.flavors,
    "images": provision.images,
    "volume_types": volumes.volume_types,
    "hosts": provision.hosts,
    "live_migration": live.conditions,
    "aggregates": provision.aggregates,
    "subnet_pools": networks.subnet_pools,
    "networks": networks.networks,
    "routers": networks.routers,
    "security_groups": networks.security_groups,
    "keypairs": servers.keypairs,
    "server_groups": servers.server_groups,
    "servers": servers.servers,
    "volumes": volumes.volumes,
    "floating_ips": networks.floating_ips,
    "shares": provision.shares,
}

# How long before the cloud's first moment the seed's things were made.
AGE = timedelta(days=1)


def grow(cloud: Cloud, plan: Plan, progress: Callable[[str], None] | None = None) -> None:
    """Make everything that the plan describes.

    The clock stands still meanwhile, a day before the cloud's first moment, and is moved until
    every server stands; no request of the growing is left in the record. `progress` is told the kind
    of each thing made.

    Raises
    ------
    SeedError
        When the cloud refuses a thing, with the place in the seed.
    """
    clock = cloud.clock
    start, rate, tick = clock.now(), clock.rate, clock.tick
    clock.rate, clock.tick = 0, 0
    clock.set(start - AGE)
    growing = Growing(cloud, plan, progress)
    provision.settings(growing)
    for name, section in SECTIONS.items():
        section(growing, plan.get(name) or [])
    clock.set(start)
    servers.building_servers(growing, plan.get("servers") or [])
    growing.forget_tokens()
    cloud.timings.update(plan.get("timings") or {})
    for number, fault in enumerate(plan.get("faults") or []):
        try:
            cloud.faults.add(**fault)
        except CloudError as error:
            raise plan.error(("faults", number), error.what, error.todo) from error
    cloud.exchanges.clear()
    clock.set(start)
    clock.rate, clock.tick = rate, tick
