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


def _filtered(tx: Transaction, project_id: str | None) -> set[str] | None:
    """The endpoints that a project has been given; None for all."""
    own = {row["endpoint_id"] for row in tx.rows(project_endpoints, project_id=project_id)}
    groups = [
        tx.get(endpoint_groups, row["group_id"]) for row in tx.rows(project_endpoint_groups, project_id=project_id)
    ]
    if not own and not groups:
        return None
    filters = [group["filters"] for group in groups if group]
    rows = tx.rows(endpoints, enabled=True)
    return own | {row["id"] for row in rows if any(fits_filter(row, one) for one in filters)}


def _all(tx: Transaction) -> list[tuple[Row, list[Row]]]:
    """Every service with its endpoints."""
    by_service: dict[str, list[Row]] = {}
    for row in tx.rows(endpoints, enabled=True):
        by_service.setdefault(row["service_id"], []).append(row)
    return [(row, by_service.get(row["id"], [])) for row in tx.rows(services, enabled=True)]


def catalog(tx: Transaction, base: str, project_id: str | None) -> list[dict[str, Any]]:
    """The catalog as a token holds it: all endpoints, unless the project has been given some of its own."""
    chosen = _filtered(tx, project_id) if project_id is not None else None
    found = []
    for service, rows in tx.steadily("catalog", lambda: _all(tx)):
        shown = []
        for row in rows:
            url = expand(row["url"], base, project_id) if chosen is None or row["id"] in chosen else None
            if url is not None:
                region = row["region_id"]
                shown.append(
                    {"id": row["id"], "interface": row["interface"], "region_id": region, "url": url, "region": region}
                )
        found.append({"endpoints": shown, "id": service["id"], "type": service["type"], "name": service["name"]})
    return found
