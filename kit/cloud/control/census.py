"""How much of everything a cloud holds."""

from __future__ import annotations

import sqlalchemy as sa

from kit.cloud.store import Transaction
from kit.cloud.tables import Table, metadata

# Word to table and the column that says that a row is gone; a table of a service that is not there is left out.
COUNTED: dict[str, tuple[str, str]] = {
    "projects": ("projects", ""),
    "users": ("users", ""),
    "servers": ("compute_servers", "deleted_at"),
    "flavors": ("compute_flavors", ""),
    "hosts": ("compute_hypervisors", ""),
    "images": ("image_images", ""),
    "networks": ("network_networks", ""),
    "ports": ("network_ports", ""),
    "floating IPs": ("network_floating_ips", ""),
    "security groups": ("network_security_groups", ""),
    "volumes": ("volume_volumes", "deleted_at"),
}


def census(tx: Transaction) -> dict[str, int]:
    """Word to number."""
    found = {}
    for word, (name, gone) in COUNTED.items():
        table = metadata.tables.get(name)
        if table is not None:
            found[word] = tx.count(table, *_living(table, gone))
    return found


def _living(table: Table, gone: str) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = [table.c[gone].is_(None)] if gone and gone in table.c else []
    if "is_domain" in table.c:
        where.append(table.c["is_domain"].is_(False))
    return where
