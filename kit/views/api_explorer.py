"""The API explorer: any operation of a cloud, at any microversion and through any door, and what differs between them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from kit.scheduling import changes
from kit.scheduling.microversions import history, parts
from kit.views.api_answers import Answer, beside, difference, whole
from kit.views.api_asking import Asker
from kit.views.api_changes import details, grid, summary
from kit.views.api_controls import LABELS, NONE, about, button, choice, full, short, slider
from kit.views.api_operations import Operation, operations
from kit.views.look import Watched
from kit.views.parts import row, section, title
from kit.views.slider_names import SliderNames

EVERY = "all parts"
VIEWS = {"Answer": "answer", "Two versions": "two", "v2 and v2.1": "doors", "From A to B": "changes"}
TIPS = (
    "One request and its answer", "The answers of two microversions side by side",
    "The same request through Nova's three doors, without a version", "What a client must change from A to B",
)  # fmt: skip
DOORS = ("legacy v2", "/v2", "v2.1")


class ApiExplorer(widgets.VBox):
    """A live panel: choose an operation and a version, and see at once what the cloud answers.

    What is shown is tried on a copy of the cloud's state; only the button Send keeps what it does.

    Parameters
    ----------
    cloud : Watched
        A `kit.cloud.Cloud`.
    services : sequence of str
        Services to choose from.
    describe : callable
        Gives the OpenAPI description of one of them, when it is first chosen.
    legacy : Watched, optional
        The same cloud whose `/v2` is Nova's old tree; without it that door is left out.
    users : mapping
        Users who may ask, each with a project.
    samples : mapping
        Bodies by operation (`POST /compute/v2.1/servers`).
    """

    def __init__(
        self, cloud: Watched, services: Sequence[str], describe: Callable[[str], Mapping[str, Any]], *, legacy: Watched | None = None,
        users: Mapping[str, str] | None = None, samples: Mapping[str, Any] | None = None, service: str = "compute",
        start: str = "GET /compute/v2.1/servers/{server_id}",
    ) -> None:  # fmt: skip
        super().__init__()
        people = dict(users or {"admin": "admin"})
        self._asker = Asker(cloud, people)
        self._old = Asker(legacy, people) if legacy is not None else None
        self._describe, self._samples = describe, samples
        self._known: dict[str, list[Operation]] = {}
        self._quiet = True
        self._make_controls(list(services), service, list(people), start)
        self.about, self.said, self.shown = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.children = (
            title("API explorer", "Every operation of this cloud, at every microversion: what is asked, and what is answered."),
            widgets.HBox(
                [
                    widgets.VBox(self._left(), layout=widgets.Layout(flex="1 1 22em", max_width="27em", padding="0 1.5em 0 0")),
                    widgets.VBox([self.view, self.versions, self.changing, self.said, self.shown],
                                 layout=widgets.Layout(flex="3 1 40em", min_width="0", overflow="auto")),
                ],
                layout=widgets.Layout(flex_flow="row wrap"),
            ),
            SliderNames(),
        )  # fmt: skip
        self._quiet = False
        self._choose()

    # Controls

    def _make_controls(self, services: list[str], service: str, people: list[str], start: str) -> None:
        self.service = choice("service", sorted(services))
        self.service.value = service
        self.find = widgets.Text(
            description="find", placeholder="part of a path", style=LABELS, layout=full(), continuous_update=False
        )
        self.operation = widgets.Select(rows=7, description="operation", style=LABELS, layout=full())
        self.user = choice("as user", people)
        self.path = widgets.Text(description="path", style=LABELS, layout=full(), continuous_update=False)
        self.version, self.other = slider("version"), slider("and beside")
        self.versions = widgets.VBox([self.version, self.other])
        self.body = widgets.Textarea(description="body", rows=9, style=LABELS, layout=full(), continuous_update=False)
        self.send = button("Send", self._do, "Do it: what it changes is kept")
        self.reset = button("Back to the start", self._reset, "The cloud as it was when this page opened")
        self.view = widgets.ToggleButtons(options=VIEWS, tooltips=TIPS, value="two")
        self.view.style.button_width = "8em"
        every = [each.version for each in history()]
        self.first = widgets.SelectionSlider(
            options=every, value="2.12", description="from A", style=LABELS, layout=full()
        )
        self.last = widgets.SelectionSlider(
            options=every, value="2.38", description="to B", style=LABELS, layout=full()
        )
        self.part = choice("part", [EVERY, *parts()])
        self.heed = widgets.Checkbox(description="only what a client must heed", indent=False, value=False)
        self.changing = widgets.VBox([self.first, self.last, row(self.part, self.heed)])
        self._list(next((each for each in self.operations() if each.key == start), None))
        for control in (self.service, self.find):
            control.observe(lambda _: self._list(), "value")
        self.operation.observe(lambda _: self._choose(), "value")
        for control in (
            self.path, self.version, self.other, self.body, self.user, self.view, self.first, self.last, self.part, self.heed,
        ):  # fmt: skip
            control.observe(lambda _: self.refresh(), "value")

    def _left(self) -> list[widgets.Widget]:
        return [
            section("The request"), self.service, self.find, self.operation, self.about, self.path, self.user,
            self.body, row(self.send, self.reset),
        ]  # fmt: skip

    def operations(self) -> list[Operation]:
        """What the chosen service can be asked."""
        name = self.service.value
        if name not in self._known:
            self._known[name] = operations(self._describe(name), self._samples)
        return self._known[name]

    def _list(self, chosen: Operation | None = None) -> None:
        """Offer the operations of the service that hold what is looked for."""
        found = [
            each for each in self.operations() if self.find.value.lower() in f"{each.key} {each.summary}".lower()
        ]  # fmt: skip
        self.operation.options = [(short(each), each) for each in found]
        if chosen is not None:
            self.operation.value = chosen
        elif found:
            self.operation.value = found[0]
        else:
            self._show("", f"No operation of {self.service.value} has {self.find.value!r} in it.")

    def _choose(self) -> None:
        """Show the operation that was chosen, with ids of things that are there."""
        if self._quiet or self.operation.value is None:
            return
        chosen: Operation = self.operation.value
        self._quiet = True
        self.path.value = self._asker.filled(chosen.path, self.user.value)
        self.body.value = "" if chosen.body is None else json.dumps(chosen.body, indent=1)
        self.body.layout.display = "none" if chosen.body is None else ""
        known = chosen.versions.all() if chosen.versions else []
        kept = self.version.value, self.other.value
        for control, wish, default in (
            (self.version, kept[0], "" if not known else known[-1]),
            (self.other, kept[1], known[0] if known else ""),
        ):
            control.options = [(NONE, ""), *((each, each) for each in known)]
            control.value = wish if wish in known else default
            control.disabled = not known
        self.about.value = about(chosen, "{" in self.path.value)
        self._quiet = False
        self.refresh()

    # Asking

    def _try(self, label: str, path: str, version: str, asker: Asker, *, keep: bool = False) -> Answer:
        chosen: Operation = self.operation.value
        headers = chosen.versions.header(version) if chosen.versions else {}
        text = self.body.value if chosen.body is not None else ""
        return asker.ask(label, chosen.method, path, headers, text, self.user.value, keep=keep)

    def _do(self) -> None:
        if self.operation.value is None or self._strange():
            self.refresh()
            return
        answer = self._try("sent", self.path.value, self.version.value, self._asker, keep=True)
        if self._old is not None:  # the two clouds stay alike
            self._try("sent", self.path.value, self.version.value, self._old, keep=True)
        self._quiet = True
        self.view.value = "answer"
        self._quiet = False
        self._show(whole(answer), f"Sent: {answer.line}. What it changed is kept.")

    def _reset(self) -> None:
        for asker in (self._asker, self._old):
            if asker is not None:
                asker.reset()
        self._choose()

    def refresh(self) -> None:
        """Ask anew, and draw the answers."""
        if self._quiet or self.operation.value is None:
            return
        view = self.view.value
        self.changing.layout.display = "" if view == "changes" else "none"
        self.versions.layout.display = "" if view in ("answer", "two") else "none"
        self.other.layout.display = "" if view == "two" else "none"
        if view != "changes" and self._strange():
            self._show("", "That is no path: write one that begins with / and has no spaces.")
            return
        {"answer": self._one, "two": self._two, "doors": self._doors, "changes": self._changes}[view]()

    def _strange(self) -> bool:
        """Whether the path cannot be asked for."""
        return re.fullmatch(r"/[^\s\\]*", self.path.value) is None

    def _one(self) -> None:
        answer = self._try(self.version.value or "no version", self.path.value, self.version.value, self._asker)
        self._show(whole(answer), "Tried on a copy of the cloud: nothing is kept until you send.")

    def _two(self) -> None:
        if self.operation.value.versions is None:
            self._show("", f"{self.operation.value.key} has no microversions.")
            return
        labels = [(each or "no version", each) for each in (self.other.value, self.version.value)]
        found = [self._try(label, self.path.value, version, self._asker) for label, version in labels]
        self._show(beside(found), difference(*found))

    def _doors(self) -> None:
        rest = self.path.value.removeprefix("/compute/v2.1/")
        if rest == self.path.value:
            self._show(
                "", "Only the compute service has three doors: choose one of its operations below /compute/v2.1."
            )
            return
        # v2 never knew of versions: all three are asked without one, and v2.1 answers as its first.
        project = self._asker.project(self.user.value)
        found = [
            self._try(DOORS[1], f"/compute/v2/{rest}", "", self._asker),
            self._try(DOORS[2], self.path.value, "", self._asker),
        ]
        if self._old is not None:
            found.insert(0, self._try(DOORS[0], f"/compute/v2/{project}/{rest}", "", self._old))
        told = [difference(each, found[-1]) for each in found[:-1]]
        self._show(beside(found, base=len(found) - 1), " ".join(dict.fromkeys(told)))

    def _changes(self) -> None:
        found = changes(self.first.value, self.last.value)
        found = found if self.part.value == EVERY else found.part(self.part.value)
        found = found.breaking if self.heed.value else found
        self._show(grid(found) + details(found), summary(found, self.first.value, self.last.value))

    def _show(self, html: str, told: str) -> None:
        self.said.value = f'<p role="status" style="font-size:1.1em;line-height:1.35;margin:.4em 0"><strong>{escape(told)}</strong></p>'
        self.shown.value = html

    def __repr__(self) -> str:
        return f"API explorer: {len(self.service.options)} services, {self.operation.value.key if self.operation.value else 'no operation'}"
