"""What the orchestration service stores."""

from __future__ import annotations

from kit.cloud.tables import (
    Column,
    Integer,
    Table,
    flag,
    integer,
    json,
    key,
    metadata,
    moment,
    reference,
    string,
    text,
)

# One row a stack, also of those inside others; the root's row holds the state of the whole tree.
stacks = Table(
    "orchestration_stacks",
    metadata,
    key(),
    string("name", index=True),
    string("project_id", index=True),
    string("root_id", index=True),
    string("parent_id", index=True),  # the stack around
    string("parent_resource"),  # the resource of that stack
    integer("depth"),
    string("user_id"),
    string("user_name"),
    json("owner"),  # as whom the stack acts: the context of who made it
    string("base"),  # scheme and host that its maker used, for the addresses of signals
    text("description"),
    string("action"),
    string("status"),
    text("reason"),
    integer("timeout_mins"),
    flag("disable_rollback"),
    json("tags"),
    moment("created_at"),
    moment("updated_at"),
    moment("deleted_at"),
    string("revision"),
    text("state"),
)

events = Table(
    "orchestration_events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    string("id", index=True),
    string("stack_id", index=True),
    string("root_id", index=True),
    string("resource_name"),
    string("resource_type"),
    string("physical_id"),
    string("action"),
    string("status"),
    text("reason"),
    moment("at"),
)

snapshots = Table(
    "orchestration_snapshots",
    metadata,
    key(),
    reference("stack_id", "orchestration_stacks.id", cascade=True),
    string("name"),
    string("status"),
    text("reason"),
    json("data"),
    moment("created_at"),
)

configs = Table(
    "orchestration_configs",
    metadata,
    key(),
    string("project_id", index=True),
    string("name"),
    string("group"),
    json("config"),  # text, or the structure of a structured config
    json("inputs"),
    json("outputs"),
    json("options"),
    moment("created_at"),
)

deployments = Table(
    "orchestration_deployments",
    metadata,
    key(),
    string("project_id", index=True),
    string("server_id", index=True),
    string("config_id"),
    string("stack_user_project_id"),
    json("input_values"),
    json("output_values"),
    string("action"),
    string("status"),
    text("status_reason"),
    moment("created_at"),
    moment("updated_at"),
)
