"""Which providers can give what is asked for, group by group and all groups together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from kit.cloud.placement import capacity
from kit.cloud.placement.request_groups import Group, Wish
from kit.cloud.store import Row

SHARES = "MISC_SHARES_VIA_AGGREGATE"


@dataclass
class Candidate:
    """One way to meet a group, or all of them.

    Attributes
    ----------
    anchor : str
        The root of the tree that it is about, also where a provider of another tree shares with it.
    amounts : dict
        By provider and class.
    mappings : dict
        Which providers meet the group of a suffix.
    """

    anchor: str
    amounts: dict[tuple[str, str], int] = field(default_factory=dict)
    mappings: dict[str, set[str]] = field(default_factory=dict)


class Search:
    """The providers of a cloud, as one query sees them."""

    def __init__(self, rows: list[Row], wish: Wish) -> None:
        self.rows = {row["uuid"]: row for row in rows}
        self.wish = wish
        self.nested = any(row["parent_uuid"] for row in rows)
        self.sharing = [row["uuid"] for row in rows if SHARES in row["traits"]]
        self.anchors = {row["uuid"] for row in rows if not row["parent_uuid"] and self._is_anchor(row)}

    def _is_anchor(self, root: Row) -> bool:
        return self.wish.root_required <= set(root["traits"]) and self.wish.root_forbidden.isdisjoint(root["traits"])

    def candidates(self) -> Iterator[Candidate]:
        """Every way to meet all groups, each once."""
        found: dict[str, dict[str, list[Candidate]]] = {}
        for suffix, group in self.wish.groups.items():
            plain = group.together or not (self.sharing or self.nested)
            for one in self._by_one(suffix, group) if plain else self._by_tree(suffix, group):
                found.setdefault(one.anchor, {}).setdefault(suffix, []).append(one)
        seen = set()
        for anchor, by_suffix in found.items():
            if len(by_suffix) < len(self.wish.groups):
                continue
            for parts in itertools.product(*by_suffix.values()):
                whole = self._together(anchor, parts)
                if whole is None:
                    continue
                key = (
                    frozenset(whole.amounts.items()),
                    tuple(sorted((suffix, tuple(sorted(uuids))) for suffix, uuids in whole.mappings.items())),
                )
                if key not in seen:
                    seen.add(key)
                    yield whole

    # One group

    def _with_room(self, group: Group, name: str, amount: int) -> list[Row]:
        tree = self.rows[group.in_tree]["root_uuid"] if group.in_tree in self.rows else None
        return [
            row
            for row in self.rows.values()
            if (group.in_tree is None or row["root_uuid"] == tree) and capacity.has_room(row, name, amount)
        ]

    def _anchors_of(self, row: Row) -> list[str]:
        """The roots of the trees that a sharing provider shares with."""
        shared = set(row["aggregates"])
        roots = dict.fromkeys(
            other["root_uuid"] for other in self.rows.values() if not shared.isdisjoint(other["aggregates"])
        )
        return list(roots)

    def _by_one(self, suffix: str, group: Group) -> Iterator[Candidate]:
        """Single providers that give all of a group."""
        tree = self.rows[group.in_tree]["root_uuid"] if group.in_tree in self.rows else None
        for row in self.rows.values():
            traits, aggregates = set(row["traits"]), set(row["aggregates"])
            # Without resources the tree is not looked at, as in the real one.
            if group.in_tree is not None and (tree is None or (group.resources and row["root_uuid"] != tree)):
                continue
            if not (
                all(some & traits for some in group.required) and group.forbidden.isdisjoint(traits)
                and all(some & aggregates for some in group.member_of) and group.not_member_of.isdisjoint(aggregates)
                and all(capacity.has_room(row, name, amount) for name, amount in group.resources.items())
            ):  # fmt: skip
                continue
            amounts = {(row["uuid"], name): amount for name, amount in group.resources.items()}
            roots = [row["root_uuid"]]
            if SHARES in traits:
                roots += [root for root in self._anchors_of(row) if root != row["root_uuid"]]
            for root in roots:
                if root in self.anchors:
                    yield Candidate(root, amounts, {suffix: {row["uuid"]}})

    def _by_tree(self, suffix: str, group: Group) -> Iterator[Candidate]:
        """Providers of a tree, and who shares with it, that give a group together."""
        trees: dict[str, list[list[Row]]] = {}
        for place, (name, amount) in enumerate(group.resources.items()):
            rooms = self._with_room(group, name, amount)
            pairs = {(row["uuid"], row["root_uuid"]): row for row in rooms}
            if group.in_tree is None:
                in_aggregates = [
                    row["uuid"] for row in self.rows.values()
                    if all(some & set(row["aggregates"]) for some in group.member_of)
                ]  # fmt: skip
                for row in rooms:
                    if row["uuid"] in self.sharing and row["uuid"] in in_aggregates:
                        pairs |= {(row["uuid"], root): row for root in self._anchors_of(row)}
            for (_, root), row in pairs.items():
                if root in self.anchors and self._in_aggregates(row, self.rows[root], group):
                    by_class = trees.setdefault(root, [[] for _ in group.resources])
                    by_class[place].append(row)
        for root, by_class in trees.items():
            for rows in itertools.product(*by_class):
                traits = set[str]().union(*(row["traits"] for row in rows))
                if group.forbidden.isdisjoint(traits) and all(some & traits for some in group.required):
                    amounts = {
                        (row["uuid"], name): amount
                        for row, (name, amount) in zip(rows, group.resources.items(), strict=True)
                    }
                    yield Candidate(root, amounts, {suffix: {row["uuid"] for row in rows}})

    @staticmethod
    def _in_aggregates(row: Row, root: Row, group: Group) -> bool:
        """An aggregate of the root is one of the whole tree."""
        wanted = any(all(some & set(one["aggregates"]) for some in group.member_of) for one in (row, root))
        both = {*row["aggregates"], *root["aggregates"]}
        return wanted and group.not_member_of.isdisjoint(both)

    # All groups

    def _together(self, anchor: str, parts: tuple[Candidate, ...]) -> Candidate | None:
        """The parts as one candidate, when group policy, subtrees and capacity allow it."""
        whole = Candidate(anchor)
        for part in parts:
            for key, amount in part.amounts.items():
                whole.amounts[key] = whole.amounts.get(key, 0) + amount
            whole.mappings |= part.mappings
        if self.wish.isolate:
            single = [uuids for suffix, uuids in whole.mappings.items() if suffix]
            if len(set[str]().union(*single)) < len(single):
                return None
        for suffixes in self.wish.subtrees:
            if not self._one_subtree(set[str]().union(*(whole.mappings[suffix] for suffix in suffixes))):
                return None
        for (uuid, name), amount in whole.amounts.items():
            inventory = self.rows[uuid]["inventories"][name]
            used = self.rows[uuid]["used"].get(name, 0)
            if used + amount > capacity.capacity(inventory) or amount > inventory["max_unit"]:
                return None
        return whole

    def _one_subtree(self, uuids: set[str]) -> bool:
        return any(all(top in self._ancestry(uuid) for uuid in uuids) for top in uuids)

    def _ancestry(self, uuid: str) -> list[str]:
        found = [uuid]
        while (parent := self.rows[found[-1]]["parent_uuid"]) is not None:
            found.append(parent)
        return found
