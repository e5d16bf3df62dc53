"""Trouble: the leaf that failed deep inside, and the scripts that failed on servers."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from kit.hot.remote import Heat, Node, Tree, read_tree
from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, kind, several, shown

from .fresh import shop

LEAF = """
def leaf(node):
    for child in node.children:
        if child.failed:
            return [node.name, *leaf(child)]
    return [node.name]
"""


class Leaf(Step):
    name = "leaf"
    title = "Deep inside: the leaf that failed"
    minutes = 6
    variables = ("leaf",)
    hints = (
        "What is above the leaf failed only because of it. Go down as long as a child has failed.",
        "A function may call itself: the node's name, and then what leaf(child) gives for a failed child.",
        LEAF.strip(),
    )
    solution = LEAF
    wrong = {
        "top": Wrong("def leaf(node):\n    return [node.name]", "the stack itself"),
        "one-level": Wrong(
            "def leaf(node):\n    return [node.name] + [child.name for child in node.children if child.failed][:1]", "goes on below"
        ),
        "last-child": Wrong(
            "def leaf(node):\n    return [node.name, *(leaf(node.children[-1]) if node.children else [])]", "has not failed"
        ),
        "name-only": Wrong(
            "def leaf(node):\n    failed = [child for child in node.children if child.failed]\n"
            "    return leaf(failed[0]) if failed else [node.name]", "the way from the stack",
        ),
    }  # fmt: skip

    def check(self, lab: Lab, leaf: Any) -> str:
        leaf = function(leaf, "node to a list of names")
        for seed, parameters in ((71, {"front_package": "ngnix"}), (72, {"back_flavor": "vast"})):
            _, conn = shop(lab, seed, parameters)
            self._same(leaf, read_tree(Heat(conn), "market", said=False))
        return "Five levels down in one look. `openstack stack failures list` would walk them one by one."

    def _same(self, leaf: Any, tree: Tree) -> None:
        got = several(leaf(tree.root), 0, "a list of names")
        ways = list(_ways(tree.root, [tree.root.name]))
        if got in ways:
            return
        odd = [each for each in got if not isinstance(each, str)]
        if odd or not got:
            raise NotYet(f"You give {shown(got)}.", "A list of names was asked for.", "[node.name, ...]")
        if got == [tree.root.name]:
            raise NotYet(
                "That is the stack itself.", "It failed only because something inside did.", "Look at node.children."
            )
        if any(way[: len(got)] == got for way in ways):
            raise NotYet(
                f"{got[-1]} failed, but it goes on below.", "The leaf was asked for.", "Call leaf for the failed child."
            )
        if any(way[-len(got) :] == got for way in ways):
            raise NotYet(
                f"You give {got}.",
                "The names on the way from the stack to the leaf were asked for.",
                "[node.name, *leaf(child)]",
            )
        if got[::-1] in ways:
            raise NotYet(f"You give {got}.", "That is the way up; from the stack down was asked for.")
        if any(got[: len(way)] == way for way in ways):
            raise NotYet(
                f"You give {shown(got)}.", "One leaf is enough, and its way ends there.", "return at the first."
            )
        if got[0] != tree.root.name:
            raise NotYet(
                f"Your way begins at {got[0]}.", f"It begins at the node given: {tree.root.name}.", "node.name"
            )
        # The longest part of it that is right, and where it leaves the way.
        good = max(sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(got, way))) for way in ways)  # noqa: B905
        raise NotYet(
            f"Below {got[good - 1]}, {got[good]} has not failed.", "Follow the children that have.", "child.failed"
        )


def _ways(node: Node, way: list[str]) -> Any:
    below = [child for child in node.children if child.failed]
    if not below:
        yield way
    for child in below:
        yield from _ways(child, [*way, child.name])


BROKEN = """
def broken(conn):
    names = {server.id: server.name for server in conn.compute.servers()}
    found = conn.orchestration.software_deployments()
    return {names[each.server_id]: each.output_values["deploy_stderr"] for each in found if each.status == "FAILED"}
"""


class Broken(Step):
    name = "broken"
    title = "What did the servers say?"
    minutes = 7
    variables = ("broken",)
    hints = (
        "conn.orchestration.software_deployments() lists all; the service has no filter for the failed ones.",
        'Each has status, server_id and output_values; the error output is output_values["deploy_stderr"].',
        BROKEN.strip(),
    )
    solution = BROKEN
    wrong = {
        "all": Wrong(BROKEN.replace(' if each.status == "FAILED"', ""), "did not fail"),
        "upside-down": Wrong(
            BROKEN.replace("names[each.server_id]: ", "").replace('["deploy_stderr"] for', '["deploy_stderr"]: names[each.server_id] for'),
            "other way round",
        ),
        "ids": Wrong(BROKEN.replace("names[each.server_id]", "each.server_id"), "an id"),
        "status": Wrong(BROKEN.replace('each.output_values["deploy_stderr"]', "each.status_reason"), "error output"),
        "first": Wrong(
            "def broken(conn):\n    names = {server.id: server.name for server in conn.compute.servers()}\n"
            "    for each in conn.orchestration.software_deployments():\n        if each.status == 'FAILED':\n"
            "            return {names[each.server_id]: each.output_values['deploy_stderr']}", "is missing",
        ),
    }  # fmt: skip

    def check(self, lab: Lab, broken: Any) -> str:
        broken = function(broken, "conn to a dictionary")
        for seed, tier, package in ((73, "front", "haproxi"), (74, "back", "rediss")):
            _, conn = shop(lab, seed, {f"{tier}_package": package})
            got = broken(conn)
            if not isinstance(got, dict):
                raise NotYet(
                    f"Your function gives {kind(got)}.",
                    "A dictionary was asked for: server to error output.",
                )
            want = {f"{tier}-{number}": f"E: Unable to locate package {package}" for number in (0, 1)}
            if got == want:
                continue
            names = {server.name for server in conn.compute.servers()}
            for name in got:
                if name in want.values():
                    raise NotYet(
                        "Your dictionary is the other way round.", "The server's name comes first.", "{name: output}"
                    )
                if name not in names:
                    raise NotYet(
                        f"{shown(name)} is an id.", "The servers' names were asked for.", "conn.compute.servers()"
                    )
                if name not in want:
                    raise NotYet(f"The script on {name} did not fail.", "", 'each.status == "FAILED"')
            for name, said in want.items():
                if name not in got:
                    raise NotYet(
                        f"{name} is missing." if got else "Your dictionary is empty.",
                        "Every failed one was asked for.",
                        "Go through the whole list." if got else "Print the status of each.",
                    )
                if str(got[name]).strip() != said:
                    raise NotYet(
                        f"{name}: {shown(got[name])}",
                        "The script's own error output was asked for.",
                        'output_values["deploy_stderr"]',
                    )
        return "A letter too many in a package's name, said by the machine itself."
