"""What was read lately of tables that hardly change, for the one process that has the store in its memory.

A token asks fifteen questions about users, projects, roles and endpoints, and their answers are the same for
hours; building a row costs more than finding it. Whoever writes to one of these tables, undoes a transaction or
brings a snapshot back makes all of it forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

from kit.cloud.tables import Table, metadata

Row = dict[str, Any]

STEADY = frozenset((
    "assignments", "compute_aggregates", "compute_flavor_access", "compute_flavors", "compute_hypervisors",
    "compute_quotas", "compute_services", "endpoint_groups", "endpoints", "group_members", "groups", "image_images",
    "image_members", "implied_roles", "network_networks", "network_quotas", "network_rbac_policies",
    "project_endpoint_groups", "project_endpoints", "projects", "regions", "roles", "services", "users",
    "volume_quotas", "volume_services", "volume_types",
))  # fmt: skip
"""Tables that are read far more often than written."""

MOST = 2000
"""Answers kept about one table."""


@cache
def _touched(name: str) -> frozenset[str]:
    """The steady tables whose rows a write to a table may change: itself, and those that go with its rows."""
    found, more = {name}, {name}
    while more:
        more = {
            other.name
            for other in metadata.tables.values()
            for key in other.foreign_keys
            if key.column.table.name in more
        } - found
        found |= more
    return frozenset(found & STEADY)


class Memo:
    """Answers by table and question, until something is written."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[Hashable, Any]] = {}

    def steady(self, table: Table) -> bool:
        """Whether answers about the table are kept."""
        return table.name in STEADY

    def recall(self, about: str, question: Hashable, find: Callable[[], Any]) -> Any:
        """What `find` said when it was last asked, or says now.

        Parameters
        ----------
        about : str
            The table that the answer is made of; "" for one that is made of several.
        """
        kept = self._kept.setdefault(about, {})
        try:
            return kept[question]
        except KeyError:
            if len(kept) >= MOST:
                kept.clear()
            found = kept[question] = find()
            return found
        except TypeError:  # a value that is no question: a list
            return find()

    def written(self, table: Table) -> None:
        """Forget what a write to the table could change."""
        touched = _touched(table.name)
        if touched:
            for name in (*touched, ""):
                self._kept.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
