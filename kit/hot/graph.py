"""Which resource waits for which: edges, waves of those that can be made at once, and cycles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass
class Graph:
    """What each resource needs.

    Attributes
    ----------
    needs : dict
        Name to the names it waits for; redundant edges stay.
    """

    needs: dict[str, set[str]] = field(default_factory=dict)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Pairs of a name and one it needs, sorted."""
        return sorted((name, need) for name, needs in self.needs.items() for need in needs)

    def needed_by(self) -> dict[str, set[str]]:
        """Name to the names that wait for it."""
        found: dict[str, set[str]] = {name: set() for name in self.needs}
        for name, needs in self.needs.items():
            for need in needs:
                found.setdefault(need, set()).add(name)
        return found

    def order(self) -> list[str]:
        """All names, each after what it needs and else as the template has them; the cycles' members come last."""
        place = {name: number for number, name in enumerate(self.needs)}
        waiting = {name: len(needs & self.needs.keys()) for name, needs in self.needs.items()}
        after = self.needed_by()
        ready = [name for name in self.needs if not waiting[name]]
        found: list[str] = []
        for name in ready:
            found.append(name)
            for later in sorted(after[name], key=place.__getitem__):
                waiting[later] -= 1
                if not waiting[later]:
                    ready.append(later)
        if len(found) < len(self.needs):
            done = set(found)
            found += [name for name in self.needs if name not in done]
        return found

    def waves(self) -> list[list[str]]:
        """Levels: each resource as early as what it needs allows, sorted inside a wave."""
        level: dict[str, int] = {}
        for name in self.order():
            level[name] = 1 + max((level.get(need, 0) for need in self.needs[name]), default=0)
        found: list[list[str]] = [[] for _ in range(max(level.values(), default=0))]
        for name, place in level.items():
            found[place - 1].append(name)
        return [sorted(wave) for wave in found]

    def cycles(self) -> Iterator[tuple[str, ...]]:
        """Each group of resources that wait for each other, as a cycle through one of its paths."""
        left = dict(self.needs)
        for group in _components(self.needs):
            first = min(group)
            if len(group) > 1 or first in left[first]:
                yield _cycle(first, group, self.needs)

    def implied(self) -> Iterator[tuple[str, str]]:
        """Edges that a longer way says already."""
        for name, needs in sorted(self.needs.items()):
            for need in sorted(needs):
                if any(need in self._reach(other) for other in needs if other != need):
                    yield name, need

    def _reach(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for need in self.needs.get(waiting.pop(), ()):
                if need not in found:
                    found.add(need)
                    waiting.append(need)
        return found


def _components(needs: Mapping[str, set[str]]) -> Iterator[set[str]]:
    """Strongly connected components (Tarjan's way, with a stack of our own)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    inside: set[str] = set()
    for root in needs:
        if root in number:
            continue
        work: list[tuple[str, Iterable[str]]] = []

        def enter(name: str, work: list[tuple[str, Iterable[str]]] = work) -> None:
            number[name] = low[name] = len(number)
            path.append(name)
            inside.add(name)
            work.append((name, iter(sorted(needs[name] & needs.keys()))))

        enter(root)
        while work:
            name, rest = work[-1]
            for need in rest:
                if need not in number:
                    enter(need)
                    break
                if need in inside:
                    low[name] = min(low[name], number[need])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    group: set[str] = set()
                    while True:
                        member = path.pop()
                        inside.discard(member)
                        group.add(member)
                        if member == name:
                            break
                    yield group


def _cycle(first: str, group: set[str], needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    """All members of a group, those of a shortest cycle through the first at the front."""
    came: dict[str, str] = {}
    ways = [first]
    for name in ways:
        for need in sorted(needs[name] & group):
            if need == first:
                way = [name]
                while way[-1] != first:
                    way.append(came[way[-1]])
                way.reverse()
                return (*way, *sorted(group - set(way)))
            if need not in came and need != first:
                came[need] = name
                ways.append(need)
    return tuple(sorted(group))
