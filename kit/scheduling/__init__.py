"""Nova's scheduler, today's and Liberty's: where a server lands, and filter by filter why.

    from kit.scheduling import Flavor, Host, Request, Scheduler

    hosts = [Host(name="c1", vcpus=8, memory_mb=8192, local_gb=80), ...]
    scheduler = Scheduler(hosts, options={"filter_scheduler.ram_weight_multiplier": -1.0})
    decision = scheduler.select(Request(flavor=Flavor(vcpus=2, memory_mb=2048)))
    decision                                  # the record as text; HTML in a notebook
    decision.chosen                           # ["c1"]
    decision.why_not("c2")                    # where it fell, with the figures
    Scheduler(hosts, options=Options(era="liberty"))     # no Placement, RamFilter and its kin, RetryFilter

    placement = Placement.from_hosts(hosts)   # inventories, traits, candidates, claims with generations
    cloud = ComputeCloud(hosts)               # compute nodes with resource trackers: build, resize, move, audit
    race(hosts, request, era="liberty")       # two schedulers on one stale view
    cluster("vcenter", nodes)                 # one service, many nodes; and shown as one node
    room(host)["MEMORY_MB"].free              # what servers may still have, in the arithmetic of the era
    read_hosts(openstack.connect(cloud="mine"))     # the hosts of a real cloud, from Nova and Placement
    changes("2.12", "2.38")                   # what changed in the compute API

The package needs no cloud of ours, no HTTP and no Jupyter; with NumPy all hosts are looked at at once.
"""

from __future__ import annotations

from kit.scheduling.aggregate import Aggregate
from kit.scheduling.cluster import Cluster, cluster
from kit.scheduling.compute import ComputeCloud, ComputeNode, Drift
from kit.scheduling.constraints import guest_topology
from kit.scheduling.decision import Decision, PlacementStep, Step, Weighed
from kit.scheduling.errors import (
    CapacityExceeded,
    ClaimError,
    ConcurrentUpdate,
    InventoryError,
    NoValidHost,
    OptionError,
    PlacementError,
    RequestError,
    SourceError,
    UnknownProvider,
    VersionError,
)
from kit.scheduling.filters import FILTERS
from kit.scheduling.fit import fit
from kit.scheduling.host import Host, Instance, Service
from kit.scheduling.image import Image
from kit.scheduling.inventory import Inventory
from kit.scheduling.microversions import Change, Changes, changes, microversion
from kit.scheduling.numa import Cell, NumaTopology, Pages
from kit.scheduling.options import Options
from kit.scheduling.pci_pool import PciPool
from kit.scheduling.placement import Placement, Provider
from kit.scheduling.race import Race, race
from kit.scheduling.reading import read_hosts
from kit.scheduling.request import Flavor, Request, ServerGroup
from kit.scheduling.resources import RequestGroup, ResourceQuery, resources_of
from kit.scheduling.room import Room, room
from kit.scheduling.scheduler import Scheduler
from kit.scheduling.weighers import WEIGHERS
from kit.scheduling.weighing import Contribution

__all__ = [
    "FILTERS",
    "WEIGHERS",
    "Aggregate",
    "CapacityExceeded",
    "Cell",
    "Change",
    "Changes",
    "ClaimError",
    "Cluster",
    "ComputeCloud",
    "ComputeNode",
    "ConcurrentUpdate",
    "Contribution",
    "Decision",
    "Drift",
    "Flavor",
    "Host",
    "Image",
    "Instance",
    "Inventory",
    "InventoryError",
    "NoValidHost",
    "NumaTopology",
    "OptionError",
    "Options",
    "Pages",
    "PciPool",
    "Placement",
    "PlacementError",
    "PlacementStep",
    "Provider",
    "Race",
    "Request",
    "RequestError",
    "RequestGroup",
    "ResourceQuery",
    "Room",
    "Scheduler",
    "ServerGroup",
    "Service",
    "SourceError",
    "Step",
    "UnknownProvider",
    "VersionError",
    "Weighed",
    "changes",
    "cluster",
    "fit",
    "guest_topology",
    "microversion",
    "race",
    "read_hosts",
    "resources_of",
    "room",
]
