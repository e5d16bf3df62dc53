"""Pictures: drawings and panels of what others have computed. They draw, they decide nothing."""

from __future__ import annotations

from kit.views.topology import Topology, draw

__all__ = ["CloudExplorer", "Topology", "draw"]


def __getattr__(name: str) -> object:
    # The live panel needs ipywidgets; a picture alone does not.
    if name == "CloudExplorer":
        from kit.views.explorer import CloudExplorer

        return CloudExplorer
    raise AttributeError(name)
