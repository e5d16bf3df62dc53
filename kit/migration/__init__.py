"""Live migration: a model held to measured QEMU data, Nova's rules as data, and the real QEMU beside them.

    from kit.migration import Guest, Knobs, Link, Random, Turn, simulate

    guest = Guest(4096, used_mib=1024, working_set=Random(256, 20_000))   # MiB, pages a second
    run = simulate(guest, Knobs(max_bandwidth_mib_s=100))                 # a Result: series, passes, reason
    run.remedies                                                          # what would end it, cheapest first
    simulate(guest, turns=[Turn(4, "set", {"downtime_limit_ms": 2000})])  # a knob turned at 4 s
    sweep(guest, Knobs(), Link(), ("max_bandwidth_mib_s", bandwidths), ("writes_per_s", rates)).plot()
    plan(guest, Link.of_mbit_s(1000), max_pause_ms=200, max_total_s=300)  # nova.conf lines, or why none can
    workflow("now"), failure("copy"), prechecks(instance, source, destination)
    measure(guest, Knobs(max_bandwidth_mib_s=50))                         # two real QEMUs on this machine
    compare(recorded()[0])                                                # the model beside a real run

The package needs no cloud of ours and no Jupyter; NumPy only at page level and for maps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kit.migration.convergence import Convergence, convergence
from kit.migration.course import Course, Job
from kit.migration.cpu import CpuMatrix, compare_cpu
from kit.migration.errors import NumpyMissing
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import LOOPBACK, Link
from kit.migration.memory import memory_check
from kit.migration.options import MICROVERSIONS, OPTIONS
from kit.migration.plan import Plan, nova_conf, plan
from kit.migration.precheck import Host, Instance, prechecks
from kit.migration.records import Record, recorded
from kit.migration.remedies import Remedy
from kit.migration.result import Result
from kit.migration.simulate import simulate
from kit.migration.turns import Turn
from kit.migration.units import mbit_s, mib_s
from kit.migration.workflow import Failure, Step, failure, workflow
from kit.migration.working_set import IDLE, Heat, Random, Sequential, from_measured

if TYPE_CHECKING:
    from kit.migration.comparison import Comparison, compare
    from kit.migration.maps import Map, sweep
    from kit.migration.measuring import measure

_LATER = {
    "Comparison": "comparison", "compare": "comparison", "measure": "measuring", "Map": "maps", "sweep": "maps",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load what needs NumPy or processes when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"kit.migration has no {name!r}")
    try:
        found = getattr(import_module(f"kit.migration.{_LATER[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise NumpyMissing("a map") from None
    globals()[name] = found
    return found


__all__ = [
    "IDLE", "LOOPBACK", "MICROVERSIONS", "OPTIONS", "Comparison", "Convergence", "Course", "CpuMatrix", "Failure", "Guest",
    "Heat", "Host", "Instance", "Job", "Knobs", "Link", "Map", "Plan", "Random", "Record", "Remedy", "Result", "Sequential", "Step",
    "Turn", "compare", "compare_cpu", "convergence", "failure", "from_measured", "mbit_s", "measure", "memory_check",
    "mib_s", "nova_conf", "plan", "prechecks", "recorded", "simulate", "sweep", "workflow",
]  # fmt: skip
