"""Resource classes: the standard ones, and those of the operator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.placement import schemas, validation
from kit.cloud.placement.errors import Missing, bad_request, conflict
from kit.cloud.placement.models import providers, resource_classes
from kit.cloud.placement.service import fresh
from kit.cloud.store import Row, Transaction

# os_resource_classes 1.1.0
STANDARD = (
    "VCPU", "MEMORY_MB", "DISK_GB", "PCI_DEVICE", "SRIOV_NET_VF", "NUMA_SOCKET", "NUMA_CORE", "NUMA_THREAD",
    "NUMA_MEMORY_MB", "IPV4_ADDRESS", "VGPU", "VGPU_DISPLAY_HEAD", "NET_BW_EGR_KILOBIT_PER_SEC",
    "NET_BW_IGR_KILOBIT_PER_SEC", "PCPU", "MEM_ENCRYPTION_CONTEXT", "FPGA", "PGPU",
    "NET_PACKET_RATE_KILOPACKET_PER_SEC", "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
    "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
)  # fmt: skip


def known(tx: Transaction, names: Iterable[str]) -> None:
    """Refuse names that are no class's."""
    for name in names:
        if name not in STANDARD and tx.first(resource_classes, name=name) is None:
            raise Missing(f"No such resource class {name}.")


def _shown(call: Call, name: str) -> dict[str, Any]:
    return {"name": name, "links": [{"rel": "self", "href": f"{call.service.path}/resource_classes/{name}"}]}


def _custom(call: Call, name: str) -> Row | None:
    """The operator's class of that name; None for a standard one."""
    known(call.tx, (name,))
    return call.tx.first(resource_classes, name=name) if name not in STANDARD else None


def index(call: Call) -> Answer:
    """List all classes."""
    rows = call.tx.rows(resource_classes, order=resource_classes.c.id)
    names = [*STANDARD, *(row["name"] for row in rows)]
    return fresh(call, {"resource_classes": [_shown(call, name) for name in names]})


def show(call: Call, name: str) -> Answer:
    """Show a class."""
    row = _custom(call, name)
    return fresh(call, _shown(call, name), row["updated_at"] if row else None)


def _location(call: Call, name: str) -> dict[str, str]:
    return {"location": f"{call.base}{call.service.path}/resource_classes/{name}"}


def _add(call: Call, name: str) -> None:
    call.tx.insert(resource_classes, name=name, created_at=call.tx.stamp, updated_at=call.tx.stamp)


def create(call: Call) -> Answer:
    """Add a class."""
    name = validation.body(call, schemas.RESOURCE_CLASS)["name"]
    if call.tx.first(resource_classes, name=name):
        raise conflict(f"Conflicting resource class already exists: {name}")
    _add(call, name)
    return Answer(201, None, _location(call, name))


def rename(call: Call, name: str) -> dict[str, Any]:
    """Give a class another name (until 1.6)."""
    new = validation.body(call, schemas.RESOURCE_CLASS)["name"]
    row = _custom(call, name)
    if row is None:
        raise bad_request(f"Cannot update standard resource class {name}")
    if new != name and call.tx.first(resource_classes, name=new):
        raise conflict(f"Resource class already exists: {new}")
    call.tx.update(resource_classes, row["id"], name=new, updated_at=call.tx.stamp)
    return _shown(call, new)


def ensure(call: Call, name: str) -> Answer:
    """Let a class be there (1.7)."""
    validation.check({"name": name}, schemas.RESOURCE_CLASS)
    if call.tx.first(resource_classes, name=name):
        return Answer(204, None, _location(call, name))
    _add(call, name)
    return Answer(201, None, _location(call, name))


def delete(call: Call, name: str) -> None:
    """Remove a class of which no provider has any."""
    row = _custom(call, name)
    if row is None:
        raise bad_request(f"Error in delete resource class: Cannot delete standard resource class {name}.")
    if any(name in provider["inventories"] for provider in call.tx.rows(providers)):
        raise conflict(
            f"Error in delete resource class: Cannot delete resource class {name}. Class is in use in inventory."
        )
    call.tx.delete(resource_classes, id=row["id"])
