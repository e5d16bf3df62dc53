"""The public face of the pictures: every name is there, and only these."""

import kit.views as views

NAMES = {
    "ApiAudit", "ApiExplorer", "CloudExplorer", "HostBars", "MigrationTable", "MigrationTuner", "PlacementBoard",
    "PolicyMonitor", "SnippetPanel", "StackGraph", "StackStudio", "StackTree", "StackWatch", "Topology",
    "WorkflowPicture", "WorkflowStepper", "beside", "draw", "show",
}  # fmt: skip


def test_every_name_is_there():
    assert set(views.__all__) == NAMES
    for name in NAMES:
        found = getattr(views, name)
        assert found.__name__ == name and found.__doc__
