"""Tags of projects."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.identity.common import TAG, TAGS, domain_of, fits, missing, require_admin
from kit.cloud.identity.models import projects
from kit.cloud.identity.projects import find, look


def index(call: Call, project_id: str) -> dict[str, Any]:
    """List a project's tags."""
    look(call, project_id, "list_project_tags")
    row = find(call, project_id)
    return {"tags": row["tags"] or [], "links": {"self": call.url}}


def replace(call: Call, project_id: str) -> dict[str, Any]:
    """Replace all tags."""
    require_admin(call, "update_project_tags", domain_of(call, projects, project_id))
    row = find(call, project_id)
    data = call.json()
    given = fits(data.get("tags", {}) if isinstance(data, dict) else data, TAGS)
    call.tx.update(projects, row["id"], tags=list(given))
    return {"tags": list(given), "links": {"self": call.url}}


def add(call: Call, project_id: str, tag: str) -> Answer:
    """Add one tag."""
    require_admin(call, "create_project_tag", domain_of(call, projects, project_id))
    fits(tag, TAG)
    row = find(call, project_id)
    tags = fits([*(row["tags"] or []), tag], TAGS)
    call.tx.update(projects, row["id"], tags=tags)
    return Answer(201, None, {"location": f"{call.root}/v3/{project_id}/tags/{tag}"})


def check(call: Call, project_id: str, tag: str) -> None:
    """Whether the project has the tag."""
    look(call, project_id, "get_project_tag")
    if tag not in (find(call, project_id)["tags"] or []):
        raise missing("project tag", tag)


def remove(call: Call, project_id: str, tag: str) -> None:
    """Remove one tag."""
    require_admin(call, "delete_project_tag", domain_of(call, projects, project_id))
    check(call, project_id, tag)
    row = find(call, project_id)
    call.tx.update(projects, row["id"], tags=[other for other in row["tags"] if other != tag])


def clear(call: Call, project_id: str) -> None:
    """Remove all tags."""
    require_admin(call, "delete_project_tags", domain_of(call, projects, project_id))
    call.tx.update(projects, find(call, project_id)["id"], tags=[])
