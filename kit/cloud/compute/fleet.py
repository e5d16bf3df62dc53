"""The compute hosts of a cloud as its scheduler sees them: read from the store, and read anew only where they changed.

What the database has is compared with what it had: a request between two changes costs a look, not a reading.
"""

from __future__ import annotations

import json
from collections import Counter
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kit.cloud.compute import cells
from kit.cloud.compute.claims import with_claims
from kit.cloud.compute.hosts import DEFAULT_ZONE
from kit.cloud.compute.models import aggregates, claims, hypervisors, servers, services
from kit.cloud.placement.models import providers
from kit.cloud.store import Transaction
from kit.scheduling.aggregate import Aggregate
from kit.scheduling.fleet import have_numpy
from kit.scheduling.host import Host, Service
from kit.scheduling.inventory import Inventory
from kit.scheduling.options import Options
from kit.scheduling.placement import Placement, Provider
from kit.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

Raw = tuple[Any, ...]

# nova/compute/stats.py, io_workload: a server that is being built on a host has the first.
IO_TASKS = (
    "spawning", "resize_migrating", "resize_prep", "rebuilding", "image_snapshot", "image_backup", "rescuing",
    "unshelving",
)  # fmt: skip
# From so many hosts on, NumPy looks at all of them faster than Python at one after the other.
MANY = 12
# Up to so many, the quick decision is quicker than the engine.
FEW = 48
# After so many claims and releases the scheduler's list of them is begun anew.
_LONG = 20_000

_BY_NUMBER, _BY_ID = [hypervisors.c.number], [aggregates.c.id]
_PROVIDERS_BY_NUMBER, _CLAIMS_BY_ID = [providers.c.number], [claims.c.id]
_PROVIDER = ("uuid", "inventories", "traits", "aggregates", "used")
_SERVICE = ("host", "disabled", "forced_down")
_AGGREGATE = ("uuid", "name", "hosts", "metadata")
_CLAIM = ("host", "numa", "pci")


def _raw(tx: Transaction, table: Any, only: tuple[str, ...], order: Any = None, **equals: Any) -> list[Raw]:
    """Columns of rows as the database has them, or as Python has them where it is not SQLite."""
    found = tx.raw(table, order=order, only=only, **equals)
    if found is not None:
        return found
    return [tuple(row[name] for name in only) for row in tx.rows(table, order=order, **equals)]


def _read(value: Any) -> Any:
    """A JSON value, whichever of the two ways it came."""
    return json.loads(value) if isinstance(value, str) else value


class View:
    """The hosts of one cloud, with the scheduler over them.

    Attributes
    ----------
    lock : RLock
        To be held from `renew` until the decision is made: the scheduler is one for all requests of the cloud.
    hosts : list of Host
        With nothing in use; `used` says what servers have of them, by uuid.
    places, zones : dict
        Host to its position, and to its availability zone.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.hosts: list[Host] = []
        self.places: dict[str, int] = {}
        self.zones: dict[str, str] = {}
        self.used: dict[str, dict[str, int]] = {}
        self.busy: Counter[str] = Counter()
        self.options: Options | None = None
        self.scheduler: Scheduler
        self._fixed: Any = None
        self._providers: dict[str, Raw] = {}
        self._claims: list[Raw] = []
        self._tx: Transaction
        self._busy_known = False
        self._place_of: dict[str, int] = {}
        self._stale: set[int] = set()  # positions of hosts that the scheduler has as they were before

    def renew(self, cloud: Cloud, tx: Transaction, options: Options) -> None:
        """Read what has changed since."""
        self._tx, self._busy_known = tx, False
        fixed = (
            _raw(tx, hypervisors, ("id",), _BY_NUMBER),  # nothing changes one that is there
            _raw(tx, services, _SERVICE, binary="nova-compute"),
            _raw(tx, aggregates, _AGGREGATE, _BY_ID),
            frozenset(rule.host for rule in cloud.faults if rule.host) if cloud.faults else None,
        )
        found = {row[0]: row for row in _raw(tx, providers, _PROVIDER, _PROVIDERS_BY_NUMBER)}
        held = _raw(tx, claims, _CLAIM, _CLAIMS_BY_ID)
        before = self._providers
        changed = [uuid for uuid, row in found.items() if before.get(uuid) != row]
        if (
            options is not self.options
            or self._fixed != fixed
            or before.keys() != found.keys()
            or any(before[uuid][:4] != found[uuid][:4] for uuid in changed)
            or len(self.scheduler.placement.touched) > _LONG
        ):
            self._build(fixed, found, held, options)
        else:
            names = set[str]()
            if held != self._claims:
                names |= {row[0] for row in {*map(_hashable, held)} ^ {*map(_hashable, self._claims)}}
            for uuid in changed:
                self.used[uuid] = _read(found[uuid][4]) or {}
            self._stale |= {self.places[name] for name in names if name in self.places}
            self._stale |= {self._place_of[uuid] for uuid in changed if uuid in self._place_of}
        self.options, self._fixed, self._providers, self._claims = options, fixed, found, held

    def count_busy(self) -> Counter[str]:
        """How many I/O operations are under way on each host; counted when first asked for."""
        if not self._busy_known:
            # A deleted server has no task; to ask for that, too, would lead past the index.
            busy = Counter(self._tx.tally(servers, "host", task_state=IO_TASKS))
            changed = {host for host in {*busy, *self.busy} if busy[host] != self.busy[host]}
            self._stale |= {self.places[name] for name in changed if name in self.places}
            self.busy, self._busy_known = busy, True
        return self.busy

    def _build(self, fixed: Any, found: dict[str, Raw], held: list[Raw], options: Options) -> None:
        _, service_rows, aggregate_rows, dead = fixed
        known = tuple(
            Aggregate(name, frozenset(_read(hosts) or ()), {k: str(v) for k, v in (_read(meta) or {}).items()})
            for _, name, hosts, meta in aggregate_rows
        )
        names = {row[0]: row[1] for row in aggregate_rows}
        reports = {host: Service(bool(off), bool(down), host in (dead or ())) for host, off, down in service_rows}
        placement = Placement()
        self.hosts, self.places, self.zones = [], {}, {}
        self.used = {uuid: _read(row[4]) or {} for uuid, row in found.items()}
        for one in self._tx.rows(hypervisors, order=_BY_NUMBER):
            self.zones[one["host"]] = DEFAULT_ZONE
            provider, service = found.get(one["id"]), reports.get(one["host"])
            if provider is None or service is None:
                continue
            self.places[one["host"]] = len(self.hosts)
            host = _host(one, service)
            self.hosts.append(host)
            placement.providers[host.node] = _provider(host, provider, names, self.used[host.uuid])
        for each in known:
            zone = each.metadata.get("availability_zone")
            self.zones |= dict.fromkeys(each.hosts, zone) if zone else {}
        self._place_of = {host.uuid: place for place, host in enumerate(self.hosts)}
        by_host = _by_host(held)
        in_use = [self._in_use(host, by_host) for host in self.hosts]
        many = len(in_use) >= MANY and have_numpy()
        self.scheduler = Scheduler(in_use, known, options, placement=placement, vectorised=many)
        self._stale = set()

    def _in_use(self, host: Host, held: dict[str, list[dict[str, Any]]]) -> Host:
        """A host with what servers have of it."""
        used = self.used[host.uuid]
        found = host.changed(
            instance_vcpus=used.get("VCPU", 0), instance_pcpus=used.get("PCPU", 0),
            instance_memory_mb=used.get("MEMORY_MB", 0), instance_disk_mb=used.get("DISK_GB", 0) * 1024,
            num_io_ops=self.busy[host.name],
        )  # fmt: skip
        return with_claims(found, held[host.name]) if host.name in held else found

    def engine(self) -> Scheduler:
        """The scheduler over the hosts as they are now."""
        self.count_busy()
        scheduler = self.scheduler
        by_host = _by_host(self._claims) if self._stale else {}
        for place in sorted(self._stale):
            host = self._in_use(self.hosts[place], by_host)
            own = scheduler.fleet.hosts[place].aggregates
            scheduler.fleet = scheduler.fleet.replaced(place, host.changed(aggregates=own) if own else host)
            scheduler.placement.providers[host.node].used = dict(self.used[host.uuid])
            scheduler.placement.touched.append(host.node)
        self._stale.clear()
        return scheduler


def _by_host(held: list[Raw]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for host, numa, pci in held:
        found.setdefault(host, []).append({"numa": _read(numa), "pci": _read(pci)})
    return found


def _hashable(row: Raw) -> Raw:
    """A claim in a form that sets can hold."""
    return (row[0], json.dumps(row[1:], sort_keys=True))


def _host(row: dict[str, Any], service: Service) -> Host:
    """A hypervisor with nothing in use."""
    info = row["cpu_info"] or {}
    arch = str(info.get("arch") or "x86_64")
    arches = (arch, "i686") if arch == "x86_64" else (arch,)
    cell_text = json.dumps(row["numa_cells"]) if row["numa_cells"] else ""
    node = row["hypervisor_hostname"]
    return Host(
        name=row["host"], nodename="" if node == row["host"] else node, uuid=row["id"], vcpus=row["vcpus"],
        pcpus=row["pcpus"] or 0, memory_mb=row["memory_mb"], local_gb=row["local_gb"],
        cpu_allocation_ratio=row["cpu_allocation_ratio"], ram_allocation_ratio=row["ram_allocation_ratio"],
        disk_allocation_ratio=row["disk_allocation_ratio"], reserved_host_cpus=row["reserved_cpus"] or 0,
        reserved_host_memory_mb=row["reserved_memory_mb"], reserved_host_disk_gb=row["reserved_disk_gb"] or 0,
        service=service, hypervisor_type=row["hypervisor_type"] or "QEMU",
        hypervisor_version=row["hypervisor_version"] or 0, host_ip=row["host_ip"] or "", cpu_info=info,
        supported_instances=tuple((each, kind, "hvm") for each in arches for kind in ("qemu", "kvm")),
        numa_topology=cells.topology(cell_text, row["vcpus"], row["memory_mb"]),
        pci_pools=cells.pools(json.dumps(row["pci_pools"] or [])), metrics=row["metrics"] or {},
    )  # fmt: skip


def _provider(host: Host, row: Raw, names: dict[str, str], used: dict[str, int]) -> Provider:
    """What Placement itself holds of a host: an operator may have changed it there."""
    _, inventories, traits, within, _ = row
    return Provider(
        name=host.node,
        inventories={
            name: Inventory(
                item["total"], min(item["reserved"], item["total"]), item["allocation_ratio"], item["min_unit"], item["max_unit"],
                item["step_size"],
            )
            for name, item in (_read(inventories) or {}).items() if item["total"] > 0
        },
        traits=set(_read(traits) or ()), aggregates=frozenset(names.get(uuid, uuid) for uuid in _read(within) or ()),
        used=dict(used),
    )  # fmt: skip


_views: WeakKeyDictionary[Cloud, View] = WeakKeyDictionary()


def view(cloud: Cloud) -> View:
    """The view of a cloud; one for each."""
    found = _views.get(cloud)
    if found is None:
        found = _views.setdefault(cloud, View())
    return found
