"""Images: what they are, who sees them, how they change."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Answer, Call, Context
from kit.cloud.errors import ApiError, UnsupportedMedia
from kit.cloud.image import schemas
from kit.cloud.image.models import images, members
from kit.cloud.image.service import bad_request, conflict, forbidden, not_found
from kit.cloud.store import Row, Transaction

STORE = "file"
METHODS = "glance-direct,web-download,copy-image"
_COLUMNS = (
    "name",
    "disk_format",
    "container_format",
    "min_disk",
    "min_ram",
    "visibility",
    "protected",
    "os_hidden",
    "owner",
)
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


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
    if row["size"] is not None:
        shown["stores"] = STORE
    return shown


def visible(tx: Transaction, context: Context, image_id: str) -> Row | None:
    """The image of that id when the caller sees it, else None."""
    row = tx.get(images, image_id)
    if (
        row is None
        or context.is_admin
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


def own(call: Call, image_id: str, action: str = "update") -> Row:
    """The image that the caller may change."""
    row = find(call, image_id)
    if not (call.context.is_admin or row["owner"] == call.context.project_id):
        raise forbidden(f"You are not authorized to complete {action}_image action.")
    return row


def _publicize(call: Call, visibility: str) -> None:
    if visibility == "public" and not call.context.is_admin:
        raise forbidden("You are not authorized to complete publicize_image action.")


def create(call: Call) -> Answer:
    """Make an image without data yet: it is queued."""
    data = call.json()
    if not isinstance(data, dict):
        raise bad_request("Request body must be a JSON object.")
    given = dict(data)
    for name in given:
        if name in schemas.READ_ONLY:
            raise forbidden(f"Attribute '{name}' is read-only.")
        if name in schemas.RESERVED:
            raise forbidden(f"Attribute '{name}' is reserved.")
    schemas.validate(given)
    image_id = given.pop("id", None) or call.tx.ids.uuid()
    if call.tx.get(images, image_id):
        raise conflict(f"Image ID {image_id} already exists!")
    if given.get("owner", call.context.project_id) != call.context.project_id and not call.context.is_admin:
        raise forbidden(f"You are not permitted to create images owned by '{given['owner']}'.")
    _publicize(call, given.get("visibility", "shared"))
    tags = sorted(set(given.pop("tags", [])))
    columns = {name: given.pop(name) for name in _COLUMNS if name in given}
    row = insert(call, image_id, columns, tags, given)
    headers = {
        "Location": f"{call.root}/v2/images/{image_id}", "OpenStack-image-import-methods": METHODS,
        "OpenStack-image-store-ids": STORE,
    }  # fmt: skip
    return Answer(201, document(row), headers)


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
    return document(find(call, image_id))


def delete(call: Call, image_id: str) -> None:
    """Delete an image that is not protected."""
    row = own(call, image_id, "delete")
    if row["protected"]:
        raise forbidden(f"Image {image_id} is protected and cannot be deleted.")
    call.tx.delete(images, id=image_id)


# Changes by JSON patch (Glance's own dialect, v2.1)


def update(call: Call, image_id: str) -> dict[str, Any]:
    """Change attributes and properties by a list of add, replace and remove."""
    media = call.headers.get("content-type", "").split(";")[0].strip()
    if not re.fullmatch(r"application/openstack-images-v2\.[01]-json-patch", media):
        error: ApiError = UnsupportedMedia("The request body has an unsupported media type.")
        error.headers["Accept-Patch"] = (
            "application/openstack-images-v2.1-json-patch,application/openstack-images-v2.0-json-patch"
        )
        raise error
    changes = call.json()
    if not isinstance(changes, list):
        raise bad_request("Request body must be a JSON array of operation objects.")
    row = own(call, image_id)
    state = {**{name: row[name] for name in _COLUMNS}, "tags": row["tags"] or []}
    properties = dict(row["properties"] or {})
    for change in changes:
        _apply(change, state, properties)
    schemas.validate({**{k: v for k, v in state.items() if k != "owner" or v is not None}, **properties})
    if state["visibility"] != row["visibility"]:
        _publicize(call, state["visibility"])
    if row["status"] != "queued" and any(state[k] != row[k] for k in ("disk_format", "container_format")):
        raise forbidden("Attribute container_format can be only replaced for a queued image.")
    fields = {**state, "tags": sorted(set(state["tags"])), "properties": properties, "updated_at": call.tx.stamp}
    call.tx.update(images, image_id, **fields)
    return document({**row, **fields})


def _apply(change: Any, state: dict[str, Any], properties: dict[str, Any]) -> None:
    if not isinstance(change, dict):
        raise bad_request("Operations must be JSON objects.")
    op = change.get("op") or next((word for word in ("add", "replace", "remove") if word in change), None)
    path = change.get("path") or change.get(str(op))
    if op not in ("add", "replace", "remove"):
        raise bad_request("Operations must be `add`, `remove`, or `replace`.")
    if not isinstance(path, str) or not path.startswith("/") or path.count("/") != 1 or path == "/":
        raise bad_request(
            f'Pointer `{path}` does not start with "/".'
            if not str(path).startswith("/")
            else f"Invalid JSON pointer for this resource: '{path}'"
        )
    if op != "remove" and "value" not in change:
        raise bad_request(f'Operation "{op}" requires a member named "value".')
    name = path[1:].replace("~1", "/").replace("~0", "~")
    if name in schemas.READ_ONLY or name == "id":
        raise forbidden(f"Attribute '{name}' is read-only.")
    if name in schemas.RESERVED:
        raise forbidden(f"Attribute '{name}' is reserved.")
    target = state if name in state else properties
    if op == "remove":
        if target is state:
            raise forbidden(f"Property {name} may not be removed.")
        if name not in properties:
            raise conflict(f"Property {name} does not exist.")
        del properties[name]
        return
    if op == "replace" and name not in target:
        raise conflict(f"Property {name} does not exist.")
    target[name] = change["value"]


# Lists


def index(call: Call) -> dict[str, Any]:
    """List the images that the caller sees, newest first."""
    rows = _page(call, _sorted(call, [row for row in call.tx.rows(images, *_scope(call)) if _wanted(call, row)]))
    shown: dict[str, Any] = {
        "images": [document(row) for row in rows[0]],
        "first": _link(call, None),
        "schema": "/v2/schemas/images",
    }
    if rows[1]:
        shown["next"] = _link(call, rows[1])
    return shown


def _scope(call: Call) -> list[Any]:
    """What the list is about: public, own and accepted ones; community ones only when asked for."""
    query, context = call.query, call.context
    status = query.one("member_status", "accepted")
    if status not in ("accepted", "pending", "rejected", "all"):
        raise bad_request(f"Invalid value '{status}' for 'member_status' filter.")
    asked = query.one("visibility")
    if asked not in (None, "public", "private", "shared", "community", "all"):
        raise bad_request(f"Invalid visibility value: {asked}")
    mine = [members.c.member_id == context.project_id] + ([] if status == "all" else [members.c.status == status])
    shared = images.c.id.in_(sa.select(members.c.image_id).where(*mine))
    seen = sa.or_(
        images.c.visibility == "public",
        images.c.owner == context.project_id,
        sa.and_(images.c.visibility == "shared", shared),
    )
    where: list[Any] = []
    if asked == "community":
        return [images.c.visibility == "community"]
    if asked == "all":
        seen = sa.or_(seen, images.c.visibility == "community")
    elif asked is not None:
        where.append(images.c.visibility == asked)
    if not context.is_admin:
        where.append(seen)
    elif asked is None:
        where.append(sa.or_(images.c.visibility != "community", images.c.owner == context.project_id))
    return where


_CONTROL = {"limit", "marker", "sort_key", "sort_dir", "sort", "member_status", "visibility"}
_COMPARE = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}


def _wanted(call: Call, row: Row) -> bool:
    query = call.query
    hidden = query.one("os_hidden", "false")
    if hidden not in ("true", "True", "false", "False"):
        raise bad_request(f"Invalid value '{hidden}' for 'os_hidden' filter. Valid values are 'true' or 'false'.")
    if bool(row["os_hidden"]) != (hidden.lower() == "true"):
        return False
    for name, values in query.items():
        if name in _CONTROL or name == "os_hidden":
            continue
        if name == "tag":
            if not set(values) <= set(row["tags"] or []):
                return False
        elif name in ("size_min", "size_max"):
            size = row["size"] or 0
            if (size < int(values[-1])) if name == "size_min" else (size > int(values[-1])):
                return False
        elif name in ("created_at", "updated_at"):
            op, _, moment = (
                values[-1].partition(":") if values[-1].split(":")[0] in _COMPARE else ("eq", "", values[-1])
            )
            if not _COMPARE[op](when(row[name]), moment if moment.endswith("Z") else moment[:19] + "Z"):
                return False
        elif not _equal(_value(row, name), values[-1]):
            return False
    return True


def _value(row: Row, name: str) -> Any:
    return row[name] if name in row and name != "properties" else (row["properties"] or {}).get(name)


def _equal(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == wanted.lower()
    text = "" if value is None else str(value)
    if wanted.startswith("in:"):
        return text in [part.strip('"') for part in wanted[3:].split(",")]
    return text == wanted


_SORTABLE = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at", "owner")


def _sorted(call: Call, rows: list[Row]) -> list[Row]:
    pairs = [(key, "desc") for key in call.query.get("sort_key", [])]
    for position, direction in enumerate(call.query.get("sort_dir", [])):
        if direction not in ("asc", "desc"):
            raise bad_request(f"Invalid sort direction: {direction}")
        if position < len(pairs):
            pairs[position] = (pairs[position][0], direction)
        elif not pairs:
            pairs = [("created_at", direction)]
    for text in (call.query.one("sort") or "").split(","):
        if text:
            key, _, direction = text.partition(":")
            pairs.append((key, direction or "desc"))
    for key, _ in pairs:
        if key not in _SORTABLE:
            raise bad_request(f"Invalid sort key: {key}")
    rows = sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)
    for key, direction in reversed(pairs):
        rows = sorted(rows, key=lambda row: (row[key] is not None, row[key]), reverse=direction == "desc")
    return rows


def _page(call: Call, rows: list[Row]) -> tuple[list[Row], str | None]:
    marker, text = call.query.one("marker"), call.query.one("limit")
    if marker:
        ids = [row["id"] for row in rows]
        if marker not in ids:
            raise bad_request(f"No image found with ID {marker}")
        rows = rows[ids.index(marker) + 1 :]
    if text is None:
        limit = 25
    elif not text.lstrip("-").isdigit():
        raise bad_request("limit param must be an integer")
    elif int(text) < 0:
        raise bad_request("limit param must be positive")
    else:
        limit = min(int(text), 1000)
    page = rows[:limit]
    return page, page[-1]["id"] if page and len(rows) > limit else None


def _link(call: Call, marker: str | None) -> str:
    from urllib.parse import urlencode

    pairs = [(name, value) for name, values in sorted(call.query.items()) if name != "marker" for value in values]
    if marker:
        pairs.append(("marker", marker))
    return "/v2/images" + (f"?{urlencode(pairs)}" if pairs else "")
