"""Trouble on purpose: slow answers, errors by rule, a full quota's cousin the dead host, lost messages.

A fault answers in the envelope of the service it strikes, so that a client meets what it would
meet on a real cloud.
"""

from __future__ import annotations

import difflib
import fnmatch
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.events import Event


# What a field of a kind may hold, by the kind's name.
_KINDS: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


@dataclass
class Fault:
    """One rule of trouble.

    Which calls it strikes: `service` (`compute`), `method`, `path` (a shell pattern on the whole
    path, `*/servers/*`), `project` and `user` (names); an empty field strikes all.
    Or `event` (a shell pattern, `compute.*`): due events that are lost instead of calls.
    Or `host`: a compute host that is dead; nothing happens on it any more.
    Or `step`: a step of a live migration that fails (a shell pattern on the names of `kit.migration.workflow`, such
    as `prepare` or `copy`; or `post-copy`, a network cut in that phase, or `driver`, an exception out of the driver),
    of the `server` (a pattern on its name or id), with `message` as the cause; `latency` seconds into a copy.

    What it does: `status` (the answer, with `message`, and with `retry_after` seconds in a header of that
    name), `latency` (seconds of cloud time before the answer), `drop` (the connection ends without an answer).
    When: with `probability` 0 to 1, at most `times` times (0: for ever); `after` lets the operation
    happen first, so that its effect stays though the client sees an error.
    """

    service: str = ""
    method: str = ""
    path: str = ""
    project: str = ""
    user: str = ""
    event: str = ""
    host: str = ""
    step: str = ""
    server: str = ""
    status: int = 0
    message: str = ""
    retry_after: int = 0
    latency: float = 0.0
    drop: bool = False
    probability: float = 1.0
    times: int = 0
    after: bool = False
    name: str = ""
    struck: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            given, known = getattr(self, field.name), _KINDS[str(field.type)]
            if not isinstance(given, known) or (isinstance(given, bool) and bool not in known):
                raise CloudError(f"a fault's {field.name} is {field.type}, not {given!r}")
        if self.status and not 400 <= self.status <= 599:
            raise CloudError(f"a fault's status is 400 to 599, not {self.status}", todo="Give 503, say.")
        if not 0 <= self.probability <= 1:
            raise CloudError(f"a probability is 0 to 1, not {self.probability}", todo="Give 0.2 for one call in five.")
        if min(self.latency, self.times, self.retry_after) < 0:
            raise CloudError("latency, times and retry_after are 0 or more", todo="Leave the field out for none.")
        if self.retry_after and not self.status:
            raise CloudError("retry_after is a header of an answer", todo="Give its status, too: 429, or 503.")
        if not (self.status or self.latency or self.drop or self.event or self.host or self.step):
            raise CloudError(
                "this fault does nothing",
                todo="Give one of status, latency, drop, event, host or step: Fault(service='compute', status=503).",
            )
        if self.step and (self.host or self.event):
            raise CloudError("a step's fault has neither host nor event", todo="Give them a fault of their own.")
        if self.server and not self.step:
            raise CloudError("only a step's fault is one server's", todo="Give step='copy', say, or leave server out.")

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it may."""
        return bool(self.times) and self.struck >= self.times

    def matches(self, service: str, method: str, path: str, project: str, user: str) -> bool:
        """Whether a call is one that this fault strikes."""
        return (
            not self.event
            and not self.host
            and not self.step
            and not self.spent
            and self.service in ("", service)
            and self.method.upper() in ("", method)
            and self.project in ("", project)
            and self.user in ("", user)
            and (not self.path or fnmatch.fnmatchcase(path, self.path))
        )

    def __str__(self) -> str:
        set_ = {k: v for k, v in asdict(self).items() if v not in ("", 0, 0.0, False) and k != "struck"}
        if self.probability == 1.0:
            set_.pop("probability", None)
        return ", ".join(f"{k}={v}" for k, v in set_.items())


def _meant(fault: Fault) -> None:
    """Refuse a fault that no call can ever meet."""
    from kit.cloud.app import METHODS
    from kit.cloud.registry import SERVICES

    named = {service.name: type for type, service in SERVICES.items()} | {
        "volume": "block-storage",
        "volumev3": "block-storage",
    }
    for what, given, known in (("service", fault.service, SERVICES), ("method", fault.method.upper(), METHODS)):
        if given and given not in known:
            close = named.get(given) or next(iter(difflib.get_close_matches(given, known, 1)), "")
            todo = f"Did you mean {close}?" if close else f"There are: {', '.join(known)}."
            raise CloudError(f"no {what} {given!r} to strike", todo=todo)
    if fault.event and not any(fnmatch.fnmatchcase(kind, fault.event) for kind in _kinds()):
        raise CloudError(f"no event {fault.event!r} to lose", todo=f"There are: {', '.join(sorted(_kinds()))}.")


def _kinds() -> set[str]:
    """The kinds of due events that the services have."""
    from kit.cloud.registry import SERVICES

    return {kind for service in SERVICES.values() for kind in service.handlers}


class Faults:
    """The faults that are in force on one cloud.

    Parameters
    ----------
    seed : int or None
        For rules with a probability: the same seed strikes the same calls.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._rules: list[Fault] = []
        self._random = random.Random(seed)

    def add(self, fault: Fault | None = None, **fields: Any) -> Fault:
        """Put a fault in force; either a `Fault` or its fields.

        Raises
        ------
        CloudError
            When a field is unknown or has no meaning.
        """
        if fault is None:
            unknown = sorted(set(fields) - set(Fault.__dataclass_fields__))
            if unknown:
                known = ", ".join(k for k in Fault.__dataclass_fields__ if k != "struck")
                raise CloudError(f"a fault has no field {', '.join(unknown)}", todo=f"It has: {known}.")
            fault = Fault(**fields)
        _meant(fault)
        self._rules.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Lift one fault."""
        self._rules = [rule for rule in self._rules if rule is not fault]

    def clear(self) -> None:
        """Lift all faults."""
        self._rules.clear()

    def strikes(self, service: str, method: str, path: str, project: str, user: str) -> Fault | None:
        """The first fault that strikes this call; it counts as struck."""
        for rule in self._rules:
            if rule.matches(service, method, path, project, user) and self._chance(rule):
                return rule
        return None

    def loses(self, event: Event) -> bool:
        """Whether a due event is lost on its way."""
        return any(
            rule.event and not rule.spent and fnmatch.fnmatchcase(event.kind, rule.event) and self._chance(rule)
            for rule in self._rules
        )

    def breaks(self, step: str, server: tuple[str, str]) -> Fault | None:
        """The first fault that lets a step of a live migration fail; it counts as struck.

        Parameters
        ----------
        server : tuple of str
            The server's name and id.
        """
        for rule in self._rules:
            if not rule.step or rule.spent or not fnmatch.fnmatchcase(step, rule.step):
                continue
            mine = not rule.server or any(fnmatch.fnmatchcase(name, rule.server) for name in server)
            if mine and self._chance(rule):
                return rule
        return None

    def dead(self, host: str) -> bool:
        """Whether a compute host is dead."""
        return bool(host) and any(rule.host == host for rule in self._rules)

    def _chance(self, rule: Fault) -> bool:
        if rule.probability < 1 and self._random.random() >= rule.probability:
            return False
        rule.struck += 1
        return True

    @property
    def luck(self) -> tuple[Any, ...]:
        """The state of the dice that rules with a probability throw."""
        return self._random.getstate()

    @luck.setter
    def luck(self, state: tuple[Any, ...]) -> None:
        self._random.setstate(state)

    def to_json(self) -> list[dict[str, Any]]:
        """The rules as plain data."""
        return [asdict(rule) for rule in self._rules]

    def load(self, rules: list[dict[str, Any]]) -> None:
        """Put these rules in force instead of the present ones."""
        self._rules = [Fault(**rule) for rule in rules]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._rules))
