"""The public face of the package."""

from __future__ import annotations

import inspect
import subprocess
import sys

import kit.scheduling

FACE = [
    "FILTERS", "WEIGHERS", "Aggregate", "CapacityExceeded", "Cell", "Change", "Changes", "ClaimError", "Cluster", "ComputeCloud",
    "ComputeNode", "ConcurrentUpdate", "Contribution", "Decision", "Drift", "Flavor", "Host", "Image", "Instance", "Inventory",
    "InventoryError", "NoValidHost", "NumaTopology", "OptionError", "Options", "Pages", "PciPool", "Placement", "PlacementError",
    "PlacementStep", "Provider", "Race", "Request", "RequestError", "RequestGroup", "ResourceQuery", "Room", "Scheduler", "ServerGroup",
    "Service", "SourceError", "Step", "UnknownProvider", "VersionError", "Weighed", "changes", "cluster", "fit", "guest_topology", "microversion",
    "race", "read_hosts", "resources_of", "room",
]  # fmt: skip


def test_the_list_of_names() -> None:
    assert kit.scheduling.__all__ == FACE
    assert all(hasattr(kit.scheduling, name) for name in FACE)


def test_everything_public_says_what_it_is() -> None:
    for name in FACE:
        thing = getattr(kit.scheduling, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__ and thing.__doc__[0].isupper() and thing.__doc__.splitlines()[0].endswith("."), name


def test_every_filter_and_weigher_says_what_it_is() -> None:
    for each in (*kit.scheduling.FILTERS["liberty"].values(), *kit.scheduling.WEIGHERS.values()):
        assert each.__doc__ and each.__doc__[0].isupper(), each


def test_today_has_22_filters_and_13_weighers_and_liberty_35_filters() -> None:
    assert len(kit.scheduling.FILTERS["today"]) == 22
    assert len(kit.scheduling.FILTERS["liberty"]) == 35
    assert len(kit.scheduling.WEIGHERS) == 13


def test_importing_loads_no_numpy_and_nothing_of_the_cloud() -> None:
    code = "import sys, kit.scheduling; print([n for n in ('numpy', 'kit.cloud', 'openstack', 'IPython') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_it_decides_without_numpy() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import kit.scheduling.fleet as fleet; fleet.have_numpy = lambda: False\n"
        "import kit.scheduling.scheduler as s; s.have_numpy = lambda: False\n"
        "from kit.scheduling import *\n"
        "print(Scheduler([Host(name='c1', vcpus=4, memory_mb=4096)]).select(Request(flavor=Flavor())).chosen)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "['c1']"
