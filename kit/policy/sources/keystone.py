"""Keystone's tables, the old ones and those of its v3 API."""

from __future__ import annotations

from typing import Any

from kit.policy.sources.listing import Connection, Tables, listed, pick
from kit.policy.sources.schemas import SCHEMAS


def read_keystone(connection: Connection) -> Tables:
    """Keystone's old tables, which alone have an e-mail address, filled from its v3 API."""
    users = listed(connection.identity, "/users", "users")
    rows = [(u["name"], u["name"], u["enabled"], u.get("default_project_id"), u["id"], u.get("email")) for u in users]
    projects = listed(connection.identity, "/projects", "projects")
    tenants = [(p["enabled"], p["description"], p["name"], p["id"]) for p in projects]
    return {"users": rows, "tenants": tenants, "roles": _roles(connection)}


def read_keystone3(connection: Connection) -> Tables:
    """Users with their e-mail address, projects, domains and roles."""
    schema, identity = SCHEMAS["keystonev3"], connection.identity
    found: Tables = {
        name: [pick(item, schema[name]) for item in listed(identity, f"/{name}", name)]
        for name in ("users", "projects", "domains")
    }
    return {**found, "roles": _roles(connection)}


def _roles(connection: Connection) -> list[tuple[Any, ...]]:
    return [(role["id"], role["name"]) for role in listed(connection.identity, "/roles", "roles")]
