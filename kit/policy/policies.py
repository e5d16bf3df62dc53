"""A policy: its kind, the columns of its tables, its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kit.policy.core import Rule
from kit.policy.errors import StatementError, UnknownPolicy
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Statement

KINDS = ("nonrecursive", "recursive", "action", "datasource")


@dataclass(eq=False)
class Policy:
    """A named set of tables.

    Parameters
    ----------
    name : str
        The prefix in `name:table(...)`.
    kind : str
        `nonrecursive`, `recursive` (rules may refer to themselves), `action` (what actions do, for
        simulation) or `datasource` (tables of a cloud, with columns).
    schema : mapping
        For a data source: table to the names of its columns.
    complete : bool
        Whether a table that is not in the schema is an error; else it is empty.
    """

    name: str
    kind: str = "nonrecursive"
    schema: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    rules: dict[tuple[object, ...], Statement] = field(default_factory=dict)
    ready: dict[tuple[object, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def columns(self, table: str) -> tuple[str, ...] | None:
        """The columns of a table, if they are known."""
        return self.schema.get(table)


class Policies(dict[str, Policy]):
    """All policies by name."""

    def find(self, name: str) -> Policy:
        """Give a policy.

        Raises
        ------
        UnknownPolicy
            There is none of that name.
        """
        if name not in self:
            raise UnknownPolicy(f"There is no policy `{name}`.", todo=did_you_mean(name, self))
        return self[name]


def raise_first(errors: Iterable[StatementError]) -> None:
    """Raise the first of some errors by position, with the others beside it."""
    found = sorted(errors, key=lambda e: e.position or (0, 0))
    if found:
        found[0].others = found[1:]
        raise found[0]
