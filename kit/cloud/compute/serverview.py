"""A server as Nova shows it at each microversion (nova.api.openstack.compute.views.servers)."""

from __future__ import annotations

import hashlib
from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.asking import properties_of
from kit.cloud.compute.building import addressed, placed, step
from kit.cloud.compute.common import links, whole
from kit.cloud.compute.hosts import DEFAULT_ZONE, up, zones
from kit.cloud.compute.image_properties import standard
from kit.cloud.compute.models import services
from kit.cloud.network import servers as network
from kit.cloud.store import Row

# nova.api.openstack.common._STATE_MAP: vm_state -> status, with the tasks that change it.
STATUS: dict[str, tuple[str, dict[str, str]]] = {
    "active": (
        "ACTIVE",
        {
            "rebooting": "REBOOT",
            "reboot_pending": "REBOOT",
            "reboot_started": "REBOOT",
            "rebooting_hard": "HARD_REBOOT",
            "updating_password": "PASSWORD",
            "rebuilding": "REBUILD",
            "migrating": "MIGRATING",
            "resize_prep": "RESIZE",
            "resize_migrating": "RESIZE",
            "resize_migrated": "RESIZE",
            "resize_finish": "RESIZE",
        },
    ),
    "building": ("BUILD", {}),
    "stopped": (
        "SHUTOFF",
        {
            "resize_prep": "RESIZE",
            "resize_migrating": "RESIZE",
            "resize_finish": "RESIZE",
            "rebuilding": "REBUILD",
            "rebooting_hard": "HARD_REBOOT",
        },
    ),
    "resized": ("VERIFY_RESIZE", {"resize_reverting": "REVERT_RESIZE"}),
    "paused": ("PAUSED", {"migrating": "MIGRATING"}),
    "suspended": ("SUSPENDED", {}),
    "rescued": ("RESCUE", {}),
    "error": ("ERROR", {"rebuilding": "REBUILD", "rebooting_hard": "HARD_REBOOT"}),
    "deleted": ("DELETED", {}),
    "soft-delete": ("SOFT_DELETED", {}),
    "shelved": ("SHELVED", {}),
    "shelved_offloaded": ("SHELVED_OFFLOADED", {}),
}

# Statuses in which `progress` has a meaning; the others that show a fault instead.
_PROGRESS = ("ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING")


def status(row: Row) -> str:
    """The status of a server."""
    word, tasks = STATUS[row["vm_state"]]
    return tasks.get(row["task_state"] or "", word)


def host_id(row: Row) -> str:
    """The host's name, hashed with the project: who shares a host is visible, which host is not."""
    if not row["host"]:
        return ""
    return hashlib.sha224((row["project_id"] + row["host"]).encode()).hexdigest()


def basic(call: Call, row: Row) -> dict[str, Any]:
    """A server in a short list."""
    return {"id": row["id"], "name": row["name"], "links": links(call, f"servers/{row['id']}")}


def details(
    call: Call, rows: list[Row], *, changed: bool = False, listed: bool = False
) -> list[dict[str, Any]]:  # fmt: skip
    """Servers, whole; what lies in other services is fetched once for all.

    Parameters
    ----------
    changed : bool
        Whether it answers a PUT or a rebuild, which show less before 2.75.
    listed : bool
        Whether it is a list, which leaves server groups out.
    """
    ids = [row["id"] for row in rows]
    addresses, groups = network.seen_of(call.tx, ids)
    zone = zones(call.tx) if rows else {}
    whole_ = not changed or call.at_least("2.75")
    found = [_document(call, row, addresses[row["id"]], groups[row["id"]], zone, whole_) for row in rows]
    if listed:
        for shown in found:
            shown.pop("server_groups", None)
    if call.at_least("2.98"):
        _image_properties(rows, found)
    if call.at_least("2.16") and whole_:
        _host_status(call, rows, found)
    return found


def _document(
    call: Call, row: Row, addresses: dict[str, Any], groups: list[str], zone: dict[str, str], whole_: bool
) -> dict[str, Any]:  # fmt: skip
    state, task = status(row), step(call, row)
    if not placed(row, task):
        row = {**row, "host": None}
    if not addressed(row, task):
        addresses, groups = {}, []
    if not whole_:
        addresses = {
            name: [{"version": a["version"], "addr": a["addr"]} for a in found] for name, found in addresses.items()
        }
    shown: dict[str, Any] = {
        "accessIPv4": row["access_ip_v4"] or "", "accessIPv6": row["access_ip_v6"] or "", "addresses": addresses,
        "created": whole(row["created_at"]), "flavor": _flavor(call, row), "hostId": host_id(row), "id": row["id"],
        "image": _image(call, row), "links": links(call, f"servers/{row['id']}"), "metadata": row["metadata"] or {},
        "name": row["name"], "status": state, "tenant_id": row["project_id"], "user_id": row["user_id"],
        "updated": whole(row["updated_at"]), "OS-DCF:diskConfig": row["disk_config"] or "MANUAL",
    }  # fmt: skip
    if state in _PROGRESS:
        shown["progress"] = _progress(call, row)
    if row["fault"] and state in ("ERROR", "DELETED"):
        fault = {name: row["fault"][name] for name in ("code", "created", "message")}
        if row["fault"].get("details") and (call.context.is_admin or row["fault"]["code"] != 500):
            fault["details"] = row["fault"]["details"]
        shown["fault"] = fault
    if not whole_:
        if call.at_least("2.9"):
            shown["locked"] = bool(row["locked_by"])
        if call.at_least("2.19"):
            shown["description"] = row["description"]
        if call.at_least("2.26"):
            shown["tags"] = row["tags"] or []
        return _newer(call, row, shown)
    shown |= {
        "OS-EXT-AZ:availability_zone": zone.get(row["host"], DEFAULT_ZONE) if row["host"] else row["availability_zone"] or "",
        "config_drive": row["config_drive"] or "", "key_name": row["key_name"], "OS-SRV-USG:launched_at": row["launched_at"],
        "OS-SRV-USG:terminated_at": row["terminated_at"],
    }  # fmt: skip
    if groups:
        shown["security_groups"] = [{"name": name} for name in groups]
    if call.context.is_admin:
        shown |= _operator(call, row)
    volumes = [
        {"id": device["volume_id"], "delete_on_termination": device["delete_on_termination"]}
        for device in row["block_devices"] or []
    ]
    shown |= {
        "OS-EXT-STS:task_state": task, "OS-EXT-STS:vm_state": row["vm_state"],
        "OS-EXT-STS:power_state": row["power_state"],
        "os-extended-volumes:volumes_attached": volumes if call.at_least("2.3") else [{"id": v["id"]} for v in volumes],
    }  # fmt: skip
    if call.at_least("2.9"):
        shown["locked"] = bool(row["locked_by"])
    if call.at_least("2.19"):
        shown["description"] = row["description"]
    if call.at_least("2.26"):
        shown["tags"] = row["tags"] or []
    if call.at_least("2.90") and not call.context.is_admin:
        shown["OS-EXT-SRV-ATTR:hostname"] = row["hostname"]
    return _newer(call, row, shown)


def _progress(call: Call, row: Row) -> int:
    if row["task_state"] != "migrating":
        return int(row["progress"])
    from kit.cloud.compute.live.progress import percent

    return percent(call.tx, row)


def _newer(call: Call, row: Row, shown: dict[str, Any]) -> dict[str, Any]:
    """What came with the later microversions."""
    if call.at_least("2.63"):
        shown["trusted_image_certificates"] = row["trusted_certs"]
    if call.at_least("2.71"):
        shown["server_groups"] = [row["server_group_id"]] if row["server_group_id"] else []
    if call.at_least("2.73"):
        shown["locked_reason"] = row["locked_reason"]
    if call.at_least("2.96"):
        shown["pinned_availability_zone"] = (row["availability_zone"] or "").partition(":")[0] or None
    if call.at_least("2.100"):
        hints = row["scheduler_hints"] or {}
        shown["scheduler_hints"] = {
            name: value if isinstance(value, list) else [value] for name, value in hints.items()
        }
    return shown


def _operator(call: Call, row: Row) -> dict[str, Any]:
    """What only the administrator sees."""
    shown = {
        "OS-EXT-SRV-ATTR:host": row["host"], "OS-EXT-SRV-ATTR:instance_name": f"instance-{row['number']:08x}",
        "OS-EXT-SRV-ATTR:hypervisor_hostname": row["host"],
    }  # fmt: skip
    if call.at_least("2.3"):
        shown |= {
            "OS-EXT-SRV-ATTR:reservation_id": row["reservation_id"], "OS-EXT-SRV-ATTR:launch_index": row["launch_index"],
            "OS-EXT-SRV-ATTR:hostname": row["hostname"], "OS-EXT-SRV-ATTR:kernel_id": "", "OS-EXT-SRV-ATTR:ramdisk_id": "",
            "OS-EXT-SRV-ATTR:root_device_name": row["root_device_name"], "OS-EXT-SRV-ATTR:user_data": row["user_data"],
        }  # fmt: skip
    return shown


def _flavor(call: Call, row: Row) -> dict[str, Any]:
    flavor = row["flavor"]
    if not call.at_least("2.47"):
        return {"id": flavor["id"], "links": [links(call, f"flavors/{flavor['id']}")[1]]}
    return {
        "vcpus": flavor["vcpus"], "ram": flavor["ram"], "disk": flavor["disk"], "ephemeral": flavor["ephemeral"],
        "swap": flavor["swap"], "original_name": flavor["name"], "extra_specs": flavor["extra_specs"] or {},
    }  # fmt: skip


def _image(call: Call, row: Row) -> Any:
    if not row["image_id"]:
        return ""
    return {"id": row["image_id"], "links": [links(call, f"images/{row['image_id']}")[1]]}


def _image_properties(rows: list[Row], found: list[dict[str, Any]]) -> None:
    for row, shown in zip(rows, found, strict=True):
        if shown["image"]:
            shown["image"]["properties"] = standard(properties_of(row))


def _host_status(call: Call, rows: list[Row], found: list[dict[str, Any]]) -> None:
    """UP, DOWN, MAINTENANCE or nothing for the host: the administrator's, UNKNOWN for others from 2.69 on."""
    if not call.context.is_admin:
        return
    of = {row["host"]: row for row in call.tx.rows(services, binary="nova-compute")}
    for row, shown in zip(rows, found, strict=True):
        service = None if row["deleted_at"] else of.get(row["host"])
        word = ""
        if service is not None:
            word = "MAINTENANCE" if service["disabled"] else "UP" if up(call.cloud, service) else "DOWN"
        shown["host_status"] = word
