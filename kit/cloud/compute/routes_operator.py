"""Paths of what surrounds servers: flavors, key pairs, hosts, groups, quotas."""

from __future__ import annotations

from kit.cloud.service import Service


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
