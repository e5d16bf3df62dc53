"""Nova's view of images, kept for old clients (until 2.35; their metadata until 2.38)."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.common import links, next_link, page, whole
from kit.cloud.compute.forms import METADATA, body_of
from kit.cloud.compute.proxy import ask
from kit.cloud.compute.quotas import limits
from kit.cloud.compute.validation import body
from kit.cloud.errors import ApiError, BadRequest, Forbidden, NotFound
from kit.cloud.image import images
from kit.cloud.image.models import images as table
from kit.cloud.store import Row

# Glance's words for a status, and Nova's; what is not here is UNKNOWN.
STATUS = {
    "active": "ACTIVE", "queued": "SAVING", "saving": "SAVING", "uploading": "SAVING", "importing": "SAVING",
    "deleted": "DELETED", "pending_delete": "DELETED", "killed": "ERROR",
}  # fmt: skip
_PROGRESS = {"SAVING": 50, "ACTIVE": 100}


def _status(row: Row) -> str:
    # A snapshot whose data is on its way counts as saving, from the first moment on.
    return STATUS.get(row["status"], "UNKNOWN")


def document(call: Call, row: Row) -> dict[str, Any]:
    """An image as Nova shows it."""
    properties = dict(row["properties"] or {})
    state = _status(row)
    shown: dict[str, Any] = {
        "id": row["id"], "name": row["name"], "minRam": row["min_ram"], "minDisk": row["min_disk"],
        "metadata": properties, "created": whole(row["created_at"]), "updated": whole(row["updated_at"]),
        "status": state, "progress": _PROGRESS.get(state, 0), "OS-EXT-IMG-SIZE:size": row["size"] or 0,
        "links": _links(call, row),
    }  # fmt: skip
    server = properties.get("instance_uuid")
    if server:
        shown["server"] = {"id": server, "links": links(call, f"servers/{server}")}
    if "auto_disk_config" in properties:
        automatic = str(properties["auto_disk_config"]).lower() in ("true", "1", "yes", "on")
        shown["OS-DCF:diskConfig"] = "AUTO" if automatic else "MANUAL"
    return shown


def _links(call: Call, row: Row) -> list[dict[str, str]]:
    kind = "application/vnd.openstack.image"
    return [
        *links(call, f"images/{row['id']}"),
        {"rel": "alternate", "type": kind, "href": f"{call.base}/image/images/{row['id']}"},
    ]


def _short(call: Call, row: Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], "links": _links(call, row)}


def _rows(call: Call) -> list[Row]:
    """The images that the query's filters let through."""
    query = {name: values[-1] for name, values in call.query.items()}
    found = ask(call, images.index, query={"limit": 1000})["images"]
    rows = call.tx.rows(table, id=[item["id"] for item in found])
    tests: list[Any] = []
    for name, value in query.items():
        if name == "name":
            tests.append(lambda row, value=value: row["name"] == value)
        elif name == "status":
            tests.append(lambda row, value=value: _status(row) == value.upper())
        elif name == "changes-since":
            tests.append(lambda row, value=value: row["updated_at"][:19] >= value[:19])
        elif name == "server":
            # A reference may be a whole URL.
            wanted = value.rpartition("/")[2]
            tests.append(lambda row, wanted=wanted: (row["properties"] or {}).get("instance_uuid") == wanted)
        elif name == "type":
            tests.append(lambda row, value=value: (row["properties"] or {}).get("image_type", "base") == value)
        elif name in ("minRam", "minDisk"):
            column = "min_ram" if name == "minRam" else "min_disk"
            tests.append(lambda row, column=column, value=value: str(row[column]) == value)
        elif name.startswith("property-"):
            tests.append(lambda row, key=name[9:], value=value: (row["properties"] or {}).get(key) == value)
    place = {item["id"]: number for number, item in enumerate(found)}
    return sorted((row for row in rows if all(test(row) for test in tests)), key=lambda row: place[row["id"]])


def _list(call: Call, show: Any) -> dict[str, Any]:
    rows, marker = page(call, _rows(call))
    found: dict[str, Any] = {"images": [show(call, row) for row in rows]}
    if marker:
        found["images_links"] = next_link(call, marker)
    return found


def index(call: Call) -> dict[str, Any]:
    """List images, shortly."""
    return _list(call, _short)


def detail(call: Call) -> dict[str, Any]:
    """List images, whole."""
    return _list(call, document)


def _image(call: Call, image_id: str) -> Row:
    try:
        return images.find(call, image_id)
    except ApiError:
        raise NotFound("Image not found.") from None


def show(call: Call, image_id: str) -> dict[str, Any]:
    """Show an image."""
    return {"image": document(call, _image(call, image_id))}


def delete(call: Call, image_id: str) -> None:
    """Delete an image."""
    _image(call, image_id)
    try:
        ask(call, images.delete, image_id=image_id)
    except Forbidden:
        raise Forbidden("You are not allowed to delete the image.") from None


# Metadata

_ALL = body_of("metadata", METADATA)
_ONE = body_of("meta", {**METADATA, "minProperties": 1, "maxProperties": 1})


def _changeable(call: Call, image_id: str) -> Row:
    row = _image(call, image_id)
    if not (call.context.is_admin or row["owner"] == call.context.project_id):
        raise Forbidden(f"Not authorized for image {image_id}.")
    return row


def _keep(call: Call, row: Row, properties: dict[str, Any]) -> dict[str, Any]:
    limit = limits(call, call.project_id)["metadata_items"]
    if 0 <= limit < len(properties):
        raise Forbidden("Image metadata limit exceeded")
    call.tx.update(table, row["id"], properties=properties, updated_at=call.tx.stamp)
    return properties


def meta_index(call: Call, image_id: str) -> dict[str, Any]:
    """An image's metadata."""
    return {"metadata": _image(call, image_id)["properties"] or {}}


def meta_update(call: Call, image_id: str) -> dict[str, Any]:
    """Add to an image's metadata."""
    given = body(call, _ALL)["metadata"]
    row = _changeable(call, image_id)
    return {"metadata": _keep(call, row, {**(row["properties"] or {}), **given})}


def meta_replace(call: Call, image_id: str) -> dict[str, Any]:
    """Replace an image's metadata."""
    given = body(call, _ALL)["metadata"]
    return {"metadata": _keep(call, _changeable(call, image_id), given)}


def meta_show(call: Call, image_id: str, key: str) -> dict[str, Any]:
    """One item."""
    properties = _image(call, image_id)["properties"] or {}
    if key not in properties:
        raise NotFound("Metadata item was not found")
    return {"meta": {key: properties[key]}}


def meta_set(call: Call, image_id: str, key: str) -> dict[str, Any]:
    """Set one item."""
    given = body(call, _ONE)["meta"]
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    row = _changeable(call, image_id)
    _keep(call, row, {**(row["properties"] or {}), **given})
    return {"meta": given}


def meta_delete(call: Call, image_id: str, key: str) -> None:
    """Remove one item."""
    row = _changeable(call, image_id)
    if key not in (row["properties"] or {}):
        raise NotFound("Invalid metadata key")
    _keep(call, row, {name: value for name, value in row["properties"].items() if name != key})
