"""An engine of one's own that follows a cloud: its tables are read anew whenever something is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kit.cloud.inner import Inside
from kit.cloud.policy.standing import of
from kit.policy import Engine, add_cloud

if TYPE_CHECKING:
    from kit.cloud.call import Call
    from kit.cloud.cloud import Cloud
    from kit.cloud.watch import Cause


class _Follower:
    """Reads the tables of one engine; what watches it or listens to its actions is told of each change."""

    def __init__(self, cloud: Cloud, engine: Engine, services: tuple[str, ...] | None) -> None:
        self.cloud = cloud
        self.engine = engine
        self.services = services

    def before(self, call: Call) -> None:
        """A follower judges nothing."""

    def judge(self, call: Call) -> None:
        """A follower judges nothing."""

    def refused(self) -> None:
        """Nothing was kept."""

    def changed(self, cause: Cause) -> None:
        """Read the tables anew; rows that stayed cost nothing further."""
        with self.cloud.read() as tx:
            inside = Inside(self.cloud, of(self.cloud).runtime.context(tx), tx)
            add_cloud(self.engine, inside, self.services)


def follow(cloud: Cloud, engine: Engine, services: Iterable[str] | None = None) -> Callable[[], None]:
    """Let an engine follow a cloud of this process from now on.

    Parameters
    ----------
    services : iterable of str, optional
        The data sources: `nova`, `neutronv2` and so on; default those that the cloud has.

    Returns
    -------
    callable
        Call it to end the following.

    Examples
    --------
    >>> from kit.cloud import Cloud
    >>> cloud, engine = Cloud(), Engine()
    >>> end = follow(cloud, engine, ["keystone"])
    >>> engine.watch("keystone", "tenants")
    >>> _ = cloud.connect().create_project("new", "default")
    >>> [row[2] for event in engine.events() for row in event.added]
    ['new']
    """
    follower = _Follower(cloud, engine, None if services is None else tuple(services))
    cloud.watchers.append(follower)
    follower.changed("request")

    def end() -> None:
        if follower in cloud.watchers:
            cloud.watchers.remove(follower)

    return end
