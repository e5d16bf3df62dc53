"""Pictures: drawings and panels of what others have computed. They draw, they decide nothing."""

from __future__ import annotations

from importlib import import_module

from kit.views.topology import Topology, draw

__all__ = [
    "ApiAudit", "ApiExplorer", "CloudExplorer", "HostBars", "MigrationTable", "MigrationTuner", "PlacementBoard",
    "PolicyMonitor", "SnippetPanel", "StackGraph", "StackStudio", "StackTree", "StackWatch", "Topology",
    "WorkflowPicture", "WorkflowStepper", "beside", "draw", "show",
]  # fmt: skip

_HOMES = {
    "ApiAudit": "api_audit", "ApiExplorer": "api_explorer", "CloudExplorer": "explorer", "HostBars": "host_bars",
    "MigrationTable": "migration_table", "MigrationTuner": "migration_tuner", "PlacementBoard": "placement_board",
    "PolicyMonitor": "policy_monitor", "SnippetPanel": "snippet_panel", "StackGraph": "stack_graph",
    "StackStudio": "stack_studio", "StackTree": "stack_tree", "StackWatch": "stack_watch",
    "WorkflowPicture": "workflow_picture", "WorkflowStepper": "workflow_stepper", "beside": "migration_charts",
    "show": "still",
}  # fmt: skip


def __getattr__(name: str) -> object:
    # Each when first asked for: a live panel needs ipywidgets; a picture alone does not, nor another's engine.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"kit.views.{_HOMES[name]}"), name)
