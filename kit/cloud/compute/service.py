"""The compute service as a whole: its error envelope, its headers and its version documents."""

from __future__ import annotations

from kit.cloud.service import Service


class ComputeService(Service):
    """Nova 2.1 with microversions."""
