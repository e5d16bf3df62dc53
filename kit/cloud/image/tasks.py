"""Tasks: work on images that the administrator asks for and comes back to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.clock import parse, stamp
from kit.cloud.errors import NotFound
from kit.cloud.image.images import find, when
from kit.cloud.image.models import tasks
from kit.cloud.image.service import bad_request, forbidden
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event

# Seconds until a task has been looked at.
DURATION = 2
# How long a task that is done is kept (Glance's `[task] task_time_to_live`).
TIME_TO_LIVE = timedelta(hours=48)


def _access(call: Call) -> None:
    if not call.context.is_admin:
        raise forbidden("You are not authorized to complete tasks_api_access action.")


def _summary(row: Row) -> dict[str, Any]:
    names = ("id", "type", "status", "owner", "image_id", "request_id", "user_id")
    shown = {
        **{name: row[name] for name in names}, "created_at": when(row["created_at"]),
        "updated_at": when(row["updated_at"]), "self": f"/v2/tasks/{row['id']}", "schema": "/v2/schemas/task",
    }  # fmt: skip
    if row["status"] not in ("success", "failure"):
        return shown
    return {**shown, "expires_at": when(stamp(parse(row["updated_at"]) + TIME_TO_LIVE))}


def document(row: Row) -> dict[str, Any]:
    """A task as Glance shows it."""
    return {**_summary(row), "input": row["input"], "result": row["result"], "message": row["message"] or ""}


def index(call: Call) -> dict[str, Any]:
    """List tasks."""
    _access(call)
    rows = call.tx.rows(tasks, order=[tasks.c.created_at.desc(), tasks.c.id])
    for name in ("type", "status"):
        wanted = call.query.one(name)
        if wanted is not None:
            rows = [row for row in rows if row[name] == wanted]
    return {"tasks": [_summary(row) for row in rows], "first": "/v2/tasks", "schema": "/v2/schemas/tasks"}


def create(call: Call) -> Answer:
    """Ask for a task; only imports are known, and here they find nothing to import from."""
    _access(call)
    data = call.json()
    if not isinstance(data, dict):
        raise bad_request("Request body must be a JSON object.")
    for name in ("type", "input"):
        if name not in data:
            raise bad_request(f"Task '{name}' is required")
    if data["type"] not in ("import", "api_image_import"):
        raise bad_request(f"Invalid type of task: {data['type']}")
    for name in ("import_from", "import_from_format", "image_properties"):
        if not isinstance(data["input"], dict) or not data["input"].get(name):
            raise bad_request(f"Input does not contain '{name}' field")
    row = call.tx.insert(
        tasks, id=call.tx.ids.uuid(), type=data["type"], status="pending", input=data["input"],
        owner=call.context.project_id, user_id=call.context.user_id, request_id=call.request_id,
        created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip
    call.later(DURATION, "image.task", row["id"])
    return Answer(201, document(row), {"Location": f"{call.root}/v2/tasks/{row['id']}"})


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """A task has been worked on: it fails, since this cloud opens no connection to the outside."""
    row = tx.get(tasks, event.subject)
    if row is not None:
        source = row["input"]["import_from"]
        text = f"Task failed due to Internal Error: <urlopen error cannot reach {source}>"
        tx.update(tasks, row["id"], status="failure", message=text, updated_at=tx.stamp)


def show(call: Call, task_id: str) -> dict[str, Any]:
    """Show a task."""
    _access(call)
    row = call.tx.get(tasks, task_id)
    if row is None:
        raise NotFound(f"Task not found: {task_id}")
    return document(row)


def of_image(call: Call, image_id: str) -> dict[str, Any]:
    """The tasks that worked on an image."""
    find(call, image_id)
    return {"tasks": [document(row) for row in call.tx.rows(tasks, image_id=image_id, order=tasks.c.created_at)]}
