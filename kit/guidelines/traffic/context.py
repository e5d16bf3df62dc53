"""What is known around a row of exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Context:
    """What a tester of a live service knows beside the exchanges; None where it is not known.

    Attributes
    ----------
    service_type, minimum, maximum : str
        The service, and its range of microversions.
    known_query, known_members : sequence of str
        The query parameters and body members that there are.
    matches : sequence of str
        Ids that satisfy the filter asked for.
    all : sequence of dict
        All items stored.
    order : sequence of str
        Ids in the order they should come.
    more : bool
        Whether further pages exist.
    cause, causes : str, sequence of str
        Why a request failed, as told from inside; for each exchange.
    uri_exists : bool
        Whether the resource that the URI names is there.
    writes_between : bool
        Whether others wrote between the exchanges.
    client : bool
        Whether the requests are a client's to be judged too; false for a probe's.
    """

    service_type: str = ""
    minimum: str = ""
    maximum: str = ""
    known_query: Sequence[str] | None = None
    known_members: Sequence[str] | None = None
    matches: Sequence[str] | None = None
    all: Sequence[Any] | None = None
    order: Sequence[str] | None = None
    more: bool | None = None
    cause: str = ""
    causes: Sequence[str] = ()
    uri_exists: bool | None = None
    writes_between: bool | None = None
    client: bool = True

    @classmethod
    def of(cls, data: Any) -> Context:
        """A context of plain data; what it does not know is left out."""
        known = {each.name: each for each in fields(cls)}
        given = {name: value for name, value in data.items() if name in known} if isinstance(data, dict) else {}
        for name in ("known_query", "known_members", "matches", "all", "order", "causes"):
            if name in given and not isinstance(given[name], list | tuple):
                given.pop(name)
            elif name in given and name != "all":
                given[name] = [str(each) for each in given[name]]
        for name in ("service_type", "minimum", "maximum", "cause"):
            if name in given:
                given[name] = "" if given[name] is None else str(given[name])
        return cls(**given)
