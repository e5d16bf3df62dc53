"""What can be done to a thing: tables of actions, and the way into them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kit.cloud.block_storage.schemas import wrap
from kit.cloud.block_storage.validation import check
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound, UnsupportedMedia

Function = Callable[[Call, str, Any], Any]


@dataclass(frozen=True)
class Action:
    """One action.

    Attributes
    ----------
    schemas : list of (str, dict)
        What the body holds, by the microversion since which; the last one that fits counts.
    since : str
        The microversion it came with.
    """

    run: Function
    schemas: list[tuple[str, dict[str, Any]]]
    since: str = ""


def bare(status: int = 202) -> Answer:
    """An answer without a body, as Cinder's web framework gives it: its media type is not the API's."""
    return Answer(status, type="text/html; charset=UTF-8")


class Actions:
    """The actions of one kind of thing."""

    def __init__(self) -> None:
        self._table: dict[str, Action] = {}

    def add(
        self, name: str, inner: dict[str, Any] | None = None, *, since: str = "", **newer: dict[str, Any]
    ) -> Callable[[Function], Function]:
        """Register a function as an action.

        Parameters
        ----------
        inner : dict, optional
            The schema of what the body holds under the name; anything, when not given.
        newer
            The schema since a later microversion: `v3_16={...}`.
        """
        found = [("3.0", wrap(name, inner if inner is not None else {}))]
        found += [(version[1:].replace("_", "."), wrap(name, schema)) for version, schema in newer.items()]

        def keep(run: Function) -> Function:
            self._table[name] = Action(run, found, since)
            return run

        return keep

    def perform(self, call: Call, id: str) -> Any:
        """Do what the body names.

        Raises
        ------
        BadRequest
            When the body is no action, or does not fit it.
        """
        if call.headers.get("content-type", "").split(";")[0].strip() not in ("", "application/json"):
            raise UnsupportedMedia("Unsupported Content-Type")
        try:
            data = json.loads(call.body)
        except (ValueError, RecursionError):
            raise BadRequest("Malformed request body") from None
        if not isinstance(data, dict) or len(data) != 1:
            raise BadRequest("Malformed request body")
        name = next(iter(data))
        action = self._table.get(name)
        if action is None:
            raise BadRequest(
                f"There is no such action: {name}. Verify the request body and Content-Type header and try again."
            )
        if action.since and not call.at_least(action.since):
            raise NotFound("The resource could not be found.")
        check(data, [schema for since, schema in action.schemas if call.at_least(since)][-1])
        return action.run(call, id, data[name])
