"""The way into the actions on volumes."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage.actions import Actions
from kit.cloud.call import Call

ACTIONS = Actions()


def perform(call: Call, volume_id: str) -> Any:
    """Do what the body names to a volume."""
    return ACTIONS.perform(call, volume_id)
