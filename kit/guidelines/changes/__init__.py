"""Two versions: what needed a new microversion, and the checks over them."""

from __future__ import annotations

from kit.guidelines.changes import compare, facts

__all__ = ["compare", "facts"]
