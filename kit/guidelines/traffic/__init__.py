"""Traffic: exchanges from a record, a HAR file or a probe, and the checks over them."""

from __future__ import annotations

from kit.guidelines.traffic import (
    bodies,
    codes,
    discovery,
    heads,
    lists,
    problems,
    queries,
    refusals,
    resources,
    sorting,
    tags,
    unknown,
)

__all__ = [
    "bodies",
    "codes",
    "discovery",
    "heads",
    "lists",
    "problems",
    "queries",
    "refusals",
    "resources",
    "sorting",
    "tags",
    "unknown",
]
