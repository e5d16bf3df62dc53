"""Paths of the network service and what answers them."""

from __future__ import annotations

from kit.cloud.service import Service

service = Service(type="network", name="neutron", path="/network", endpoint="")
