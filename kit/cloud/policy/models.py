"""What the policy service stores."""

from __future__ import annotations

from kit.cloud.tables import Column, Integer, Table, flag, json, key, metadata, moment, reference, string, text

policies = Table(
    "policy_policies",
    metadata,
    key(),
    string("name", index=True),
    string("abbreviation"),
    text("description"),
    string("owner_id"),
    string("kind"),
    moment("created_at"),
)

rules = Table(
    "policy_rules",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    string("id", index=True),
    reference("policy_id", "policy_policies.id", cascade=True),
    text("rule"),
    string("name"),
    text("comment"),
)

library = Table(
    "policy_library",
    metadata,
    key(),
    string("name", index=True),
    string("abbreviation"),
    text("description"),
    string("kind"),
    json("rules"),
)

sources = Table(
    "policy_sources",
    metadata,
    key(),
    string("name", index=True),
    string("driver"),
    text("description"),
    json("config"),
    flag("enabled"),
    json("pushed"),  # what a `push` source was given: table to columns and rows
)

settings = Table("policy_settings", metadata, key("name"), json("value"))

journal = Table(
    "policy_journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    moment("at"),
    string("kind"),  # `done`, `failed`, `denied`, `loop`
    string("policy"),
    text("what"),
    text("why"),
    text("result"),
)
