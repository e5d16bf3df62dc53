"""The cloud explorer: what runs, which calls go by, time to turn and faults to inject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from kit.views.look import Looker, View, Watched, calls
from kit.views.topology import STATES, draw

CALLS = 12
TROUBLES: dict[str, dict[str, Any]] = {
    "compute answers 503": {"service": "compute", "status": 503},
    "every second call to the network service fails (500)": {"service": "network", "status": 500, "probability": 0.5},
    "everything is 3 s slower": {"latency": 3.0},
    "new servers are refused (403)": {"service": "compute", "method": "POST", "path": "*/servers", "status": 403},
    "connections to compute drop": {"service": "compute", "drop": True},
}


class Ticker(anywidget.AnyWidget):
    """Sends a message in regular intervals as long as the page is open."""

    _esm = Path(__file__).with_name("ticker.js")
    milliseconds = traitlets.Int(1500).tag(sync=True)


class CloudExplorer(widgets.VBox):
    """A live panel of a cloud.

    Parameters
    ----------
    cloud : Watched
        A `kit.cloud.Cloud`.
    user, project : str
        Who boots and deletes servers by the buttons.
    """

    def __init__(self, cloud: Watched, user: str = "admin", project: str = "admin") -> None:
        self.cloud = cloud
        self._who = (user, project)
        self._origin = cloud.snapshot()
        self._looker = Looker(cloud)
        self._seen: tuple[Any, ...] = ()
        self.topology, self.servers, self.calls = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.clock, self.said, self.faults = widgets.HTML(), widgets.HTML(), widgets.HTML()
        ticker = Ticker()
        ticker.on_msg(lambda *_: self.refresh())
        super().__init__([
            _title("Cloud explorer", "A mock OpenStack: look at it, turn its time, make trouble."),
            self._time(), self.said, _section("Networks"), self.topology,
            widgets.HBox([
                widgets.VBox([_section("Servers"), self._actions(), self.servers], layout=_half()),
                widgets.VBox([_section("Calls going by"), self.calls, _section("Trouble"), self._trouble(), self.faults], layout=_half()),
            ], layout=widgets.Layout(flex_flow="row wrap")),
            ticker,
        ])  # fmt: skip
        self.refresh()

    # Controls

    def _time(self) -> widgets.Widget:
        steps = [("+10 s", 10), ("+1 min", 60), ("+10 min", 600)]
        buttons = [
            self._button(text, partial(self._turn, seconds), f"Move the cloud's clock by {text}")
            for text, seconds in steps
        ]
        back = self._button("Back to the start", self._reset, "Restore the cloud as it was when this page opened")
        return widgets.HBox(
            [self.clock, *buttons, back], layout=widgets.Layout(flex_flow="row wrap", align_items="center")
        )

    def _turn(self, seconds: int) -> str:
        self.cloud.clock.advance(seconds)
        return f"{seconds} seconds later."

    def _reset(self) -> str:
        self.cloud.restore(self._origin)
        self.cloud.faults.clear()
        return "The cloud is as it was."

    def _actions(self) -> widgets.Widget:
        return widgets.HBox([
            self._button("Boot a server", self._boot, "Ask for one more server"),
            self._button("Delete the newest", self._delete, "Delete the server that was made last"),
        ])  # fmt: skip

    def _boot(self) -> str:
        conn = self.cloud.connect(*self._who)
        number = len(self._looker.look().servers) + 1
        image, flavor = next(iter(conn.image.images())), next(iter(conn.compute.flavors()))
        inner = [net for net in conn.network.networks() if not net.is_router_external]
        networks: Any = [{"uuid": inner[0].id}] if inner else "none"
        conn.compute.create_server(name=f"demo-{number}", image_id=image.id, flavor_id=flavor.id, networks=networks)
        return f"demo-{number} is being built; turn the clock to see it come up."

    def _delete(self) -> str:
        conn = self.cloud.connect(*self._who)
        found = sorted(conn.compute.servers(), key=lambda server: server.created_at)
        if not found:
            return "There is no server to delete."
        conn.compute.delete_server(found[-1])
        return f"{found[-1].name} is being deleted."

    def _trouble(self) -> widgets.Widget:
        choice = widgets.Dropdown(options=list(TROUBLES), layout=widgets.Layout(width="24em"))

        def inject() -> str:
            self.cloud.faults.add(**TROUBLES[choice.value])
            return f"From now on: {choice.value}."

        def lift() -> str:
            self.cloud.faults.clear()
            return "All faults are lifted."

        buttons = [
            self._button("Inject", inject, "Put this fault in force"),
            self._button("Lift all", lift, "Remove all faults"),
        ]
        return widgets.HBox([choice, *buttons], layout=widgets.Layout(flex_flow="row wrap"))

    # Refreshing

    def tell(self, text: str) -> None:
        """Say what a button has done."""
        self.said.value = f'<div role="status" style="min-height:1.6em">{escape(text)}</div>'

    def _button(self, text: str, action: Callable[[], str], tip: str) -> widgets.Button:
        button = widgets.Button(description=text, tooltip=tip, layout=widgets.Layout(width="auto"))
        button.on_click(lambda _: self.run(action))
        return button

    def run(self, action: Callable[[], str]) -> None:
        """Do what a button asks for; what the cloud refuses is said, not raised."""
        try:
            self.tell(action())
        except Exception as error:
            self.tell(f"The cloud refuses: {str(error).splitlines()[0][:200]}")
        self.refresh()

    def refresh(self) -> None:
        """Look at the cloud, and draw anew what has changed."""
        now = self.cloud.clock.now()
        moment = now.strftime("%H:%M:%S")
        state = (self.cloud.exchanges.count, moment, len(self.cloud.faults))
        if state == self._seen:
            return
        view = self._looker.look()
        self._seen = (self.cloud.exchanges.count, moment, len(self.cloud.faults))
        self.clock.value = f'<strong style="font-size:1.2em;margin-right:1em">{now:%Y-%m-%d} {moment}</strong>'
        self.topology.value = draw(view.networks, view.ports, view.routers, view.servers)._repr_html_()
        self.servers.value = _servers(view)
        self.calls.value = _calls(calls(self.cloud, CALLS))
        rules = [escape(str(rule)) for rule in self.cloud.faults]
        self.faults.value = (
            "<ul>" + "".join(f"<li>⚠ {rule}</li>" for rule in rules) + "</ul>"
            if rules
            else "<p>No faults in force.</p>"
        )

    def __repr__(self) -> str:
        return "Cloud explorer"


def _half() -> widgets.Layout:
    return widgets.Layout(flex="1 1 26em", padding="0 1em 0 0", overflow="auto")


def _title(text: str, below: str) -> widgets.HTML:
    return widgets.HTML(
        f'<h1 style="margin:.2em 0 0">{escape(text)}</h1><p style="margin:0 0 .6em">{escape(below)}</p>'
    )


def _section(text: str) -> widgets.HTML:
    return widgets.HTML(f'<h2 style="margin:.8em 0 .2em;font-size:1.15em">{escape(text)}</h2>')


_CELL = 'style="text-align:left;padding:.15em .8em .15em 0;vertical-align:top"'


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str) -> str:
    if not rows:
        return f"<p>{escape(empty)}</p>"
    top = "".join(f'<th scope="col" {_CELL}>{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td {_CELL}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table style="border-collapse:collapse"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _servers(view: View) -> str:
    rows = []
    for server in view.servers:
        sign, colour = STATES.get(server["status"], ("◌", "inherit"))
        found = ", ".join(item["addr"] for items in server["addresses"].values() for item in items)
        state = f'<span style="color:{colour}">{sign}</span> {escape(server["status"])}'
        rows.append((escape(server["name"]), state, escape(found), escape(server.get("OS-EXT-SRV-ATTR:host") or "")))
    return _table(("name", "state", "addresses", "host"), rows, "No servers yet: boot one.")


def _calls(found: list[Any]) -> str:
    rows = []
    for call in found:
        path = call.path if len(call.path) <= 60 else call.path[:59] + "…"
        bad = ' style="color:var(--jp-error-color1, #c62828);font-weight:600"' if call.status >= 400 else ""
        detail = (
            escape((call.request_body or "no body")[:600]) + "\n\n" + escape((call.response_body or "no body")[:1200])
        )
        line = f"<code>{escape(call.method)} {escape(path)}</code>"
        shown = f'<details><summary>{line}</summary><pre style="white-space:pre-wrap">{detail}</pre></details>'
        rows.append((escape(call.service), shown, f"<span{bad}>{call.status}</span>"))
    return _table(("service", "call", "status"), rows, "No calls yet.")
