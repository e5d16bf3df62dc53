"""Glance's tables."""

from __future__ import annotations

from kit.policy.sources.listing import Connection, Tables, listed, pick
from kit.policy.sources.schemas import SCHEMAS


def read_glance(connection: Connection) -> Tables:
    """Images and their tags."""
    endpoint = str(connection.image.get_endpoint() or "").rstrip("/")
    images = list(listed(connection.image, "/images" if endpoint.endswith("/v2") else "/v2/images", "images"))
    return {
        "images": [pick(item, SCHEMAS["glancev2"]["images"]) for item in images],
        "tags": [(item["id"], tag) for item in images for tag in item["tags"]],
    }
