"""A cloud: services over one store and one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.cloud import opening, snapshot, waiting
from kit.cloud.address import BASE_URL
from kit.cloud.app import App, Environ, StartResponse
from kit.cloud.call import Context
from kit.cloud.clock import Clock
from kit.cloud.events import Events
from kit.cloud.faults import Faults
from kit.cloud.grown import Grown
from kit.cloud.ids import Ids
from kit.cloud.keeping import Keeping
from kit.cloud.record import Exchanges
from kit.cloud.registry import SERVICES
from kit.cloud.service import Service
from kit.cloud.store import Store, Transaction
from kit.cloud.urls import in_memory
from kit.cloud.watch import Cause, Watcher
from kit.errors import CloudError

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kit.cloud.server import Server


@cache
def _app() -> App:
    return App(SERVICES.values())


class Cloud:
    """A mock OpenStack.

    A new cloud has an administrator (`admin`, password `secret`, project `admin`, domain
    `Default`, region `RegionOne`), the default roles and the catalog, and nothing else;
    `from_seed` fills one.

    Parameters
    ----------
    store : str
        An SQLAlchemy URL; default memory.
    clock : Clock or str or float, optional
        `real`, `manual` (stands until `clock.advance`, one second a request), a factor on real time,
        or a `Clock`. Default real; on a kept store that holds a cloud, that cloud's.
    random_seed : int or None
        A number makes identifiers, and so every answer, the same again for the same steps.
    grown, source
        What to begin with instead of nothing: an image of a cloud in memory; for a kept store, a cloud in memory.

    A kept store (a file, PostgreSQL) that holds a cloud already is opened as it was left.

    Raises
    ------
    StoreError
        When the store cannot be opened.

    Examples
    --------
    >>> cloud = Cloud(random_seed=1, clock="manual")
    >>> conn = cloud.connect()
    >>> [project.name for project in conn.identity.projects()]
    ['admin', 'service']
    """

    def __init__(
        self, *, store: str = "sqlite://", clock: Clock | str | float | None = None, random_seed: int | None = None,
        admin_password: str = "secret", grown: Grown | None = None, source: Cloud | None = None,
    ) -> None:  # fmt: skip
        self.store = Store(store, grown.database if grown else None)
        self.clock = _clock("real" if clock is None else clock)
        self.random_seed = random_seed
        self.ids = Ids(random_seed)
        # Requests draw from a stream of their own: looking around does not change what is made next.
        self.request_ids = Ids(random_seed, "requests")
        self.faults = Faults(random_seed)
        self.exchanges = Exchanges()
        self.services: Mapping[str, Service] = SERVICES
        self.timings: dict[str, float] = {}
        # Passwords that a seed gave, by user name: a lab's users are nobody's secret.
        self.passwords = {"admin": admin_password}
        self.events = Events(self)
        # How often something was kept: who holds a view of the cloud sees by it whether that is old.
        self.generation = 0
        self.watchers: list[Watcher] = []
        for service in self.services.values():
            for kind, handler in service.handlers.items() if service.loaded else ():
                self.events.register(kind, handler)
            service.join(self)
        self.keeping = Keeping(self)
        if grown is not None:
            grown.dress(self)
        elif self.store.memory:
            opening.new(self, admin_password)
        else:
            opening.kept(self, admin_password, clock is not None and source is None, source)

    @classmethod
    def from_seed(
        cls, seed: str | Path | Mapping[str, Any], *, random_seed: int | None = None,
        clock: Clock | str | float | None = None, store: str = "sqlite://",
        progress: Callable[[str], None] | None = None,
    ) -> Cloud:  # fmt: skip
        """A cloud as a seed describes it: a YAML file, or the mapping that such a file holds.

        Parameters
        ----------
        random_seed, clock
            Instead of what the seed says under `random_seed` (0 when it says nothing) and `clock`
            (`manual` when it says nothing).
        store
            A kept store that holds a cloud already is opened as it was left; the seed is not grown again.
        progress
            Told the kind (`servers`) of each thing made.

        Raises
        ------
        SeedError
            When the seed does not describe a cloud; its text names the place.
        """
        from kit.cloud.seed import grow, read

        plan = read(seed)
        if not in_memory(store):
            # Grown in memory and written at once: a kept store holds nothing, or the whole cloud.
            if opening.is_filled(store):
                return cls(store=store, random_seed=random_seed, clock=clock)
            with closing(cls.from_seed(plan, random_seed=random_seed, clock=clock, progress=progress)) as grown:
                return cls(store=store, random_seed=grown.random_seed, clock=grown.clock, source=grown)
        number = int(plan.get("random_seed", 0)) if random_seed is None else random_seed
        cloud = cls(
            store=store, clock=clock if clock is not None else plan.get("clock", "manual"), random_seed=number,
            admin_password=str(plan.get("admin_password", "secret")),
        )  # fmt: skip
        grow(cloud, plan, progress)
        return cloud

    def app(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The cloud as a WSGI callable."""
        return _app()(self, environ, start_response)

    def read(self) -> AbstractContextManager[Transaction]:
        """A transaction that only looks, at the present moment."""
        return self.store.read(self.clock.now(), self.ids)

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that is kept or undone as a whole, at the present moment."""
        if self.store.memory:
            return self.store.write(self.clock.now(), self.ids)
        return self._write_and_keep()

    @contextmanager
    def _write_and_keep(self) -> Iterator[Transaction]:
        with self.store.write(self.clock.now(), self.ids) as tx:
            yield tx
            self.keeping.save(tx)

    def authenticate(self, tx: Transaction, token: str | None) -> Context | None:
        """Who a token speaks for, or None when it is not valid (any more)."""
        from kit.cloud.identity.tokens import context

        return context(tx, token) if token else None

    def settle(self) -> None:
        """Let all happen that has fallen due."""
        now = self.clock.now()
        if self.events.quiet(now):
            return
        with self.store.read(now, self.ids) as tx:
            if not self.store.memory:
                self.keeping.load(tx)  # another worker may have moved the clock
                now = self.clock.now()
            due = self.events.due(tx, now)
        if due:
            with self.store.write(now, self.ids) as tx:
                self.events.apply(tx, now)
            self.note_change("due")

    def note_change(self, cause: Cause) -> None:
        """Tell those who watch that something was kept."""
        self.generation += 1
        for watcher in self.watchers:
            watcher.changed(cause)

    def duration(self, kind: str, default: float) -> float:
        """How many seconds of cloud time a thing takes: the seed's `timings`, or the default."""
        return float(self.timings.get(kind, default))

    def connect(
        self, user: str = "admin", project: str | None = "admin", password: str | None = None, *,
        domain: str = "Default", region: str | None = None, **options: Any,
    ) -> Connection:  # fmt: skip
        """An unmodified openstacksdk Connection to this cloud, in this process.

        Parameters
        ----------
        user, project, domain : str
            Who, and the scope; `project=None` leaves the token unscoped.
        password : str, optional
            Default the password that the seed gave the user, or `secret`.
        region : str, optional
            Another than the first, which an administrator has made.
        options
            Further options of `openstack.connection.Connection`.
        """
        from keystoneauth1.session import Session
        from openstack.config import OpenStackConfig
        from openstack.connection import Connection

        # The clients take a while to load, and a cloud on a port needs none.
        from kit.cloud.adapter import session

        waiting.install()

        def http(**given: Any) -> Session:
            return Session(**{**given, "session": session(self)})

        # As clouds.yaml would have it, so that what reads the configuration (`connect_as_project`) works, too.
        config = OpenStackConfig(
            config_files=[], vendor_files=[], secure_files=[], load_yaml_config=False, load_envvars=False,
            session_constructor=http,
        )  # fmt: skip
        entry = self.clouds_yaml(f"{BASE_URL}/identity/v3", user, project, domain)
        entry["region_name"] = region or opening.REGION
        entry.pop("regions", None)
        if password is not None:
            entry["auth"]["password"] = password
        return Connection(config=config.get_one(**entry), **options)

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> Server:
        """The same cloud on a port, from a thread of this process; `port` 0 takes a free one."""
        from kit.cloud.server import Server

        return Server(self, host=host, port=port).start()

    def clouds_yaml(
        self, auth_url: str, user: str = "admin", project: str | None = "admin", domain: str = "Default"
    ) -> dict[str, Any]:
        """One entry below `clouds:` of a clouds.yaml file; without a project its tokens are unscoped."""
        with self.read() as tx:
            regions = opening.regions(tx)
        scope = {"project_name": project, "project_domain_name": domain} if project else {}
        return {
            "auth": {
                "auth_url": auth_url, "username": user, "password": self.passwords.get(user, "secret"),
                "user_domain_name": domain, **scope,
            },
            **({"regions": regions} if len(regions) > 1 else {"region_name": opening.REGION}),
            "identity_api_version": "3",
        }  # fmt: skip

    def snapshot(self) -> bytes:
        """The whole state: every row, the time, the faults. `restore` brings it back, on any cloud."""
        return snapshot.take(self)

    def restore(self, data: bytes) -> None:
        """Become what the snapshot was taken of.

        Raises
        ------
        StoreError
            When the bytes are no snapshot; nothing is changed then.
        """
        snapshot.restore(self, data)
        self.note_change("restored")

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()


def _clock(clock: Clock | str | float) -> Clock:
    if isinstance(clock, Clock):
        return clock
    if clock == "real":
        return Clock()
    if clock == "manual":
        return Clock(rate=0, tick=1)
    try:
        rate = float(clock)
        if not 0 <= rate <= 1e9:
            raise ValueError
        return Clock(rate=rate)
    except ValueError:
        raise CloudError(
            f"no such clock: {clock!r}",
            todo="Give `real`, `manual`, or a factor such as 60 (a minute passes in a second).",
        ) from None
