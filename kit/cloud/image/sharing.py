"""Members of shared images, and tags."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.image.images import find, own, when
from kit.cloud.image.models import images, members
from kit.cloud.image.service import bad_request, conflict, forbidden
from kit.cloud.store import Row


def document(row: Row) -> dict[str, Any]:
    """A member as Glance shows it."""
    return {
        "member_id": row["member_id"], "image_id": row["image_id"], "status": row["status"],
        "created_at": when(row["created_at"]), "updated_at": when(row["updated_at"]), "schema": "/v2/schemas/member",
    }  # fmt: skip


def _shared(row: Row) -> None:
    if row["visibility"] != "shared":
        raise forbidden("Only shared images have members.")


def index(call: Call, image_id: str) -> dict[str, Any]:
    """The members of an image; a member sees only itself."""
    row = find(call, image_id)
    _shared(row)
    found = call.tx.rows(members, image_id=image_id, order=members.c.id)
    if not (call.context.is_admin or row["owner"] == call.context.project_id):
        found = [member for member in found if member["member_id"] == call.context.project_id]
    return {"members": [document(member) for member in found], "schema": "/v2/schemas/members"}


def create(call: Call, image_id: str) -> dict[str, Any]:
    """Share an image with a project."""
    row = own(call, image_id, "add_member to")
    _shared(row)
    data = call.json()
    member_id = data.get("member") if isinstance(data, dict) else None
    if not isinstance(member_id, str) or not member_id:
        raise bad_request("Member to be added not specified")
    if call.tx.first(members, image_id=image_id, member_id=member_id):
        raise conflict(f"Member {member_id} is duplicated for image {image_id}")
    values = {"status": "pending", "created_at": call.tx.stamp, "updated_at": call.tx.stamp}
    return document(call.tx.insert(members, image_id=image_id, member_id=member_id, **values))


def _member(call: Call, image_id: str, member_id: str) -> Row:
    row = find(call, image_id)
    member = call.tx.first(members, image_id=image_id, member_id=member_id)
    mine = call.context.is_admin or call.context.project_id in (row["owner"], member_id)
    if member is None or not mine:
        raise NotFound(f"{member_id} not found in the member list of the image {image_id}.")
    return member


def show(call: Call, image_id: str, member_id: str) -> dict[str, Any]:
    """Show a member."""
    return document(_member(call, image_id, member_id))


def update(call: Call, image_id: str, member_id: str) -> dict[str, Any]:
    """Accept or reject: the member's own decision."""
    member = _member(call, image_id, member_id)
    data = call.json()
    status = data.get("status") if isinstance(data, dict) else None
    if status not in ("pending", "accepted", "rejected"):
        raise bad_request(
            "Status not specified"
            if status is None
            else f"Unexpected status {status!r}: one of pending, accepted, rejected"
        )
    if not (call.context.is_admin or call.context.project_id == member_id):
        raise forbidden("You are not authorized to complete modify_member action.")
    call.tx.update(members, member["id"], status=status, updated_at=call.tx.stamp)
    return document({**member, "status": status, "updated_at": call.tx.stamp})


def delete(call: Call, image_id: str, member_id: str) -> None:
    """No longer share an image with a project."""
    own(call, image_id, "delete_member from")
    call.tx.delete(members, id=_member(call, image_id, member_id)["id"])


def add_tag(call: Call, image_id: str, tag: str) -> None:
    """Add a tag."""
    row = own(call, image_id)
    if len(tag) > 255:
        raise bad_request(f"Provided object does not match schema 'image': {tag!r} is too long")
    call.tx.update(images, image_id, tags=sorted({*(row["tags"] or []), tag}), updated_at=call.tx.stamp)


def remove_tag(call: Call, image_id: str, tag: str) -> None:
    """Remove a tag."""
    row = own(call, image_id)
    if tag not in (row["tags"] or []):
        raise NotFound("The resource could not be found.")
    call.tx.update(images, image_id, tags=[other for other in row["tags"] if other != tag], updated_at=call.tx.stamp)
