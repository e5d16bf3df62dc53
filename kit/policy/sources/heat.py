"""Heat's tables."""

from __future__ import annotations

from typing import Any

from kit.policy.sources.listing import Connection, Tables, listed, pick
from kit.policy.sources.schemas import SCHEMAS


def read_heat(connection: Connection) -> Tables:
    """Stacks with their resources and events, and software deployments."""
    schema, heat = SCHEMAS["heat"], connection.orchestration
    rows: Tables = {name: [] for name in schema}
    for stack in listed(heat, "/stacks?show_nested=True", "stacks"):
        id, path = stack["id"], f"/stacks/{stack['stack_name']}/{stack['id']}"
        rows["stacks"].append(pick(stack, schema["stacks"]))
        rows["stacks_links"] += _links(id, stack)
        for item in listed(heat, f"{path}/resources", "resources"):
            rows["resources"].append(pick({**item, "stack_id": id}, schema["resources"]))
            rows["resources_links"] += _links(item["physical_resource_id"], item)
        for item in listed(heat, f"{path}/events", "events", absent_ok=True):
            rows["events"].append(pick({**item, "stack_id": id}, schema["events"]))
            rows["events_links"] += _links(item["id"], item)
    for item in listed(heat, "/software_deployments", "software_deployments", absent_ok=True):
        rows["deployments"].append(pick(item, schema["deployments"]))
        output = item.get("output_values") or {}
        if output:
            rows["deployment_output_values"].append(
                pick({**output, "parent_key": item["id"]}, schema["deployment_output_values"])
            )
    return rows


def _links(parent: str, item: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(parent, link["href"], link["rel"]) for link in item.get("links", [])]
