"""A stack as a tree: stacks, resources, their states, and why the leaf failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kit.hot.remote.client import Heat, RemoteError, path_of

DEEPEST = 10  # levels that are asked for; Heat gives those it allows, five by default
LINES = 10  # of what a failed script said
SIGNS = {"COMPLETE": "✓", "FAILED": "✗", "IN_PROGRESS": "◌"}
DEPLOYMENTS = ("OS::Heat::SoftwareDeployment", "OS::Heat::StructuredDeployment")


@dataclass
class Node:
    """A stack or a resource.

    Attributes
    ----------
    state : str
        `CREATE_COMPLETE` and the like.
    reason : str
        Why it is in that state, in the service's words.
    said : tuple of str
        The last lines of a failed script's error output; of failed deployments only.
    children : list of Node
        The resources of a stack, or of the stack inside a resource.
    """

    name: str
    type: str
    state: str
    reason: str = ""
    id: str = ""
    said: tuple[str, ...] = ()
    children: list[Node] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether its last action failed."""
        return self.state.endswith("_FAILED")

    @property
    def busy(self) -> bool:
        """Whether an action goes on."""
        return self.state.endswith("_IN_PROGRESS")

    @property
    def done(self) -> bool:
        """Whether its last action succeeded."""
        return self.state.endswith("_COMPLETE") and not self.state.startswith("INIT_")

    @property
    def sign(self) -> str:
        """One character for the state."""
        if self.state.startswith("INIT_"):
            return "·"
        return next((sign for end, sign in SIGNS.items() if self.state.endswith(f"_{end}")), "·")

    @property
    def culprit(self) -> bool:
        """Whether it failed of itself: nothing inside did."""
        return self.failed and not any(child.broken for child in self.children)

    @property
    def broken(self) -> bool:
        """Whether it, or something inside, failed."""
        return self.failed or any(child.broken for child in self.children)

    def to_dict(self) -> dict[str, Any]:
        """The node as plain data."""
        found: dict[str, Any] = {
            "name": self.name, "type": self.type, "state": self.state, "reason": self.reason, "id": self.id,
        }  # fmt: skip
        if self.said:
            found["said"] = list(self.said)
        return found | ({"children": [child.to_dict() for child in self.children]} if self.children else {})

    def __repr__(self) -> str:
        return f"<{self.name}: {self.state}>"


@dataclass
class Tree:
    """A stack with all that is in it; its text has the reason under the leaf that failed.

    Attributes
    ----------
    undone : tuple of str
        Why it was rolled back: what failed before, with the reasons.
    """

    root: Node
    undone: tuple[str, ...] = ()

    def walk(self) -> Iterator[tuple[tuple[str, ...], Node]]:
        """Each node with its way from the stack, from the top."""
        waiting: list[tuple[tuple[str, ...], Node]] = [((self.root.name,), self.root)]
        while waiting:
            way, node = waiting.pop()
            yield way, node
            waiting += [((*way, child.name), child) for child in reversed(node.children)]

    @property
    def culprits(self) -> dict[str, Node]:
        """The leaves that failed, by their way: `web.members.1.leaf`."""
        return {".".join(way): node for way, node in self.walk() if node.culprit}

    @property
    def failed(self) -> bool:
        """Whether something failed, also when it was rolled back since."""
        return self.root.broken or bool(self.undone)

    def only_failed(self) -> Tree:
        """The tree without what is whole."""
        return Tree(_pruned(self.root), self.undone)

    def lines(self) -> Iterator[tuple[str, Node | None]]:
        """The text line by line, each that shows a node with it."""
        yield from _lines(self.root, "", "", self.root)
        if self.undone:
            yield "Rolled back because:", None
            yield from ((f"  {each}", None) for each in self.undone)
        culprits = self.culprits
        if culprits:
            yield f"{len(culprits)} failed: {', '.join(culprits)}", None

    def __repr__(self) -> str:
        return "\n".join(line for line, _ in self.lines())

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain data, the failed leaves beside it."""
        failed = [
            {"path": path, "type": node.type, "state": node.state, "reason": node.reason, "said": list(node.said)}
            for path, node in self.culprits.items()
        ]
        return {"stack": self.root.to_dict(), "failed": failed, "rolled_back_because": list(self.undone)}


def _lines(node: Node, before: str, inner: str, root: Node) -> Iterator[tuple[str, Node | None]]:
    kind = "" if node is root else f"  {node.type}"
    yield f"{before}{node.sign} {node.name}{kind}  {node.state}", node
    if node.culprit:
        bar = "│" if node.children else " "
        yield from ((f"{inner}{bar}   {line}", None) for line in node.reason.splitlines())
        yield from ((f"{inner}{bar}   | {line}", None) for line in node.said)
    for child in node.children:
        last = child is node.children[-1]
        yield from _lines(child, f"{inner}{'└─ ' if last else '├─ '}", f"{inner}{'   ' if last else '│  '}", root)


def _pruned(node: Node) -> Node:
    inside = [_pruned(child) for child in node.children if child.broken]
    return Node(node.name, node.type, node.state, node.reason, node.id, node.said, inside)


def read_tree(heat: Heat, name: str, *, depth: int = DEEPEST, said: bool = True) -> Tree:
    """A stack as a tree, asked of any cloud by two calls, and one more for each failed deployment.

    Parameters
    ----------
    depth : int
        How many levels of stacks inside are asked for.
    said : bool
        Whether failed deployments are asked what they said, and a rollback for its cause.

    Raises
    ------
    RemoteError
        There is no such stack, or the cloud does not answer.
    """
    stack = heat.stack(name)
    tree = Tree(_grown(stack, heat.part("resources", f"{path_of(stack)}/resources", nested_depth=depth)))
    if said:
        for node in tree.culprits.values():
            if node.type in DEPLOYMENTS and node.id:
                node.said = _said(heat, node.id)
        if tree.root.state.startswith("ROLLBACK_"):
            tree.undone = _undone(heat, stack)
    return tree


def _grown(stack: dict[str, Any], resources: list[dict[str, Any]]) -> Node:
    inside: dict[str, list[Node]] = {}
    nested: list[tuple[Node, str]] = []
    for each in resources:
        links = {link["rel"]: str(link["href"]).rstrip("/").rpartition("/")[2] for link in each["links"]}
        node = Node(
            each["resource_name"], each["resource_type"], each["resource_status"],
            each.get("resource_status_reason") or "", each.get("physical_resource_id") or "",
        )  # fmt: skip
        inside.setdefault(links.get("stack", stack["id"]), []).append(node)
        nested.append((node, links.get("nested") or node.id))
    for node, id in nested:
        node.children = _ordered(inside.get(id, []))
    reason = stack.get("stack_status_reason") or ""
    name, state = stack["stack_name"], stack["stack_status"]
    return Node(name, "stack", state, reason, stack["id"], (), _ordered(inside.get(stack["id"], [])))


def _ordered(nodes: list[Node]) -> list[Node]:
    """By name, the members of a group by number."""
    return sorted(
        nodes, key=lambda each: (not each.name.isdigit(), int(each.name) if each.name.isdigit() else 0, each.name)
    )


def _said(heat: Heat, id: str) -> tuple[str, ...]:
    try:
        found = heat.part("software_deployment", f"/software_deployments/{id}")
    except RemoteError:
        return ()
    values = found.get("output_values") or {}
    text = values.get("deploy_stderr") or values.get("deploy_stdout") or ""
    return tuple(str(text).strip().splitlines()[-LINES:])


def _undone(heat: Heat, stack: dict[str, Any]) -> tuple[str, ...]:
    """What failed in the action that was rolled back; its stacks inside may be gone, the events at the top stay."""
    events = heat.part("events", f"{path_of(stack)}/events", sort_dir="asc")
    found: list[str] = []
    for each in events:
        name, state = each["resource_name"], each["resource_status"]
        if name == stack["stack_name"]:
            if state in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
                found = []
        elif state.endswith("_FAILED"):
            found.append(f"{name}  {state}  {each.get('resource_status_reason') or ''}".rstrip())
    return tuple(dict.fromkeys(found))
