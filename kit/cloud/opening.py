"""How a cloud meets its store: a new one is furnished, a kept one is opened as it was left, an older one completed."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from typing import TYPE_CHECKING

from kit.cloud import schema, snapshot
from kit.cloud.clock import EPOCH
from kit.cloud.ids import Ids
from kit.cloud.store import Store

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.service import Service
    from kit.cloud.store import Transaction

REGION = "RegionOne"


def furnish(cloud: Cloud, tx: Transaction, password: str, services: Collection[Service]) -> None:
    """Put in place what these services have on a new cloud, and the catalog that names them."""
    from kit.cloud.identity.bootstrap import bootstrap

    bootstrap(tx, services, REGION, password)
    for service in services:
        service.prepare(cloud, tx)
    schema.remember(tx.connection, "services", [service.type for service in services])


def new(cloud: Cloud, password: str) -> None:
    """Furnish a cloud in memory."""
    # A stream of its own: one more service in the catalog does not change the ids of a seed's things.
    with cloud.store.write(cloud.clock.now(), Ids(cloud.random_seed, "bootstrap")) as tx:
        furnish(cloud, tx, password, cloud.services.values())


def kept(cloud: Cloud, password: str, own_clock: bool, source: Cloud | None) -> None:
    """Open a kept store, in one transaction: as it was left, or with what `source` holds, or furnished anew."""
    with cloud.store.usable(), cloud.store.write(cloud.clock.now(), Ids(cloud.random_seed, "bootstrap")) as tx:
        if holds(tx) is None:
            if source is not None:
                state = snapshot.beside(source)
                if not source.store.pour(tx):
                    snapshot.fill(tx, snapshot.state(source))
                snapshot.dress(cloud, state)
            else:
                furnish(cloud, tx, password, cloud.services.values())
            schema.remember(tx.connection, "services", list(cloud.services))
        cloud.keeping.join(tx)
        cloud.keeping.load(tx, own_clock=own_clock)
        complete(cloud, tx)
        cloud.keeping.save(tx)


def is_filled(url: str) -> bool:
    """Whether a kept store holds a cloud."""
    with closing(Store(url)) as store, store.read(EPOCH, Ids()) as tx:
        return holds(tx) is not None


def complete(cloud: Cloud, tx: Transaction) -> None:
    """Add the services that came with a newer version than the one that furnished the store."""
    from kit.cloud.identity.bootstrap import offer

    there = holds(tx) or []
    missing = [service for type, service in cloud.services.items() if type not in there]
    if missing:
        ids, tx.ids = tx.ids, Ids(cloud.random_seed, f"bootstrap-{len(there)}")
        offer(tx, missing, REGION)
        for service in missing:
            service.prepare(cloud, tx)
        tx.ids = ids
        schema.remember(tx.connection, "services", [*there, *(service.type for service in missing)])


def regions(tx: Transaction) -> list[str]:
    """The regions that the catalog has, the first one first."""
    from kit.cloud.identity.models import endpoints

    return sorted(tx.tally(endpoints, "region_id", enabled=True), key=lambda name: (name != REGION, str(name)))


def holds(tx: Transaction) -> list[str] | None:
    """The types of the services that the store was furnished with; None when it holds no cloud."""
    found = schema.recall(tx.connection, "services")
    if found is None:
        from kit.cloud.identity.models import services

        found = [row["type"] for row in tx.rows(services)] or None
    return list(found) if found is not None else None
