"""A stack's tree that fills in on a terminal; lines of what has changed where there is none."""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import TYPE_CHECKING

import click

from kit.cli.stack_options import painted

if TYPE_CHECKING:
    from kit.hot.remote import Node, Tree


class Live:
    """The tree as it is now, drawn over the one before; on standard error, so that the output is the end alone."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._drawn = 0
        self._states: dict[str, str] = {}

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def show(self, tree: Tree) -> None:
        """Draw the tree, or tell what has changed since the last one."""
        if self._terminal:
            self._clear()
            lines = _fitting(tree)
            self._drawn = len(lines)
            for line, node in lines:
                click.echo(painted(line, node), err=True)
            return
        for way, node in tree.walk():
            path = ".".join(way)
            if self._states.get(path) != node.state:
                self._states[path] = node.state
                click.echo(f"{node.sign} {path}  {node.state}", err=True)

    def _clear(self) -> None:
        if self._drawn:
            click.echo(f"\x1b[{self._drawn}F\x1b[J", nl=False, err=True)
            self._drawn = 0


def _fitting(tree: Tree) -> list[tuple[str, Node | None]]:
    """The lines that a terminal holds: where they are too many, those of what is done are left out."""
    wide, high = shutil.get_terminal_size()
    lines = list(tree.lines())
    if len(lines) >= high:
        nodes = [node for _, node in tree.walk()]
        done = sum(node.done for node in nodes)
        open_ = [(line, node) for line, node in lines if node is None or not node.done]
        lines = [*open_[: high - 2], (f"{done} of {len(nodes)} done", None)]
    return [(line[: wide - 1], node) for line, node in lines]
