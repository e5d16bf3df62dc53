"""The placement board: a request as sliders, hosts as bars, and filter by filter why a server lands where it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from kit import ink
from kit.errors import SchedulingError
from kit.scheduling import FILTERS, Aggregate, Decision, Flavor, Host, Options, Request, Scheduler
from kit.views.host_bars import HostBars
from kit.views.parts import half, section, title
from kit.views.placement_stages import funnel, stages
from kit.views.placement_tables import reasons, weights
from kit.views.slider_names import SliderNames

ERAS = {"Now": "today", "Liberty (2015)": "liberty"}
ENABLED = "filter_scheduler.enabled_filters"
MULTIPLIERS = {name: f"filter_scheduler.{name}_weight_multiplier" for name in ("ram", "cpu", "disk", "io_ops")}
# Builds under way count as work: the servers of one request push each other away unless that is switched off.
SPREAD = {"ram": 1.0, "cpu": 1.0, "disk": 1.0, "io_ops": -1.0}
PACK = {"ram": -1.0, "cpu": -1.0, "disk": -1.0, "io_ops": 0.0}
ANY = "any"
SAME = widgets.Layout(width="100%")
WIDE_LABEL = {"description_width": "8em"}


class PlacementBoard(widgets.VBox):
    """A live panel: move a slider, and see where the server lands and why not elsewhere.

    Parameters
    ----------
    hosts : iterable of Host
        What the scheduler sees; they are not changed.
    aggregates : iterable of Aggregate
        Those with an `availability_zone` make the choices of the zone.
    options : mapping, optional
        Options of the scheduler for both eras; what an era does not know is left out there.
    filters : sequence of str
        Filters that are run after the era's default ones.
    """

    def __init__(
        self, hosts: Iterable[Host], aggregates: Iterable[Aggregate] = (), options: Mapping[str, Any] | None = None,
        *, filters: tuple[str, ...] = ("NUMATopologyFilter",),
    ) -> None:  # fmt: skip
        super().__init__()
        self.hosts, self.aggregates = list(hosts), tuple(aggregates)
        self.given, self.filters = dict(options or {}), filters
        self.decision: Decision | None = None
        zones = {each.metadata["availability_zone"] for each in aggregates if "availability_zone" in each.metadata}
        self._make_controls(sorted(zones))
        self.said, self.bars, self.funnel = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.fallen, self.weights = widgets.HTML(), widgets.HTML()
        self._quiet = False
        for each in self._controls:
            each.observe(lambda _: self.refresh(), "value")
        self.children = (
            title("Placement board", "Where does a server land, and why not elsewhere? Nova's scheduler, of now and of Liberty."),
            widgets.HBox(
                [
                    widgets.VBox(self._left(), layout=widgets.Layout(flex="1 1 20em", max_width="30em", padding="0 1.5em 0 0")),
                    widgets.VBox([self.said, self.bars], layout=widgets.Layout(flex="3 1 40em", overflow="auto")),
                ],
                layout=widgets.Layout(flex_flow="row wrap"),
            ),
            widgets.HBox(
                [half(section("Filter by filter"), self.funnel, self.fallen), half(section("Weights"), self.weights)],
                layout=widgets.Layout(flex_flow="row wrap"),
            ),
            SliderNames(),
        )  # fmt: skip
        self.refresh()

    def _make_controls(self, zones: list[str]) -> None:
        memory = max((host.memory_mb for host in self.hosts), default=8192)
        disk = max((host.local_gb for host in self.hosts), default=100)
        cpus = max((max(host.vcpus, host.pcpus) for host in self.hosts), default=8)
        step = max(256, 256 * round(memory / 64 / 256))
        self.vcpus = _slider("vCPUs", 2, 1, cpus * 2, 1)
        self.memory = _slider("memory, MB", min(4 * step, memory), step, memory * 3 // 2, step)
        self.disk = _slider("disk, GB", min(20, disk), 0, disk * 3 // 2, max(1, disk // 50))
        self.servers = _slider("servers", 1, 1, 8, 1)
        self.server = _slider("show server", 1, 1, 1, 1)
        self.zone = _choice("zone", [ANY, *zones])
        self.policy = _choice("CPU policy", ["shared", "dedicated"])
        self.numa = _choice("NUMA cells", [("no matter", 0), ("1", 1), ("2", 2), ("4", 4)])
        self.era = widgets.ToggleButtons(options=ERAS, tooltips=("Nova 34 and Placement 16", "Nova 12, October 2015"))
        self.era.style.button_width = "8.5em"
        self.multipliers = {
            name: widgets.FloatSlider(
                value=SPREAD[name], min=-2.0, max=2.0, step=0.5, description=f"{name} multiplier", style=WIDE_LABEL, layout=SAME,
                readout_format=".1f",
            )
            for name in MULTIPLIERS
        }  # fmt: skip
        self._controls = [
            self.vcpus, self.memory, self.disk, self.servers, self.server, self.zone, self.policy, self.numa, self.era,
            *self.multipliers.values(),
        ]  # fmt: skip

    def _left(self) -> list[widgets.Widget]:
        both = widgets.HBox([
            _button("Spread", lambda: self._set(SPREAD), "Emptier hosts first: Nova's defaults"),
            _button("Pack", lambda: self._set(PACK), "Fuller hosts first: negative multipliers"),
        ])  # fmt: skip
        return [
            section("The request"), self.vcpus, self.memory, self.disk, self.zone, self.policy, self.numa, self.servers,
            self.server, section("The scheduler"), self.era, *self.multipliers.values(), both,
        ]  # fmt: skip

    def _set(self, values: Mapping[str, float]) -> None:
        """Set every multiplier, and decide once."""
        self._quiet = True
        for name, value in values.items():
            self.multipliers[name].value = value
        self._quiet = False
        self.refresh()

    @property
    def request(self) -> Request:
        """What the sliders ask for."""
        specs = {"hw:cpu_policy": "dedicated"} if self.policy.value == "dedicated" else {}
        if self.numa.value:
            specs["hw:numa_nodes"] = str(self.numa.value)
        flavor = Flavor(
            vcpus=self.vcpus.value, memory_mb=self.memory.value, root_gb=self.disk.value, extra_specs=specs
        )  # fmt: skip
        names = tuple(f"server-{number + 1}" for number in range(self.servers.value))
        zone = None if self.zone.value == ANY else self.zone.value
        return Request(flavor=flavor, servers=names, availability_zone=zone)

    @property
    def options(self) -> Options:
        """The options of the era with the multipliers of the sliders."""
        bare = Options(era=self.era.value)
        given = {name: value for name, value in self.given.items() if name in bare}
        given |= {MULTIPLIERS[name]: each.value for name, each in self.multipliers.items()}
        extra = [name for name in self.filters if name in FILTERS[bare.era]]
        enabled = given.get(ENABLED, bare[ENABLED])
        return Options(given | {ENABLED: [*enabled, *(name for name in extra if name not in enabled)]}, era=bare.era)

    def refresh(self) -> None:
        """Decide, and draw the decision."""
        if self._quiet:
            return
        options = self.options
        for name in ("cpu", "disk"):  # Liberty had no such weighers
            self.multipliers[name].disabled = options.era == "liberty"
        self.server.max = self.servers.value
        self.server.disabled = self.servers.value == 1
        try:
            self.decision = Scheduler(self.hosts, self.aggregates, options).select(self.request)
        except SchedulingError as error:
            self.decision = None
            self.said.value = _say(
                "✗", "error", f"No scheduler reads this request: {error.what}. Move a slider, or choose other cells."
            )
            self.bars.value = HostBars(self.hosts, self.request, None, options)._repr_html_()
            self.funnel.value = self.weights.value = "<p>Nothing was decided.</p>"
            self.fallen.value = ""
            return
        decision, number = self.decision, self.server.value - 1
        found = stages(decision, number)
        self.said.value = _outcome(decision, str(self.era.label))
        self.bars.value = HostBars(self.hosts, None, decision, options, number)._repr_html_()
        self.funnel.value, self.fallen.value = funnel(found), reasons(found)
        if not found and not decision.ok and number >= len(decision.steps):
            self.funnel.value = f"<p>It ended at an earlier server; {number + 1} was never asked for.</p>"
            self.fallen.value = ""
        self.weights.value = weights(decision.steps[number] if number < len(decision.steps) else None)

    def __repr__(self) -> str:
        return "Placement board"


def _outcome(decision: Decision, era: str) -> str:
    if not decision.ok:
        return _say("✗", "error", f"{era}: no valid host. {_capital(decision.reason)}.")
    names = dict.fromkeys(decision.chosen)
    if len(decision.chosen) == 1:
        return _say("★", "success", f"{era}: the server lands on {decision.chosen[0]}.")
    parts = [f"{decision.chosen.count(name)} on {name}" for name in names]
    return _say("★", "success", f"{era}: {len(decision.chosen)} servers land, {', '.join(parts)}.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _say(sign: str, tone: str, text: str) -> str:
    return (
        f'<div role="status" style="font-size:1.2em;padding:.3em 0 .5em"><strong style="color:{ink.tone(tone)}">'
        f"{sign}</strong> {escape(text)}</div>"
    )


def _slider(text: str, value: int, low: int, high: int, step: int) -> widgets.IntSlider:
    return widgets.IntSlider(
        value=value, min=low, max=high, step=step, description=text, style=WIDE_LABEL, layout=SAME
    )  # fmt: skip


def _choice(text: str, options: Any) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, description=text, style=WIDE_LABEL, layout=SAME)


def _button(text: str, action: Any, tip: str) -> widgets.Button:
    made = widgets.Button(description=text, tooltip=tip, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: action())
    return made
