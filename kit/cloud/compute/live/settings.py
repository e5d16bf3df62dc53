"""What the operator has set for live migrations: nova.conf of the cloud and of each host, network, storage.

A host's word counts before the cloud's, and that before Nova's default. Kept in the store, so that all workers on it
agree; written by `write`, over the control path (`POST /kit/v1/live-migration[/HOST]`), or by a seed:

    live_migration:
      nova_conf: {live_migration_permit_post_copy: true, max_concurrent_live_migrations: 2}   # OPTIONS, without groups
      network: {mbps: 10000, rtt_ms: 0.2, cores: 4}
      shared_storage: ceph     # hosts of the same name share it; none by default, as on DevStack
      extension: true          # kit:bandwidth, kit:max_downtime and kit:set are understood; off by default
    hosts:
      - {name: old, live_migration: {network: {mbps: 1000}, nova_conf: {virt_type: qemu}}}
    servers:
      - {name: web, workload: {working_set_mib: 256, writes_per_s: 20000}, ...}   # see kit.cloud.compute.live.workload

A migration takes what counts for its source when libvirt begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.cloud.compute.models import settings
from kit.cloud.store import Transaction
from kit.errors import CloudError
from kit.migration import Knobs, Link
from kit.migration.units import mib_s

KEY = "live"
# Option to default and least value, or what it may be. Source: nova/conf of 34.0.0.
OPTIONS: dict[str, tuple[Any, Any]] = {
    "live_migration_bandwidth": (0, 0), "live_migration_downtime": (500, 100), "live_migration_downtime_steps": (10, 3),
    "live_migration_downtime_delay": (75, 3), "live_migration_completion_timeout": (800, 0),
    "live_migration_timeout_action": ("abort", ("abort", "force_complete")),
    "live_migration_permit_post_copy": (False, bool), "live_migration_permit_auto_converge": (False, bool),
    "live_migration_tunnelled": (False, bool), "live_migration_with_native_tls": (False, bool),
    "live_migration_parallel_connections": (1, 1), "live_migration_monitor_interval": (5, 1),
    "max_concurrent_live_migrations": (1, 0), "live_migration_wait_for_vif_plug": (True, bool),
    "vif_plugging_timeout": (300, 0), "vif_plugging_is_fatal": (True, bool), "migrate_max_retries": (-1, -1),
    "virt_type": ("kvm", ("kvm", "qemu")), "skip_cpu_compare_on_dest": (False, bool),
    "skip_hypervisor_version_check_on_lm": (False, bool), "reserved_host_disk_mb": (0, 0),
}  # fmt: skip
# Mbit/s as networks are sold, milliseconds, and cores of a host that may encrypt and send.
NETWORK = {"mbps": 10_000.0, "rtt_ms": 0.2, "cores": 4}
POSTCOPY_WITH_PARALLEL = 10_001_000  # QEMU 10.1


@dataclass(frozen=True)
class Settings:
    """The settings that count for one host.

    Attributes
    ----------
    conf : dict
        Options of nova.conf by name, without their groups.
    network : dict
        `mbps`, `rtt_ms`, `cores`.
    shared_storage : str
        Name of the storage that holds the instances; hosts of the same name share it; empty for local disks.
    extension : bool
        Whether `kit:bandwidth` and `kit:max_downtime` are understood. They are no part of Nova.
    """

    conf: dict[str, Any]
    network: dict[str, Any]
    shared_storage: str
    extension: bool

    def __getitem__(self, option: str) -> Any:
        return self.conf[option]

    def knobs(self, paused: bool, hypervisor_version: int) -> Knobs:
        """How QEMU is told to migrate: the flags that Nova's libvirt driver sets.

        Post-copy is not for a paused guest; auto-converge is not used where post-copy is permitted.
        """
        postcopy = self["live_migration_permit_post_copy"]
        lanes = self["live_migration_parallel_connections"]
        if postcopy and hypervisor_version < POSTCOPY_WITH_PARALLEL:
            lanes = 1
        secret = "native-tls" if self["live_migration_with_native_tls"] else "none"
        return Knobs(
            max_bandwidth_mib_s=float(self["live_migration_bandwidth"]),
            downtime_limit_ms=float(self["live_migration_downtime"]),
            downtime_steps=self["live_migration_downtime_steps"],
            downtime_delay_s_per_gib=float(self["live_migration_downtime_delay"]),
            completion_timeout_s_per_gib=float(self["live_migration_completion_timeout"]),
            timeout_action=self["live_migration_timeout_action"], postcopy=postcopy and not paused,
            auto_converge=self["live_migration_permit_auto_converge"] and not postcopy,
            multifd=lanes > 1, multifd_channels=max(lanes, 2),
            encryption="tunnelled" if self["live_migration_tunnelled"] else secret,
        )  # fmt: skip


def link(source: Settings, destination: Settings) -> Link:
    """The network between two hosts: as fast as the slower of them."""
    ends = (source.network, destination.network)
    return Link(
        speed_mib_s=mib_s(min(end["mbps"] for end in ends)), rtt_ms=max(end["rtt_ms"] for end in ends),
        cores=min(end["cores"] for end in ends),
    )  # fmt: skip


def read(tx: Transaction, host: str = "") -> Settings:
    """The settings of a host, or of the cloud."""
    cloud, own = kept(tx), kept(tx, host) if host else {}
    return Settings(
        {name: default for name, (default, _) in OPTIONS.items()}
        | cloud.get("nova_conf", {})
        | own.get("nova_conf", {}),
        NETWORK | cloud.get("network", {}) | own.get("network", {}),
        own.get("shared_storage", cloud.get("shared_storage", "")),
        cloud.get("extension", False),
    )


def kept(tx: Transaction, host: str = "") -> dict[str, Any]:
    """What was set for a host, or for the cloud, alone."""
    row = tx.get(settings, f"{KEY}/{host}" if host else KEY)
    return dict(row["value"]) if row else {}


def write(tx: Transaction, given: dict[str, Any], host: str = "") -> None:
    """Set something for a host, or for the cloud; the rest stays as it was, and None goes back to the default.

    Parameters
    ----------
    given : dict
        `nova_conf` and `network` (mappings), `shared_storage`; for the cloud also `extension`.

    Raises
    ------
    CloudError
        When a name is unknown or a value has no meaning.
    """
    _check(given, host)
    before = kept(tx, host)
    found = {**before, **{key: value for key, value in given.items() if not isinstance(value, dict)}}
    for key in ("nova_conf", "network"):
        if key in given:
            found[key] = {k: v for k, v in {**before.get(key, {}), **given[key]}.items() if v is not None}
    found = {key: value for key, value in found.items() if value is not None}
    name = f"{KEY}/{host}" if host else KEY
    if tx.get(settings, name) is None:
        tx.insert(settings, name=name, value=found)
    else:
        tx.update(settings, name, value=found)


def _check(given: dict[str, Any], host: str) -> None:
    known = ["nova_conf", "network", "shared_storage", *([] if host else ["extension"])]
    for key, value in given.items():
        if key not in known:
            raise CloudError(f"live_migration has no {key!r}", todo=f"It has: {', '.join(known)}.")
        if key in ("nova_conf", "network") and not isinstance(value, dict):
            raise CloudError(f"{key} is no mapping: {value!r}", todo="Give options with their values.")
    for name, value in given.get("nova_conf", {}).items():
        if name not in OPTIONS:
            raise CloudError(f"nova.conf has no option {name!r} here", todo=f"There are: {', '.join(OPTIONS)}.")
        if value is not None:
            _option(name, value, OPTIONS[name][1])
    for name, value in given.get("network", {}).items():
        if name not in NETWORK:
            raise CloudError(f"a migration network has no {name!r}", todo=f"It has: {', '.join(NETWORK)}.")
        whole = isinstance(value, int) or (isinstance(value, float) and name != "cores")
        least = 1 if name == "cores" else 0
        if value is not None and (
            isinstance(value, bool) or not whole or value < least or (name == "mbps" and not value)
        ):
            raise CloudError(f"{name} is {value!r}", todo="Give a number: mbps above 0, rtt_ms from 0, cores from 1.")
    for key, kind, word in (("shared_storage", str, "a name, or '' for none"), ("extension", bool, "true or false")):
        if given.get(key) is not None and not isinstance(given[key], kind):
            raise CloudError(f"{key} is {given[key]!r}", todo=f"Give {word}.")


def _option(name: str, value: Any, allowed: Any) -> None:
    if allowed is bool:
        fits, todo = isinstance(value, bool), "true or false"
    elif isinstance(allowed, tuple):
        fits, todo = value in allowed, " or ".join(allowed)
    else:
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= allowed
        todo = f"a whole number from {allowed} on"
    if not fits:
        raise CloudError(f"{name} is {value!r}", todo=f"Give {todo}.")
