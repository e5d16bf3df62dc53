"""The volume type that a project's volumes have by default (3.62)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import schemas, volume_types
from kit.cloud.block_storage.models import default_types
from kit.cloud.block_storage.validation import body
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.identity.models import projects
from kit.cloud.store import Row


def _authorize(call: Call, project_id: str | None = None) -> None:
    if project_id is not None and call.context.is_admin and call.tx.get(projects, project_id) is None:
        raise NotFound(f"Project with id {project_id} not found.")
    if not call.context.is_admin:
        raise Forbidden("You are not authorized to perform this operation.")


def document(row: Row) -> dict[str, Any]:
    """A project's default type as Cinder shows it."""
    return {"project_id": row["project_id"], "volume_type_id": row["volume_type_id"]}


def index(call: Call) -> dict[str, Any]:
    """List the defaults that projects have of their own."""
    _authorize(call)
    return {"default_types": [document(row) for row in call.tx.rows(default_types, order=default_types.c.project_id)]}


def show(call: Call, target_id: str) -> dict[str, Any]:
    """Show a project's own default."""
    _authorize(call, target_id)
    row = call.tx.get(default_types, target_id)
    if row is None:
        raise NotFound(f"Default type for project {target_id} not found.")
    return {"default_type": document(row)}


def update(call: Call, target_id: str) -> dict[str, Any]:
    """Give a project a default of its own."""
    given = body(call, schemas.DEFAULT_TYPE)["default_type"]
    _authorize(call, target_id)
    try:
        type_ = volume_types.named(call, given["volume_type"])
    except NotFound as error:
        raise BadRequest(error.message) from None
    call.tx.delete(default_types, project_id=target_id)
    return {"default_type": document(call.tx.insert(default_types, project_id=target_id, volume_type_id=type_["id"]))}


def delete(call: Call, target_id: str) -> Answer:
    """Let a project have the cloud's default again."""
    if not call.context.is_admin:
        raise Forbidden("You are not authorized to perform this operation.")
    call.tx.delete(default_types, project_id=target_id)
    return Answer(204)
