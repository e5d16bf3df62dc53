"""EC2 credentials: a key and a secret for clients that sign their requests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.identity.common import ID, fetch, fits, forbid, listing, missing, schema, self_link
from kit.cloud.identity.models import credentials, projects, users
from kit.cloud.store import Row

CREATE = schema(["tenant_id"], tenant_id=ID)


def credential_id(access: str) -> str:
    """The id under which Keystone keeps a key: nobody finds the key itself in a list of credentials."""
    return hashlib.sha256(access.encode()).hexdigest()


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """An EC2 credential as Keystone shows it."""
    blob = json.loads(row["blob"])
    return {
        "user_id": row["user_id"], "tenant_id": row["project_id"], "access": blob["access"], "secret": blob["secret"],
        "trust_id": blob.get("trust_id"),
        "links": self_link(call, f"users/{row['user_id']}/credentials/OS-EC2/{blob['access']}"),
    }  # fmt: skip


def _may(call: Call, user_id: str, operation: str) -> None:
    if user_id != call.context.user_id and not call.context.is_admin:
        raise forbid(operation)


def index(call: Call, user_id: str) -> dict[str, Any]:
    """List a user's EC2 credentials."""
    _may(call, user_id, "ec2_list_credentials")
    fetch(call, users, "user", user_id)
    rows = call.tx.rows(credentials, user_id=user_id, type="ec2", order=credentials.c.id)
    return listing(call, "credentials", (show_row(call, row) for row in rows), filtered=False)


def create(call: Call, user_id: str) -> Answer:
    """Make a key and a secret for one project."""
    _may(call, user_id, "ec2_create_credential")
    given = fits(call.json(), CREATE)
    fetch(call, users, "user", user_id)
    fetch(call, projects, "project", given["tenant_id"])
    access = call.tx.ids.hex()
    blob = {"access": access, "secret": call.tx.ids.hex(), "trust_id": call.context.token.get("trust_id")}
    row = call.tx.insert(
        credentials, id=credential_id(access), user_id=user_id, project_id=given["tenant_id"], type="ec2",
        blob=json.dumps(blob), extra={},
    )  # fmt: skip
    return Answer(201, {"credential": show_row(call, row)})


def _one(call: Call, user_id: str, access: str) -> Row:
    row = call.tx.get(credentials, credential_id(access))
    if row is None or row["user_id"] != user_id:
        raise missing("credential", access)
    return row


def show(call: Call, user_id: str, access: str) -> dict[str, Any]:
    """Show one."""
    _may(call, user_id, "ec2_get_credential")
    return {"credential": show_row(call, _one(call, user_id, access))}


def delete(call: Call, user_id: str, access: str) -> None:
    """Delete one."""
    _may(call, user_id, "ec2_delete_credential")
    call.tx.delete(credentials, id=_one(call, user_id, access)["id"])
