"""Groups that are made or changed in batches, with pauses between: rolling updates and batched creation.

Source: Heat 27, `heat.scaling.rolling_update`. Where more members must stay in service than a batch leaves, members
are added for the time of the update.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Members = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Rolling:
    """How a group is changed.

    Attributes
    ----------
    batch : int
        How many members at once.
    in_service : int
        How many must stay as they are meanwhile.
    pause : float
        Seconds between two batches.
    """

    batch: int
    in_service: int = 0
    pause: float = 0.0


def growing(new: Members, policy: Rolling) -> list[Members]:
    """The members after each batch of a creation."""
    names = list(new)
    ends = range(policy.batch, len(names) + policy.batch, policy.batch)
    return [{name: new[name] for name in names[:end]} for end in ends] or [new]


def changing(
    old: Members, new: Members, policy: Rolling, spare: Callable[[], str], drops_oldest: bool = False
) -> list[Members]:  # fmt: skip
    """The members after each batch of an update; the last are those wanted.

    Parameters
    ----------
    spare : callable
        Gives a name for a member that is added meanwhile.
    drops_oldest : bool
        Whether the added ones stay and as many of the oldest go.
    """
    changed = [name for name in new if name in old and old[name] != new[name]]
    if not changed:
        return [new]
    kept = min(policy.in_service, len(new))
    batch = min(policy.batch, len(new))
    extra = max(0, kept + batch - len(new))
    example = new[changed[0]]
    spares = {spare(): example for _ in range(extra)}
    now = {name: old.get(name, new[name]) for name in new} | spares
    steps = [dict(now)] if spares else []
    for chunk in _chunks(changed, batch):
        now |= {name: new[name] for name in chunk}
        steps.append(dict(now))
    if drops_oldest:
        new = dict.fromkeys(list(now)[extra:], example) if spares else new
    return [*steps, new] if spares else steps


def _chunks(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def of_policy(given: Mapping[str, Any] | None, name: str) -> Rolling | None:
    """A policy as `update_policy` of a group in HOT gives it."""
    told = (given or {}).get(name)
    if not told:
        return None
    batch, kept = int(told.get("max_batch_size", 1)), int(told.get("min_in_service", 0))
    return Rolling(max(1, batch), kept, float(told.get("pause_time", 0)))


def of_cfn(given: Mapping[str, Any] | None, name: str) -> Rolling | None:
    """A policy as `UpdatePolicy` of CloudFormation's groups gives it; the pause is an ISO 8601 duration."""
    told = (given or {}).get(name)
    if not told:
        return None
    batch, kept = int(told.get("MaxBatchSize", 1)), int(told.get("MinInstancesInService", 0))
    return Rolling(max(1, batch), kept, duration(str(told.get("PauseTime", "PT0S"))))


def duration(text: str) -> float:
    """Seconds of an ISO 8601 duration of hours, minutes and seconds.

    Examples
    --------
    >>> duration("PT1M30S")
    90.0
    """
    found = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return float(hours * 3600 + minutes * 60 + seconds)
