"""Quotas, limits and what counts against them."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.common import truth
from kit.cloud.compute.forms import BOOLEAN, Form, body_of, fields
from kit.cloud.compute.models import keypairs, quotas, server_groups, servers
from kit.cloud.compute.validation import body, refuse, require_admin
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.identity.models import projects

# nova.conf.quota
DEFAULTS: dict[str, int] = {
    "cores": 20, "fixed_ips": -1, "floating_ips": -1, "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255, "injected_files": 5, "instances": 10, "key_pairs": 100, "metadata_items": 128,
    "ram": 51200, "security_group_rules": -1, "security_groups": -1, "server_group_members": 10, "server_groups": 10,
}  # fmt: skip
# Proxies to the network service went in 2.36, file injection in 2.57.
_NETWORK = ("fixed_ips", "floating_ips", "security_group_rules", "security_groups")
_INJECTED = ("injected_file_content_bytes", "injected_file_path_bytes", "injected_files")

_LIMIT = {"type": ["integer", "string"], "pattern": "^-?[0-9]+$", "minimum": -1, "maximum": 0x7FFFFFFF}


_ORDER = (
    "instances", "cores", "ram", "floating_ips", "fixed_ips", "metadata_items", "key_pairs", "security_groups",
    "security_group_rules", *_INJECTED, "server_groups", "server_group_members",
)  # fmt: skip


def _limits(*hidden: str) -> Form:
    return {name: _LIMIT for name in _ORDER if name not in hidden}


def _update(*hidden: str) -> Form:
    return body_of("quota_set", fields({**_limits(*hidden), "force": BOOLEAN}))


def _class(*hidden: str) -> Form:
    return body_of("quota_class_set", fields(_limits(*hidden)))


UPDATE, UPDATE_236, UPDATE_257 = _update(), _update(*_NETWORK), _update(*_NETWORK, *_INJECTED)
CLASS, CLASS_250, CLASS_257 = _class(), _class(*_NETWORK), _class(*_NETWORK, *_INJECTED)


def names(call: Call) -> list[str]:
    """The resources of the request's microversion."""
    hidden = (_NETWORK if call.at_least("2.36") else ()) + (_INJECTED if call.at_least("2.57") else ())
    return [name for name in DEFAULTS if name not in hidden]


def _own(call: Call, scope: str, owner: str) -> dict[str, int]:
    return {row["resource"]: row["limit"] for row in call.tx.rows(quotas, scope=scope, owner=owner)}


def limits(call: Call, project_id: str) -> dict[str, int]:
    """A project's limits: its own, the default class's, or Nova's; -1 is none."""
    return {**DEFAULTS, **_own(call, "class", "default"), **_own(call, "project", project_id)}


def used(call: Call, project_id: str) -> dict[str, int]:
    """What a project has in use; a server in ERROR counts, a deleted one does not."""
    return {
        **_servers(call, project_id),
        "server_groups": call.tx.count(server_groups, project_id=project_id),
        "key_pairs": call.tx.count(keypairs, user_id=call.context.user_id),
    }  # fmt: skip


def _servers(call: Call, project_id: str) -> dict[str, int]:
    """What a project's servers use."""
    count, known, cores, ram = call.tx.totals(servers, ("vcpus", "ram"), absent=("deleted_at",), project_id=project_id)
    if known < count:  # servers of a store from before those columns
        rows = call.tx.rows(servers, servers.c.deleted_at.is_(None), project_id=project_id)
        cores, ram = (sum(row["flavor"][name] for row in rows) for name in ("vcpus", "ram"))
    return {"instances": count, "cores": cores, "ram": ram}


def reserve(call: Call, project_id: str, *, instances: int = 0, cores: int = 0, ram: int = 0) -> None:
    """Refuse what would be more than the quota.

    Raises
    ------
    Forbidden
        With Nova's list of what is over (nova.compute.utils.check_num_instances_quota).
    """
    wanted = {"cores": cores, "instances": instances, "ram": ram}
    have, most = _servers(call, project_id), limits(call, project_id)
    over = [name for name, more in sorted(wanted.items()) if more > 0 and 0 <= most[name] < have[name] + more]
    if not over:
        return
    requested = ", ".join(str(wanted[name]) for name in over)
    in_use = ", ".join(str(have[name]) for name in over)
    allowed = ", ".join(str(most[name]) for name in over)
    raise Forbidden(
        f"Quota exceeded for {', '.join(over)}: Requested {requested}, but already used {in_use} of {allowed} {', '.join(over)}"
    )


def headroom(call: Call, project_id: str, cores: int, ram: int) -> int | None:
    """How many servers of a size a project may still have; None is any number."""
    have, most = _servers(call, project_id), limits(call, project_id)
    counts = [
        max(most[name] - have[name], 0) // each
        for name, each in (("instances", 1), ("cores", cores), ("ram", ram)) if most[name] >= 0 and each
    ]  # fmt: skip
    return min(counts) if counts else None


def _may(call: Call, project_id: str, verb: str) -> None:
    if not call.context.is_admin and project_id != call.context.project_id:
        refuse(f"os-quota-sets:{verb}")
    check_project(call, project_id)


def check_project(call: Call, project_id: str) -> None:
    """Refuse a project that Keystone does not know (nova.api.openstack.identity.verify_project_id)."""
    if call.tx.get(projects, project_id) is None:
        raise BadRequest(f"Project ID {project_id} is not a valid project.")


def show(call: Call, project_id: str) -> dict[str, Any]:
    """A project's limits."""
    _may(call, project_id, "show")
    found = limits(call, project_id)
    return {"quota_set": {"id": project_id, **{name: found[name] for name in names(call)}}}


def defaults(call: Call, project_id: str) -> dict[str, Any]:
    """The limits of a project that has none of its own."""
    check_project(call, project_id)
    found = {**DEFAULTS, **_own(call, "class", "default")}
    return {"quota_set": {"id": project_id, **{name: found[name] for name in names(call)}}}


def detail(call: Call, project_id: str) -> dict[str, Any]:
    """Limits and what is in use."""
    _may(call, project_id, "detail")
    have, most = used(call, project_id), limits(call, project_id)
    have["key_pairs"] = 0  # key pairs belong to users, so Nova counts none for a project
    found = {name: {"limit": most[name], "in_use": have.get(name, 0), "reserved": 0} for name in names(call)}
    return {"quota_set": {"id": project_id, **found}}


def update(call: Call, project_id: str) -> dict[str, Any]:
    """Set some of a project's limits; below what is in use only with `force`."""
    schema = UPDATE_257 if call.at_least("2.57") else UPDATE_236 if call.at_least("2.36") else UPDATE
    given = dict(body(call, schema)["quota_set"])
    require_admin(call, "os-quota-sets:update")
    check_project(call, project_id)
    force = truth(given.pop("force", False))
    have = used(call, project_id)
    for name, value in given.items():
        limit = int(value)
        if not force and 0 <= limit < have.get(name, 0):
            raise BadRequest(
                f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved {have[name]}."
            )
        _store(call, "project", project_id, name, limit)
    found = limits(call, project_id)
    return {"quota_set": {name: found[name] for name in names(call)}}


def _store(call: Call, scope: str, owner: str, name: str, limit: int) -> None:
    call.tx.delete(quotas, scope=scope, owner=owner, resource=name)
    call.tx.insert(quotas, scope=scope, owner=owner, resource=name, limit=limit)


def delete(call: Call, project_id: str) -> Answer:
    """Give a project the defaults again."""
    require_admin(call, "os-quota-sets:delete")
    call.tx.delete(quotas, scope="project", owner=project_id)
    return Answer(202)


def class_show(call: Call, name: str) -> dict[str, Any]:
    """The limits of a quota class; `default` is every project's."""
    require_admin(call, "os-quota-class-sets:show")
    found = {**DEFAULTS, **_own(call, "class", name)}
    return {"quota_class_set": {"id": name, **{key: found[key] for key in _class_names(call)}}}


def _class_names(call: Call) -> list[str]:
    """The resources of a class: until 2.49, those that it had when Nova was young."""
    if call.at_least("2.50"):
        return names(call)
    return [name for name in DEFAULTS if not name.startswith("server_group")]


def class_update(call: Call, name: str) -> dict[str, Any]:
    """Set limits of a quota class."""
    schema = CLASS_257 if call.at_least("2.57") else CLASS_250 if call.at_least("2.50") else CLASS
    given = body(call, schema)["quota_class_set"]
    require_admin(call, "os-quota-class-sets:update")
    for key, value in given.items():
        _store(call, "class", name, key, int(value))
    found = class_show(call, name)["quota_class_set"]
    found.pop("id")
    return {"quota_class_set": found}


_ABSOLUTE = {
    "maxTotalCores": "cores", "maxPersonality": "injected_files", "maxPersonalitySize": "injected_file_content_bytes",
    "maxTotalInstances": "instances", "maxTotalKeypairs": "key_pairs", "maxServerMeta": "metadata_items",
    "maxImageMeta": "metadata_items", "maxTotalRAMSize": "ram", "maxServerGroups": "server_groups",
    "maxServerGroupMembers": "server_group_members", "maxTotalFloatingIps": "floating_ips",
    "maxSecurityGroups": "security_groups", "maxSecurityGroupRules": "security_group_rules",
}  # fmt: skip


def absolute(call: Call) -> dict[str, Any]:
    """Limits and usage in one document."""
    project_id = call.project_id
    other = call.query.one("tenant_id")
    if other:
        if not call.context.is_admin:
            refuse("limits:other_project")
        project_id = other
    most, have = limits(call, project_id), used(call, project_id)
    shown = names(call)
    found = {
        name: most[key]
        for name, key in _ABSOLUTE.items()
        if key in shown and not (name == "maxImageMeta" and call.at_least("2.39"))
    }
    found |= {"totalRAMUsed": have["ram"], "totalCoresUsed": have["cores"], "totalInstancesUsed": have["instances"]}
    if not call.at_least("2.36"):
        found |= {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
    found["totalServerGroupsUsed"] = have["server_groups"]
    return {"limits": {"rate": [], "absolute": found}}
