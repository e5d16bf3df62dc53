"""What the service tells of itself: its build, its engines."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.orchestration.deploying import when
from kit.cloud.orchestration.errors import forbidden


def build_info(call: Call, tenant: str) -> dict[str, Any]:
    """The revisions of API and engine."""
    return {"api": {"revision": "unknown"}, "engine": {"revision": "unknown"}}


def services(call: Call, tenant: str) -> dict[str, Any]:
    """The engines; for the administrator."""
    if not call.context.is_admin:
        raise forbidden("You are not authorized to use service:index.")
    engine = {
        "id": "0d4c8f0e-1b5e-4b6f-8f55-6d0f7f0b8a01", "engine_id": "7a1d3f5c-97f8-4b8c-8f0a-2d0e0d4c5b11",
        "hostname": "controller", "host": "controller", "binary": "heat-engine", "topic": "engine",
        "report_interval": 60, "created_at": when("2015-05-18T08:00:00"), "updated_at": when(call.tx.stamp),
        "deleted_at": None, "status": "up",
    }  # fmt: skip
    return {"services": [engine]}
