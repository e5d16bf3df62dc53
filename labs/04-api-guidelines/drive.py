"""Driving a service with one part of the learner's: fresh data, recorded exchanges, and the auditor's word on them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from kit.guidelines import Config, Context, Exchange, Session, find_rule, judge_traffic
from kit.guidelines.errors import ProbeError
from kit.guidelines.probe import wsgi_sender
from kit.lab import NotYet
from kit.lab.answers import function, shown

from . import right
from .backups import PARTS, TYPE, Backups, Store

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jade")
# An id in full is too long for a line of feedback.
_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f-]{27}")


class Bench:
    """A service in which all parts are sound but the learner's, with other data at each check.

    Parameters
    ----------
    seed : int
        Decides ids, names and numbers.
    high : int
        The minor number of the newest microversion.
    parts
        The learner's.
    """

    def __init__(self, seed: int, *, quota: int = 20, high: int = 12, **parts: Any) -> None:
        self.dice = random.Random(seed)
        self.store = Store(seed, quota)
        sound = {name: getattr(right, name) for name in PARTS}
        service = Backups(self.store, high=(1, high), strict=True, **{**sound, **parts})
        self._send = wsgi_sender(service)
        self.exchanges: list[Exchange] = []

    def word(self) -> str:
        """A name that nobody knows beforehand."""
        return f"{self.dice.choice(WORDS)}-{self.dice.randrange(100, 1000)}"

    def fields(self) -> dict[str, Any]:
        """What a new backup is made from."""
        return {"name": self.word(), "server_id": self.store.new_id()}

    def fill(self, count: int, state: str = "available", **fields: Any) -> list[dict[str, Any]]:
        """Put backups into the store, the newest first."""
        return [self.store.start(self.fields() | fields, state) for _ in range(count)][::-1]

    def ask(self, method: str, uri: str, body: Any = None, version: str = "") -> Exchange:
        """Send a request; what the learner's code raises comes out as it is."""
        headers = {"Accept": "application/json", "X-Auth-Token": "t"}
        headers |= {"OpenStack-API-Version": version} if version else {}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        try:
            found = self._send(method, uri, headers, data)
        except ProbeError as error:
            raise error.__cause__ or error from None
        self.exchanges.append(found)
        found.number = len(self.exchanges)
        return found

    def demand(self, *rules: str, last: int = 0, **known: Any) -> None:
        """Let the auditor judge the exchanges (the `last` ones) by some rules: its first finding is the feedback."""
        context = Context(service_type=TYPE, client=False, **known)
        session = Session(self.exchanges[-last:], context)
        found = judge_traffic([session], Config(only=frozenset(rules)))
        if found:
            raise not_yet(found[0].rule, _ID.sub(r"\1...", f"{found[0].target}: {found[0].why}"))


def not_yet(rule: str, seen: str, next: str = "") -> NotYet:
    """Feedback in the auditor's words: what was seen, the rule, and its remedy."""
    known = find_rule(rule)
    return NotYet(seen, f"{rule} {known.level}: {known.statement}", next or known.fix)


def answering(part: Any, names: str = "request") -> Callable[..., Any]:
    """The learner's function where it has to answer a status, a body and headers."""
    run = function(part, f"{names} to a status, a body and headers")

    def answer(*given: Any) -> Any:
        found = run(*given)
        if isinstance(found, tuple) and len(found) == 3 and not isinstance(found[2], dict):
            raise NotYet(f"Your headers are {shown(found[2])}.", 'A dictionary was asked for: {"Name": "text"}, or {}.')
        if not (isinstance(found, tuple) and len(found) == 3):
            raise NotYet(
                f"Your function gives {shown(found)}.",
                "A status, a body and headers were asked for.",
                "return 200, {...}, {}",
            )
        status, body, headers = found
        if isinstance(status, bool) or not isinstance(status, int):
            raise NotYet(f"Your status is {shown(status)}.", "A number was asked for, such as 200.")
        try:
            json.dumps(body)
        except (TypeError, ValueError) as error:
            raise NotYet(f"Your body is no JSON: {error}.", "Dictionaries, lists, texts and numbers are.") from None
        for name, value in headers.items():
            if not isinstance(value, str) or not value.isprintable():
                raise NotYet(f"Your header {name} is {shown(value)}.", "A text in one line was asked for.")
        return found

    return answer
