"""Federation: mappings, which say who a user from elsewhere is here, and the service providers users go to."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest
from kit.cloud.identity.common import (
    FLAG,
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
from kit.cloud.store import Row
from kit.cloud.tables import Table, flag, json, key, metadata, string, text
from kit.cloud.validation import first_error

mappings = Table("federation_mappings", metadata, key(), json("rules"), string("schema_version"))

service_providers = Table(
    "federation_service_providers", metadata, key(), flag("enabled", nullable=False), text("description"),
    string("auth_url"), string("sp_url"), string("relay_state_prefix"),
)  # fmt: skip

_WORD = {"type": "string"}


def _only(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_DOMAIN = {
    "type": "object", "additionalProperties": False, "properties": {"id": _WORD, "name": _WORD}, "minProperties": 1,
}  # fmt: skip
_PROJECTS = {
    "type": "array",
    "items": _only(
        ["name", "roles"], name=_WORD, roles={"type": "array", "items": _only(["name"], name=_WORD)}, domain=_DOMAIN
    ),
}  # fmt: skip
_USER = {
    **_only([], id=_WORD, name=_WORD, email=_WORD, domain=_DOMAIN, type={"type": "string", "enum": ["ephemeral", "local"]})
}  # fmt: skip
_LOCAL = _only(
    [], user=_USER, projects=_PROJECTS, groups=_WORD, group_ids=_WORD, domain=_DOMAIN,
    group={"oneOf": [_only(["id"], id=_WORD), _only(["name", "domain"], name=_WORD, domain=_DOMAIN)]},
)  # fmt: skip
_REMOTE = {
    "oneOf": [
        _only(["type"], type=_WORD),
        *(
            _only(["type", way], type=_WORD, regex={"type": "boolean"}, **{way: {"type": "array"}})
            for way in ("any_one_of", "not_any_of", "blacklist", "whitelist")
        ),
    ]
}
# keystone.federation.utils.IDP_ATTRIBUTE_MAPPING_SCHEMA_1_0
MAPPING = {
    "type": "object", "required": ["rules"],
    "properties": {
        "rules": {
            "type": "array", "minItems": 1,
            "items": _only(
                ["local", "remote"], local={"type": "array", "items": _LOCAL},
                remote={"type": "array", "minItems": 1, "items": _REMOTE},
            ),
        },
        "schema_version": _WORD,
    },
}  # fmt: skip

_URL = {"type": "string", "minLength": 0, "maxLength": 225, "pattern": r"^[a-zA-Z0-9+.-]+:.+"}
_FIELDS = {
    "auth_url": _URL, "sp_url": _URL, "description": TEXT, "enabled": FLAG, "relay_state_prefix": TEXT,
}  # fmt: skip
CREATE = {**schema(["auth_url", "sp_url"], **_FIELDS), "additionalProperties": False}
UPDATE = {**changes(**_FIELDS), "additionalProperties": False}


def _mapping(call: Call, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "rules": row["rules"], "schema_version": row["schema_version"],
        "links": self_link(call, f"OS-FEDERATION/mappings/{row['id']}"),
    }  # fmt: skip


def _rules(call: Call) -> dict[str, Any]:
    data = call.json()
    given = (data.get("mapping") if isinstance(data, dict) else None) or {}
    given = {"schema_version": "1.0", **given}
    error = first_error(MAPPING, given)
    if error is not None:
        raise BadRequest(f"{error.message}\n")
    return given


def mapping_index(call: Call) -> dict[str, Any]:
    """List mappings."""
    require_reader(call, "list_mappings")
    rows = call.tx.rows(mappings, order=mappings.c.id)
    return listing(call, "mappings", (_mapping(call, row) for row in rows), filtered=False)


def mapping_create(call: Call, mapping_id: str) -> dict[str, Any]:
    """Keep a mapping."""
    require_admin(call, "create_mapping")
    given = _rules(call)
    if call.tx.get(mappings, mapping_id) is not None:
        raise duplicate("mapping", "Duplicate entry")
    row = call.tx.insert(mappings, id=mapping_id, rules=given["rules"], schema_version=given["schema_version"])
    return {"mapping": _mapping(call, row)}


def mapping_show(call: Call, mapping_id: str) -> dict[str, Any]:
    """Show a mapping."""
    require_reader(call, "get_mapping")
    return {"mapping": _mapping(call, fetch(call, mappings, "mapping", mapping_id))}


def mapping_update(call: Call, mapping_id: str) -> dict[str, Any]:
    """Give a mapping other rules."""
    require_admin(call, "update_mapping")
    given = _rules(call)
    row = fetch(call, mappings, "mapping", mapping_id)
    fields = {name: given[name] for name in ("rules", "schema_version")}
    call.tx.update(mappings, mapping_id, **fields)
    return {"mapping": _mapping(call, {**row, **fields})}


def mapping_delete(call: Call, mapping_id: str) -> None:
    """Delete a mapping."""
    require_admin(call, "delete_mapping")
    fetch(call, mappings, "mapping", mapping_id)
    call.tx.delete(mappings, id=mapping_id)


# Service providers


def _one(call: Call, sp_id: str) -> Row:
    return fetch(call, service_providers, "Service Provider", sp_id)


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return {**row, "links": self_link(call, f"OS-FEDERATION/service_providers/{row['id']}")}


def provider_index(call: Call) -> dict[str, Any]:
    """List service providers."""
    require_reader(call, "list_service_providers")
    rows = call.tx.rows(service_providers, order=service_providers.c.id)
    return listing(call, "service_providers", (_shown(call, row) for row in rows))


def provider_create(call: Call, sp_id: str) -> dict[str, Any]:
    """Make a service provider known."""
    require_admin(call, "create_service_provider")
    given = body(call, "service_provider", CREATE)
    if call.tx.get(service_providers, sp_id) is not None:
        raise duplicate("service_provider", f"Duplicate entry found with ID {sp_id}")
    values = {"enabled": False, "relay_state_prefix": "ss:mem:", **given}
    return {"service_provider": _shown(call, call.tx.insert(service_providers, id=sp_id, **values))}


def provider_show(call: Call, sp_id: str) -> dict[str, Any]:
    """Show a service provider."""
    require_reader(call, "get_service_provider")
    return {"service_provider": _shown(call, _one(call, sp_id))}


def provider_update(call: Call, sp_id: str) -> dict[str, Any]:
    """Change a service provider."""
    require_admin(call, "update_service_provider")
    given = body(call, "service_provider", UPDATE)
    row = _one(call, sp_id)
    call.tx.update(service_providers, sp_id, **given)
    return {"service_provider": _shown(call, {**row, **given})}


def provider_delete(call: Call, sp_id: str) -> None:
    """Forget a service provider."""
    require_admin(call, "delete_service_provider")
    _one(call, sp_id)
    call.tx.delete(service_providers, id=sp_id)
