"""What the hypervisor counts for a server: libvirt's own names until 2.47, the same for every driver from 2.48 on."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.clock import parse
from kit.cloud.compute.servers import find
from kit.cloud.compute.states import PAUSED, RUNNING, SHUTDOWN, SUSPENDED
from kit.cloud.compute.validation import require_admin
from kit.cloud.errors import Conflict
from kit.cloud.network import servers as network
from kit.cloud.store import Row

# nova.objects.fields.InstancePowerState
_POWER = {RUNNING: "running", PAUSED: "paused", SHUTDOWN: "shutdown", SUSPENDED: "suspended"}
_DISK = ("read_req", "read", "write_req", "write", "errors")
_NIC = ("rx", "rx_packets", "rx_errors", "rx_drop", "tx", "tx_packets", "tx_errors", "tx_drop")
_DISK_DETAILS = ("read_bytes", "read_requests", "write_bytes", "write_requests", "errors_count")
_NIC_DETAILS = (
    "rx_octets", "rx_errors", "rx_drop", "rx_packets", "tx_octets", "tx_errors", "tx_drop", "tx_packets",
)  # fmt: skip


def diagnostics(call: Call, server_id: str) -> dict[str, Any]:
    """What the hypervisor counts for a server; nobody works in ours, so that only its uptime moves."""
    require_admin(call, "os-server-diagnostics")
    row = find(call, server_id)
    if not row["host"]:
        raise Conflict(f"Instance {row['id']} is not ready")
    if row["power_state"] == SHUTDOWN:
        raise Conflict(f"Cannot 'get_diagnostics' instance {row['id']} while it is in power state shutdown")
    ports = [port for port, _ in network.interfaces(call.tx, row["id"])]
    disks = [row["root_device_name"] or "/dev/vda"] if row["image_id"] else []
    disks += [device["device"] for device in row["block_devices"] or []]
    return _common(call, row, ports, disks) if call.at_least("2.48") else _libvirt(row, ports, disks)


def _libvirt(row: Row, ports: list[Row], disks: list[str]) -> dict[str, Any]:
    ram = row["flavor"]["ram"] * 1024  # KiB
    found: dict[str, Any] = {f"cpu{cpu}_time": 0 for cpu in range(row["flavor"]["vcpus"])}
    found |= {f"{disk.rpartition('/')[2]}_{name}": 0 for disk in disks for name in _DISK}
    found |= {f"tap{port['id'][:11]}_{name}": 0 for port in ports for name in _NIC}
    return found | {"memory": ram, "memory-actual": ram, "memory-rss": ram}


def _common(call: Call, row: Row, ports: list[Row], disks: list[str]) -> dict[str, Any]:
    flavor = row["flavor"]
    uptime = int((call.tx.now - parse(row["launched_at"])).total_seconds()) if row["launched_at"] else 0
    return {
        "config_drive": bool(row["config_drive"]), "state": _POWER.get(row["power_state"], "pending"), "driver": "libvirt",
        "hypervisor": "kvm", "hypervisor_os": "linux", "uptime": uptime, "num_cpus": flavor["vcpus"],
        "num_nics": len(ports), "num_disks": len(disks),
        "cpu_details": [{"id": cpu, "time": 0, "utilisation": None} for cpu in range(flavor["vcpus"])],
        "nic_details": [
            {"mac_address": port["mac_address"], **dict.fromkeys(_NIC_DETAILS, 0), "rx_rate": None, "tx_rate": None}
            for port in ports
        ],
        "disk_details": [dict.fromkeys(_DISK_DETAILS, 0) for _ in disks],
        "memory_details": {"maximum": flavor["ram"], "used": flavor["ram"]},
    }  # fmt: skip
