"""What a call gives to a stack: a template, parameters, an environment and files, read and merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kit.hot.adopt import all_declared
from kit.hot.environment import Environment, merge_files
from kit.hot.errors import TemplateError
from kit.hot.template import Template

Source = str | Mapping[str, Any] | Template


def read_template(source: Source, functions: Mapping[str, Callable[..., Any]] | None) -> Template:
    """A template from text, data or itself."""
    if isinstance(source, Template):
        return source
    return (
        Template.read(source, functions=functions) if isinstance(source, str) else Template(source, functions=functions)
    )


def read_environment(
    template: Template, parameters: Mapping[str, Any] | None, environment: Mapping[str, Any] | str | None,
    files: Mapping[str, str], names: Sequence[str], strict: bool = False,
) -> Environment:  # fmt: skip
    """The environment: the map with the parameters on top; or its files in order, merged over the parameters.

    Source: Heat 27, `InstantiationData.environment`: beside files the map does not count.

    Raises
    ------
    TemplateError
        A declaration, or the environment, is wrong.
    """
    wrong: list[TemplateError] = []
    declared = all_declared(template, files, wrong)
    outside = [error for error in wrong if error.file and error.file != template.name]
    if outside and strict:
        raise outside[0]
    data = merge_files({"parameters": dict(parameters or {})} if names else environment, names, files, declared)
    if parameters and not names:
        data["parameters"] = {**(data.get("parameters") or {}), **parameters}
    return Environment(data)
