"""What the identity service stores. A domain is a project with `is_domain`, as in Keystone."""

from __future__ import annotations

import hashlib

from sqlalchemy import UniqueConstraint

from kit.cloud.tables import Column, Integer, Table, flag, integer, json, key, metadata, moment, reference, string, text

projects = Table(
    "projects",
    metadata,
    key(),
    string("name", null=False),
    string("domain_id", index=True),  # None for a domain
    string("parent_id", index=True),
    text("description"),
    flag("enabled", nullable=False),
    flag("is_domain", nullable=False),
    json("tags"),
    json("options"),
    json("extra"),
    UniqueConstraint("domain_id", "name"),
)

users = Table(
    "users",
    metadata,
    key(),
    string("name", null=False),
    reference("domain_id", "projects.id", cascade=True),
    string("default_project_id"),
    flag("enabled", nullable=False),
    string("password_hash"),
    moment("password_expires_at"),
    json("options"),
    json("extra"),
    UniqueConstraint("domain_id", "name"),
)

groups = Table(
    "groups",
    metadata,
    key(),
    string("name", null=False),
    reference("domain_id", "projects.id", cascade=True),
    text("description"),
    json("extra"),
    UniqueConstraint("domain_id", "name"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("group_id", "groups.id", cascade=True),
    reference("user_id", "users.id", cascade=True),
    UniqueConstraint("group_id", "user_id"),
)

roles = Table(
    "roles",
    metadata,
    key(),
    string("name", null=False),
    string("domain_id"),
    text("description"),
    json("options"),
    json("extra"),
)

implied_roles = Table(
    "implied_roles",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("prior_role_id", "roles.id", cascade=True),
    reference("implied_role_id", "roles.id", cascade=True),
    UniqueConstraint("prior_role_id", "implied_role_id"),
)

# Who (a user or a group) has which role on what (a project, a domain, or `system`).
assignments = Table(
    "assignments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("actor_type", null=False),
    string("actor_id", null=False, index=True),
    string("target_type", null=False),
    string("target_id", null=False, index=True),
    reference("role_id", "roles.id", cascade=True),
    flag("inherited", nullable=False, default=False),
    UniqueConstraint("actor_type", "actor_id", "target_type", "target_id", "role_id", "inherited"),
)

regions = Table("regions", metadata, key(), text("description"), string("parent_region_id"), json("extra"))

services = Table(
    "services", metadata, key(), string("type", null=False), string("name"), text("description"),
    flag("enabled", nullable=False), json("extra"),
)  # fmt: skip

endpoints = Table(
    "endpoints",
    metadata,
    key(),
    reference("service_id", "services.id", cascade=True),
    string("region_id"),
    string("interface", null=False),
    text("url", nullable=False),
    flag("enabled", nullable=False),
    string("name"),
    json("extra"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", string("id").type, primary_key=True),
    string("user_id", index=True),
    string("user_name"),
    string("user_domain_id"),
    string("project_id", index=True),
    string("project_name"),
    string("domain_id"),
    flag("system", nullable=False, default=False),
    json("roles"),  # [[id, name], ...], implied ones included
    json("methods"),
    json("audit_ids"),
    moment("issued_at"),
    moment("expires_at"),
    string("app_credential_id", index=True),
    string("trust_id"),
    flag("restricted", nullable=False, default=False),  # may not make credentials or trusts
)

app_credentials = Table(
    "app_credentials",
    metadata,
    key(),
    string("name", null=False),
    reference("user_id", "users.id", cascade=True),
    reference("project_id", "projects.id", cascade=True),
    text("description"),
    string("secret_hash"),
    moment("expires_at"),
    json("roles"),  # [[id, name], ...]
    flag("unrestricted", nullable=False, default=False),
    json("access_rules"),
    UniqueConstraint("user_id", "name"),
)

access_rules = Table(
    "access_rules", metadata, key(), reference("user_id", "users.id", cascade=True), string("path"), string("method"),
    string("service"),
)  # fmt: skip

credentials = Table(
    "credentials",
    metadata,
    key(),
    string("user_id", index=True),
    string("project_id"),
    string("type", null=False),
    text("blob"),
    json("extra"),
)

# One user (the trustor) lets another act in a project with some of the first one's roles.
trusts = Table(
    "trusts", metadata, key(), string("trustor_user_id", index=True), string("trustee_user_id", index=True),
    string("project_id"), flag("impersonation", nullable=False), integer("remaining_uses"), moment("expires_at"),
    json("roles"), integer("redelegation_count"), string("redelegated_trust_id", index=True),
)  # fmt: skip

# Policies and OAuth consumers: texts that Keystone keeps for others.
policies = Table("identity_policies", metadata, key(), text("blob"), string("type"), json("extra"))
# What goes by a policy: an endpoint, a service, or a service in a region; gone with any of them.
policy_associations = Table(
    "identity_policy_associations", metadata, key(),
    reference("policy_id", "identity_policies.id", cascade=True), reference("endpoint_id", "endpoints.id", cascade=True),
    reference("service_id", "services.id", cascade=True), reference("region_id", "regions.id", cascade=True),
)  # fmt: skip
consumers = Table("oauth_consumers", metadata, key(), text("description"), string("secret"), json("extra"))

# What a domain's own configuration says; one row an option.
domain_options = Table(
    "domain_options", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("domain_id", "projects.id", cascade=True), string("group"), string("option"), json("value"),
    UniqueConstraint("domain_id", "group", "option"),
)  # fmt: skip

# Which endpoints the catalog of a project shows: single ones, and groups given by a filter.
endpoint_groups = Table(
    "endpoint_groups", metadata, key(), string("name"), text("description"), json("filters"),
)  # fmt: skip
project_endpoints = Table(
    "project_endpoints", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("project_id", "projects.id", cascade=True), reference("endpoint_id", "endpoints.id", cascade=True),
    UniqueConstraint("project_id", "endpoint_id"),
)  # fmt: skip
project_endpoint_groups = Table(
    "project_endpoint_groups", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("project_id", "projects.id", cascade=True), reference("group_id", "endpoint_groups.id", cascade=True),
    UniqueConstraint("project_id", "group_id"),
)  # fmt: skip


def digest(secret: str, salt: str) -> str:
    """A password as it is stored.

    One salted SHA-256: a mock guards nothing, and bcrypt's 240 ms would be most of a login.
    """
    return f"{salt}${hashlib.sha256(f'{salt}{secret}'.encode()).hexdigest()}"


def matches(secret: str, stored: str | None) -> bool:
    """Whether a password is the one that was stored."""
    if not stored:
        return False
    return digest(secret, stored.partition("$")[0]) == stored
