"""The descriptions that the dashboard has at hand: a hurried one, a mended one, and one of a real service's mock."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from kit.cloud.openapi import document
from kit.cloud.registry import SERVICES

HERE = Path(__file__).parent


def samples() -> dict[str, str]:
    """Name to text; the hurried one first."""
    # Through JSON, so that the YAML has no anchors.
    placement = json.loads(json.dumps(document({"placement": SERVICES["placement"]})))
    return {
        "a hurried service": (HERE / "sample.yaml").read_text(encoding="utf-8"),
        "the same, mended": (HERE / "mended.yaml").read_text(encoding="utf-8"),
        "the mock Placement": yaml.safe_dump(placement, sort_keys=False, allow_unicode=True, width=100),
    }
