"""What a test may ask of its cloud: the same words in the marker, the decorator and the context manager."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kit.cloud.address import HOST
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# A user, a user and a project, a cloud, or a cloud and one of those.
Who = Any

_FORMS: tuple[tuple[str, Any, str], ...] = (
    ("faults", Mapping, "[{'service': 'compute', 'status': 503}]"),
    ("sleepers", str | ModuleType, "['fleet.scaler']"),
)


@dataclass(frozen=True)
class Options:
    """The cloud of a test.

    Attributes
    ----------
    seed : str or Path or mapping
        A YAML file, the name of a built-in seed, or the mapping that such a file holds.
    user, project : str, optional
        Who a connection speaks for; the project is the user's own unless given.
    clock : str or float
        `manual` stands until it is moved, so that waiting takes no time; `real`, or a factor.
    random_seed : int, optional
        Another stream of identifiers than the seed's.
    faults : iterable of mapping
        Faults in force from the start, as `cloud.faults.add` takes them.
    clouds : mapping, optional
        The names that `openstack.connect(cloud=...)` finds, each with a user, a user and a project, or a `Cloud` of
        its own before these. Without it every name is found, and speaks for `user`.
    sleepers : iterable of str or module
        Modules of the code under test that sleep between two looks: their `time` becomes the clients'.
    """

    seed: str | Path | Mapping[str, Any] = "devstack"
    user: str = "admin"
    project: str | None = None
    clock: str | float = "manual"
    random_seed: int | None = None
    faults: Iterable[Mapping[str, Any]] = ()
    clouds: Mapping[str, Who] | None = None
    sleepers: Iterable[str | ModuleType] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any], where: str = "") -> Options:
        """The options that a caller has given.

        Raises
        ------
        CloudError
            When one is unknown, or has no meaning; the text says what would have.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                todo = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
                raise CloudError(f"unknown option {name!r}", where=where, todo=todo)
        options = cls(**given)
        for name, kinds, example in _FORMS:
            found = getattr(options, name)
            listed = isinstance(found, Iterable) and not isinstance(found, str | Mapping)
            # What can be gone through once only is kept for the next test.
            object.__setattr__(options, name, tuple(found) if listed else ())
            if not listed or not all(isinstance(item, kinds) for item in getattr(options, name)):
                raise CloudError(f"{name} cannot be {found!r}", where=where, todo=f"Give a list: {name}={example}")
        if not isinstance(options.clouds, Mapping | None):
            raise CloudError("clouds is a mapping of names", where=where, todo="clouds={'production': 'admin'}")
        if not isinstance(options.random_seed, int | None):
            raise CloudError(f"random_seed is a number, not {options.random_seed!r}", where=where, todo="random_seed=1")
        return options

    def modules(self) -> list[ModuleType]:
        """The modules that sleep.

        Raises
        ------
        CloudError
            When there is none of a name.
        """
        try:
            return [import_module(one) if isinstance(one, str) else one for one in self.sleepers]
        except ModuleNotFoundError as error:
            raise CloudError(f"sleepers: {error}", todo="Give the name by which the code is imported.") from None

    def make(self, folder: Path | None = None) -> Cloud:
        """A fresh cloud; a seed's relative path is looked for in `folder` first."""
        from kit.cloud.testing.fresh import fresh

        seed = self.seed
        if folder is not None and isinstance(seed, str | Path) and (folder / seed).is_file():
            seed = folder / seed
        cloud = fresh(seed, clock=self.clock, random_seed=self.random_seed)
        try:
            for fault in self.faults:
                cloud.faults.add(**fault)
        except BaseException:
            cloud.close()
            raise
        return cloud

    def who(self, cloud: Cloud, name: str | None = None) -> tuple[str, str | None]:
        """The user and the project behind the name of a cloud, or behind none.

        Raises
        ------
        CloudError
            When the cloud has no such user, or what stands behind the name is of no known form.
        """
        given: Who = (self.user, self.project) if name is None or self.clouds is None else self.clouds[name]
        own = self.own(name)
        parts = tuple(given) if isinstance(given, tuple | list) else (given,)
        named = (parts[1:] or (self.user,)) if own else parts
        user, project = (*named, None, None)[:2]
        if len(named) > 2 or not isinstance(user, str) or not isinstance(project, str | None):
            raise CloudError(
                f"clouds={{{name!r}: ...}} is no user, no project, and no cloud: {given!r}",
                todo="Give 'demo', ('demo', 'demo'), cloud, or (cloud, 'demo').",
            )
        home_project = home(own or cloud, user)
        if project is not None:
            _known(own or cloud, project)
        return user, project or home_project

    def own(self, name: str | None) -> Cloud | None:
        """The cloud that was given for a name, if one was."""
        from kit.cloud.cloud import Cloud

        given = (self.clouds or {}).get(name) if name is not None else None
        first = given[0] if isinstance(given, tuple | list) and given else given
        return first if isinstance(first, Cloud) else None

    def hosts(self) -> dict[str, Cloud]:
        """The host names of the clouds that were given for names."""
        found = ((number, self.own(name)) for number, name in enumerate(self.clouds or (), 1))
        return {f"cloud-{number}.{HOST}": cloud for number, cloud in found if cloud is not None}


def home(cloud: Cloud, user: str) -> str | None:
    """The project that a user works in unless told otherwise: their default one, or one they have a role in."""
    from kit.cloud.identity.models import assignments, projects, users

    with cloud.read() as tx:
        row = tx.first(users, name=user)
        if row is None:
            there = ", ".join(sorted(found["name"] for found in tx.rows(users)))
            raise CloudError(f"the cloud has no user {user!r}", todo=f"There are: {there}.")
        found = tx.get(projects, row["default_project_id"]) or next(
            (
                project
                for grant in tx.rows(assignments, actor_id=row["id"], target_type="project")
                if (project := tx.get(projects, grant["target_id"])) is not None
            ),
            None,
        )
    return str(found["name"]) if found else None


def _known(cloud: Cloud, project: str) -> None:
    """Refuse a project that the cloud does not have."""
    from kit.cloud.identity.models import projects

    with cloud.read() as tx:
        there = sorted({row["name"] for row in tx.rows(projects, is_domain=False)})
    if project not in there:
        raise CloudError(f"the cloud has no project {project!r}", todo=f"There are: {', '.join(there)}.")
