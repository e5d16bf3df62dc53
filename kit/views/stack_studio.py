"""The stack studio: a template on the left; on the right its graph, the plan, and the stack as it fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from kit import ink
from kit.errors import HotError, KitError
from kit.hot import inspect_template, lint
from kit.views.look import Watched, unseen
from kit.views.parts import row, section, title
from kit.views.snippet_panel import CODE, SnippetPanel
from kit.views.stack_graph import StackGraph
from kit.views.stack_plan import StackPlan, from_changes, from_preview
from kit.views.stack_tree import StackTree
from kit.views.stack_watch import StackWatch

PARTS = {"Plan": "plan", "Stack": "stack", "Snippet": "snippet"}
SIGNALLED = ("OS::Heat::ScalingPolicy", "OS::Heat::WaitConditionHandle", "OS::Heat::SoftwareDeployment")
SNIPPET = '{str_split: ["-", {get_param: image}, -1]}'
SIGNS = {"error": "✗", "warning": "!", "note": "·"}
TONES = {"error": "error", "warning": "warn", "note": "info"}


class StackStudio(widgets.VBox):
    """A live panel over the orchestration service of a cloud.

    Parameters
    ----------
    cloud : Watched
        A `kit.cloud.Cloud` with a clock that is turned by hand.
    samples : mapping of str to str
        Name to the text of a template; the first is there when the page opens.
    files : mapping, optional
        Texts that templates name: nested templates and scripts.
    user, project : str
        Whose stacks they are.
    name : str
        What the stack is called.
    beat : callable, optional
        Called after each turn of the clock: what the servers of the stack do.
    """

    def __init__(
        self, cloud: Watched, samples: Mapping[str, str], files: Mapping[str, str] | None = None, user: str = "admin",
        project: str = "admin", *, name: str = "studio", beat: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.samples, self.files, self.name = dict(samples), dict(files or {}), name
        self.cloud = cloud
        self.connection = cloud.connect(user, project)
        self._make_editor()
        self._make_actions()
        self.graph, self.plan, self.outputs = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._states: dict[str, str] = {}
        self._busy = False
        self.watch = StackWatch(cloud, name, user, project, pace=1, beat=beat, changed=self._stack_changed)
        self.snippet = SnippetPanel(SNIPPET, {"image": "debian-13-amd64", "names": ["a", "b"]})
        self.stack = widgets.VBox([self.signals, self.watch, self.outputs])
        self.part = widgets.ToggleButtons(
            options=PARTS, value="plan",
            tooltips=("What Apply would do", "The stack, as it is", "The value of a piece of a template"),
        )  # fmt: skip
        self.part.style.button_width = "7em"
        self.part.observe(lambda _: self._show_part(), "value")
        for each in (self.plan, self.stack, self.snippet):
            each.layout.flex = "0 0 auto"  # it scrolls, and is not squeezed
        self.body = widgets.VBox([self.plan], layout=widgets.Layout(max_height="38em", overflow="auto"))
        left = widgets.VBox(
            [row(self.sample, self.parameters), self.text, section("Findings"), self.findings],
            layout=widgets.Layout(flex="1 1 30em", padding="0 1.5em 0 0", min_width="24em"),
        )
        right = widgets.VBox(
            [self.graph, row(self.apply, self.delete, self.back), self.said, self.part, self.body],
            layout=widgets.Layout(flex="1 1 34em", overflow="hidden"),
        )
        self.children = (
            title("Stack studio", "Edit a Heat template, see what it would do, let the cloud do it."),
            widgets.HTML(CODE), widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap")),
        )  # fmt: skip
        self.refresh()

    # Parts

    def _make_editor(self) -> None:
        self.sample = widgets.Dropdown(
            options=list(self.samples), description="sample", layout=widgets.Layout(width="18em")
        )
        self.parameters = widgets.Text(
            description="parameters", placeholder="size=20, flavor=large", continuous_update=False,
            tooltip="Values for the template's parameters: name=value, name=value", layout=widgets.Layout(width="24em"),
        )  # fmt: skip
        self.text = widgets.Textarea(
            value=next(iter(self.samples.values()), ""), tooltip="The template",
            layout=widgets.Layout(width="100%", height="38em"),
        )  # fmt: skip
        self.text.add_class("kit-code")
        self.findings = widgets.HTML()
        self.sample.observe(lambda change: self._choose(change["new"]), "value")
        self.text.observe(lambda _: self._typed(), "value")
        self.parameters.observe(lambda _: self.refresh(), "value")

    def _make_actions(self) -> None:
        self.said = widgets.HTML()
        self.apply = _button("Apply", self._apply, "Create the stack, or update it to this template", "primary")
        self.delete = _button("Delete the stack", self._delete, "Delete the stack and all that is in it")
        self.back = widgets.Checkbox(
            value=False, description="roll back on failure", indent=False, layout=widgets.Layout(width="auto")
        )
        self.resource = widgets.Dropdown(description="signal", layout=widgets.Layout(width="18em"))
        self.signals = row(self.resource, _button("Send", self._signal, "Signal this resource"))

    def _typed(self) -> None:
        # A text of one's own is no sample: none is chosen, so that each can be chosen again.
        if self.samples.get(self.sample.value) != self.text.value:
            self.sample.value = None
        self.refresh()

    def _choose(self, name: str | None) -> None:
        if name is None:
            return
        self.parameters.value = ""
        self.text.value = self.samples[name]

    def _show_part(self) -> None:
        self.body.children = {"plan": [self.plan], "stack": [self.stack], "snippet": [self.snippet]}[self.part.value]

    # Looking

    @property
    def given(self) -> dict[str, str]:
        """The parameters as they were typed.

        Raises
        ------
        KitError
            They are not of the form name=value.
        """
        found = {}
        for pair in filter(str.strip, self.parameters.value.split(",")):
            key, equals, value = pair.partition("=")
            if not equals:
                raise KitError(f"{pair.strip()!r} is no parameter", todo="Write name=value, name=value.")
            found[key.strip()] = value.strip()
        return found

    def refresh(self) -> None:
        """Judge the template, and draw its graph and its plan anew."""
        self.findings.value = self._findings()
        self._draw_graph()
        self.plan.value = self._planned()

    def _findings(self) -> str:
        try:
            given = self.given
        except KitError as error:
            return _alert(str(error))
        found = lint(self.text.value, files=self.files, parameters=given)
        if not found:
            return "<div>✓ Nothing found.</div>"
        counts = [sum(each.severity == kind for each in found) for kind in SIGNS]
        told = ", ".join(
            f"{count} {kind}{'' if count == 1 else 's'}" for count, kind in zip(counts, SIGNS, strict=True) if count
        )
        items = "".join(map(_finding, found))
        style = "list-style:none;margin:.2em 0;padding:0;max-height:17em;overflow:auto;line-height:1.4"
        return f'<div role="status">{told}.</div><ul tabindex="0" aria-label="Findings" style="{style}">{items}</ul>'

    def _draw_graph(self) -> None:
        try:
            checked = inspect_template(self.text.value, files=self.files, need_values=False)
        except HotError:
            self.graph.value = "<p>The template cannot be read; see the findings.</p>"
            return
        types = {name: each.type for name, each in checked.definition.resources.items()}
        picture = StackGraph(checked.graph, types, self._states, down=True)
        style = "max-height:29em;overflow:auto"
        empty = "<p>The template has no resources.</p>"
        drawn = f'<div style="margin:0 0 .4em">{picture.caption}</div>{picture.svg()}'
        self.graph.value = f'<div tabindex="0" aria-label="Graph" style="{style}">{drawn if types else empty}</div>'

    def _body(self) -> dict[str, Any]:
        return {"template": self.text.value, "files": self.files, "parameters": self.given}

    @property
    def _there(self) -> StackTree | None:
        found = self.watch.found
        return None if found is None or found.root.state == "DELETE_COMPLETE" else found

    def _planned(self) -> str:
        heat, found = self.watch.connection.orchestration, self._there
        try:
            with unseen(self.cloud):
                if found is None:
                    answer = heat.post("/stacks/preview", json={"stack_name": self.name, **self._body()})
                else:
                    answer = heat.put(f"/stacks/{self.name}/{found.root.id}/preview", json=self._body())
        except KitError as error:
            return _alert(str(error))
        if answer.status_code >= 400:
            return _alert(f"The cloud would refuse it: {_words(answer)}")
        told = answer.json()
        plan = from_preview(told["stack"]) if found is None else from_changes(told["resource_changes"])
        return StackPlan(plan)._repr_html_()

    def _stack_changed(self, found: StackTree | None) -> None:
        nodes = found.root.children if found is not None else []
        busy = found is not None and found.busy
        if self._busy and not busy:
            self._tell("The stack is gone." if found is None else _ended(found))
        self._busy = busy
        self._states = {node.name: node.state for node in nodes}
        can = [node.name for node in nodes if node.type in SIGNALLED and node.state.endswith("_COMPLETE")]
        if list(self.resource.options) != can:
            chosen = self.resource.value
            self.resource.options = can
            self.resource.value = chosen if chosen in can else next(iter(can), None)
        self.signals.layout.display = "" if can else "none"
        self.outputs.value = self._outputs(found)
        self._draw_graph()
        self.plan.value = self._planned() if hasattr(self, "watch") and not self.watch.busy else BUSY

    def _outputs(self, found: StackTree | None) -> str:
        if found is None or not found.root.state.endswith("_COMPLETE") or not hasattr(self, "watch"):
            return ""
        with unseen(self.cloud):
            answer = self.watch.connection.orchestration.get(f"/stacks/{self.name}/{found.root.id}")
        given = answer.json()["stack"].get("outputs") or [] if answer.status_code == 200 else []
        return "".join(map(_output, given))

    # Acting

    def _do(self, call: Callable[[], Any], done: str) -> bool:
        """Ask the cloud; what it refuses is said."""
        try:
            answer = call()
        except Exception as error:
            self._tell(f"✗ {error}")
            return False
        if answer.status_code >= 400:
            self._tell(f"✗ The cloud refuses: {_words(answer)}")
            return False
        self._tell(done)
        self.watch.draw()
        self.part.value = "stack"
        self.watch.play.value = True
        return True

    def _apply(self) -> None:
        heat, found = self.connection.orchestration, self._there
        more = {"disable_rollback": not self.back.value}
        if found is None:
            self._do(
                lambda: heat.post("/stacks", json={"stack_name": self.name, **self._body(), **more}),
                "The stack is being created.",
            )
        else:
            path = f"/stacks/{self.name}/{found.root.id}"
            self._do(lambda: heat.put(path, json={**self._body(), **more}), "The stack is being updated.")

    def _delete(self) -> None:
        found = self._there
        if found is None:
            self._tell("There is no stack to delete.")
            return
        path = f"/stacks/{self.name}/{found.root.id}"
        self._do(lambda: self.connection.orchestration.delete(path), "The stack is being deleted.")

    def _signal(self) -> None:
        found, name = self._there, self.resource.value
        if found is None or name is None:
            return
        path = f"/stacks/{self.name}/{found.root.id}/resources/{name}/signal"
        self._do(lambda: self.connection.orchestration.post(path, json={}), f"{name} is signalled.")

    def _tell(self, text: str) -> None:
        self.said.value = f'<div role="status" style="min-height:1.4em;overflow-wrap:anywhere">{escape(text)}</div>'

    def __repr__(self) -> str:
        return "Stack studio"


BUSY = "<p>The stack is busy; the plan comes when it is done.</p>"


def _button(text: str, action: Callable[[], None], tip: str, style: str = "") -> widgets.Button:
    made = widgets.Button(description=text, tooltip=tip, button_style=style, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: action())
    return made


def _ended(found: StackTree) -> str:
    """How a stack ended; the way to the leaf that failed first, and its reason."""
    head = f"{found.root.sign} {found.root.state}"
    way, leaf = next(iter(found.tree.culprits.items()), ("", found.root))
    if not way:
        return f"{head}: {found.tree.undone[0]}" if found.tree.undone else head
    told = leaf.said[-1] if leaf.said else leaf.reason
    return f"{head}: {told}" if leaf is found.root else f"{head} at {way}: {told}"


def _words(answer: Any) -> str:
    """The service's own words."""
    try:
        return str(answer.json()["error"]["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def _alert(text: str) -> str:
    colour = ink.tone("error")
    return f'<div role="alert" style="border-left:4px solid {colour};padding:.2em .8em;overflow-wrap:anywhere">✗ {escape(text)}</div>'


def _output(output: dict[str, Any]) -> str:
    """An output with its value, or the error it has instead."""
    wrong = output.get("output_error")
    told = f"✗ {escape(wrong)}" if wrong else f"<code>{escape(repr(output.get('output_value')))}</code>"
    return f'<div style="overflow-wrap:anywhere">output <strong>{escape(output["output_key"])}</strong>: {told}</div>'


def _finding(finding: Any) -> str:
    colour = ink.tone(TONES[finding.severity])
    spot = f"{finding.position.line}:{finding.position.column}" if finding.position else "-"
    todo = f' <span style="opacity:.8">{escape(finding.todo)}</span>' if finding.todo else ""
    return (
        f'<li><code>{spot}</code> <span style="color:{colour};font-weight:600">{SIGNS[finding.severity]} {finding.severity}</span> '
        f"{escape(finding.message)}{todo}</li>"
    )
