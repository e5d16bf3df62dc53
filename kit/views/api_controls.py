"""Controls of the API explorer, and an operation in words."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from kit.views.api_operations import Operation

NONE = "(none)"
LABELS = {"description_width": "6.5em"}


def short(operation: Operation) -> str:
    """An operation in a line of the list; what all of a service have in common is left out."""
    path = operation.path.partition("/v2.1")[2] if operation.service == "compute" else operation.path
    return f"{operation.method} {path or operation.path}"


def about(operation: Operation, holes: bool) -> str:
    """Its summary, its versions and its query; and whether the path still has a hole."""
    told = [escape(operation.summary)] if operation.summary else []
    spans = [f"{since or 'the first'} to {until or 'the last'}" for since, until in operation.spans]
    told += [f"Versions {escape('; '.join(spans))}."] if spans else []
    told += [f"Query: {escape(', '.join(operation.query))}."] if operation.query else []
    told += ["<strong>Nothing of that kind is there: write an id into the path.</strong>"] if holes else []
    return f'<div style="padding-left:6.5em;line-height:1.35;margin-bottom:.4em">{" ".join(told)}</div>'


def full() -> widgets.Layout:
    """A layout of its own for each: one that is shared would hide all with one."""
    return widgets.Layout(width="98%")


def choice(label: str, options: list[Any]) -> widgets.Dropdown:
    """One of several, with a label."""
    return widgets.Dropdown(options=options, description=label, style=LABELS, layout=full())


def slider(label: str) -> widgets.SelectionSlider:
    """A slider over versions, none yet."""
    return widgets.SelectionSlider(
        options=[(NONE, "")], description=label, style=LABELS, layout=full(), continuous_update=False
    )


def button(text: str, action: Callable[[], None], tip: str) -> widgets.Button:
    """A button with a tip."""
    made = widgets.Button(description=text, tooltip=tip, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: action())
    return made
