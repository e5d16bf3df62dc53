"""The public face of the package."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import kit.hot

FACE = [
    "EXTENSION", "VERSIONS", "ActionError", "Backend", "Environment", "Event", "Finding", "Findings", "FunctionError",
    "Graph", "Kind", "MemoryBackend", "Plan", "Resource", "ResourceFailure", "ResourceType", "Stack", "Template",
    "TemplateError", "Validation", "Version", "evaluate", "find_type", "inspect_template", "lint", "plan", "shown",
    "type_names",
]  # fmt: skip
STACK = [
    "abandon", "add_event", "begin_action", "begin_child", "begin_delete", "begin_restore", "begin_update", "best",
    "cancel", "check", "checked_update", "delete", "drop", "find", "leave", "mark_unhealthy", "members", "new_record", "note", "of_name", "output",
    "physical_name", "preview_update", "refresh_metadata", "restore", "resume", "run", "set_stack_state", "set_state", "shown", "signal",
    "snapshot", "step", "step_inside", "stop", "suspend", "update", "view", "wakes",
]  # fmt: skip
MODULES = [name for _, name, _ in pkgutil.walk_packages(kit.hot.__path__, "kit.hot.")]


def test_the_list_of_names() -> None:
    assert kit.hot.__all__ == FACE
    assert all(hasattr(kit.hot, name) for name in FACE)


def test_the_methods_of_a_stack() -> None:
    found = [name for name, _ in inspect.getmembers(kit.hot.Stack, inspect.isfunction) if name[0] != "_"]
    assert found == STACK


def test_everything_public_says_what_it_is() -> None:
    for name in FACE:
        thing = getattr(kit.hot, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_docstrings_work(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert doctest.testmod(module).failed == 0


def test_errors_keep_the_names_of_heat() -> None:
    from kit.hot import errors

    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.TemplateError) and kind not in (errors.TemplateError, errors.TemplateSyntaxError):
            assert kind.code == name and kind.http == 400
