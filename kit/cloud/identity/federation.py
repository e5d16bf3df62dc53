"""Federation: the identity providers that users may come from, and the protocols they come by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.identity.common import (
    FLAG,
    ID,
    TEXT,
    body,
    changes,
    duplicate,
    fetch,
    listing,
    require_admin,
    require_reader,
    schema,
    self_link,
)
from kit.cloud.identity.federation_rules import mappings
from kit.cloud.identity.models import projects
from kit.cloud.store import Row
from kit.cloud.tables import Column, Integer, Table, flag, integer, json, key, metadata, reference, string, text

providers = Table(
    "federation_identity_providers", metadata, key(), flag("enabled", nullable=False), text("description"),
    string("domain_id"), integer("authorization_ttl"), json("remote_ids"),
)  # fmt: skip

protocols = Table(
    "federation_protocols", metadata, Column("number", Integer, primary_key=True, autoincrement=True),
    string("id", null=False), reference("idp_id", "federation_identity_providers.id", cascade=True),
    string("mapping_id"), string("remote_id_attribute"), UniqueConstraint("idp_id", "id"),
)  # fmt: skip

_REMOTE = {"type": "string", "maxLength": 64}
_FIELDS = {
    "enabled": FLAG, "description": TEXT, "authorization_ttl": {"type": ["integer", "null"], "minimum": 0},
    "remote_ids": {"type": ["array", "null"], "items": _REMOTE, "uniqueItems": True},
}  # fmt: skip
_NO_OTHERS = {"additionalProperties": False}
CREATE = {**schema([], domain_id={**ID, "type": ["string", "null"]}, **_FIELDS), **_NO_OTHERS}
UPDATE = {**changes(**_FIELDS), **_NO_OTHERS}
_PROTOCOL = {
    "mapping_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "remote_id_attribute": {**_REMOTE, "type": ["string", "null"]},
}  # fmt: skip
PROTOCOL_CREATE = {**schema(["mapping_id"], **_PROTOCOL), **_NO_OTHERS}
PROTOCOL_UPDATE = {**schema([], **_PROTOCOL), **_NO_OTHERS}
_PATH = "OS-FEDERATION/identity_providers"


def provider(call: Call, idp_id: str) -> Row:
    """The identity provider of that id.

    Raises
    ------
    NotFound
        When there is none.
    """
    row = call.tx.get(providers, idp_id)
    if row is None:
        raise NotFound(f"Could not find Identity Provider: {idp_id}.")
    return row


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "enabled", "description", "domain_id", "authorization_ttl")},
        "remote_ids": row["remote_ids"] or [], "links": self_link(call, f"{_PATH}/{row['id']}"),
    }  # fmt: skip


def _listed(call: Call, row: Row) -> dict[str, Any]:
    """A provider as lists show it, with a link more."""
    shown = _shown(call, row)
    return {**shown, "links": {**shown["links"], "protocols": f"{shown['links']['self']}/protocols"}}


def _free(call: Call, remote_ids: list[str], idp_id: str) -> None:
    """Refuse a remote id that another provider has."""
    for row in call.tx.rows(providers):
        taken = set(row["remote_ids"] or []).intersection(remote_ids)
        if taken and row["id"] != idp_id:
            raise duplicate("identity_provider", "Duplicate remote ID: None")


def index(call: Call) -> dict[str, Any]:
    """List identity providers."""
    require_reader(call, "list_identity_providers")
    rows = call.tx.rows(providers, order=providers.c.id)
    return listing(call, "identity_providers", (_listed(call, row) for row in rows))


def create(call: Call, idp_id: str) -> dict[str, Any]:
    """Make an identity provider; its users get a domain, a new one when none is named."""
    require_admin(call, "create_identity_provider")
    given = body(call, "identity_provider", CREATE) if call.json() else {}
    if call.tx.get(providers, idp_id) is not None:
        raise duplicate("identity_provider", "Duplicate entry: None")
    remote_ids = given.get("remote_ids") or []
    _free(call, remote_ids, idp_id)
    domain_id = given.get("domain_id")
    if domain_id is None:
        domain_id = call.tx.ids.hex()
        call.tx.insert(
            projects, id=domain_id, name=domain_id, description=f"Auto generated federated domain for Identity Provider: {idp_id}",
            enabled=True, is_domain=True, tags=[], options={}, extra={},
        )  # fmt: skip
    else:
        fetch(call, projects, "domain", domain_id, is_domain=True)
    row = call.tx.insert(
        providers, id=idp_id, enabled=bool(given.get("enabled", False)), description=given.get("description"),
        domain_id=domain_id, authorization_ttl=given.get("authorization_ttl"), remote_ids=remote_ids,
    )  # fmt: skip
    return {"identity_provider": _shown(call, row)}


def show(call: Call, idp_id: str) -> dict[str, Any]:
    """Show an identity provider."""
    require_reader(call, "get_identity_provider")
    return {"identity_provider": _shown(call, provider(call, idp_id))}


def update(call: Call, idp_id: str) -> dict[str, Any]:
    """Change an identity provider."""
    require_admin(call, "update_identity_provider")
    given = body(call, "identity_provider", UPDATE)
    row = provider(call, idp_id)
    if given.get("remote_ids"):
        _free(call, given["remote_ids"], idp_id)
    call.tx.update(providers, idp_id, **given)
    return {"identity_provider": _shown(call, {**row, **given})}


def delete(call: Call, idp_id: str) -> None:
    """Delete an identity provider and its protocols."""
    require_admin(call, "delete_identity_provider")
    provider(call, idp_id)
    call.tx.delete(protocols, idp_id=idp_id)
    call.tx.delete(providers, id=idp_id)


# Protocols


def _protocol(call: Call, idp_id: str, protocol_id: str) -> Row:
    row = call.tx.first(protocols, idp_id=idp_id, id=protocol_id)
    if row is None:
        raise NotFound(f"Could not find federated protocol {protocol_id} for Identity Provider: {idp_id}.")
    return row


def _way(call: Call, row: Row, more: bool = False) -> dict[str, Any]:
    """A protocol; a list shows more of it than the protocol alone does."""
    # Keystone builds these links from the last words of the paths only.
    links = {
        **self_link(call, f"protocols/{row['id']}"),
        "identity_provider": self_link(call, row["idp_id"])["self"],
    }
    shown = {"id": row["id"], "mapping_id": row["mapping_id"], "links": links}
    return {**shown, "idp_id": row["idp_id"], "remote_id_attribute": row["remote_id_attribute"]} if more else shown


def protocol_index(call: Call, idp_id: str) -> dict[str, Any]:
    """List the protocols of an identity provider."""
    require_reader(call, "list_protocols")
    provider(call, idp_id)
    rows = call.tx.rows(protocols, idp_id=idp_id, order=protocols.c.id)
    return listing(call, "protocols", (_way(call, row, True) for row in rows), filtered=False)


def protocol_create(call: Call, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """Let users of an identity provider come by a protocol, and a mapping say who they are here."""
    require_admin(call, "create_protocol")
    given = body(call, "protocol", PROTOCOL_CREATE)
    provider(call, idp_id)
    _mapped(call, given)
    if call.tx.first(protocols, idp_id=idp_id, id=protocol_id) is not None:
        raise duplicate("federation_protocol", f"Duplicate entry found with ID {protocol_id}")
    row = call.tx.insert(
        protocols, id=protocol_id, idp_id=idp_id, mapping_id=given["mapping_id"],
        remote_id_attribute=given.get("remote_id_attribute"),
    )  # fmt: skip
    return {"protocol": _way(call, row)}


def _mapped(call: Call, given: dict[str, Any]) -> None:
    id = given.get("mapping_id")
    if id is not None and call.tx.get(mappings, id) is None:
        raise BadRequest(f"Invalid mapping id: {id}")


def protocol_show(call: Call, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """Show a protocol."""
    require_reader(call, "get_protocol")
    return {"protocol": _way(call, _protocol(call, idp_id, protocol_id))}


def protocol_update(call: Call, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """Give a protocol another mapping."""
    require_admin(call, "update_protocol")
    given = body(call, "protocol", PROTOCOL_UPDATE)
    row = _protocol(call, idp_id, protocol_id)
    _mapped(call, given)
    call.tx.delete(protocols, number=row["number"])
    row = call.tx.insert(protocols, **{**row, **given})
    return {"protocol": _way(call, row)}


def protocol_delete(call: Call, idp_id: str, protocol_id: str) -> None:
    """Take a protocol away."""
    require_admin(call, "delete_protocol")
    call.tx.delete(protocols, number=_protocol(call, idp_id, protocol_id)["number"])
