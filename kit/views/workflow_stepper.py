"""The workflow stepper: go through Nova's live migration call by call, and let any step fail."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from kit.migration.workflow import Failure, failures
from kit.views.parts import row, section, title
from kit.views.still import Panel
from kit.views.workflow_picture import NAMES, WorkflowPicture

_RPC = {
    "REST": "an HTTP request", "call": "an RPC call: the caller waits for the answer",
    "cast": "an RPC cast: nobody waits", "": "work of its own",
}  # fmt: skip


class WorkflowStepper(Panel):
    """A panel over the workflow as data; it needs no cloud.

    Parameters
    ----------
    era : str
        `now` or `kilo`.
    at : int
        How many steps are done at the beginning.
    """

    def __init__(self, era: str = "now", at: int = 0) -> None:
        super().__init__()
        self.picture = WorkflowPicture(era, at)
        options = [(name.capitalize(), key) for key, name in NAMES.items()]
        self.era = widgets.ToggleButtons(
            options=options, value=era, description="Release", layout=widgets.Layout(width="31em")
        )
        self.era.observe(lambda change: self.show(WorkflowPicture(change["new"])), "value")
        self.back = self._button("◀ Back", lambda: self.step(-1), "Undo the last step")
        self.next = self._button("Next ▶", lambda: self.step(1), "Let the next step happen")
        self.cause = widgets.Dropdown(description="Failure", layout=widgets.Layout(width="32em"))
        self.fail = self._button("✗ Let the next step fail", self.inject, "See what is rolled back")
        self.restart = self._button(
            "From the start", lambda: self.show(WorkflowPicture(self.picture.era)), "Begin again"
        )
        self.diagram, self.told = widgets.HTML(), widgets.HTML()
        wide = widgets.Layout(flex="3 1 44em", padding="0 1em 0 0")
        self.children = (
            title("Workflow stepper", "Nova's live migration, call by call: what exists, and what a failure undoes."),
            row(self.era), row(self.back, self.next, self.restart, self.cause, self.fail),
            widgets.HBox(
                [widgets.VBox([self.diagram], layout=wide), widgets.VBox([self.told], layout=widgets.Layout(flex="1 1 20em"))],
                layout=widgets.Layout(flex_flow="row wrap"),
            ),
        )  # fmt: skip
        self.show(self.picture)

    def _button(self, text: str, action: Any, tip: str) -> widgets.Button:
        made = widgets.Button(description=text, tooltip=tip, layout=widgets.Layout(width="auto"))
        made.on_click(lambda _: action())
        return made

    def step(self, by: int) -> None:
        """Go on by so many steps; a failure is taken back first."""
        now = self.picture
        count = len(now.steps)
        self.show(WorkflowPicture(now.era, min(max(now.at + (by if not now.failed else min(by, 0)), 0), count)))

    def inject(self) -> None:
        """Let the next step fail."""
        now = self.picture
        if now.at < len(now.steps):
            self.show(WorkflowPicture(now.era, now.at, failed=True, cause=self.cause.value or 0))

    def show(self, picture: WorkflowPicture) -> None:
        """Draw it at that point."""
        self.picture = picture
        self.diagram.value = picture._repr_html_()
        self.told.value = _told(picture)
        over = picture.failed or picture.at == len(picture.steps)
        if not over:
            known = failures(picture.steps[picture.at].name, picture.era)
            self.cause.options = [(found.cause, number) for number, found in enumerate(known)]
            self.cause.index = 0
        self.cause.disabled = over
        self.next.disabled = self.fail.disabled = over
        self.back.disabled = picture.at == 0 and not picture.failed

    def __repr__(self) -> str:
        return f"Workflow stepper\n{self.picture!r}"


def _told(picture: WorkflowPicture) -> str:
    """What has just happened, and how everything is now."""
    step = picture.last
    if step is None:
        happens = (
            "<p>An administrator asks: <code>openstack server migrate --live-migration web-1</code>. Press Next.</p>"
        )
        return f'<div style="line-height:1.4">{section("Before").value}{happens}{_state(picture)}</div>'
    number = picture.at + picture.failed
    head = section(f"{number}. {step.name}").value
    asks = f" asks <strong>{escape(step.asks)}</strong>" if step.asks else ""
    who = f"<p><strong>{escape(step.component)}</strong>{asks}: {escape(step.what)}.</p><p>It is {_RPC[step.rpc]}"
    who += f" <code>{escape(step.method)}</code>.</p>" if step.method else ".</p>"
    broken = _broken(picture.failure) if picture.failure else ""
    return f'<div role="status" style="line-height:1.4">{head}{who}{broken}{_state(picture)}</div>'


def _broken(found: Failure) -> str:
    undone = "".join(f"<li>↩ {escape(thing)}</li>" for thing in found.undone)
    return (
        '<div style="border-left:4px solid var(--jp-error-color1, #c62828);padding:.2em .8em;margin:.5em 0">'
        f"<strong>✗ {escape(found.cause)}</strong><br>By: {escape(found.how)}"
        f"<br>Rolled back:<ul style='margin:.2em 0'>{undone or '<li>nothing</li>'}</ul></div>"
    )


def _state(picture: WorkflowPicture) -> str:
    vm_state = picture.failure.vm_state if picture.failure else "ACTIVE"
    record = picture.status or ("Kilo has no record" if picture.era == "kilo" else "none yet")
    lines = [("guest runs on", f"the {picture.host}"), ("instance", vm_state)]
    if picture.at and not picture.failed:
        lines.append(("task_state", str(picture.task_state)))
    if picture.at or picture.failed:
        lines.append(("migration", record))
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;padding:.1em 1em .1em 0;font-weight:400;opacity:.8">{escape(name)}</th>'
        f"<td><strong>{escape(value)}</strong></td></tr>"
        for name, value in lines
    )
    things = "".join(f"<li>● {escape(thing)}</li>" for thing in picture.exists) or "<li>nothing</li>"
    head = "Left behind" if picture.failed else "Made for this migration"
    return (
        f'<table style="line-height:1.3">{rows}</table><p style="margin:.6em 0 0">{head}:</p>'
        f'<ul style="margin:.2em 0;list-style:none;padding-left:.6em">{things}</ul>'
    )
