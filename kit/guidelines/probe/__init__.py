"""Probes of live services."""

from __future__ import annotations

from kit.guidelines.probe.probe import Probe, probe
from kit.guidelines.probe.sender import http_sender, wsgi_sender

__all__ = ["Probe", "http_sender", "probe", "wsgi_sender"]
