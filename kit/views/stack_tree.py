"""The picture of a stack as a tree: states at the right, the reason below the leaf that failed."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from kit.hot.remote import Heat, Node, Tree, read_tree
from kit.ink import tone

COLOURS = {
    "✓": tone("success"), "✗": tone("error"),
    "◌": tone("warn"),
}  # fmt: skip
WAITING = "var(--jp-ui-font-color2, inherit)"


@dataclass
class StackTree:
    """A stack with all that is in it; its plain text is the tree's own.

    Parameters
    ----------
    tree : Tree
        As `kit.hot.remote.read_tree` gives it.
    """

    tree: Tree

    @property
    def root(self) -> Node:
        """The stack itself."""
        return self.tree.root

    @property
    def nodes(self) -> list[Node]:
        """The stack and everything inside, from the top."""
        return [node for _, node in self.tree.walk()]

    @property
    def busy(self) -> bool:
        """Whether the stack, or one inside after a signal, has more to do."""
        return any(node.busy for node in self.nodes)

    def __repr__(self) -> str:
        return repr(self.tree)

    def _repr_html_(self) -> str:
        root = self.root
        style = "list-style:none;margin:0;padding:0;line-height:1.5;max-width:60em"
        undone = "".join(f"<div>{escape(each)}</div>" for each in self.tree.undone)
        below = f'<div style="{_box(COLOURS["✗"])}">Rolled back because:{undone}</div>' if undone else ""
        label = escape(f"Stack {root.name}: {root.state}")
        return f'<ul aria-label="{label}" style="{style}">{_item(root, root)}</ul>{below}'


def _box(colour: str) -> str:
    return f"clear:both;border-left:4px solid {colour};padding:.1em .6em;margin:.1em 0 .3em;overflow-wrap:anywhere"


def _item(node: Node, root: Node) -> str:
    """A node with what is inside; where something failed, what is whole is folded."""
    colour = COLOURS.get(node.sign, WAITING)
    kind = "" if node is root else f' <span style="opacity:.75;font-size:.9em">{escape(node.type)}</span>'
    state = f'<span style="float:right;color:{colour}">{node.sign} {escape(node.state)}</span>'
    line = f"{state}<strong>{escape(node.name)}</strong>{kind}"
    if node.culprit and (node.reason or node.said):
        said = "".join(f"<div><code>{escape(each)}</code></div>" for each in node.said)
        line += f'<div style="{_box(colour)}">{escape(node.reason)}{said}</div>'
    if not node.children:
        return f"<li><div>{line}</div></li>"
    guide = "list-style:none;margin:0 0 0 .3em;padding:0 0 0 .9em;border-left:1px solid var(--jp-border-color1, #8888)"
    inside = f'<ul style="{guide}">{"".join(_item(child, root) for child in node.children)}</ul>'
    folded = root.broken and node.state.endswith("_COMPLETE") and not node.broken
    return f"<li><details{'' if folded else ' open'}><summary>{line}</summary>{inside}</details></li>"


def stack_tree(conn: Any, name: str, *, said: bool = True) -> StackTree:
    """A stack of any cloud as a picture.

    Parameters
    ----------
    conn : openstack.connection.Connection
        Whose stacks are looked at.
    said : bool
        Whether failed deployments tell what their scripts said.

    Raises
    ------
    RemoteError
        There is no such stack, or the cloud does not answer.
    """
    return StackTree(read_tree(Heat(conn), name, said=said))
