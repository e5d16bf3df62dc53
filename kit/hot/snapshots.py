"""Snapshots of a stack: what is kept, and the template by which a restore brings it back. Source: Heat 27."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kit.hot import adopt
from kit.hot.environment import Environment
from kit.hot.template import Template

if TYPE_CHECKING:
    from kit.hot.stack import Stack


def take(stack: Stack) -> dict[str, Any]:
    """What is kept of a stack whose resources are saved: its description, and each resource's own data."""
    return adopt.description(stack)


def wanted(stack: Stack, kept: Mapping[str, Any]) -> tuple[Template, Environment, Mapping[str, str]]:
    """The template, environment and files to go back to; each type says how its content comes back."""
    data = dict(kept["template"])
    template = Template(data)
    section, word = template.version.names.resources, template.version.names.properties
    resources = dict(template.section(section))
    for name, written in resources.items():
        told = (kept.get("resources") or {}).get(name)
        live = stack.resources.get(name)
        if told is None or live is None or told.get("type") != live.type:
            continue
        properties = live.kind.restored(told.get("resource_data") or {}, written.get(word) or {})
        if properties != (written.get(word) or {}):
            resources[name] = {**written, word: properties}
    data[section] = resources
    return Template(data), Environment(kept.get("environment") or {}), dict(kept.get("files") or {})


def forget(stack: Stack, kept: Mapping[str, Any]) -> None:
    """Remove what the resources had saved for a snapshot."""
    for name, told in (kept.get("resources") or {}).items():
        live = stack.resources.get(name)
        if live is not None and told.get("type") == live.type:
            live.kind.forget_snapshot(live, told.get("resource_data") or {})
