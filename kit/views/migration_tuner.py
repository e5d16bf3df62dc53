"""The migration tuner: turn a knob, see what is left over time, what it costs, and what nova.conf would say."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as widgets

from kit import ink
from kit.errors import MigrationError
from kit.migration import Guest, Knobs, Link, Random, Remedy, Result, Sequential, Turn, nova_conf, simulate
from kit.migration.units import told_bytes, told_seconds
from kit.views import migration_cases as offers
from kit.views.chart import svg
from kit.views.migration_charts import one
from kit.views.parts import half, row, section, table, title
from kit.views.slider_names import SliderNames
from kit.views.still import Panel

_STYLE = {"description_width": "8.5em"}
_MONO = "line-height:1.3;margin:0;font-family:var(--jp-code-font-family, monospace)"
SHOWN = 3
NARROW = 540


class MigrationTuner(Panel):
    """A panel over the model of live migration; it needs no cloud.

    Parameters
    ----------
    case : str, optional
        A case to begin with, by its name in the list.
    values : controls by name
        Positions to begin with: `cap=100, limit=500` (`kit.views.migration_cases.START` has all names).
    """

    def __init__(self, case: str = "", **values: Any) -> None:
        super().__init__()
        self._quiet = False
        self.result: Result | None = None
        self.case = widgets.Dropdown(
            options=list(offers.CASES), value=case or next(iter(offers.CASES)), description="Case", style=_STYLE,
            layout=widgets.Layout(width="30em"),
        )  # fmt: skip
        self.famous, self.chart, self.verdict, self.figures = (widgets.HTML() for _ in range(4))
        self.remedies, self.conf = widgets.HTML(), widgets.HTML()
        self.controls = _controls()
        self.zoom = widgets.Checkbox(description="Zoom in on the passes after the first", indent=False)
        for control in [*self.controls.values(), self.zoom]:
            control.observe(self._moved, "value")
        self.case.observe(lambda _: self.choose(self.case.value), "value")
        guest = ("memory", "used", "working", "writes", "pattern", "content")
        knobs = ("cap", "limit", "nova", "auto_converge", "cache", "threads", "channels")
        left = half(
            section("The guest"), *self._some(*guest), section("The network"), *self._some("link", "encryption"),
            section("The knobs"), *self._some(*knobs), section("By hand, while it runs"), *self._some("hand", "moment"),
        )  # fmt: skip
        left.layout.flex = "1 1 34em"
        right = half(self.verdict, self.zoom, self.chart, self.figures, self.remedies, section("nova.conf"), self.conf)
        right.layout.flex = "2 1 34em"
        self.children = (
            title("Migration tuner", "Turn a knob: the model answers at once."), row(self.case, self.famous),
            widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap")), SliderNames(),
        )  # fmt: skip
        self.choose(self.case.value, **values)

    def _some(self, *names: str) -> list[widgets.Widget]:
        return [self.controls[name] for name in names]

    def choose(self, case: str, **values: Any) -> None:
        """Set all controls as a case has them, with some of one's own."""
        told, changes = offers.CASES[case]
        self._quiet = True
        for name, value in (offers.START | changes | values).items():
            self.controls[name].value = value
        self._quiet = False
        self.famous.value = f'<em style="margin-left:1em">{escape(told)}</em>'
        self.refresh()

    def _moved(self, _: Any) -> None:
        if not self._quiet:
            self.refresh()

    def inputs(self) -> tuple[Guest, Knobs, Link, list[Turn]]:
        """What the controls say."""
        at = {name: control.value for name, control in self.controls.items()}
        kind = Random if at["pattern"] == "random" else Sequential
        working = kind(at["working"], at["writes"] if at["working"] else 0)
        guest = Guest(at["memory"], round(at["memory"] * at["used"] / 100), working, at["content"])
        hand, moment = at["hand"], float(at["moment"])
        multifd = at["channels"] > 1
        given: dict[str, Any] = {
            "max_bandwidth_mib_s": float(at["cap"]), "downtime_limit_ms": float(at["limit"]),
            "auto_converge": at["auto_converge"], "xbzrle": at["cache"] > 0, "compress": at["threads"] > 0,
            "multifd": multifd, "multifd_channels": at["channels"] if multifd else 2, "encryption": at["encryption"],
            "postcopy": hand in ("post-copy", "cut"), "xbzrle_cache_size_mib": float(at["cache"] or 64),
            "compress_threads": at["threads"] or 8,
        }  # fmt: skip
        turns = {
            "stop": [Turn(moment, "force_complete")], "post-copy": [Turn(moment, "force_complete")],
            "cut": [Turn(moment, "force_complete"), Turn(moment + 0.05, "cut")], "abort": [Turn(moment, "abort")],
            "limit": [Turn(moment, "set", {"downtime_limit_ms": 2000.0})],
            "cap": [Turn(moment, "set", {"max_bandwidth_mib_s": 3.0 * at["cap"]})],
        }  # fmt: skip
        knobs = Knobs.nova(**given) if at["nova"] else Knobs(**given)
        return guest, knobs, Link.of_mbit_s(at["link"]), turns.get(hand, [])

    def refresh(self) -> None:
        """Run the model anew, and draw what came of it."""
        try:
            guest, knobs, link, turns = self.inputs()
            result = simulate(guest, knobs, link, turns=turns)
        except MigrationError as error:
            self.result = None
            at = {name: control.value for name, control in self.controls.items()}
            said = offers.clash(at) or f"{_sentence(error.what)}. {error.todo}"
            self.verdict.value = _box("✗", "error", "These do not go together.", said)
            self.chart.value = self.figures.value = self.remedies.value = self.conf.value = ""
            return
        self.result = result
        self.verdict.value = _verdict(result)
        self.chart.value = svg(replace(one(result, self.zoom.value), width=NARROW))
        self.figures.value = _figures(result)
        self.remedies.value = _remedies(result)
        lines = escape("\n".join([*nova_conf(knobs), *_beyond(knobs)]))
        self.conf.value = f'<pre style="{_MONO}">{lines}</pre>'

    def __repr__(self) -> str:
        if self.result is None:
            return "Migration tuner"
        return f"Migration tuner, case: {self.case.value}\n" + "\n".join(repr(self.result).splitlines()[:2])


def _controls() -> dict[str, widgets.Widget]:
    """All controls by name, each with a label that names its unit."""
    wide = widgets.Layout(width="98%")

    def slider(label: str, options: list[tuple[str, Any]]) -> widgets.SelectionSlider:
        return widgets.SelectionSlider(options=options, description=label, style=_STYLE, layout=wide)

    def choice(label: str, options: list[Any]) -> widgets.Dropdown:
        return widgets.Dropdown(options=options, description=label, style=_STYLE, layout=wide)

    def switch(label: str) -> widgets.Checkbox:
        return widgets.Checkbox(description=label, indent=False, layout=wide)

    return {
        "memory": slider("Memory", offers.MEMORY),
        "used": widgets.IntSlider(min=0, max=100, step=5, description="Of it in use (%)", style=_STYLE, layout=wide),
        "working": slider("Working set", offers.WORKING),
        "writes": slider("Writes (pages)", offers.WRITES),
        "pattern": choice("Pattern", ["random", "sequential"]),
        "content": choice("Content", [("incompressible", "random"), ("half compressible", "half"), ("one byte", "const")]),
        "link": slider("Link", offers.LINK),
        "encryption": choice("Encryption", ["none", "tunnelled", "native-tls", "ipsec"]),
        "cap": slider("Cap (MiB/s)", offers.CAP),
        "limit": slider("Downtime limit", offers.LIMIT),
        "nova": switch("Nova's clock: limit in 10 steps, 800 s per GiB"),
        "auto_converge": switch("Auto-converge: slow the guest's CPU down"),
        "cache": slider("xbzrle cache", offers.CACHE),
        "threads": slider("zlib (until 9.0)", offers.THREADS),
        "channels": slider("multifd", offers.CHANNELS),
        "hand": choice("What", offers.HANDS),
        "moment": slider("When", offers.MOMENT),
    }  # fmt: skip


def _box(sign: str, tone: str, head: str, text: str) -> str:
    colour = ink.tone(tone)
    return (
        f'<div role="status" style="border-left:4px solid {colour};padding:.4em .8em;margin:.2em 0 .6em;line-height:1.4">'
        f'<strong style="color:{colour};font-size:1.15em">{sign} {escape(head)}</strong><div>{escape(text)}</div></div>'
    )


def _verdict(result: Result) -> str:
    if result.completed:
        head = f"It ends after {told_seconds(result.total_s)}; the guest stands still for {told_seconds(result.downtime_ms / 1000)}."
        return _box("✓", "success", head, result.reason)
    if result.never:
        return _box("✗", "error", "It never ends.", _sentence(result.reason.removeprefix("It never ends: ")))
    return _box("✗", "error", f"It is {result.status} after {told_seconds(result.total_s)}.", result.reason)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figures(result: Result) -> str:
    rows = [
        ("total time", "no end" if result.never else told_seconds(result.total_s)),
        ("guest's pause", told_seconds(result.downtime_ms / 1000) if result.completed else "none"),
        ("on the wire", told_bytes(result.wire_bytes)),
        ("bitmap syncs", str(result.dirty_sync_count)),
        ("guest's lost work", told_seconds(result.guest_loss_s)),
        ("source's CPU", told_seconds(result.cpu_s)),
    ]
    cells = "".join(
        f'<div style="min-width:6.5em"><div style="font-size:1.2em;font-weight:600">{escape(value)}</div>'
        f'<div style="opacity:.8">{escape(name)}</div></div>'
        for name, value in rows
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:.4em 1.4em;line-height:1.3">{cells}</div>'


def _remedies(result: Result) -> str:
    if result.completed:
        return ""
    rows = [
        (_whole(_named(way)), _whole(told_seconds(way.total_s)), _whole(told_seconds(way.downtime_ms / 1000)),
         escape(way.price) + (" ⚠ risky" if way.risky else ""))
        for way in result.remedies
    ]  # fmt: skip
    head = ("the knob", "done", "pause", "what it costs")
    ways = table(head, rows[:SHOWN], "No single knob ends it.")
    more = f"<details><summary>{len(rows) - SHOWN} more</summary>{table(head, rows[SHOWN:], '')}</details>"
    head_line = section("What would end it, cheapest first").value
    return f'<div style="line-height:1.35">{head_line}{ways}{more if len(rows) > SHOWN else ""}</div>'


def _named(way: Remedy) -> str:
    """A remedy in the words of the panel's own controls."""
    changes = way.changes
    if "turn" in changes:
        return "switch to post-copy" if changes["postcopy"] else "stop the guest"
    if "max_bandwidth_mib_s" in changes:
        return f"cap {changes['max_bandwidth_mib_s']:g} MiB/s"
    if "downtime_limit_ms" in changes:
        return f"downtime limit {changes['downtime_limit_ms']:g} ms"
    return {"auto_converge": "auto-converge", "compress": "zlib"}.get(way.name, way.name)


def _whole(text: str) -> str:
    """A cell that is not broken over lines."""
    return f'<span style="white-space:nowrap">{escape(text)}</span>'


def _beyond(knobs: Knobs) -> list[str]:
    """What Nova cannot set, or sets otherwise."""
    lines = []
    if knobs.xbzrle or knobs.compress:
        lines.append("# Nova passes no xbzrle or compression on (raw flags ended with Ocata, 15.0)")
    if knobs.downtime_limit_ms < 100:
        lines.append(f"# Nova allows no less than 100 ms; {knobs.downtime_limit_ms:g} ms are QEMU's alone")
    if knobs.downtime_steps == 1:
        lines.append("# Nova reaches the limit in at least 3 steps; here it holds at once")
    return lines
