"""Tags of a server's interfaces: Nova's own word for a port, which the guest finds in its metadata (2.32, 2.49)."""

from __future__ import annotations

from collections.abc import Mapping

from kit.cloud.call import Call
from kit.cloud.compute.models import servers
from kit.cloud.store import Row

_KEY = "port_tags"


def port_tags(row: Row) -> dict[str, str]:
    """Port's id to tag, of those that have one."""
    return dict((row["system_metadata"] or {}).get(_KEY) or {})


def keep_tags(call: Call, row: Row, tags: Mapping[str, str]) -> None:
    """Write tags of ports down, beside those that are there."""
    if tags:
        kept = {**(row["system_metadata"] or {}), _KEY: {**port_tags(row), **tags}}
        call.tx.update(servers, row["id"], system_metadata=kept)
