"""The service catalog, with URLs on the host that the client itself used."""

from __future__ import annotations

from typing import Any

from kit.cloud.identity.models import (
    endpoint_groups,
    endpoints,
    project_endpoint_groups,
    project_endpoints,
    services,
)
from kit.cloud.store import Row, Transaction

# Stands in a stored endpoint for scheme, host and port: the cloud is reached under many names.
BASE = "$(base_url)s"


def expand(url: str, base: str, project_id: str | None) -> str | None:
    """An endpoint's URL for one client; None when it needs a project and there is none."""
    if "(project_id)s" in url or "(tenant_id)s" in url:
        if project_id is None:
            return None
        for name in ("%(project_id)s", "$(project_id)s", "%(tenant_id)s", "$(tenant_id)s"):
            url = url.replace(name, project_id)
    return url.replace(BASE, base)


def fits_filter(endpoint: Row, filters: dict[str, Any]) -> bool:
    """Whether an endpoint has every attribute that an endpoint group's filter names."""
    return all(endpoint[name] == value for name, value in filters.items())


def _shown(tx: Transaction, project_id: str | None) -> list[Row]:
    """The endpoints for a project: all, unless it has been given some of its own."""
    rows = tx.rows(endpoints, enabled=True)
    if project_id is None:
        return rows
    own = {row["endpoint_id"] for row in tx.rows(project_endpoints, project_id=project_id)}
    groups = [
        tx.get(endpoint_groups, row["group_id"]) for row in tx.rows(project_endpoint_groups, project_id=project_id)
    ]
    if not own and not groups:
        return rows
    filters = [group["filters"] for group in groups if group]
    return [row for row in rows if row["id"] in own or any(fits_filter(row, one) for one in filters)]


def catalog(tx: Transaction, base: str, project_id: str | None) -> list[dict[str, Any]]:
    """The catalog as a token holds it."""
    by_service: dict[str, list[dict[str, Any]]] = {}
    for row in _shown(tx, project_id):
        url = expand(row["url"], base, project_id)
        if url is not None:
            by_service.setdefault(row["service_id"], []).append(
                {
                    "id": row["id"], "interface": row["interface"], "region_id": row["region_id"],
                    "url": url, "region": row["region_id"],
                }
            )  # fmt: skip
    return [
        {"endpoints": by_service.get(row["id"], []), "id": row["id"], "type": row["type"], "name": row["name"]}
        for row in tx.rows(services, enabled=True)
    ]
