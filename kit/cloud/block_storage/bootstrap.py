"""What the block storage service has on a new cloud: its services, one backend, two volume types."""

from __future__ import annotations

from kit.cloud.block_storage.models import group_types, services, volume_types
from kit.cloud.store import Transaction

CONTROLLER = "controller"
ZONE = "nova"
# The backend keeps no data, as its name says; the default type is the one that goes to it.
BACKEND = "fake"
BACKEND_HOST = f"{CONTROLLER}@{BACKEND}"
POOL = f"{BACKEND_HOST}#{BACKEND}"
DEFAULT_TYPE = BACKEND
# The type that consistency groups had when they became groups.
OLD_GROUP_TYPE = "default_cgsnapshot_type"


def bootstrap(tx: Transaction) -> None:
    """Add them, unless the store already holds a cloud."""
    if tx.count(services):
        return
    for number, (binary, host) in enumerate(
        (("cinder-scheduler", CONTROLLER), ("cinder-volume", BACKEND_HOST), ("cinder-backup", CONTROLLER)), 1
    ):
        tx.insert(
            services, id=tx.ids.uuid(), number=number, binary=binary, host=host, zone=ZONE, disabled=False, frozen=False,
            created_at=tx.stamp, updated_at=tx.stamp,
        )  # fmt: skip
    for number, (name, description) in enumerate((("__DEFAULT__", "Default Volume Type"), (DEFAULT_TYPE, None)), 1):
        tx.insert(
            volume_types, id=tx.ids.uuid(), number=number, name=name, description=description, is_public=True,
            extra_specs={}, created_at=tx.stamp,
        )  # fmt: skip
    tx.insert(
        group_types, id=tx.ids.uuid(), number=1, name=OLD_GROUP_TYPE, description="Default group type for migrating cgsnapshot",
        is_public=True, group_specs={"consistent_group_snapshot_enabled": "<is> True"}, created_at=tx.stamp,
    )  # fmt: skip
