"""What a test may ask of its cloud: the same words in the marker, the decorator and the context manager."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

Who = str | tuple[str, str | None]


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
        The names that `openstack.connect(cloud=...)` finds, each with a user, or a user and a project.
        Without it every name is found, and speaks for `user`.
    """

    seed: str | Path | Mapping[str, Any] = "devstack"
    user: str = "admin"
    project: str | None = None
    clock: str | float = "manual"
    random_seed: int | None = None
    faults: Iterable[Mapping[str, Any]] = ()
    clouds: Mapping[str, Who] | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any], where: str = "") -> Options:
        """The options that a caller has given.

        Raises
        ------
        CloudError
            When one is unknown; the text suggests another.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                todo = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
                raise CloudError(f"unknown option {name!r}", where=where, todo=todo)
        options = cls(**given)
        if isinstance(options.faults, str | Mapping):
            raise CloudError(
                "faults is a list of mappings", where=where, todo="faults=[{'service': 'compute', 'status': 503}]"
            )
        return options

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
            When the cloud has no such user.
        """
        given: Who = (self.user, self.project) if name is None or self.clouds is None else self.clouds[name]
        user, project = (given, None) if isinstance(given, str) else given
        return user, project or home(cloud, user)


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
