"""The cloud explorer: what runs, which calls go by, time to turn and faults to inject."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets

from kit import ink
from kit.views.look import Looker, View, Watched, calls
from kit.views.parts import LivePanel, close, half, row, section, table, title, whole
from kit.views.topology import STATES, draw

CALLS = 12
TROUBLES: dict[str, dict[str, Any]] = {
    "compute answers 503": {"service": "compute", "status": 503},
    "every second call to the network service fails (500)": {"service": "network", "status": 500, "probability": 0.5},
    "everything is 3 s slower": {"latency": 3.0},
    "new servers are refused (403)": {"service": "compute", "method": "POST", "path": "*/servers", "status": 403},
    "connections to compute drop": {"service": "compute", "drop": True},
}


class CloudExplorer(LivePanel):
    """A live panel of a cloud.

    Parameters
    ----------
    cloud : Watched
        A `kit.cloud.Cloud`.
    user, project : str
        Who boots and deletes servers by the buttons.
    """

    def __init__(self, cloud: Watched, user: str = "admin", project: str = "admin") -> None:
        super().__init__()
        self.cloud = cloud
        self._who = (user, project)
        self._origin = cloud.snapshot()
        self._looker = Looker(cloud)
        self._seen: tuple[Any, ...] = ()
        self.topology, self.servers, self.calls = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.clock, self.faults = widgets.HTML(), widgets.HTML()
        left = half(section("Servers"), self._actions(), self.servers)
        right = half(section("Calls going by"), self.calls, section("Trouble"), self._trouble(), self.faults)
        self.children = (
            title("Cloud explorer", "A mock OpenStack: look at it, turn its time, make trouble."),
            self._time(), self.said, section("Networks"), self.topology,
            widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap")), self.ticker,
        )  # fmt: skip
        self.refresh()

    # Controls

    def _time(self) -> widgets.Widget:
        steps = [("+10 s", 10), ("+1 min", 60), ("+10 min", 600)]
        buttons = [
            self.button(text, partial(self._turn, seconds), f"Move the cloud's clock by {text}")
            for text, seconds in steps
        ]
        back = self.button("Back to the start", self._reset, "Restore the cloud as it was when this page opened")
        return row(self.clock, *buttons, back)

    def _turn(self, seconds: int) -> str:
        self.cloud.clock.advance(seconds)
        return f"{seconds} seconds later."

    def _reset(self) -> str:
        self.cloud.restore(self._origin)
        self.cloud.faults.clear()
        return "The cloud is as it was."

    def _actions(self) -> widgets.Widget:
        return row(
            self.button("Boot a server", self._boot, "Ask for one more server"),
            self.button("Delete the newest", self._delete, "Delete the server that was made last"),
        )

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
        choice = widgets.Dropdown(
            description="fault",
            options=list(TROUBLES),
            layout=widgets.Layout(width="26em"),
            style={"description_width": "3em"},
        )

        def inject() -> str:
            self.cloud.faults.add(**TROUBLES[choice.value])
            return f"From now on: {choice.value}."

        def lift() -> str:
            self.cloud.faults.clear()
            return "All faults are lifted."

        buttons = [
            self.button("Inject", inject, "Put this fault in force"),
            self.button("Lift all", lift, "Remove all faults"),
        ]
        return widgets.HBox([choice, *buttons], layout=widgets.Layout(flex_flow="row wrap"))

    # Refreshing

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


def _servers(view: View) -> str:
    rows = []
    for server in view.servers:
        sign, colour = STATES.get(server["status"], ("◌", "inherit"))
        found = ", ".join(item["addr"] for items in server["addresses"].values() for item in items)
        state = f'<span style="color:{colour}">{sign}</span> {escape(server["status"])}'
        rows.append((escape(server["name"]), state, escape(found), whole(server.get("OS-EXT-SRV-ATTR:host") or "")))
    return close(table(("name", "state", "addresses", "host"), rows, "No servers yet: boot one."))


def _calls(found: list[Any]) -> str:
    rows = []
    for call in found:
        path = call.path if len(call.path) <= 60 else call.path[:59] + "…"
        bad = f' style="color:{ink.tone("error")};font-weight:600"' if call.status >= 400 else ""
        detail = (
            escape((call.request_body or "no body")[:600]) + "\n\n" + escape((call.response_body or "no body")[:1200])
        )
        line = f"<code>{escape(call.method)} {escape(path)}</code>"
        shown = f'<details><summary>{line}</summary><pre style="white-space:pre-wrap">{detail}</pre></details>'
        rows.append((whole(call.service), shown, f"<span{bad}>{call.status}</span>"))
    return close(table(("service", "call", "status"), rows, "No calls yet."))
