"""Paths that Cinder routes and does nothing at.

Cinder maps each kind of thing with all the verbs of `routes.Mapper.resource`. A verb that its controller lacks is
refused by the API, with the envelope and the version's headers; an unknown path is refused by the framework below.
Source: `cinder.api.v3.router.APIRouter` and `cinder.api.contrib`.
"""

from __future__ import annotations

import re

_KINDS = (
    "attachments", "backups", "capabilities", "cgsnapshots", "consistencygroups", "extensions", "group_snapshots",
    "group_types", "groups", "limits", "manageable_snapshots", "manageable_volumes", "messages", "os-availability-zone",
    "os-hosts", "os-quota-class-sets", "os-quota-sets", "os-snapshot-manage", "os-volume-manage", "os-volume-transfer",
    "qos-specs", "resource_filters", "scheduler-stats", "snapshots", "types", "volume-transfers", "volumes", "workers",
)  # fmt: skip
_PARTS = {
    "group_types": "group_specs", "snapshots": "metadata", "types": "encryption|extra_specs|os-volume-type-access",
    "volumes": "encryption|metadata",
}  # fmt: skip

_one = r"[^/.]+"
_collections = "|".join((*_KINDS, *(f"{kind}/{_one}/(?:{parts})" for kind, parts in _PARTS.items())))
_PATHS = (
    (re.compile(rf"(?:{_collections})"), ("GET", "POST")),
    (re.compile(rf"(?:{_collections})/{_one}"), ("GET", "PUT", "DELETE")),
    (re.compile(rf"(?:{_collections})/{_one}/edit"), ("GET",)),
)


def routed(method: str, path: str) -> bool:
    """Whether Cinder has a route for a path, written without the version before it.

    Parameters
    ----------
    path : str
        `/limits/x`, also below a project's id.
    """
    parts = path.strip("/").split("/")
    below = parts[1:] if re.fullmatch(r"[0-9a-f-]{32,36}", parts[0]) else parts
    return any(method in methods and pattern.fullmatch("/".join(below)) for pattern, methods in _PATHS)
