"""Pictures: drawings and panels of what others have computed. They draw, they decide nothing."""

from __future__ import annotations

from kit.views.topology import Topology, draw

__all__ = ["CloudExplorer", "PolicyMonitor", "Topology", "draw"]


def __getattr__(name: str) -> object:
    # A live panel needs ipywidgets; a picture alone does not.
    if name == "CloudExplorer":
        from kit.views.explorer import CloudExplorer

        return CloudExplorer
    if name == "PolicyMonitor":
        from kit.views.policy_monitor import PolicyMonitor

        return PolicyMonitor
    raise AttributeError(name)
