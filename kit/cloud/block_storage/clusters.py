"""What an active-active installation has: clusters, and work to clean up after a service died."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.errors import invalid_input, not_found, require_admin
from kit.cloud.block_storage.listing import parameters
from kit.cloud.block_storage.models import services
from kit.cloud.block_storage.schemas import ANY_NAME, BOOLEAN, OPTIONAL_UUID, fields
from kit.cloud.block_storage.validation import body, boolean, truth
from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound

_WORD = {"type": "string", "minLength": 1, "maxLength": 255, "format": "name"}
ENABLE = fields("name", name=_WORD, binary=ANY_NAME)
DISABLE = fields(
    "name", name=_WORD, binary=ANY_NAME, disabled_reason={"type": ["string", "null"], "format": "disabled_reason"}
)  # fmt: skip
_HOST = {"type": ["string", "null"], "minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9-._#@:/+]*$"}
CLEANUP: dict[str, Any] = fields(
    cluster_name=_HOST, disabled=BOOLEAN, host=_HOST, is_up=BOOLEAN, resource_id=OPTIONAL_UUID,
    binary={"enum": ["cinder-volume", "cinder-scheduler"]},
    resource_type={"type": ["string", "null"], "minLength": 0, "maxLength": 40},
    service_id={"type": ["integer", "string", "null"], "pattern": "^[0-9]*$", "maxLength": 11},
)  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List clusters: each service here works alone."""
    require_admin(call, "clusters:get_all")
    known = {"name", "binary", "is_up", "disabled", "num_hosts", "num_down_hosts"}
    if call.at_least("3.26"):
        known |= {"replication_status", "frozen", "active_backend_id"}
    bad = sorted(set(call.query) - known)
    if bad:
        raise invalid_input(f"Invalid filter keys: {', '.join(bad)}")
    for name in ("disabled", "is_up"):
        boolean(parameters(call), name)
    return {"clusters": []}


def _missing(name: str, binary: str | None) -> NotFound:
    """No such cluster: Cinder tells all that it has looked for."""
    return not_found("cluster", {"binary": binary or "cinder-volume", "name": name})


def show(call: Call, name: str) -> dict[str, Any]:
    """Show a cluster, of which there is none."""
    require_admin(call, "clusters:get")
    raise _missing(name, call.query.one("binary"))


def enable(call: Call) -> dict[str, Any]:
    """Enable a cluster, of which there is none."""
    return _update(call, ENABLE)


def disable(call: Call) -> dict[str, Any]:
    """Disable a cluster, of which there is none."""
    return _update(call, DISABLE)


def _update(call: Call, schema: dict[str, Any]) -> dict[str, Any]:
    given = body(call, schema)
    require_admin(call, "clusters:update")
    raise _missing(given["name"], given.get("binary"))


def cleanup(call: Call) -> Answer:
    """Clean up after services that died (3.24): nobody stands in for one, as none here is in a cluster."""
    given = body(call, CLEANUP) if call.body else {}
    require_admin(call, "workers:cleanup")
    wanted = {name: truth(given[name]) for name in ("disabled", "is_up") if given.get(name) is not None}
    kind = given.get("resource_type")
    if kind and kind.title() not in ("Snapshot", "Volume"):
        raise invalid_input(f"Resource type {kind.title()} not valid, must be Snapshot or Volume")
    if given.get("resource_id") and not given.keys() & {"service_id", "cluster_name", "host"}:
        raise invalid_input(f"There is no resource with UUID {given['resource_id']} pending cleanup.")
    if given.get("cluster_name"):
        return Answer(202, {"cleaning": [], "unavailable": []})
    answer: dict[str, list[dict[str, Any]]] = {"cleaning": [], "unavailable": []}
    for row in call.tx.rows(services, order=services.c.number):
        up = backend.up(call.cloud, row)
        fits = up == wanted.get("is_up", False) and wanted.get("disabled", row["disabled"]) == bool(row["disabled"])
        named = all(
            given.get(name) in (None, "", row[column]) for name, column in (("host", "host"), ("binary", "binary"))
        )
        if fits and named and str(given.get("service_id") or row["number"]) == str(row["number"]):
            shown = {"id": row["number"], "host": row["host"], "binary": row["binary"], "cluster_name": None}
            answer["cleaning" if up or row["binary"] == "cinder-scheduler" else "unavailable"].append(shown)
    return Answer(202, answer)
