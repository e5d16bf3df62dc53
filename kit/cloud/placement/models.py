"""What the placement service stores."""

from __future__ import annotations

from kit.cloud.tables import Column, Integer, Table, flag, integer, json, key, metadata, moment, string

# `used` is kept beside the inventories: it is the sum of the allocations, so that nobody has to add them up.
providers = Table(
    "placement_providers", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    string("uuid", null=False, unique=True), string("name", null=False, unique=True),
    integer("generation", nullable=False), string("parent_uuid", index=True), string("root_uuid", index=True),
    json("inventories"),  # {class: {total, reserved, min_unit, max_unit, step_size, allocation_ratio}}
    json("used"),  # {class: amount}
    json("traits"), json("aggregates"), moment("created_at"), moment("updated_at"),
)  # fmt: skip

consumers = Table(
    "placement_consumers", metadata, key("uuid"), integer("generation", nullable=False),
    string("project_id", index=True), string("user_id"),
    string("consumer_type"),  # None is shown as `unknown`
    moment("created_at"), moment("updated_at"),
)  # fmt: skip

# What one consumer holds of one provider.
allocations = Table(
    "placement_allocations", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("consumer_id", null=False, index=True), string("provider_id", null=False, index=True),
    json("resources"),  # {class: amount}
    # The server that the consumer is, or that the consumer (a migration) moves: Nova frees all it holds by this.
    string("server_id", index=True), moment("created_at"),
    flag("claimed"),  # whether the server also holds cells or devices (compute_claims)
)  # fmt: skip

# The classes and traits that the operator adds to the standard ones.
resource_classes = Table(
    "placement_resource_classes", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("name", null=False, unique=True), moment("created_at"), moment("updated_at"),
)  # fmt: skip

traits = Table(
    "placement_traits", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("name", null=False, unique=True), moment("created_at"), moment("updated_at"),
)  # fmt: skip
