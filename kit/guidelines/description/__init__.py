"""Descriptions: OpenAPI 3.0 and 3.1, references resolved, and the checks over them."""

from __future__ import annotations

from kit.guidelines.description import (
    codes,
    discovery,
    heads,
    lists,
    methods,
    names,
    problems,
    resources,
    uris,
)

__all__ = ["codes", "discovery", "heads", "lists", "methods", "names", "problems", "resources", "uris"]
