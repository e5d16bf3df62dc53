"""A server's console: the log of a cirros that boots, made of what the server is."""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.compute.console_tokens import issue
from kit.cloud.compute.states import SHUTDOWN
from kit.cloud.errors import BadRequest, Conflict
from kit.cloud.store import Row


def log(row: Row, length: int = -1) -> str:
    """The last `length` lines of the log; all of them for a negative number."""
    flavor = row["flavor"]
    lines = [
        "[    0.000000] Linux version 5.15.0-117-generic (buildd@lcy02-amd64-037) x86_64",
        f"[    0.000000] Memory: {flavor['ram'] * 1024}K available",
        f"[    0.104201] smp: Brought up 1 node, {flavor['vcpus']} CPU{'s' if flavor['vcpus'] > 1 else ''}",
        "[    0.812345] virtio_net virtio0 eth0: renamed from eth0",
        f"[    0.953112] vda: {flavor['disk']} GiB",
        "info: initramfs: up at 1.02",
        "Starting network: udhcpc: started",
        f"udhcpc: lease obtained for {row['hostname']}",
        f"instance-id: {row['id']}",
        f"name: {row['name']}",
        "=== cirros: current=0.6.2 uptime=4.21 ===",
        "login as 'cirros' user. default password: 'gocubsgo'. use 'sudo' for root.",
        f"{row['hostname']} login: ",
    ]
    if row["power_state"] == SHUTDOWN:
        lines.append("[   60.000000] reboot: Power down")
    if length >= 0:
        lines = lines[len(lines) - min(length, len(lines)) :]
    return "\n".join(lines)


# Where a console of each type is seen, below the cloud's address; `{}` is the caller's own token.
_PLACES = {
    "novnc": "/novnc/vnc_auto.html?path=%3Ftoken%3D{}", "spice-html5": "/spice/spice_auto.html?token={}",
    "spice-direct": "/spice/nova?token={}", "serial": "/serial/?token={}",
}  # fmt: skip
_KINDS = {"vnc": ("novnc",), "spice": ("spice-html5", "spice-direct"), "serial": ("serial",)}


def url(call: Call, row: Row, kind: str) -> str:
    """Where a console would be seen; a serial one is a WebSocket."""
    base = call.base.replace("http", "ws", 1) if kind == "serial" else call.base
    return base + _PLACES[kind].format(issue(call, row, kind))


def check_kind(protocol: str, kind: str) -> None:
    """Refuse a type of console that the protocol, or a libvirt host, does not have.

    Raises
    ------
    BadRequest
        In Nova's words.
    """
    if protocol == "rdp":
        raise BadRequest(
            "The server could not comply with the request since it is either malformed or otherwise incorrect."
        )
    if protocol == "mks":
        raise BadRequest(f"Unavailable console type {kind}.")
    if kind not in _KINDS[protocol]:
        raise BadRequest(f"Invalid console type {kind}")


def refuse(row: Row) -> None:
    """Refuse to show the screen of a server that has none yet, or no more."""
    if not row["host"]:
        raise Conflict(f"Instance {row['id']} is not ready")
    if row["task_state"] in ("deleting", "migrating"):
        raise Conflict(f"Cannot 'get_vnc_console' instance {row['id']} while it is in task_state {row['task_state']}")
