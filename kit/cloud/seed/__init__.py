"""Seeds: a cloud described in YAML, checked, and grown by asking the cloud's own APIs."""

from __future__ import annotations

from kit.cloud.seed.grower import grow
from kit.cloud.seed.reader import Plan, built_in, read

__all__ = ["Plan", "built_in", "grow", "read"]
