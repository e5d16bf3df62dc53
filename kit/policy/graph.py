"""Which table is defined by which: cycles, and the order in which to compute tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kit.policy.core import Key

Edges = Callable[[Key], Iterable[Key]]


def components(starts: Iterable[Key], edges: Edges) -> list[list[Key]]:
    """Group tables that depend on each other; a group stands after all it depends on.

    The method is Tarjan's, without recursion, so that long chains of tables need no deep stack.
    """
    number: dict[Key, int] = {}
    low: dict[Key, int] = {}
    stack: list[Key] = []
    on_stack: set[Key] = set()
    groups: list[list[Key]] = []
    for start in starts:
        if start in number:
            continue
        work = [(start, iter(edges(start)))]
        number[start] = low[start] = len(number)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in number:
                    number[child] = low[child] = len(number)
                    stack.append(child)
                    on_stack.add(child)
                    work.append((child, iter(edges(child))))
                    break
                if child in on_stack:
                    low[node] = min(low[node], number[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    group = []
                    while True:
                        group.append(stack.pop())
                        on_stack.discard(group[-1])
                        if group[-1] == node:
                            break
                    groups.append(sorted(group))
    return groups


def cycle_through(start: Key, group: set[Key], edges: Edges) -> tuple[Key, ...]:
    """Give the shortest way from a table back to itself inside a group."""
    came: dict[Key, Key] = {}
    layer = [start]
    while layer:
        following = []
        for node in layer:
            for child in sorted(set(edges(node)) & group):
                if child == start:
                    path = [start, node]
                    while path[-1] != start:
                        path.append(came[path[-1]])
                    return tuple(reversed(path)) if len(path) > 2 or node != start else (start, start)
                if child not in came:
                    came[child] = node
                    following.append(child)
        layer = following
    return ()


def downstream(starts: Iterable[Key], readers: Edges) -> set[Key]:
    """Give tables and all that is defined from them."""
    found = set(starts)
    work = list(found)
    while work:
        for reader in readers(work.pop()):
            if reader not in found:
                found.add(reader)
                work.append(reader)
    return found
