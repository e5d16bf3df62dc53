"""The tables of a cloud: Congress's own columns, filled through an openstacksdk Connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kit.policy.engine import Engine
from kit.policy.errors import SourceError
from kit.policy.sources.cinder import read_cinder
from kit.policy.sources.glance import read_glance
from kit.policy.sources.heat import read_heat
from kit.policy.sources.keystone import read_keystone, read_keystone3
from kit.policy.sources.listing import Connection, Tables
from kit.policy.sources.neutron import read_neutron
from kit.policy.sources.nova import read_nova
from kit.policy.sources.schemas import SCHEMAS
from kit.policy.suggest import did_you_mean

__all__ = ["SCHEMAS", "Source", "add_cloud", "available"]

_READERS: dict[str, tuple[str, Callable[[Connection], Tables]]] = {
    "nova": ("compute", read_nova),
    "neutronv2": ("network", read_neutron),
    "keystone": ("identity", read_keystone),
    "keystonev3": ("identity", read_keystone3),
    "glancev2": ("image", read_glance),
    "cinder": ("block_storage", read_cinder),
    "heat": ("orchestration", read_heat),
}
_TYPES = {"block_storage": ("block-storage", "block-store", "volumev3", "volumev2", "volume")}


@dataclass(frozen=True)
class Source:
    """A cloud whose tables an engine holds.

    Attributes
    ----------
    services : tuple of str
        The data sources that it fills.
    """

    engine: Engine
    connection: Connection
    services: tuple[str, ...]

    def refresh(self, *services: str) -> None:
        """Read the tables of some data sources anew, or of all; rules and actions follow what changed.

        Raises
        ------
        SourceError
            A data source is unknown, or the cloud refuses to list something.
        """
        wanted = services or self.services
        for name in wanted:
            _check(name, self.connection)
        found = {name: _READERS[name][1](self.connection) for name in wanted}
        with self.engine.together():
            for name, tables in found.items():
                self.engine.add(name, SCHEMAS[name], tables)


def add_cloud(engine: Engine, connection: Connection, services: Iterable[str] | None = None) -> Source:
    """Fill the tables of a cloud's services; calling it again brings them up to date.

    Parameters
    ----------
    connection : openstack.connection.Connection
        An administrator's, to see the things of all projects.
    services : iterable of str, optional
        Which of `nova`, `neutronv2`, `keystone`, `keystonev3`, `glancev2`, `cinder`, `heat`; default those
        that the cloud has.

    Returns
    -------
    Source
        To bring single services up to date: `source.refresh("nova")`.

    Raises
    ------
    SourceError
        When a service is unknown or missing, or the cloud refuses to list something.
    """
    source = Source(engine, connection, available(connection) if services is None else tuple(services))
    source.refresh(*source.services)
    return source


def available(connection: Connection) -> tuple[str, ...]:
    """The data sources whose service is in a cloud's catalog."""
    return tuple(name for name, (proxy, _) in _READERS.items() if _has(connection, proxy))


def _has(connection: Any, proxy: str) -> bool:
    catalog = getattr(connection, "service_catalog", None)
    if catalog is None:
        return hasattr(connection, proxy)
    types = _TYPES.get(proxy, (proxy,))
    return any(entry["type"] in types for entry in catalog)


def _check(name: str, connection: Connection) -> None:
    if name not in _READERS:
        raise SourceError(f"There is no source `{name}`.", todo=did_you_mean(name, _READERS))
    proxy = _READERS[name][0]
    if not _has(connection, proxy):
        what = f"The cloud has no service for `{name}`: {proxy.replace('_', '-')} is not in its catalog."
        raise SourceError(what, todo=f"It has: {', '.join(available(connection))}.")
