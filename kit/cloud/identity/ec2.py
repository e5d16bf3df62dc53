"""EC2 credentials: a key and a secret for clients that sign their requests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.identity.common import fetch, forbid, listing, missing, no_domain, overlooks, self_link
from kit.cloud.identity.models import credentials, projects, users
from kit.cloud.store import Row


def credential_id(access: str) -> str:
    """The id under which Keystone keeps a key: nobody finds the key itself in a list of credentials."""
    return hashlib.sha256(access.encode()).hexdigest()


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """An EC2 credential as Keystone shows it."""
    blob = _blob(row)
    return {
        "user_id": row["user_id"], "tenant_id": row["project_id"], "access": blob.get("access"), "secret": blob.get("secret"),
        "trust_id": blob.get("trust_id"),
        "links": self_link(call, f"users/{row['user_id']}/credentials/OS-EC2/{blob.get('access')}"),
    }  # fmt: skip


def _blob(row: Row) -> dict[str, Any]:
    """The key and the secret; a credential that somebody kept by hand may have neither."""
    try:
        found = json.loads(row["blob"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _may(call: Call, user_id: str, operation: str) -> None:
    no_domain(call, operation)
    context = call.context
    own = user_id == context.user_id and (operation != "ec2_create_credential" or "member" in context.roles)
    looks = operation.startswith(("ec2_get_", "ec2_list_")) and overlooks(context)
    if not (own or looks or context.is_admin):
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
    data = call.json()
    project_id = data.get("tenant_id") if isinstance(data, dict) else None
    fetch(call, users, "user", user_id)
    if project_id is None or call.tx.get(projects, str(project_id)) is None:
        raise missing("project", project_id)
    access = call.tx.ids.hex()
    blob = {"access": access, "secret": call.tx.ids.hex(), "trust_id": call.context.token.get("trust_id")}
    row = call.tx.insert(
        credentials, id=credential_id(access), user_id=user_id, project_id=str(project_id), type="ec2",
        blob=json.dumps(blob), extra={},
    )  # fmt: skip
    return Answer(201, {"credential": show_row(call, row)})


def _one(call: Call, user_id: str, access: str) -> Row:
    row = call.tx.get(credentials, credential_id(access))
    if row is None or row["user_id"] != user_id:
        raise missing("credential", credential_id(access))
    return row


def show(call: Call, user_id: str, access: str) -> dict[str, Any]:
    """Show one."""
    row = _one(call, user_id, access)
    _may(call, user_id, "ec2_get_credential")
    return {"credential": show_row(call, row)}


def delete(call: Call, user_id: str, access: str) -> None:
    """Delete one."""
    row = _one(call, user_id, access)
    _may(call, user_id, "ec2_delete_credential")
    call.tx.delete(credentials, id=row["id"])
