"""A piece of a template, and its value or its fault while one types."""

from __future__ import annotations

import pprint
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
import yaml

from kit import ink
from kit.errors import KitError
from kit.hot import VERSIONS, evaluate, lint
from kit.views.still import Panel

NEWEST = "2021-04-16"
CODE = (
    "<style>.kit-code textarea {font-family: var(--jp-code-font-family, monospace); font-size: 13px; "
    "white-space: pre; overflow-x: auto}</style>"
)


class SnippetPanel(Panel):
    """A live panel: type a snippet, see its value or what is wrong with it.

    Parameters
    ----------
    snippet : str
        What stands there first, YAML.
    parameters : mapping, optional
        Values by name for `get_param`.
    version : str
        Of the template that the snippet stands in.
    functions : mapping, optional
        Functions of one's own, written in Python.
    """

    def __init__(
        self, snippet: str, parameters: Mapping[str, Any] | None = None, version: str = NEWEST,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.functions = dict(functions or {})
        given = yaml.safe_dump(dict(parameters), default_flow_style=None, sort_keys=False) if parameters else ""
        self.snippet = _area(snippet.strip("\n"), "6em", "The snippet, YAML")
        self.parameters = _area(given, "4em", "Parameters by name, YAML; a list is a comma list, a map JSON")
        names = dict.fromkeys(each.name for each in VERSIONS.values() if each.hot)
        self.version = widgets.Dropdown(options=list(names), value=version, description="version")
        self.result = widgets.HTML()
        for each in (self.snippet, self.parameters, self.version):
            each.observe(lambda _: self.refresh(), "value")
        labels = [widgets.HTML(f"<strong>{text}</strong>") for text in ("Snippet", "Parameters")]
        self.children = (
            widgets.HTML(CODE), labels[0], self.snippet, labels[1], self.parameters, self.version, self.result,
        )  # fmt: skip
        self.refresh()

    @property
    def value(self) -> Any:
        """The value.

        Raises
        ------
        KitError
            The snippet or the parameters are wrong.
        """
        try:
            given = yaml.safe_load(self.parameters.value) or {}
        except yaml.YAMLError as error:
            raise KitError(f"the parameters cannot be read: {str(error).splitlines()[0]}") from None
        if not isinstance(given, dict):
            raise KitError("the parameters are no map", todo="Write name: value, one a line.")
        return evaluate(
            self.snippet.value, version=self.version.value, parameters=given, functions=self.functions or None
        )  # fmt: skip

    def traps(self) -> list[str]:
        """What looks like a function and is plain data in this version."""
        inside = "\n".join(f"      {line}" for line in self.snippet.value.splitlines())
        text = f"heat_template_version: {self.version.value}\noutputs:\n  o:\n    value:\n{inside}\n"
        found = [each.message for each in lint(text) if each.rule == "function-newer"]
        return [each for each in found if not any(f"`{own}`" in each for own in self.functions)]

    def refresh(self) -> None:
        """Evaluate, and show."""
        try:
            shown = escape(pprint.pformat(self.value, width=88, sort_dicts=False))
        except KitError as error:
            todo = f"<br>{escape(error.todo)}" if error.todo else ""
            self.result.value = _box("✗ fault", "error", f"{escape(_told(error))}{todo}")
            return
        traps = self.traps()
        self.result.value = _box(
            "✓ value", "success", f'<pre style="margin:.2em 0;white-space:pre-wrap">{shown}</pre>'
        ) + "".join(_box("! trap", "warn", escape(each)) for each in traps)

    def __repr__(self) -> str:
        try:
            value = pprint.pformat(self.value, width=88, sort_dicts=False)
        except KitError as error:
            value = _told(error)
        return "\n".join([self.snippet.value, f"= {value}", *(f"! {each}" for each in self.traps())])


def _told(error: KitError) -> str:
    return str(error).removesuffix(error.todo).strip() if error.todo else str(error)


def _area(value: str, height: str, tip: str) -> widgets.Textarea:
    made = widgets.Textarea(value=value, tooltip=tip, layout=widgets.Layout(width="calc(100% - 4px)", height=height))
    made.add_class("kit-code")
    return made


def _box(head: str, tone: str, body: str) -> str:
    colour = ink.tone(tone)
    return (
        f'<div role="status" style="border-left:4px solid {colour};padding:.2em .8em;margin:.3em 0;line-height:1.4">'
        f'<strong style="color:{colour}">{head}</strong> {body}</div>'
    )
