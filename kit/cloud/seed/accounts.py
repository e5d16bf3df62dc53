"""Projects, users with their roles, and quotas of a seed."""

from __future__ import annotations

from typing import Any

from kit.cloud.seed.growing import Growing

PASSWORD = "secret"


def projects(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the projects; the administrator may work in each."""
    for number, item in enumerate(items):
        place = ("projects", number)
        body = {"name": item["name"], "description": item.get("description", ""), "domain_id": "default"}
        body |= {key: item[key] for key in ("enabled", "tags") if key in item}
        made = growing.ask("POST", "/identity/v3/projects", {"project": body}, place=place)["project"]
        growing.know("projects", item["name"], made["id"])
        growing.ask("PUT", _grant(growing, item["name"], "admin", "admin", place), place=place)


def users(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the users and give them their roles."""
    for number, item in enumerate(items):
        place = ("users", number)
        password = item.get("password", PASSWORD)
        body = {"name": item["name"], "password": password, "domain_id": "default"}
        body |= {key: item[key] for key in ("email", "description", "enabled") if key in item}
        granted = dict(item.get("roles", {}))
        home = item.get("project") or next(iter(granted), None)
        if home is not None:
            body["default_project_id"] = growing.find("projects", home, (*place, "project"))
            granted.setdefault(home, "member")
            growing.homes[item["name"]] = home
        made = growing.ask("POST", "/identity/v3/users", {"user": body}, place=place)["user"]
        growing.know("users", item["name"], made["id"])
        growing.cloud.passwords[item["name"]] = password
        for project, roles in granted.items():
            growing.members.setdefault(project, item["name"])
            for role in [roles] if isinstance(roles, str) else roles:
                path = _grant(growing, project, item["name"], role, (*place, "roles", project))
                growing.ask("PUT", path, place=(*place, "roles", project))


def _grant(growing: Growing, project: str, user: str, role: str, place: tuple[str | int, ...]) -> str:
    found = [growing.find(*pair, place) for pair in (("projects", project), ("users", user), ("roles", role))]
    return "/identity/v3/projects/{}/users/{}/roles/{}".format(*found)


def quotas(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Set the projects' quotas."""
    for number, item in enumerate(items):
        place = ("quotas", number)
        project = growing.find("projects", item["project"], (*place, "project"))
        if "compute" in item:
            body = {"quota_set": item["compute"]}
            growing.ask("PUT", f"/compute/v2.1/os-quota-sets/{project}", body, place=(*place, "compute"))
        if "network" in item:
            body = {"quota": item["network"]}
            growing.ask("PUT", f"/network/v2.0/quotas/{project}", body, place=(*place, "network"))
        if "volume" in item:
            body = {"quota_set": item["volume"]}
            growing.ask("PUT", f"/volume/v3/os-quota-sets/{project}", body, place=(*place, "volume"))
