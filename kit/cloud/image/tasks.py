"""Tasks: work on images that the administrator asks for and comes back to."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from kit.cloud.call import Answer, Call
from kit.cloud.clock import parse, stamp
from kit.cloud.errors import MethodNotAllowed, NotFound
from kit.cloud.image import policy
from kit.cloud.image.images import visible, when
from kit.cloud.image.imports import passes
from kit.cloud.image.listing import limit
from kit.cloud.image.metadef_schemas import TASK as FORM
from kit.cloud.image.models import tasks
from kit.cloud.image.schemas import refuse
from kit.cloud.image.service import bad_request, object_of
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event

# Seconds until a task has been looked at.
DURATION = 2
# How long a task that is done is kept (Glance's `[task] task_time_to_live`).
TIME_TO_LIVE = timedelta(hours=48)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_SORTABLE = ("id", "type", "status", "owner", "image_id", "request_id", "user_id", "created_at", "updated_at")
_FILTERS = ("type", "status", "owner", "id", "image_id", "request_id", "user_id")


def _access(call: Call) -> None:
    policy.require(call.context, "tasks_api_access", call.context.is_admin)


def _stub(row: Row) -> dict[str, Any]:
    names = ("id", "type", "status", "owner")
    shown = {
        **{name: row[name] for name in names}, "created_at": when(row["created_at"]),
        "updated_at": when(row["updated_at"]), "self": f"/v2/tasks/{row['id']}", "schema": "/v2/schemas/task",
    }  # fmt: skip
    if row["status"] not in ("success", "failure"):
        return shown
    return {**shown, "expires_at": when(_expiry(row))}


def _expiry(row: Row) -> str:
    return stamp(parse(row["updated_at"]) + TIME_TO_LIVE)


def document(row: Row) -> dict[str, Any]:
    """A task as Glance shows it."""
    known = {name: row[name] for name in ("image_id", "request_id", "user_id") if row[name]}
    return {**_stub(row), **known, "input": row["input"], "result": row["result"], "message": row["message"] or ""}


def index(call: Call) -> dict[str, Any]:
    """List tasks."""
    _access(call)
    query = call.query
    if query.one("sort_dir", "desc") not in ("asc", "desc"):
        raise bad_request(f"Invalid sort direction: {query.one('sort_dir')}")
    _check("status", query.one("status"), ("pending", "processing", "success", "failure"))
    _check("type", query.one("type"), ("import",))
    marker = query.one("marker")
    if marker and not _UUID.fullmatch(marker):
        raise bad_request("Invalid marker format")
    most = min(limit(query.one("limit") or ""), 1000) if "limit" in query else 25
    rows = _rows(call)
    if marker:
        places = [row["id"] for row in rows]
        if marker not in places:
            raise bad_request(f"Task with the given id {marker} was not found")
        rows = rows[places.index(marker) + 1 :]
    page = rows[:most]
    shown: dict[str, Any] = {
        "tasks": [_stub(row) for row in page], "first": _link(call, None), "schema": "/v2/schemas/tasks",
    }  # fmt: skip
    if page and len(page) == most:
        shown["next"] = _link(call, page[-1]["id"])
    return shown


def _check(name: str, value: str | None, known: tuple[str, ...]) -> None:
    if value and value not in known:
        raise bad_request(f"Invalid {name} value: {value}")


def _rows(call: Call) -> list[Row]:
    """The tasks that the filters let through, in order; those that are expired are gone."""
    query, down = call.query, call.query.one("sort_dir", "desc") == "desc"
    name = query.one("sort_key") or "created_at"
    if name not in _SORTABLE:
        raise bad_request("Sort key supplied was not valid.")
    wanted = {key: query.one(key) for key in _FILTERS if key in query}
    rows = [row for row in call.tx.rows(tasks) if all(row[key] == value for key, value in wanted.items())]
    rows = [row for row in rows if row["status"] not in ("success", "failure") or _expiry(row) > call.tx.stamp]
    rows.sort(key=lambda row: (row[name] is not None, row[name], row["created_at"], row["id"]), reverse=down)
    return rows


def _link(call: Call, marker: str | None) -> str:
    pairs = {name: values[-1] for name, values in call.query.items() if name != "marker"}
    if marker:
        pairs["marker"] = marker
    return "/v2/tasks" + (f"?{urlencode(pairs)}" if pairs else "")


def create(call: Call) -> Answer:
    """Ask for a task; only imports are known, and here they find nothing to import from."""
    _access(call)
    data = object_of(call)
    for name in ("type", "input"):
        if name not in data:
            raise bad_request(f"Task '{name}' is required")
    refuse("task", FORM, data)
    given = data["input"] or {}
    if data["type"] == "import":
        _source(given.get("import_from"))
    row = call.tx.insert(
        tasks, id=call.tx.ids.uuid(), type=data["type"], status="pending", input=data["input"],
        image_id=given.get("image_id"), owner=call.context.project_id, user_id=call.context.user_id,
        request_id=call.request_id, created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip
    call.later(DURATION, "image.task", row["id"])
    return Answer(201, document(row), {"Location": f"{call.root}/v2/tasks/{row['id']}"})


def _source(uri: Any) -> None:
    """Refuse a source that is no page (glance.common.scripts.utils.validate_legacy_import_from_uri)."""
    if not uri:
        raise bad_request(f"Invalid location: {uri}")
    scheme = urlsplit(str(uri)).scheme
    if scheme not in ("http", "https"):
        raise bad_request(
            "File based imports are not allowed. Please use a non-local source of image data."
            if scheme in ("file", "filesystem")
            else "The given uri is not valid. Please specify a valid uri from the following list of supported uri ['http']"
        )
    if not passes(uri):
        raise bad_request(f"URI for legacy import task does not pass filtering: {uri}")


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """A task has been worked on: it fails, since this cloud opens no connection to the outside."""
    row = tx.get(tasks, event.subject)
    if row is not None:
        given = row["input"] or {}
        missing = [name for name in ("import_from", "import_from_format", "image_properties") if name not in given]
        text = (
            f"Input does not contain '{missing[0]}' field" if missing
            else f"Task failed due to Internal Error: <urlopen error cannot reach {given['import_from']}>"
        )  # fmt: skip
        tx.update(tasks, row["id"], status="failure", message=text, updated_at=tx.stamp)


def show(call: Call, task_id: str) -> dict[str, Any]:
    """Show a task."""
    _access(call)
    row = call.tx.get(tasks, task_id)
    if row is None:
        raise NotFound(f"Could not find task {task_id}")
    return document(row)


def of_image(call: Call, image_id: str) -> dict[str, Any]:
    """The tasks that worked on an image."""
    row = visible(call.tx, call.context, image_id)
    if row is None:
        raise NotFound("The resource could not be found.")
    policy.enforce(call.context, "get_image", row)
    return {"tasks": [_whole(row) for row in call.tx.rows(tasks, image_id=image_id, order=tasks.c.created_at)]}


def _whole(row: Row) -> dict[str, Any]:
    """A task of an image, as Glance's database has it."""
    ends = row["status"] in ("success", "failure")
    shown = {name: value for name, value in document(row).items() if name not in ("self", "schema")}
    stamps = {name: row[name] for name in ("created_at", "updated_at")}
    return {**shown, **stamps, "deleted": False, "deleted_at": None, "expires_at": _expiry(row) if ends else None}


def delete(call: Call, task_id: str) -> None:
    """Refuse: a task goes when its time is over."""
    _access(call)
    raise MethodNotAllowed(
        "This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching the time "
        "based on their expires_at property.",
        headers={"Allow": "GET"},
    )
