"""Images: what they are, who sees them, how they are made and listed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from kit.cloud.call import Answer, Call, Context
from kit.cloud.errors import NotFound, TooLarge
from kit.cloud.image import listing, policy, schemas
from kit.cloud.image.models import images, members
from kit.cloud.image.service import bad_request, conflict, detailed, forbidden, not_found, object_of
from kit.cloud.store import Row, Transaction

STORE = "file"
METHODS = "glance-direct,web-download,copy-image"
COLUMNS = (
    "name", "disk_format", "container_format", "min_disk", "min_ram", "visibility", "protected", "os_hidden", "owner",
)  # fmt: skip
# What says where an import stands; only the service itself may write it.
KEPT = "os_glance"
_LARGEST = 2**31 - 1
# How many properties, tags or members an image may have.
LIMIT = 128


def when(moment: str) -> str:
    """A stamp as Glance shows it."""
    return moment[:19] + "Z"


def document(row: Row) -> dict[str, Any]:
    """An image as Glance shows it: its properties beside its attributes."""
    names = (
        "name", "disk_format", "container_format", "visibility", "size", "virtual_size", "status", "checksum",
        "protected", "min_ram", "min_disk", "owner", "os_hidden", "os_hash_algo", "os_hash_value", "id",
    )  # fmt: skip
    shown = {**(row["properties"] or {}), **{name: row[name] for name in names}}
    shown |= {
        "created_at": when(row["created_at"]), "updated_at": when(row["updated_at"]), "tags": sorted(row["tags"] or []),
        "self": f"/v2/images/{row['id']}", "file": f"/v2/images/{row['id']}/file", "schema": "/v2/schemas/image",
    }  # fmt: skip
    if row["status"] in ("active", "deactivated"):
        shown["stores"] = STORE
    return shown


def visible(tx: Transaction, context: Context, image_id: str) -> Row | None:
    """The image of that id when the caller sees it, else None (glance.db.utils.is_image_visible)."""
    row = tx.get(images, image_id)
    if (
        row is None
        or context.is_admin
        or row["owner"] is None
        or row["visibility"] in ("public", "community")
        or row["owner"] == context.project_id
    ):
        return row
    shared = row["visibility"] == "shared" and tx.first(members, image_id=image_id, member_id=context.project_id)
    return row if shared else None


def find(call: Call, image_id: str) -> Row:
    """The image that the caller sees.

    Raises
    ------
    NotFound
        When there is none of that id, or it is another project's.
    """
    row = visible(call.tx, call.context, image_id)
    if row is None:
        raise not_found(image_id)
    return row


def permitted(call: Call, image_id: str, rule: str) -> Row:
    """The image that the caller sees, when the rule lets them."""
    row = find(call, image_id)
    policy.enforce(call.context, rule, row)
    return row


def enforce_visibility(call: Call, visibility: Any, row: Row) -> None:
    """Refuse to make an image public, or a community's, to who may not."""
    rule = {"public": "publicize_image", "community": "communitize_image"}.get(visibility)
    if rule and not policy.allows(call.context, rule, row):
        raise policy.refusal(rule)


def within_limits(properties: dict[str, Any], tags: list[str]) -> None:
    """Refuse more properties or tags than an image may have (`image_property_quota`, `image_tag_quota`)."""
    for noun, found in (("properties", properties), ("tags", tags)):
        if len(found) > LIMIT:
            raise TooLarge(
                f"The limit has been exceeded on the number of allowed image {noun}. Attempted: {len(found)}, "
                f"Maximum: {LIMIT}"
            )


def within_range(fields: dict[str, Any]) -> None:
    """Refuse a size that is negative or does not fit into the database."""
    for name in ("min_disk", "min_ram"):
        value = fields.get(name) or 0
        if value < 0:
            raise bad_request(f"Invalid value '{value}' for parameter '{name}': Cannot be a negative value")
        if value > _LARGEST:
            raise bad_request(f"'{name}' value out of range, must not exceed {_LARGEST}.")


def create(call: Call) -> Answer:
    """Make an image without data yet: it is queued."""
    given = dict(object_of(call))
    for name in schemas.DISALLOWED:
        if name in given:
            raise forbidden(f"Attribute '{name}' is read-only.")
    schemas.validate(given)
    tags = sorted(set(given.pop("tags", [])))
    base = {name: given.pop(name) for name in schemas.ATTRIBUTES if name in given}
    _custom(given)
    owner = base.get("owner", call.context.project_id)
    _may_create(call, {**base, "owner": owner})
    for name in schemas.READ_ONLY:
        if name in base:
            raise forbidden(f"Attribute '{name}' is read-only.")
    if "locations" in given:
        raise forbidden("Attribute 'locations' is reserved.")
    within_range(base)
    within_limits(given, tags)
    image_id = base.pop("id", None) or call.tx.ids.uuid()
    if call.tx.get(images, image_id):
        raise conflict(f"Image ID {image_id} already exists!")
    columns = {name: value for name, value in base.items() if name in COLUMNS}
    row = insert(call, image_id, columns, tags, given)
    headers = {
        "Location": f"{call.root}/v2/images/{image_id}", "OpenStack-image-import-methods": METHODS,
        "OpenStack-image-store-ids": STORE,
    }  # fmt: skip
    return Answer(201, document(row), headers)


def _custom(properties: dict[str, Any]) -> None:
    """Refuse names that no property may have."""
    for name in ("os_hash_algo", "os_hash_value"):  # taken, and never heard of again
        properties.pop(name, None)
    for name in properties:
        if len(name) > 255:
            raise bad_request("Custom property should not be greater than 255 characters.")
        if name in schemas.RESERVED or name.startswith(KEPT):
            raise detailed(403, f"Attribute '{name}' is reserved.")


def _may_create(call: Call, image: dict[str, Any]) -> None:
    context = call.context
    mine = image["owner"] == context.project_id
    if not (context.is_admin or ("member" in context.roles and mine)) or context.project_id is None:
        if not mine:
            raise detailed(403, f"You are not permitted to create images owned by '{image['owner']}'")
        raise policy.refusal("add_image")
    enforce_visibility(call, image.get("visibility"), image)


def insert(call: Call, image_id: str, columns: dict[str, Any], tags: list[str], properties: dict[str, Any]) -> Row:
    """Write a queued image down."""
    values = {
        "owner": call.context.project_id, "visibility": "shared", "min_disk": 0, "min_ram": 0, "protected": False,
        "os_hidden": False, "name": None, "disk_format": None, "container_format": None, **columns,
    }  # fmt: skip
    return call.tx.insert(
        images, id=image_id, status="queued", tags=tags, properties=properties, created_at=call.tx.stamp,
        updated_at=call.tx.stamp, **values,
    )  # fmt: skip


def show(call: Call, image_id: str) -> dict[str, Any]:
    """Show an image."""
    return document(permitted(call, image_id, "get_image"))


def delete(call: Call, image_id: str) -> None:
    """Delete an image that is not protected."""
    row = visible(call.tx, call.context, image_id)
    if row is None:
        raise NotFound(f"Failed to find image {image_id} to delete")
    policy.enforce(call.context, "delete_image", row)
    if row["protected"]:
        raise forbidden(f"Image {image_id} is protected and cannot be deleted.")
    call.tx.delete(images, id=image_id)


# Lists


def index(call: Call) -> dict[str, Any]:
    """List the images that the caller sees, newest first."""
    asked = listing.Asked.of(call.query)
    policy.require(call.context, "get_images", call.context.is_admin or "reader" in call.context.roles)
    rows = [row for row in call.tx.rows(images, *_scope(call, asked)) if asked.wants(row)]
    marker = find_marker(call, asked.marker)
    page = asked.page(rows, marker)
    shown: dict[str, Any] = {
        "images": [document(row) for row in page if policy.allows(call.context, "get_image", row)],
        "first": _link(call, None),
        "schema": "/v2/schemas/images",
    }
    if page and len(page) == asked.limit:
        shown["next"] = _link(call, page[-1]["id"])
    return shown


def find_marker(call: Call, image_id: str | None) -> Row | None:
    """The image after which a page begins; it need not be one that the filters let through."""
    if image_id is None:
        return None
    row = visible(call.tx, call.context, image_id)
    if row is None and call.tx.get(images, image_id):
        raise forbidden(f"Forbidding request, image {image_id} not visible")
    if row is None:
        raise bad_request(f"No image found with ID {image_id}")
    return row


def _scope(call: Call, asked: listing.Asked) -> list[Any]:
    """What the list is about: public, own and accepted ones; community ones only when asked for."""
    context, visibility = call.context, asked.visibility
    where: list[Any] = []
    if not context.is_admin:
        mine = [members.c.member_id == context.project_id]
        if asked.member_status != "all":
            mine.append(members.c.status == asked.member_status)
        shared = images.c.id.in_(sa.select(members.c.image_id).where(*mine))
        where.append(
            sa.or_(
                images.c.visibility.in_(("public", "community")),
                images.c.owner == context.project_id,
                sa.and_(images.c.visibility == "shared", shared),
            )
        )
    if visibility is None:
        where.append(sa.or_(images.c.visibility != "community", images.c.owner == context.project_id))
    elif visibility != "all":
        where.append(images.c.visibility == visibility)
    return where


def _link(call: Call, marker: str | None) -> str:
    pairs = {name: values[-1] for name, values in call.query.items() if name != "marker"}
    if marker:
        pairs["marker"] = marker
    return "/v2/images" + (f"?{urlencode(pairs)}" if pairs else "")
