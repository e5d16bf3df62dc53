"""Cinder's services as the operator sees and steers them, and what lists may be filtered by."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.errors import invalid_input, require_admin
from kit.cloud.block_storage.listing import FILTERS
from kit.cloud.block_storage.models import services
from kit.cloud.block_storage.schemas import ANY_NAME, HOST, fields
from kit.cloud.block_storage.validation import body
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row

_WORD = {"type": "string", "minLength": 1, "maxLength": 255}
_ENABLE: dict[str, Any] = {"binary": _WORD, "host": HOST, "cluster": ANY_NAME, "service": _WORD}
_EITHER: dict[str, Any] = {"anyOf": [{"required": ["binary"]}, {"required": ["service"]}]}
ENABLE = fields(also=_EITHER, **_ENABLE)
DISABLE = fields(also=_EITHER, **_ENABLE, disabled_reason={**_WORD, "format": "disabled_reason"})
HOST_ONLY = fields(cluster=ANY_NAME, host=HOST)
FAILOVER = fields(host=HOST, backend_id=ANY_NAME, cluster=ANY_NAME)


def _rows(call: Call) -> list[Row]:
    return call.tx.rows(services, order=services.c.number)


def index(call: Call) -> dict[str, Any]:
    """List Cinder's services."""
    require_admin(call, "volume_extension:services:index")
    host, binary = call.query.one("host"), call.query.one("binary")
    found = []
    for row in _rows(call):
        fits = host in (None, row["host"], row["host"].partition("@")[0]) and binary in (None, row["binary"])
        if fits:
            found.append(_document(call, row))
    return {"services": found}


def _document(call: Call, row: Row) -> dict[str, Any]:
    up = backend.up(call.cloud, row)
    shown = {
        "binary": row["binary"], "host": row["host"], "zone": row["zone"],
        "status": "disabled" if row["disabled"] else "enabled", "state": "up" if up else "down",
        "updated_at": call.tx.stamp if up else row["updated_at"],
    }  # fmt: skip
    volume = row["binary"] == "cinder-volume"
    if volume and call.at_least("3.49"):
        shown["backend_state"] = "up"
    if call.at_least("3.7"):
        shown["cluster"] = None
    shown["disabled_reason"] = row["disabled_reason"]
    if volume:
        shown |= {"replication_status": "disabled", "active_backend_id": None, "frozen": bool(row["frozen"])}
    return shown


def _one_host(call: Call, given: dict[str, Any], *, cluster_since: str = "") -> str:
    """The host that the body names; a cluster there is none of here."""
    cluster = given.get("cluster") if cluster_since and call.at_least(cluster_since) else None
    host = given.get("host")
    if bool(cluster) == bool(host):
        raise invalid_input(
            "One and only one of cluster and host must be set."
            if cluster_since and call.at_least(cluster_since)
            else "Host field is missing."
        )
    if cluster:
        raise BadRequest(f"No service found with cluster={cluster}")
    return str(host)


def _switch(call: Call, schema: dict[str, Any], disabled: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    given = body(call, schema)
    require_admin(call, "volume_extension:services:update")
    host = _one_host(call, given)
    binary = given.get("binary") or given.get("service")
    row = call.tx.first(services, binary=binary, host=host)
    if row is None:
        raise NotFound(f"Service {binary} could not be found on host {host}.")
    reason = given.get("disabled_reason") if disabled else None
    call.tx.update(services, row["id"], disabled=disabled, disabled_reason=reason, updated_at=call.tx.stamp)
    shown = {
        "host": host, "service": given.get("service", ""), "binary": given.get("binary", ""),
        "status": "disabled" if disabled else "enabled", "disabled": disabled,
    }  # fmt: skip
    return given, shown


def enable(call: Call) -> dict[str, Any]:
    """Let a service be used."""
    return _switch(call, ENABLE, False)[1]


def disable(call: Call) -> dict[str, Any]:
    """Let a service not be used."""
    return _switch(call, ENABLE, True)[1]


def disable_log_reason(call: Call) -> dict[str, Any]:
    """Let a service not be used, and say why."""
    given, shown = _switch(call, DISABLE, True)
    return {**shown, "disabled_reason": given.get("disabled_reason")}


def _freeze(call: Call, frozen: bool) -> Answer:
    given = body(call, HOST_ONLY)
    require_admin(call, "volume_extension:services:update")
    host = _one_host(call, given, cluster_since="3.26")
    row = call.tx.first(services, binary="cinder-volume", host=host)
    if row is None:
        raise BadRequest(f"No service found with host={host}")
    if bool(row["frozen"]) == frozen:
        raise invalid_input(f"No service could be changed: frozen in ['{host}'] must be {not frozen} to failover.")
    call.tx.update(services, row["id"], frozen=frozen, updated_at=call.tx.stamp)
    return Answer(200)


def freeze(call: Call) -> Answer:
    """Let nothing on a backend be changed."""
    return _freeze(call, True)


def thaw(call: Call) -> Answer:
    """Let things on a backend be changed again."""
    return _freeze(call, False)


def failover(call: Call) -> Answer:
    """Go over to a replica: no backend here has one."""
    given = body(call, FAILOVER)
    require_admin(call, "volume_extension:services:update")
    host = _one_host(call, given, cluster_since="3.26")
    if call.tx.first(services, binary="cinder-volume", host=host) is None:
        raise BadRequest(f"No service found with host={host}")
    raise invalid_input(
        f"No service could be changed: replication_status in ['{host}'] must be ['enabled', 'failed-over'] and must be up "
        "to failover."
    )


def resource_filters(call: Call) -> dict[str, Any]:
    """What lists may be filtered by (3.33)."""
    wanted = call.query.one("resource")
    return {
        "resource_filters": [
            {"resource": name, "filters": filters} for name, filters in FILTERS.items() if wanted in (None, "", name)
        ]
    }
