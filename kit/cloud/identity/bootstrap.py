"""What `keystone-manage bootstrap` makes: the default domain, roles, an administrator, the catalog."""

from __future__ import annotations

from collections.abc import Iterable

from kit.cloud.identity.assignments import grant
from kit.cloud.identity.catalog import BASE
from kit.cloud.identity.models import digest, endpoints, implied_roles, projects, regions, roles, services, users
from kit.cloud.service import Service
from kit.cloud.store import Transaction

# Each role and what it implies (Keystone's defaults since 2023.1).
ROLES = {"reader": "", "member": "reader", "manager": "member", "admin": "manager", "service": ""}


def bootstrap(tx: Transaction, offered: Iterable[Service], region: str, password: str) -> None:
    """Make them, unless the store already holds a cloud."""
    if tx.get(projects, "default") is not None:
        return
    tx.insert(
        projects, id="default", name="Default", description="The default domain", enabled=True, is_domain=True,
        tags=[], options={}, extra={},
    )  # fmt: skip
    made: dict[str, str] = {}
    for name, below in ROLES.items():
        made[name] = tx.insert(roles, id=tx.ids.hex(), name=name, options={"immutable": True}, extra={})["id"]
        if below:
            tx.insert(implied_roles, prior_role_id=made[name], implied_role_id=made[below])
    admin_project = tx.insert(projects, **_project(tx, "admin", "Bootstrap project for initializing the cloud."))["id"]
    tx.insert(projects, **_project(tx, "service", "The service project"))
    admin = tx.insert(
        users, id=tx.ids.hex(), name="admin", domain_id="default", enabled=True, options={}, extra={},
        password_hash=digest(password, tx.ids.hex()),
    )["id"]  # fmt: skip
    grant(tx, ("user", admin), ("project", admin_project), made["admin"])
    grant(tx, ("user", admin), ("system", "system"), made["admin"])
    tx.insert(regions, id=region, description="", extra={})
    offer(tx, offered, region)


def offer(tx: Transaction, offered: Iterable[Service], region: str) -> None:
    """Put services into the catalog."""
    for service in offered:
        service_id = tx.insert(
            services, id=tx.ids.hex(), type=service.type, name=service.name, enabled=True, extra={},
        )["id"]  # fmt: skip
        url = f"{BASE}{service.path}{service.endpoint}"
        tx.insert_many(
            endpoints,
            [
                {"id": tx.ids.hex(), "service_id": service_id, "region_id": region, "interface": interface,
                 "url": url, "enabled": True, "extra": {}}
                for interface in ("public", "internal", "admin")
            ],
        )  # fmt: skip


def _project(tx: Transaction, name: str, description: str) -> dict[str, object]:
    return {
        "id": tx.ids.hex(), "name": name, "domain_id": "default", "parent_id": "default", "description": description,
        "enabled": True, "is_domain": False, "tags": [], "options": {}, "extra": {},
    }  # fmt: skip
