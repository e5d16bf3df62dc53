"""Messages: what went wrong after a request had been accepted, told to the user (3.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import not_found, require_member, require_reader
from kit.cloud.block_storage.listing import Kind, answer, everywhere, links, page
from kit.cloud.block_storage.models import messages
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.call import Answer, Call
from kit.cloud.clock import stamp
from kit.cloud.store import Row

# cinder.message.message_field
SCHEDULE = "001"
NO_BACKEND = "003"
BACKUP_CREATE = "013"
BACKUP_SCHEDULE_ERROR = "024"
_ACTIONS = {SCHEDULE: "schedule allocate volume", BACKUP_CREATE: "create backup"}
_DETAILS = {
    NO_BACKEND: "Could not find any available weighted backend.",
    BACKUP_SCHEDULE_ERROR: "Backup failed to schedule. Service not found for creating backup.",
}
# `message_ttl`
_KEPT = timedelta(days=30)

KIND = Kind(
    "message",
    {
        name: name
        for name in (
            "id", "project_id", "resource_uuid", "resource_type", "request_id", "message_level", "event_id", "created_at",
            "expires_at",
        )
    },
    lambda id: not_found("message", id),
)  # fmt: skip


def leave(call: Call, action: str, detail: str, resource_type: str, resource_id: str) -> None:
    """Leave a message to the project of the caller."""
    call.tx.insert(
        messages, id=call.tx.ids.uuid(), number=next_number(call.tx, messages), project_id=call.project_id,
        action_id=action, detail_id=detail, resource_type=resource_type, resource_uuid=resource_id,
        request_id=call.request_id, message_level="ERROR", created_at=call.tx.stamp,
        expires_at=stamp(call.tx.now + _KEPT),
    )  # fmt: skip


def _event(row: Row) -> str:
    return f"VOLUME_{row['resource_type']}_{row['action_id']}_{row['detail_id']}"


def _document(call: Call, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "event_id": row["event_id"],
        "user_message": f"{_ACTIONS[row['action_id']]}:{_DETAILS[row['detail_id']]}",
        "message_level": row["message_level"], "created_at": row["created_at"], "guaranteed_until": row["expires_at"],
        "request_id": row["request_id"], "links": links(call, "messages", row["id"]),
        "resource_type": row["resource_type"], "resource_uuid": row["resource_uuid"],
    }  # fmt: skip


def _find(call: Call, message_id: str) -> Row:
    row = call.tx.get(messages, message_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("message", message_id)
    return {**row, "event_id": _event(row)}


def index(call: Call) -> dict[str, Any]:
    """List the messages of the caller's project."""
    require_reader(call, "message:get_all")
    where: dict[str, Any] = {} if everywhere(call) else {"project_id": call.project_id}
    rows = [{**row, "event_id": _event(row)} for row in call.tx.rows(messages, **where)]
    found = page(call, KIND, rows, paged=call.at_least("3.5"), filtered=call.at_least("3.5"))
    return answer(call, "messages", "messages", found, [_document(call, row) for row in found.rows])


def show(call: Call, message_id: str) -> dict[str, Any]:
    """Show a message."""
    return {"message": _document(call, _find(call, message_id))}


def delete(call: Call, message_id: str) -> Answer:
    """Delete a message."""
    row = _find(call, message_id)
    require_member(call, "message:delete")
    call.tx.delete(messages, id=row["id"])
    return bare(204)
