"""Quotas: limits, what is in use, and the refusal of what would be too much."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from kit.cloud.block_storage.errors import over_quota
from kit.cloud.block_storage.models import backups, groups, quotas, snapshots, volume_types, volumes
from kit.cloud.errors import OverLimit
from kit.cloud.store import Transaction

# cinder.quota, in the order in which it lists them; the types' own come before the groups.
DEFAULTS: dict[str, int] = {
    "volumes": 10, "per_volume_gigabytes": -1, "snapshots": 10, "gigabytes": 1000, "backups": 10, "backup_gigabytes": 1000,
}  # fmt: skip
GROUPS: dict[str, int] = {"groups": 10}
BY_TYPE = ("volumes", "gigabytes", "snapshots")


def resources(tx: Transaction) -> dict[str, int]:
    """Every resource with its built-in limit: also three of each volume type, the newest type first."""
    found = dict(DEFAULTS)
    for row in tx.rows(volume_types, order=volume_types.c.number.desc()):
        found |= {f"{part}_{row['name']}": -1 for part in BY_TYPE}
    return {**found, **GROUPS}


def own(tx: Transaction, scope: str, owner: str) -> dict[str, int]:
    """The limits that were set for a project or a class."""
    return {row["resource"]: row["limit"] for row in tx.rows(quotas, scope=scope, owner=owner)}


def defaults(tx: Transaction) -> dict[str, int]:
    """The limits of a project that has none of its own."""
    found = resources(tx)
    return {**found, **{name: value for name, value in own(tx, "class", "default").items() if name in found}}


def limits(tx: Transaction, project_id: str) -> dict[str, int]:
    """A project's limits; -1 is none."""
    found = defaults(tx)
    return {**found, **{name: value for name, value in own(tx, "project", project_id).items() if name in found}}


def store(tx: Transaction, scope: str, owner: str, resource: str, limit: int) -> None:
    """Set one limit."""
    tx.delete(quotas, scope=scope, owner=owner, resource=resource)
    tx.insert(quotas, scope=scope, owner=owner, resource=resource, limit=limit)


def used(tx: Transaction, project_id: str) -> dict[str, int]:
    """What a project has in use."""
    found = dict.fromkeys(resources(tx), 0)
    names = {row["id"]: row["name"] for row in tx.rows(volume_types)}
    for table, part in ((volumes, "volumes"), (snapshots, "snapshots")):
        query = (
            sa.select(table.c.volume_type_id, sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.size), 0))
            .where(table.c.project_id == project_id, table.c.consumes_quota.is_(True))
            .group_by(table.c.volume_type_id)
        )
        for type_id, count, size in tx.connection.execute(query):
            for name, amount in ((part, count), ("gigabytes", int(size))):
                found[name] += amount
                if type_id in names:
                    found[f"{name}_{names[type_id]}"] += amount
    found["backups"] = tx.count(backups, project_id=project_id)
    found["backup_gigabytes"] = tx.total(backups.c.size, project_id=project_id)
    found["groups"] = tx.count(groups, project_id=project_id)
    return found


_LIMIT_ERRORS = {
    "volumes": ("VolumeLimitExceeded", "Maximum number of volumes allowed ({limit}) exceeded for quota '{name}'."),
    "snapshots": ("SnapshotLimitExceeded", "Maximum number of snapshots allowed ({limit}) exceeded"),
    "backups": ("BackupLimitExceeded", "Maximum number of backups allowed ({limit}) exceeded"),
    "groups": ("GroupLimitExceeded", "Maximum number of groups allowed ({limit}) exceeded"),
}  # fmt: skip


def _with_type(tx: Transaction, wanted: Mapping[str, int], type_id: str | None) -> dict[str, int]:
    """The same amounts for the type's own quotas."""
    row = tx.get(volume_types, type_id) if type_id else None
    found = dict(wanted)
    if row is not None:
        found |= {f"{name}_{row['name']}": amount for name, amount in wanted.items() if name in BY_TYPE}
    return found


def over(
    tx: Transaction, project_id: str, wanted: Mapping[str, int], type_id: str | None = None, *, type_only: bool = False
) -> tuple[list[str], dict[str, int], dict[str, int]]:
    """Which quotas the wanted amounts would exceed, with usage and limits."""
    most, have = limits(tx, project_id), used(tx, project_id)
    asked = _with_type(tx, wanted, type_id)
    if type_only:
        asked = {name: amount for name, amount in asked.items() if name not in wanted}
    exceeded = [name for name, more in sorted(asked.items()) if more > 0 and 0 <= most[name] < have[name] + more]
    return exceeded, have, most


def reserve(
    tx: Transaction, project_id: str, resource: str, wanted: Mapping[str, int], *, size: int = 0,
    type_id: str | None = None, type_only: bool = False,
) -> None:  # fmt: skip
    """Refuse what would be more than the quota.

    Parameters
    ----------
    resource : str
        What is to be made: it chooses the refusal's words.
    size : int
        GiB, as the refusal names it.
    type_only : bool
        Whether only the volume type's own quotas count (a retype).

    Raises
    ------
    OverLimit
        In the words of `cinder.quota_utils.process_reserve_over_quota`.
    """
    exceeded, have, most = over(tx, project_id, wanted, type_id, type_only=type_only)
    for name in exceeded:
        if "gigabytes" in name:
            if resource == "backups":
                raise over_quota(
                    "VolumeBackupSizeExceedsAvailableQuota",
                    f"Requested backup exceeds allowed Backup gigabytes quota. Requested {size}G, quota is "
                    f"{most[name]}G and {have[name]}G has been consumed.",
                )
            raise size_exceeds(name, size, most[name], have[name])
        if resource in name:
            error, text = _LIMIT_ERRORS[resource]
            raise over_quota(error, text.format(limit=most[name], name=name))
        raise over_quota("UnexpectedOverQuota", f"Unexpected over quota on {name}.")


def size_exceeds(name: str, size: int, limit: int, consumed: int) -> OverLimit:
    """cinder.exception.VolumeSizeExceedsAvailableQuota."""
    return over_quota(
        "VolumeSizeExceedsAvailableQuota",
        f"Requested volume or snapshot exceeds allowed {name} quota. Requested {size}G, quota is {limit}G and "
        f"{consumed}G has been consumed.",
    )


def check_size(tx: Transaction, project_id: str, size: int) -> None:
    """Refuse a volume that is larger than any may be."""
    most = limits(tx, project_id)["per_volume_gigabytes"]
    if 0 <= most < size:
        raise over_quota(
            "VolumeSizeExceedsLimit", f"Requested volume size {size}G is larger than maximum allowed limit {most}G."
        )
