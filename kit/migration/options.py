"""Nova's options of live migration by release: default then, default now, since when.

Source: nova/conf/libvirt.py, nova/conf/compute.py and nova/virt/libvirt/driver.py of the releases named. `None` in a
column: the option did not exist (yet, or any more).
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Option(NamedTuple):
    """An option: name with its group, default in Kilo and now, unit, since which version, and a note."""

    name: str
    kilo: Any
    now: Any
    unit: str
    since: str
    note: str = ""


OPTIONS = (
    Option("[libvirt] live_migration_bandwidth", 0, 0, "MiB/s", "2014.1 or before", "0: the hypervisor's default; Kilo's help says Mbps"),
    Option("[libvirt] live_migration_uri", "qemu+tcp://%s/system", "None", "", "2014.1 or before", "deprecated 15.0"),
    Option("[libvirt] live_migration_flag", "UNDEFINE_SOURCE, PEER2PEER, LIVE, TUNNELLED", None, "", "2014.1 or before", "gone after 15.0"),
    Option("[libvirt] live_migration_scheme", None, "None", "", "15.0"),
    Option("[libvirt] live_migration_inbound_addr", None, "None", "", "13.0"),
    Option("[libvirt] live_migration_tunnelled", None, False, "", "13.0", "deprecated 23.0; in Kilo a flag, on"),
    Option("[libvirt] live_migration_with_native_tls", None, False, "", "19.0"),
    Option("[libvirt] live_migration_downtime", None, 500, "ms", "12.0", "at least 100; in Kilo QEMU's own 300"),
    Option("[libvirt] live_migration_downtime_steps", None, 10, "", "12.0", "at least 3"),
    Option("[libvirt] live_migration_downtime_delay", None, 75, "s per GiB", "12.0", "at least 3"),
    Option("[libvirt] live_migration_completion_timeout", None, 800, "s per GiB", "12.0", "0: never"),
    Option("[libvirt] live_migration_progress_timeout", None, None, "s", "12.0", "gone in 19.0; it had serious bugs"),
    Option("[libvirt] live_migration_timeout_action", None, "abort", "", "19.0", "or force_complete"),
    Option("[libvirt] live_migration_permit_post_copy", None, False, "", "14.0"),
    Option("[libvirt] live_migration_permit_auto_converge", None, False, "", "14.0", "not used where post-copy is permitted"),
    Option("[libvirt] live_migration_parallel_connections", None, 1, "", "33.0", "with post-copy from QEMU 10.1"),
    Option("[DEFAULT] max_concurrent_live_migrations", None, 1, "", "12.0", "Kilo: no limit"),
    Option("[DEFAULT] live_migration_retry_count", 30, 30, "", "2014.1 or before"),
    Option("[compute] live_migration_wait_for_vif_plug", None, True, "", "18.0"),
    Option("[workarounds] skip_cpu_compare_on_dest", None, False, "", "26.0"),
)  # fmt: skip


class Microversion(NamedTuple):
    """What a microversion of the compute API brought to live migration."""

    version: str
    what: str


MICROVERSIONS = (
    Microversion("2.22", "force_complete"),
    Microversion("2.23", "a server's migrations, with memory and disk total, processed and remaining"),
    Microversion("2.24", "abort a running one"),
    Microversion("2.25", "block_migration auto; disk_over_commit is gone"),
    Microversion("2.30", "force; a named host goes through the scheduler"),
    Microversion("2.34", "checks in the background"),
    Microversion("2.59", "uuid, paging, changes-since"),
    Microversion("2.65", "abort in queued and preparing"),
    Microversion("2.66", "changes-before"),
    Microversion("2.68", "force is gone"),
    Microversion("2.80", "user_id and project_id"),
)
