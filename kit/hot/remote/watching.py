"""A stack looked at until its action has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from kit.hot.remote.client import Heat, RemoteError, path_of
from kit.hot.remote.tree import Node, Tree, read_tree

ENDS = ("_COMPLETE", "_FAILED")


def last_event(heat: Heat, stack: dict[str, Any]) -> str:
    """The id of a stack's newest event; "" where it has none.

    Raises
    ------
    RemoteError
        The cloud refuses or does not answer.
    """
    found = heat.part("events", f"{path_of(stack)}/events", sort_dir="desc", limit=1)
    return str(found[0]["id"]) if found else ""


def watch(heat: Heat, name: str, id: str, after: str = "", *, poll_s: float = 2) -> Iterator[Tree]:
    """A stack's tree again and again, until the action has ended that begins after an event.

    The state alone does not tell: Heat answers a request before the stack leaves its last state.

    Parameters
    ----------
    after : str
        The newest event before the action; see `last_event`.

    Raises
    ------
    RemoteError
        The cloud refuses or does not answer.
    """
    path = path_of({"stack_name": name, "id": id})
    ended = False
    while True:
        try:
            tree = read_tree(heat, id, said=False)
            for each in heat.part("events", f"{path}/events", sort_dir="asc", **({"marker": after} if after else {})):
                after = each["id"]
                own = each["resource_name"] == name and each.get("physical_resource_id") in (None, id)
                ended = ended or (own and each["resource_status"].endswith(ENDS))
        except RemoteError as error:
            if error.status != 404:
                raise
            yield Tree(Node(name, "stack", "DELETE_COMPLETE", id=id))
            return
        if ended and not tree.root.busy:
            yield read_tree(heat, id)
            return
        yield tree
        time.sleep(poll_s)
