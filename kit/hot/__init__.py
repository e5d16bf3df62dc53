"""Heat's template language and its stacks: HOT of all versions and CloudFormation's form, without a cloud.

    from kit.hot import Stack, evaluate, lint, plan

    evaluate('{list_join: ["-", [a, b]]}')          # the value of a snippet
    lint(text)                                      # all faults and traps, with line and column
    inspect_template(text).graph.waves()            # which resources can be made at once
    plan(text)                                      # what a create would make
    stack = Stack.create("web", text)               # a stack over records in memory
    stack.preview_update(other)                     # per property: old -> new, what forces replacement
    stack.update(other), stack.signal("scale-up"), stack.delete()

A backend with kinds of its own (`Backend`, `Kind`) makes real resources; the engine needs no cloud and no Jupyter.
"""

from __future__ import annotations

from kit.hot.api import evaluate, inspect_template, plan, shown
from kit.hot.backend import MemoryBackend
from kit.hot.environment import Environment
from kit.hot.errors import ActionError, FunctionError, ResourceFailure, TemplateError
from kit.hot.events import Event
from kit.hot.findings import Finding, Findings
from kit.hot.graph import Graph
from kit.hot.lint import lint
from kit.hot.plan import Plan
from kit.hot.resources.base import Backend, Kind, Resource
from kit.hot.stack import Stack
from kit.hot.template import Template
from kit.hot.types import ResourceType, find_type, type_names
from kit.hot.validate import Validation
from kit.hot.versions import EXTENSION, VERSIONS, Version

__all__ = [
    "EXTENSION",
    "VERSIONS",
    "ActionError",
    "Backend",
    "Environment",
    "Event",
    "Finding",
    "Findings",
    "FunctionError",
    "Graph",
    "Kind",
    "MemoryBackend",
    "Plan",
    "Resource",
    "ResourceFailure",
    "ResourceType",
    "Stack",
    "Template",
    "TemplateError",
    "Validation",
    "Version",
    "evaluate",
    "find_type",
    "inspect_template",
    "lint",
    "plan",
    "shown",
    "type_names",
]
