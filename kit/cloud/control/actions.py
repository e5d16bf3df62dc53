"""What can be asked of a served cloud, and told it, over the control path."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit import __version__
from kit.cloud.clock import stamp
from kit.cloud.control.census import census

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction

Query = dict[str, str]
Action = Callable[["Cloud", tuple[str, ...], Query, bytes], tuple[int, Any]]

# The most calls that one look at the log gives.
PAGE = 1000


class Refused(Exception):
    """What is asked cannot be done."""

    def __init__(self, status: int, message: str, todo: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.todo = todo


def status(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """What the cloud is and holds."""
    cloud.settle()
    with cloud.read() as tx:
        counts = census(tx)
        pending = len(cloud.events.pending(tx))
    return 200, {
        "version": __version__, "process": os.getpid(), "store": cloud.store.url.render_as_string(hide_password=True),
        "services": {type: service.name for type, service in cloud.services.items()}, "counts": counts,
        "clock": _clock(cloud), "pending_events": pending, "faults": len(cloud.faults),
        "calls": cloud.exchanges.total,
    }  # fmt: skip


def _clock(cloud: Cloud) -> dict[str, Any]:
    clock = cloud.clock
    return {"now": stamp(clock.now()) + "Z", "rate": clock.rate, "tick": clock.tick}


def show_clock(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """The time, and how it passes."""
    cloud.settle()
    return 200, _clock(cloud)


def set_clock(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """Move the clock ahead by `advance` seconds, or let it pass at another `rate`."""
    given = _mapping(body)
    unknown = sorted(set(given) - {"advance", "rate", "tick"})
    if unknown or not given:
        raise Refused(400, f"a clock has no {', '.join(unknown) or 'such setting'}", "Give advance, rate or tick.")
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10**9:
            raise Refused(400, f"{name} is a number from 0 to a billion, not {value!r}", "Give seconds, or a factor.")
    cloud.settle()
    if "rate" in given:
        cloud.clock.rate = float(given["rate"])
    if "tick" in given:
        cloud.clock.tick = float(given["tick"])
    if "advance" in given:
        try:
            cloud.clock.advance(float(given["advance"]))
        except OverflowError:
            raise Refused(400, "the clock cannot be moved that far", "Time ends with the year 9999.") from None
    _keep(cloud)
    cloud.settle()
    return 200, _clock(cloud)


def list_faults(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """The faults in force."""
    cloud.settle()
    return 200, {"faults": [{"number": number, **rule} for number, rule in enumerate(cloud.faults.to_json(), 1)]}


def add_fault(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """Put a fault in force."""
    try:
        cloud.faults.add(**_mapping(body))
    except TypeError as error:
        raise Refused(400, f"this is no fault: {error}", "Give its fields with values of their kinds.") from None
    _keep(cloud)
    return 201, {"number": len(cloud.faults), **cloud.faults.to_json()[-1]}


def clear_faults(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """Lift all faults, or the one of that number."""
    cloud.settle()
    rules = list(cloud.faults)
    if not rest:
        cloud.faults.clear()
    elif rest[0].isdigit() and 0 < int(rest[0]) <= len(rules):
        cloud.faults.remove(rules[int(rest[0]) - 1])
        rules = rules[:1]
    else:
        raise Refused(404, f"there is no fault {rest[0]}", f"There are {len(rules)}.")
    _keep(cloud)
    return 200, {"lifted": len(rules)}


def take(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """The whole state, as bytes."""
    cloud.settle()
    return 200, cloud.snapshot()


def restore(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """Become what a snapshot was taken of."""
    cloud.restore(body)
    return 200, {"clock": _clock(cloud)}


def log(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """The calls since a number, oldest first; with `full` what they carried, too, of this worker's calls."""
    since = query.get("since", "0")
    if not since.isdigit():
        raise Refused(400, f"since is a number, not {since!r}", "Give the number of a call, or 0.")
    if "full" in query:
        kept = cloud.exchanges.since(int(since))
        shown: list[Any] = [call.to_json() for call in kept[:PAGE]]
        more = len(kept[PAGE:])
    else:
        shown, more = cloud.exchanges.lines(int(since), PAGE)
    last = shown[-1]["number"] if shown else min(int(since), cloud.exchanges.total)
    return 200, {"calls": shown, "last": last, "more": more}


def describe(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """The OpenAPI description of the cloud."""
    from kit.cloud.openapi import document

    return 200, document(cloud.services)


def _mapping(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "the body is no JSON object", 'Send {"advance": 60}, say.')
    return found


def _keep(cloud: Cloud) -> None:
    """Let other workers on the same store know."""
    if not cloud.store.memory:
        with cloud.write():
            pass


def show_live(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """What counts for live migrations: of the cloud, or of the host named."""
    from kit.cloud.compute.live import settings

    with cloud.read() as tx:
        found = settings.read(tx, _host(tx, rest))
    return 200, {
        "nova_conf": found.conf, "network": found.network, "shared_storage": found.shared_storage,
        "extension": found.extension,
    }  # fmt: skip


def set_live(cloud: Cloud, rest: tuple[str, ...], query: Query, body: bytes) -> tuple[int, Any]:
    """Set `nova_conf`, `network` or `shared_storage`, for the cloud or the host named; migrations that begin later heed it."""
    from kit.cloud.compute.live import settings

    given = _mapping(body)
    cloud.settle()
    with cloud.write() as tx:
        settings.write(tx, given, _host(tx, rest))
    cloud.note_change("act")
    return show_live(cloud, rest, query, b"")


def _host(tx: Transaction, rest: tuple[str, ...]) -> str:
    from kit.cloud.compute.models import hypervisors

    if rest and tx.first(hypervisors, host=rest[0]) is None:
        raise Refused(404, f"there is no host {rest[0]}", "Ask openstack compute service list.")
    return rest[0] if rest else ""


ACTIONS: dict[str, dict[str, Action]] = {
    "status": {"GET": status},
    "clock": {"GET": show_clock, "POST": set_clock},
    "faults": {"GET": list_faults, "POST": add_fault, "DELETE": clear_faults},
    "snapshot": {"GET": take, "PUT": restore},
    "log": {"GET": log},
    "live-migration": {"GET": show_live, "POST": set_live},
    "openapi": {"GET": describe},
}
