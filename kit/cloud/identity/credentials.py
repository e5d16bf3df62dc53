"""Credentials: blobs (keys, certificates) that Keystone keeps for other services."""

from __future__ import annotations

import json
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest
from kit.cloud.identity.common import ID, body, extras, fetch, forbid, listing, overlooks, schema, self_link
from kit.cloud.identity.ec2 import credential_id
from kit.cloud.identity.models import credentials, projects, users
from kit.cloud.store import Row

_FIELDS = {
    "blob": {"type": "string"}, "type": {"type": "string"}, "user_id": ID,
    "project_id": {**ID, "type": ["string", "null"]},
}  # fmt: skip
CREATE = schema(["blob", "type", "user_id"], **_FIELDS)
# All but the blob stays as it was made.
UPDATE = {**schema(["blob"], blob=_FIELDS["blob"]), "additionalProperties": False}


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """A credential as Keystone shows it."""
    return {
        **(row["extra"] or {}),
        "id": row["id"], "user_id": row["user_id"], "project_id": row["project_id"], "type": row["type"],
        "blob": row["blob"], "links": self_link(call, f"credentials/{row['id']}"),
    }  # fmt: skip


def _own(call: Call, user_id: str, operation: str) -> None:
    looks = operation == "get_credential" and overlooks(call.context)
    if user_id != call.context.user_id and not call.context.is_admin and not looks:
        raise forbid(operation)


def index(call: Call) -> dict[str, Any]:
    """List credentials: one's own, or all for the administrator."""
    rows = call.tx.rows(credentials, order=credentials.c.id)
    mine = [row for row in rows if overlooks(call.context) or row["user_id"] == call.context.user_id]
    return listing(call, "credentials", (show_row(call, row) for row in mine))


def create(call: Call) -> dict[str, Any]:
    """Keep a credential."""
    given = body(call, "credential", CREATE)
    _own(call, given["user_id"], "create_credential")
    fetch(call, users, "user", given["user_id"])
    if given["type"] == "ec2" and not given.get("project_id"):
        raise BadRequest(
            f"Invalid input for field/attribute credential. Value: {given}. 'project_id' is a required property"
        )
    if given.get("project_id"):
        fetch(call, projects, "project", given["project_id"])
    id = _key_id(given) if given["type"] == "ec2" else call.tx.ids.hex()
    row = call.tx.insert(
        credentials, id=id, user_id=given["user_id"], project_id=given.get("project_id"),
        type=given["type"], blob=given["blob"], extra=extras(given, credentials),
    )  # fmt: skip
    return {"credential": show_row(call, row)}


def _key_id(given: dict[str, Any]) -> str:
    """The id of an EC2 credential: that of its key."""
    try:
        blob = json.loads(given["blob"])
    except ValueError:
        raise BadRequest("Invalid blob in credential") from None
    if not isinstance(blob, dict) or not blob.get("access"):
        raise BadRequest(
            "Expecting to find blob in credential. The server could not comply with the request since it is either "
            "malformed or otherwise incorrect. The client is assumed to be in error."
        )
    return credential_id(str(blob["access"]))


def _one(call: Call, id: str, operation: str) -> Row:
    row = call.tx.get(credentials, id)
    # Who has no business with it is not told whether it is there.
    _own(call, row["user_id"] if row else "", operation)
    return fetch(call, credentials, "credential", id)


def show(call: Call, id: str) -> dict[str, Any]:
    """Show one."""
    return {"credential": show_row(call, _one(call, id, "get_credential"))}


def update(call: Call, id: str) -> dict[str, Any]:
    """Change one."""
    given = body(call, "credential", UPDATE)
    row = _one(call, id, "update_credential")
    call.tx.update(credentials, id, blob=given["blob"])
    return {"credential": show_row(call, {**row, "blob": given["blob"]})}


def delete(call: Call, id: str) -> None:
    """Delete one."""
    _one(call, id, "delete_credential")
    call.tx.delete(credentials, id=id)
