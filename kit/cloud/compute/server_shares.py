"""Shares of a shared file system on a server (2.97): attached while it is stopped, mounted while it runs.

What Manila would say of a share is what the seed's `shares` say; there is no service of that name on this cloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.forms import UUID, body_of, fields
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import hypervisors, servers, share_mappings, shares
from kit.cloud.compute.servers import find
from kit.cloud.compute.states import PAUSED, RUNNING
from kit.cloud.compute.validation import body, refuse
from kit.cloud.errors import Conflict, NotFound
from kit.cloud.placement.models import providers
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.service import Service

# Seconds of cloud time, where the seed's `timings` say nothing.
ALLOW, DENY = 1.0, 1.0
# nova.objects.fields.ShareMappingProto
PROTOCOLS = ("NFS", "CEPHFS")

_TAG = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9-]*$"}
CREATE = body_of("share", fields({"share_id": UUID, "tag": _TAG}, "share_id"))


def index(call: Call, server_id: str) -> dict[str, Any]:
    """The shares of a server."""
    row = _server(call, server_id, "index")
    found = call.tx.rows(share_mappings, server_id=server_id, order=[share_mappings.c.id])
    return {"shares": [_brief(row, mapping) for mapping in found]}


def show(call: Call, server_id: str, share_id: str) -> dict[str, Any]:
    """One of a server's shares."""
    row = _server(call, server_id, "show")
    return {"share": _document(call, row, _mapping(call, server_id, share_id))}


def create(call: Call, server_id: str) -> Answer:
    """Attach a share to a stopped server."""
    given = body(call, CREATE)["share"]
    row = _server(call, server_id, "create")
    _stopped(row, "create share", ("stopped",))
    _mountable(call, row)
    share = _share(call, given["share_id"])
    tag = given.get("tag", share["id"])
    if any(
        mapping["share_id"] == share["id"] or mapping["tag"] == tag
        for mapping in call.tx.rows(share_mappings, server_id=server_id)
    ):
        raise Conflict(f"Share '{share['id']}' or tag '{tag}' already associated to this server.")
    mapping = call.tx.insert(
        share_mappings, uuid=call.tx.ids.uuid(), server_id=server_id, share_id=share["id"], status="attaching", tag=tag,
        export_location=share["export_location"], share_proto=share["share_proto"],
    )  # fmt: skip
    begin(call, row, "attach_share", ("compute_allow_share",))
    seconds = call.cloud.duration("compute.share_allow", ALLOW)
    call.later(seconds, "compute.share", server_id, mapping=mapping["uuid"], step="allowed")
    return Answer(201, {"share": _document(call, row, mapping)})


def delete(call: Call, server_id: str, share_id: str) -> Answer:
    """Detach a share from a server that is stopped, or in ERROR."""
    row = _server(call, server_id, "delete")
    _stopped(row, "delete share", ("stopped", "error"))
    mapping = _mapping(call, server_id, share_id)
    call.tx.update(share_mappings, mapping["id"], status="detaching")
    begin(call, row, "detach_share", ("compute_deny_share",))
    seconds = call.cloud.duration("compute.share_deny", DENY)
    call.later(seconds, "compute.share", server_id, mapping=mapping["uuid"], step="denied")
    return Answer(200)


def happen(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """The host may use the share now, or does no longer."""
    mapping = tx.first(share_mappings, uuid=event.payload["mapping"])
    if mapping is None:
        return
    if event.payload["step"] == "denied":
        tx.delete(share_mappings, id=mapping["id"])
    elif mapping["status"] == "attaching":
        tx.update(share_mappings, mapping["id"], status="inactive")


def unshared(call: Call, row: Row) -> None:
    """Refuse what a server with shares cannot do (nova.compute.api.block_shares_not_supported)."""
    if call.tx.first(share_mappings, server_id=row["id"]) is not None:
        raise Conflict("Feature not supported with instances that have shares.")


def _server(call: Call, server_id: str, verb: str) -> Row:
    """The server whose shares are meant; another project's is refused, not hidden."""
    row = call.tx.get(servers, server_id)
    if row is None:
        raise NotFound(f"Instance {server_id} has no mapping to a cell.")
    mine = call.context.is_admin or row["project_id"] == call.context.project_id
    if not mine or (verb in ("create", "delete") and not call.context.may_write):
        refuse(f"os-server-shares:{verb}")
    return find(call, server_id)


def _stopped(row: Row, action: str, states: tuple[str, ...]) -> None:
    if row["vm_state"] not in states:
        raise Conflict(f"Cannot '{action}' instance {row['id']} while it is in vm_state {row['vm_state']}")


def _mountable(call: Call, row: Row) -> None:
    """Refuse a host or a flavor that cannot share memory with virtiofs (nova.virt.hardware.check_shares_supported)."""
    host = call.tx.first(hypervisors, host=row["host"])
    provider = call.tx.first(providers, uuid=host["id"]) if host else None
    traits = set((provider["traits"] if provider else None) or ())
    backed = "COMPUTE_MEM_BACKING_FILE" in traits or "hw:mem_page_size" in (row["flavor"]["extra_specs"] or {})
    if "COMPUTE_STORAGE_VIRTIO_FS" not in traits or not backed:
        raise Conflict("Feature not supported because either compute or instance are not configured correctly.")


def _share(call: Call, share_id: str) -> Row:
    """The share as the caller sees it, once a server could use it."""
    share = call.tx.get(shares, share_id)
    mine = share is not None and (
        share["is_public"] or call.context.is_admin or share["project_id"] == call.context.project_id
    )
    if share is None or not mine:
        raise NotFound(f"Share {share_id} could not be found.")
    if share["status"] != "available":
        raise Conflict(f"Share {share_id} is in '{share['status']}' instead of 'available' status.")
    if not share["export_location"]:
        raise Conflict(f"Share {share_id} export location is missing.")
    if share["share_proto"] not in PROTOCOLS:
        raise Conflict(f"Share protocol {share['share_proto']} is not supported.")
    return share


def _mapping(call: Call, server_id: str, share_id: str) -> Row:
    row = call.tx.first(share_mappings, server_id=server_id, share_id=share_id)
    if row is None:
        raise NotFound(f"Share {share_id} could not be found.")
    return row


def _brief(row: Row, mapping: Row) -> dict[str, Any]:
    # A share is mounted when its server is started, and unmounted when it is stopped.
    mounted = mapping["status"] == "inactive" and row["power_state"] in (RUNNING, PAUSED)
    status = "active" if mounted else mapping["status"]
    return {"share_id": mapping["share_id"], "status": status, "tag": mapping["tag"]}


def _document(call: Call, row: Row, mapping: Row) -> dict[str, Any]:
    shown = _brief(row, mapping)
    if call.context.is_admin:
        shown |= {"export_location": mapping["export_location"], "uuid": mapping["uuid"]}
    return shown


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    path = "/v2.1/servers/{server_id}/shares"
    service.add("GET", path, index, since="2.97")
    service.add("POST", path, create, since="2.97")
    service.add("GET", f"{path}/{{share_id}}", show, since="2.97")
    service.add("DELETE", f"{path}/{{share_id}}", delete, since="2.97")
    service.on("compute.share", happen)
