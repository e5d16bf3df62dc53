"""Paths of the image service and what answers them."""

from __future__ import annotations

from kit.cloud.service import Service

service = Service(type="image", name="glance", path="/image", endpoint="")
