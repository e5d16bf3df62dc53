"""How much each of Cinder's services writes into its log (3.32)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.bootstrap import CONTROLLER
from kit.cloud.block_storage.errors import invalid_input, require_admin
from kit.cloud.block_storage.models import log_levels, services
from kit.cloud.block_storage.schemas import ANY_NAME, fields
from kit.cloud.block_storage.validation import body
from kit.cloud.call import Answer, Call
from kit.cloud.store import Row

API = "cinder-api"
_BINARY = {"type": "string", "enum": ["cinder-scheduler", "cinder-volume", "cinder-backup", API, "", "*"]}
_WHERE: dict[str, Any] = {"binary": _BINARY, "server": ANY_NAME, "prefix": ANY_NAME}
GET = fields(**_WHERE)
SET = fields(**_WHERE, level={"type": ["string", "null"], "format": "level"})

# Loggers that every service has, with the levels they begin with (oslo_log's `default_log_levels`); then its own.
_COMMON = {
    "cinder": "INFO", "cinder.rpc": "INFO", "cinder.service": "INFO", "cinder.utils": "INFO", "eventlet.wsgi": "WARNING",
    "oslo.messaging": "INFO", "oslo_messaging": "INFO", "oslo_policy": "INFO", "sqlalchemy": "WARNING", "stevedore": "WARNING",
}  # fmt: skip
_OWN = {
    API: ("cinder.api", "cinder.api.openstack.wsgi", "cinder.volume.api"),
    "cinder-scheduler": ("cinder.scheduler.host_manager", "cinder.scheduler.manager"),
    "cinder-volume": ("cinder.volume.driver", "cinder.volume.manager"),
    "cinder-backup": ("cinder.backup.driver", "cinder.backup.manager"),
}


def _asked(call: Call, given: dict[str, Any]) -> list[tuple[str, str]]:
    """Binary and host of the services that are up and that the request is about; the API is on the controller."""
    binary, server = given.get("binary") or "*", given.get("server")
    rows = [row for row in call.tx.rows(services, order=services.c.number) if backend.up(call.cloud, row)]
    every = [(API, CONTROLLER), *((row["binary"], row["host"]) for row in rows)]
    return [
        (name, host) for name, host in every
        if binary in ("*", name) and (not server or server in (host, host.partition("@")[0]))
    ]  # fmt: skip


def show(call: Call) -> dict[str, Any]:
    """The log levels of services."""
    given = body(call, GET)
    require_admin(call, "volume_extension:services:update")
    kept = call.tx.rows(log_levels, order=log_levels.c.id)
    prefix = given.get("prefix") or ""
    return {
        "log_levels": [
            {"host": host, "binary": binary, "levels": _levels(kept, binary, host, prefix)}
            for binary, host in _asked(call, given)
        ]
    }


def _levels(kept: list[Row], binary: str, host: str, prefix: str) -> dict[str, str]:
    """The levels of those loggers whose names begin with the prefix; what was set last counts."""
    levels = {**_COMMON, **dict.fromkeys(_OWN[binary], "INFO")}
    for row in kept:
        if (row["binary"], row["host"]) == (binary, host):
            levels |= {name: row["level"] for name in levels if name.startswith(row["prefix"])}
    return {name: levels[name] for name in sorted(levels) if name.startswith(prefix)}


def store(call: Call) -> Answer:
    """Set the log levels of services."""
    given = body(call, SET)
    require_admin(call, "volume_extension:services:update")
    prefix, level = given.get("prefix") or "", (given.get("level") or "").upper()
    if not level:
        raise invalid_input(" is not a valid log level.")
    for binary, host in _asked(call, given):
        call.tx.delete(log_levels, binary=binary, host=host, prefix=prefix)
        call.tx.insert(log_levels, binary=binary, host=host, prefix=prefix, level=level)
    return Answer(202)
