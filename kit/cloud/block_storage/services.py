"""What the operator looks at: Cinder's services, hosts, pools, capabilities, zones, clusters."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.bootstrap import BACKEND_HOST, POOL
from kit.cloud.block_storage.errors import invalid_input, not_found, require_admin
from kit.cloud.block_storage.listing import FILTERS, parameters
from kit.cloud.block_storage.models import services, snapshots, volume_types, volumes
from kit.cloud.block_storage.schemas import ANY_NAME, HOST, fields
from kit.cloud.block_storage.validation import body, boolean
from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, BadRequest, NotFound
from kit.cloud.store import Row

_WORD = {"type": "string", "minLength": 1, "maxLength": 255}
_ENABLE: dict[str, Any] = {"binary": _WORD, "host": HOST, "cluster": ANY_NAME, "service": _WORD}
_EITHER: dict[str, Any] = {"anyOf": [{"required": ["binary"]}, {"required": ["service"]}]}
ENABLE = fields(also=_EITHER, **_ENABLE)
DISABLE = fields(also=_EITHER, **_ENABLE, disabled_reason={**_WORD, "format": "disabled_reason"})
HOST_ONLY = fields(cluster=ANY_NAME, host=HOST)
FAILOVER = fields(host=HOST, backend_id=ANY_NAME, cluster=ANY_NAME)
_BINARY = {"type": "string", "enum": ["cinder-api", "cinder-scheduler", "cinder-volume", "cinder-backup", "", "*"]}
_LOG: dict[str, Any] = {"binary": _BINARY, "server": ANY_NAME, "prefix": ANY_NAME}
LOG = fields(**_LOG)
LOG_SET = fields(**_LOG, level={"type": ["string", "null"]})
CLUSTER = fields("name", name=_WORD, binary=ANY_NAME, disabled_reason={"type": ["string", "null"]})
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


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
        raise invalid_input(f"No service found with cluster={cluster}")
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
        raise invalid_input(f"No service found with host={host}")
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
        raise invalid_input(f"No service found with host={host}")
    raise invalid_input(
        f"No service could be changed: replication_status in ['{host}'] must be ['enabled', 'failed-over'] and must be up "
        "to failover."
    )


def get_log(call: Call) -> dict[str, Any]:
    """The log levels of the services (3.32)."""
    given = body(call, LOG)
    require_admin(call, "volume_extension:services:update")
    prefix = given.get("prefix") or ""
    found = [
        {"host": row["host"], "binary": row["binary"], "levels": {prefix or "cinder": "INFO"}}
        for row in _rows(call)
        if given.get("binary") in (None, "", "*", row["binary"]) and given.get("server") in (None, "", row["host"])
    ]
    return {"log_levels": found}


def set_log(call: Call) -> Answer:
    """Set the log levels of the services (3.32); nothing here writes a log that they would change."""
    given = body(call, LOG_SET)
    require_admin(call, "volume_extension:services:update")
    if str(given.get("level")).upper() not in _LEVELS:
        raise invalid_input(f"log level {given.get('level')} not found" if given.get("level") else "Level is empty.")
    return Answer(202)


# Hosts


def host_index(call: Call) -> dict[str, Any]:
    """List hosts, one a service."""
    require_admin(call, "volume_extension:hosts")
    zone = call.query.one("zone")
    return {
        "hosts": [
            {
                "host_name": row["host"], "service": row["binary"], "zone": row["zone"],
                "service-status": "available" if backend.up(call.cloud, row) else "unavailable",
                "service-state": "enabled", "last-update": call.tx.stamp,
            }
            for row in _rows(call)
            if not row["disabled"] and zone in (None, "", row["zone"])
        ]
    }  # fmt: skip


def host_show(call: Call, host: str) -> dict[str, Any]:
    """How much is on a host, in all and by project."""
    require_admin(call, "volume_extension:hosts")
    if call.tx.first(services, binary="cinder-volume", host=host) is None:
        raise NotFound(f"Service cinder-volume could not be found on host {host}.")
    by_project: dict[str, list[int]] = {}
    for table, place in ((volumes, 0), (snapshots, 2)):
        for row in call.tx.rows(table):
            counts = by_project.setdefault(row["project_id"], [0, 0, 0, 0])
            counts[place] += 1
            counts[place + 1] += row["size"]
    total = [sum(counts[place] for counts in by_project.values()) for place in range(4)]
    names = ("volume_count", "total_volume_gb", "snapshot_count", "total_snapshot_gb")
    return {
        "host": [
            {"resource": {"host": host, "project": project, **dict(zip(names, map(str, counts), strict=True))}}
            for project, counts in (("(total)", total), *sorted(by_project.items()))
        ]
    }


# Pools, capabilities, zones


def pools(call: Call) -> dict[str, Any]:
    """The pools that the scheduler knows."""
    require_admin(call, "scheduler_extension:scheduler_stats:get_pools")
    query = parameters(call)
    detail = boolean(query, "detail")
    query.pop("detail", None)
    if call.at_least("3.31"):
        known = FILTERS["pool"]
        bad = [name for name in query if name not in known]
        if bad:
            raise BadRequest(f"Invalid filters {','.join(bad)} are found in query options.")
    elif not call.at_least("3.28"):
        query = {}
    if query.get("name", POOL) != POOL or not _offers(call, query):
        return {"pools": []}
    if not detail:
        return {"pools": [{"name": POOL}]}
    used = call.tx.total(volumes.c.size)
    capabilities = {
        **backend.CAPABILITIES, "timestamp": call.tx.stamp, "provisioned_capacity_gb": used,
        "allocated_capacity_gb": used,
    }  # fmt: skip
    return {"pools": [{"name": POOL, "capabilities": capabilities}]}


def _offers(call: Call, query: dict[str, str]) -> bool:
    if "volume_type" not in query or not call.at_least("3.35"):
        return True
    text = query["volume_type"]
    row = call.tx.first(volume_types, name=text) or call.tx.get(volume_types, text)
    if row is None:
        raise NotFound(f"Volume type with name {text} could not be found.")
    return backend.serves(row["extra_specs"])


def capabilities(call: Call, host: str) -> dict[str, Any]:
    """What a backend can do, for whoever writes extra specs."""
    require_admin(call, "volume_extension:capabilities")
    if host != BACKEND_HOST:
        raise NotFound(f"Can't find service: {host}")
    service = call.tx.first(services, binary="cinder-volume", host=host)
    if service is None or not backend.up(call.cloud, service):
        raise ApiError(f"Timeout while requesting capabilities from backend {host}.", status=502)
    have = backend.CAPABILITIES

    def flag(title: str, description: str) -> dict[str, str]:
        return {"title": title, "description": description, "type": "boolean"}

    return {
        "namespace": f"OS::Storage::Capabilities::cinder-volume.{host}", "vendor_name": have["vendor_name"],
        "volume_backend_name": have["volume_backend_name"], "pool_name": None, "driver_version": have["driver_version"],
        "storage_protocol": have["storage_protocol"], "display_name": None, "description": None, "visibility": None,
        "replication_targets": [],
        "properties": {
            "thin_provisioning": flag("Thin Provisioning", "Sets thin provisioning."),
            "compression": flag("Compression", "Enables compression."),
            "qos": flag("QoS", "Enables QoS."),
            "replication_enabled": flag("Replication", "Enables replication."),
        },
    }  # fmt: skip


def zones(call: Call) -> dict[str, Any]:
    """The availability zones of the backends."""
    found: dict[str, bool] = {}
    for row in call.tx.rows(services, binary="cinder-volume"):
        found[row["zone"]] = found.get(row["zone"], False) or not row["disabled"]
    return {
        "availabilityZoneInfo": [
            {"zoneName": name, "zoneState": {"available": available}} for name, available in found.items()
        ]
    }


# Clusters, and what else an active-active installation has


def cluster_index(call: Call) -> dict[str, Any]:
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


def cluster_show(call: Call, name: str) -> dict[str, Any]:
    """Show a cluster, of which there is none."""
    require_admin(call, "clusters:get")
    raise not_found("cluster", name)


def cluster_update(call: Call) -> dict[str, Any]:
    """Enable or disable a cluster, of which there is none."""
    given = body(call, CLUSTER)
    require_admin(call, "clusters:update")
    raise not_found("cluster", given["name"])


def cleanup(call: Call) -> Answer:
    """Clean up after services that died (3.24): nothing here is left half done."""
    require_admin(call, "workers:cleanup")
    return Answer(202, {"cleaning": [], "unavailable": []})


def resource_filters(call: Call) -> dict[str, Any]:
    """What lists may be filtered by (3.33)."""
    wanted = call.query.one("resource")
    return {
        "resource_filters": [
            {"resource": name, "filters": filters} for name, filters in FILTERS.items() if wanted in (None, "", name)
        ]
    }
