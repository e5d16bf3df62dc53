"""Key pairs: imported, or made here."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import certificates, sshkeys
from kit.cloud.compute.common import next_link, page
from kit.cloud.compute.forms import NAME, Form, body_of, fields
from kit.cloud.compute.models import keypairs
from kit.cloud.compute.quotas import limits
from kit.cloud.compute.validation import body, refuse
from kit.cloud.errors import BadRequest, Conflict, Forbidden, NotFound
from kit.cloud.store import Row

_TYPE = {"type": {"type": "string", "enum": ["ssh", "x509"]}}
_USER = {"user_id": {"type": "string"}}


def _schema(signs: str, *required: str, **more: Form) -> Form:
    """A key pair whose name is made of letters, digits and some signs."""
    name = {"allOf": [NAME, {"type": "string", "pattern": f"^[{signs} a-zA-Z0-9]+$", "minLength": 1, "maxLength": 255}]}
    return body_of("keypair", fields({"name": name, **more, "public_key": {"type": "string"}}, *required))


CREATE = _schema(r"_\-", "name")
CREATE_22 = _schema(r"_\-", "name", **_TYPE)
CREATE_210 = _schema(r"_\-", "name", **_TYPE, **_USER)
CREATE_292 = _schema(r"_\-\@\.", "name", "public_key", **_TYPE, **_USER)


def find(call: Call, name: str) -> Row | None:
    """The caller's key pair of that name."""
    return call.tx.first(keypairs, user_id=call.context.user_id, name=name)


def _owner(call: Call, user_id: str | None, verb: str) -> str:
    """Whose key pair it is about: the caller's, or for the administrator anybody's (2.10)."""
    if not user_id or user_id == call.context.user_id:
        return call.context.user_id
    if not call.context.is_admin:
        refuse(f"os-keypairs:{verb}")
    return user_id


def _wanted(call: Call) -> str | None:
    return call.query.one("user_id") if call.at_least("2.10") else None


def _document(call: Call, row: Row, *names: str) -> dict[str, Any]:
    shown = {name: row[name] for name in ("name", "public_key", "fingerprint", *names)}
    if call.at_least("2.2"):
        shown["type"] = row["type"]
    return shown


def index(call: Call) -> dict[str, Any]:
    """List key pairs."""
    user_id = _owner(call, _wanted(call), "index")
    rows = call.tx.rows(keypairs, user_id=user_id, order=keypairs.c.name)
    marker = None
    if call.at_least("2.35"):
        start = call.query.one("marker")
        if start is not None and all(row["name"] != start for row in rows):
            raise BadRequest(f"Marker {start} could not be found.")
        rows, marker = page(call, rows, "name")
    found: dict[str, Any] = {"keypairs": [{"keypair": _document(call, row)} for row in rows]}
    if marker:
        found["keypairs_links"] = next_link(call, marker)
    return found


def create(call: Call) -> Answer:
    """Import a public key, or make a pair and show the private key this once."""
    schema = (
        CREATE_292
        if call.at_least("2.92")
        else CREATE_210
        if call.at_least("2.10")
        else CREATE_22
        if call.at_least("2.2")
        else CREATE
    )
    given = body(call, schema)["keypair"]
    user_id = _owner(call, given.get("user_id"), "create")
    name = given["name"]
    limit = limits(call, call.project_id)["key_pairs"]
    if 0 <= limit <= call.tx.count(keypairs, user_id=user_id):
        raise Forbidden("Quota exceeded, too many key pairs.")
    if call.tx.first(keypairs, user_id=user_id, name=name):
        raise Conflict(f"Key pair '{name}' already exists.")
    kind = given.get("type", "ssh")
    private = None
    if given.get("public_key") is not None:
        public = given["public_key"].strip()
        fingerprint = _fingerprint(public, kind)
    elif kind == "x509":
        private, public = certificates.make(call.tx.ids, user_id, call.tx.now)
        fingerprint = _fingerprint(public, kind)
    else:
        private, public = sshkeys.make(call.tx.ids)
        fingerprint = _fingerprint(public, kind)
    row = call.tx.insert(
        keypairs,
        name=name,
        user_id=user_id,
        type=kind,
        public_key=public,
        fingerprint=fingerprint,
        created_at=call.tx.stamp,
    )
    shown = {**_document(call, row), "user_id": user_id}
    if private is not None:
        shown["private_key"] = private
    return Answer(201 if call.at_least("2.2") else 200, {"keypair": shown})


def _fingerprint(public: str, kind: str) -> str:
    """MD5 of an SSH key with colons, SHA-1 of a certificate (nova.crypto)."""
    try:
        if kind == "x509":
            text = "".join(line for line in public.splitlines() if not line.startswith("-----"))
            digest = hashlib.sha1(base64.b64decode(text, validate=True), usedforsecurity=False).hexdigest()
        else:
            digest = hashlib.md5(sshkeys.wire(public), usedforsecurity=False).hexdigest()
    except (ValueError, binascii.Error):
        raise BadRequest("Keypair data is invalid: failed to generate fingerprint") from None
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))


def _one(call: Call, name: str, verb: str) -> Row:
    user_id = _owner(call, _wanted(call), verb)
    row = call.tx.first(keypairs, user_id=user_id, name=name)
    if row is None:
        raise NotFound(f"Keypair {name} not found for user {user_id}")
    return row


def show(call: Call, name: str) -> dict[str, Any]:
    """Show a key pair."""
    row = _one(call, name, "show")
    more = {
        "created_at": row["created_at"], "deleted": False, "deleted_at": None, "id": row["id"], "updated_at": None,
        "user_id": row["user_id"],
    }  # fmt: skip
    return {"keypair": {**_document(call, row), **more}}


def delete(call: Call, name: str) -> Answer:
    """Delete a key pair."""
    call.tx.delete(keypairs, id=_one(call, name, "delete")["id"])
    return Answer(204 if call.at_least("2.2") else 202)
