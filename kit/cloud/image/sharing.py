"""Members of shared images, and tags."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound, TooLarge
from kit.cloud.image import policy, schemas
from kit.cloud.image.images import LIMIT, visible, when, within_limits
from kit.cloud.image.models import images, members
from kit.cloud.image.service import bad_request, body_of, conflict, forbidden
from kit.cloud.store import Row


def document(row: Row) -> dict[str, Any]:
    """A member as Glance shows it."""
    return {
        "member_id": row["member_id"], "image_id": row["image_id"], "status": row["status"],
        "created_at": when(row["created_at"]), "updated_at": when(row["updated_at"]), "schema": "/v2/schemas/member",
    }  # fmt: skip


def _find(call: Call, image_id: str) -> Row:
    row = visible(call.tx, call.context, image_id)
    if row is None:
        raise NotFound(f"Image {image_id} not found.")
    return row


def _enforce(call: Call, rule: str, row: Row) -> None:
    """Refuse who may not; who may not see the image at all does not find it (MemberAPIPolicy)."""
    policy.enforce(call.context, "get_image", row)
    policy.enforce(call.context, rule, row)


def _rows(call: Call, row: Row) -> list[Row]:
    """The members that the caller sees: all of them, or themselves."""
    found = call.tx.rows(members, image_id=row["id"], order=members.c.id)
    if call.context.is_admin or row["owner"] == call.context.project_id:
        return found
    return [member for member in found if member["member_id"] == call.context.project_id]


def index(call: Call, image_id: str) -> dict[str, Any]:
    """The members of an image; a member sees only itself."""
    row = _find(call, image_id)
    if row["visibility"] != "shared":
        raise forbidden(f"Not allowed to list members for image {image_id}: Only shared images have members.")
    _enforce(call, "get_members", row)
    return {"members": [document(member) for member in _rows(call, row)], "schema": "/v2/schemas/members"}


def create(call: Call, image_id: str) -> dict[str, Any]:
    """Share an image with a project."""
    member_id = _given(
        call, "member", 'Expected a member in the form: {"member": "image_id"}', "Member to be added not specified"
    )
    if not member_id:
        raise bad_request("Member can't be empty")
    row = _find(call, image_id)
    if row["visibility"] != "shared":
        raise forbidden(f"Not allowed to create members for image {image_id}.")
    _enforce(call, "add_member", row)
    if call.tx.first(members, image_id=image_id, member_id=member_id):
        raise conflict(f"Member {member_id} is duplicated for image {image_id}")
    attempted = len(_rows(call, row)) + 1
    if attempted > LIMIT:
        raise TooLarge(
            f"Image member limit exceeded for image {image_id}: The limit has been exceeded on the number of allowed "
            f"image members for this image. Attempted: {attempted}, Maximum: {LIMIT}:"
        )
    values = {"status": "pending", "created_at": call.tx.stamp, "updated_at": call.tx.stamp}
    return document(call.tx.insert(members, image_id=image_id, member_id=member_id, **values))


def _given(call: Call, name: str, form: str, missing: str) -> Any:
    data = body_of(call)
    if not isinstance(data, dict):
        raise bad_request(form)
    if name not in data:
        raise bad_request(missing)
    return data[name]


def _member(call: Call, row: Row, member_id: str) -> Row:
    _enforce(call, "get_member", row)
    member = next((one for one in _rows(call, row) if one["member_id"] == member_id), None)
    if member is None:
        raise NotFound(f"{member_id} not found in the member list of the image {row['id']}.")
    return member


def show(call: Call, image_id: str, member_id: str) -> dict[str, Any]:
    """Show a member."""
    row = _find(call, image_id)
    if row["visibility"] != "shared":
        raise NotFound("Only shared images have members.")
    return document(_member(call, row, member_id))


def update(call: Call, image_id: str, member_id: str) -> dict[str, Any]:
    """Accept or reject: the member's own decision."""
    status = _given(call, "status", 'Expected a status in the form: {"status": "status"}', "Status not specified")
    row = _find(call, image_id)
    if row["visibility"] != "shared":
        raise forbidden(f"Not allowed to update members for image {image_id}.")
    member = _member(call, row, member_id)
    _enforce(call, "modify_member", row)
    if status not in ("pending", "accepted", "rejected"):
        raise bad_request('Incorrect request: Status must be "pending", "accepted" or "rejected".')
    call.tx.update(members, member["id"], status=status, updated_at=call.tx.stamp)
    return document({**member, "status": status, "updated_at": call.tx.stamp})


def delete(call: Call, image_id: str, member_id: str) -> None:
    """No longer share an image with a project."""
    row = _find(call, image_id)
    if row["visibility"] != "shared":
        raise forbidden(f"Not allowed to delete members for image {image_id}.")
    member = _member(call, row, member_id)
    _enforce(call, "delete_member", row)
    call.tx.delete(members, id=member["id"])


def add_tag(call: Call, image_id: str, tag: str) -> None:
    """Add a tag."""
    schemas.validate({"tags": [tag]})
    row = _find(call, image_id)
    policy.enforce(call.context, "modify_image", row)
    tags = sorted({*(row["tags"] or []), tag})
    try:
        within_limits({}, tags)
    except TooLarge as error:
        raise TooLarge(f"Image tag limit exceeded for image {image_id}: {error.message}:") from None
    call.tx.update(images, image_id, tags=tags, updated_at=call.tx.stamp)


def remove_tag(call: Call, image_id: str, tag: str) -> None:
    """Remove a tag."""
    row = _find(call, image_id)
    policy.enforce(call.context, "modify_image", row)
    if tag not in (row["tags"] or []):
        raise NotFound("The resource could not be found.")
    call.tx.update(images, image_id, tags=[other for other in row["tags"] if other != tag], updated_at=call.tx.stamp)
