"""How a volume is encrypted."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage.errors import require_reader
from kit.cloud.block_storage.models import volume_types
from kit.cloud.block_storage.volumes import reach
from kit.cloud.call import Answer, Call


def index(call: Call, volume_id: str) -> dict[str, Any]:
    """All that is known of it."""
    row = reach(call, volume_id)
    require_reader(call, "volume_extension:volume_encryption_metadata")
    type_ = call.tx.get(volume_types, row["volume_type_id"])
    found: dict[str, Any] = {"encryption_key_id": row["encryption_key_id"]}
    rule = type_["encryption"] if type_ else None
    if rule:
        found |= {name: rule.get(name) for name in ("control_location", "cipher", "key_size", "provider")}
    return found


def show(call: Call, volume_id: str, key: str) -> Answer:
    """One value of it, bare."""
    value = index(call, volume_id).get(key)
    # Cinder hands the value to its web framework: neither its media type nor its version is in the answer.
    call.version = None
    return Answer(200, value if value is None else str(value), type="text/html; charset=UTF-8")
