"""Nova's live migration as data: who does what, over which call, and what is undone when it fails.

Two eras: `kilo` (2015.1) and `now` (master of August 2026). Sources: nova/compute/api.py, nova/conductor/tasks/
live_migrate.py, nova/compute/manager.py, nova/virt/libvirt/driver.py of both.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kit.migration.errors import one_of

ERAS = ("kilo", "now")
COMPONENTS = ("api", "conductor", "scheduler", "source", "destination", "neutron", "libvirt")
# Statuses that count as in progress: what the migrations sub-resource of a server lists.
IN_PROGRESS = ("queued", "preparing", "running", "post-migrating")
STATUSES = ("accepted", "queued", "preparing", "running", "running (post-copy)", "completed")
ENDS = ("completed", "failed", "cancelled", "error")


@dataclass(frozen=True)
class Step:
    """One step of the workflow.

    Attributes
    ----------
    name : str
        For programs; the same in both eras where the step is.
    component, asks : str
        Who acts, and whom it calls.
    what : str
        What happens, one sentence.
    rpc, method : str
        `REST`, `call` (the caller waits), `cast` (it does not) or empty for none; and the method that is called.
    status : str
        Of the migration record after the step; empty in Kilo, which has none.
    task_state : str or None
        Of the instance after the step.
    makes : tuple of str
        What now exists beside the instance: `allocation`, `port binding`, `volume attachment`, `volume connection`,
        `claim`, `disk`; each must be gone after a failure.
    """

    name: str
    component: str
    asks: str
    what: str
    rpc: str
    method: str
    status: str
    task_state: str | None
    makes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The step as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        over = f" [{self.rpc} {self.method}]" if self.rpc else ""
        to = f" -> {self.asks}" if self.asks else ""
        status = f", migration {self.status}" if self.status else ""
        return f"{self.component}{to}{over}: {self.what} (task_state {self.task_state}{status})"


_M = "migrating"
NOW = (
    Step("request", "api", "conductor", "takes os-migrateLive, checks lock and state, answers 202", "REST",
         "POST /servers/{id}/action", "", _M),
    Step("accept", "conductor", "", "writes the migration record and moves the allocation to it", "cast",
         "live_migrate_instance", "accepted", _M, ("allocation",)),
    Step("schedule", "conductor", "scheduler", "asks for hosts of the same cell, claimed in placement", "call",
         "select_destinations", "accepted", _M, ("destination allocation",)),
    Step("check destination", "conductor", "destination",
         "compares CPUs, writes a file into instances_path, looks at free disk", "call",
         "check_can_live_migrate_destination", "accepted", _M),
    Step("check source", "destination", "source", "looks for that file (shared storage?), decides on block migration",
         "call", "check_can_live_migrate_source", "accepted", _M, ("claim",)),
    Step("bind ports", "conductor", "neutron", "binds the ports on the destination, inactive", "REST",
         "POST /ports/{id}/bindings", "accepted", _M, ("port binding",)),
    Step("queue", "conductor", "source", "enters the pool of max_concurrent_live_migrations (1)", "cast",
         "live_migration", "queued", _M),
    Step("prepare", "source", "destination", "attaches volumes, plugs interfaces, prepares disks and networks", "call",
         "pre_live_migration", "preparing", _M, ("volume attachment", "volume connection", "disk")),
    Step("wait for ports", "source", "neutron", "waits for network-vif-plugged, 300 s", "", "", "preparing", _M),
    Step("copy", "source", "libvirt", "migrateToURI3 in a thread; looked at every 0.5 s, saved every 5 s", "",
         "", "running", _M),
    Step("activate ports", "source", "neutron", "the destination's binding becomes active", "REST",
         "PUT /ports/{id}/bindings/{host}/activate", "running", _M),
    Step("clean source", "source", "", "disconnects volumes, deletes old attachments, unplugs interfaces", "",
         "_post_live_migration", "running", _M),
    Step("finish", "source", "destination", "sets up networks, instance.host is the destination", "call",
         "post_live_migration_at_destination", "completed", None),
)  # fmt: skip
KILO = (
    Step("request", "api", "conductor", "takes os-migrateLive and checks the state", "REST",
         "POST /servers/{id}/action", "", _M),
    Step("schedule", "conductor", "scheduler", "asks for a host, or takes the forced one after a look at its memory",
         "call", "select_destinations", "", _M),
    Step("check destination", "conductor", "destination", "compares CPUs, writes a file into instances_path", "call",
         "check_can_live_migrate_destination", "", _M),
    Step("check source", "destination", "source", "looks for that file: is the storage shared?", "call",
         "check_can_live_migrate_source", "", _M),
    Step("start", "conductor", "source", "starts at once, however many are under way", "cast", "live_migration", "",
         _M),
    Step("prepare", "source", "destination", "connects volumes, plugs interfaces, prepares disks", "call",
         "pre_live_migration", "", _M, ("volume connection", "disk")),
    Step("copy", "source", "libvirt", "migrateToURI2 with live_migration_flag; looked at every 0.5 s, only logged", "",
         "", "", _M),
    Step("clean source", "source", "", "disconnects volumes, unfilters and unplugs", "", "_post_live_migration", "",
         _M),
    Step("finish", "source", "destination", "sets up networks and the ports' host, instance.host is the destination",
         "call", "post_live_migration_at_destination", "", None),
)  # fmt: skip
WORKFLOWS = {"kilo": KILO, "now": NOW}


@dataclass(frozen=True)
class Failure:
    """What follows when a step fails.

    Attributes
    ----------
    at : str
        The step.
    cause : str
        What went wrong.
    migration : tuple of str
        The record's statuses from then on, the last one stays; empty in Kilo.
    vm_state : str
        Of the instance afterwards.
    host : str
        Where the instance is then: `source` or `destination`.
    undone : tuple of str
        What is taken back; `makes` of the steps so far that are not here stay behind.
    how : str
        By which methods.
    """

    at: str
    cause: str
    migration: tuple[str, ...]
    vm_state: str
    host: str
    undone: tuple[str, ...]
    how: str

    def to_dict(self) -> dict[str, Any]:
        """The failure as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        ends = f"migration {' then '.join(self.migration)}, " if self.migration else ""
        back = ", ".join(self.undone) or "nothing"
        return f"{self.cause} at {self.at!r}: {ends}instance {self.vm_state} on the {self.host}; undone: {back}"


_ALLOCATIONS = ("allocation", "destination allocation")
_CLAIMED = (*_ALLOCATIONS, "claim")
_BOUND = (*_CLAIMED, "port binding")
_ALL = (*_BOUND, "volume attachment", "volume connection", "disk")
_ROLLBACK = "_rollback_live_migration: allocation, remove_volume_connection and attachments, then ports and disks by a " \
    "cast of rollback_live_migration_at_destination (without disks to clean, by neutron's teardown), the claim last"  # fmt: skip
_AT_DEST = "pre_live_migration on the destination takes its attachments and connections back itself, then "
FAILURES_NOW = (
    Failure("request", "the instance is locked, or its state is wrong", (), "ACTIVE", "source", (), "409, nothing began"),
    Failure("accept", "the source service is down", ("error",), "ACTIVE", "source", ("allocation",), "conductor"),
    Failure("schedule", "NoValidHost or MaxRetriesExceeded", ("error",), "ACTIVE", "source", _ALLOCATIONS, "conductor"),
    Failure("check destination", "a pre-check", ("error",), "ACTIVE", "source", _ALLOCATIONS, "conductor"),
    Failure("check source", "a pre-check", ("error",), "ACTIVE", "source", _CLAIMED, "conductor"),
    Failure("bind ports", "PortBindingFailed", ("error",), "ACTIVE", "source", _BOUND, "conductor"),
    Failure("queue", "abort while queued (2.65)", ("cancelled",), "ACTIVE", "source", _BOUND,
            "allocation and inactive bindings"),
    Failure("prepare", "pre_live_migration fails", ("error", "failed"), "ACTIVE", "source", _ALL, _AT_DEST + _ROLLBACK),
    Failure("wait for ports", "no network-vif-plugged in 300 s", ("error", "failed"), "ACTIVE", "source", _ALL,
            _ROLLBACK),
    Failure("copy", "libvirt's job fails", ("failed",), "ACTIVE", "source", _ALL, _ROLLBACK),
    Failure("activate ports", "neutron does not answer", (), "ACTIVE", "destination", (),
            "only logged; the ports are activated again at the end"),
    Failure("clean source", "the source cannot be cleaned up", ("error",), "ERROR", "destination", (),
            "never rolled back: _post_live_migration_update_host sets instance.host, the error sets the instance to ERROR"),
    Failure("finish", "the destination fails", ("error",), "ERROR", "destination", (),
            "never rolled back: instance.host is set whatever happens, the error sets the instance to ERROR"),
)  # fmt: skip
ABORTED = Failure("copy", "aborted, or out of time", ("cancelled",), "ACTIVE", "source", _ALL, _ROLLBACK)
DRIVER_ERROR = Failure("copy", "an exception out of the driver", ("error",), "ERROR", "source", (), "nothing is undone")
POSTCOPY_CUT = Failure("copy", "the network is cut during post-copy", ("failed",), "ERROR", "source", _ALL,
                       "libvirt's job fails, and the records go back; the memory lies on two hosts, so that the guest "
                       "is dead and only a reboot helps")  # fmt: skip
_CONNECTED = ("volume connection", "disk")
FAILURES_KILO = (
    Failure("request", "the state is wrong", (), "ACTIVE", "source", (), "409, nothing began"),
    Failure("schedule", "NoValidHost, or too little memory", (), "ACTIVE", "source", (), "task_state None"),
    Failure("check destination", "a pre-check", (), "ACTIVE", "source", (), "task_state None"),
    Failure("check source", "a pre-check", (), "ACTIVE", "source", (), "task_state None"),
    Failure("start", "the source's service is down", (), "ACTIVE", "source", (),
            "the cast is lost; nobody sets task_state back"),
    Failure("prepare", "pre_live_migration fails", (), "ACTIVE", "source", _CONNECTED, "_rollback_live_migration"),
    Failure("copy", "libvirt's job fails", (), "ACTIVE", "source", _CONNECTED, "_rollback_live_migration"),
    Failure("clean source", "a volume cannot be disconnected", (), "ACTIVE", "destination", (),
            "never rolled back; instance.host still names the source, and nobody sets task_state back"),
    Failure("finish", "the destination fails", (), "ERROR", "destination", (),
            "never rolled back; post_live_migration_at_destination sets instance.host whatever happens"),
)  # fmt: skip


def workflow(era: str = "now") -> tuple[Step, ...]:
    """The steps of an era, in order.

    Raises
    ------
    ValueOutOfRange
        For an era that is neither `kilo` nor `now`.
    """
    one_of("era", era, ERAS)
    return WORKFLOWS[era]


def failure(step: str, era: str = "now") -> Failure:
    """What follows when a step fails.

    Raises
    ------
    ValueOutOfRange
        For a step that the era does not have.
    """
    names = tuple(found.name for found in workflow(era))
    one_of("step", step, names)
    return next(found for found in (FAILURES_NOW if era == "now" else FAILURES_KILO) if found.at == step)


def failures(step: str, era: str = "now") -> tuple[Failure, ...]:
    """All that is known to go wrong at a step, the usual one first.

    Raises
    ------
    ValueOutOfRange
        For a step that the era does not have.
    """
    more = (ABORTED, DRIVER_ERROR, POSTCOPY_CUT) if (step, era) == ("copy", "now") else ()
    return (failure(step, era), *more)


def made_before(step: str, era: str = "now") -> tuple[str, ...]:
    """What exists beside the instance when a step fails: what it and all before it make."""
    found: list[str] = []
    for each in workflow(era):
        found += each.makes
        if each.name == step:
            return tuple(found)
    return tuple(found)


def left_behind(step: str, era: str = "now") -> tuple[str, ...]:
    """What a failure at that step leaves behind; nothing while the guest still runs at the source."""
    found = failure(step, era)
    return tuple(thing for thing in made_before(step, era) if thing not in found.undone)
