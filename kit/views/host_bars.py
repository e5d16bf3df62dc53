"""Hosts as bars: what servers have, what one asks for, what is left; and what the scheduler said of each host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from kit.ink import tone
from kit.scheduling import Decision, Host, Options, Request, Room, room
from kit.views.placement_stages import verdicts

SHOWN = 24
WIDEST = 800
# Drawn for letters of 15 pixels: beside the board's sliders it is shown at two thirds of that.
LABEL, COLUMN, GAP, ROW, TOP, BAR = 165, 227, 16, 48, 26, 15
SPACE, LINE, NEXT = 31, 19, 100
UNITS = {"VCPU": "vCPU", "PCPU": "dedicated CPU", "MEMORY_MB": "MB of memory", "DISK_GB": "GB of disk"}
SIGNS = {
    "chosen": ("★", tone("success")), "passes": ("✓", tone("success")),
    "falls": ("✗", tone("error")), "disabled": ("⏸", tone("warn")),
    "down": ("⏹", tone("error")), "": ("", "currentColor"),
}  # fmt: skip


@dataclass
class HostBars:
    """The picture; its plain text says the same.

    Parameters
    ----------
    hosts : sequence of Host
        A row each.
    request : Request, optional
        What is asked for is drawn behind what is used.
    decision : Decision, optional
        Marks hosts: chosen, passes, falls and where.
    options : Options, optional
        Of the era: its arithmetic is drawn.
    server : int
        Of a decision for several servers, whose stages mark the hosts; from 0.
    title : str
        A heading above the bars.
    """

    hosts: Sequence[Host]
    request: Request | None = None
    decision: Decision | None = None
    options: Options = field(default_factory=Options)
    server: int = 0
    title: str = ""

    def __post_init__(self) -> None:
        self.rooms = {host.label: room(host, self.options) for host in self.hosts}
        self.request = self.request or (self.decision.request if self.decision else None)
        self.columns = ["VCPU", "MEMORY_MB", "DISK_GB"]

    def _kind(self, host: Host, column: str) -> str:
        """The resource class of a column: dedicated CPUs stand in that of the CPUs."""
        has, specs = self.rooms[host.label], self.request.extra_specs if self.request else {}
        dedicated = specs.get("hw:cpu_policy") == "dedicated" or "resources:PCPU" in specs
        if column == "VCPU" and "PCPU" in has and (dedicated or (self.request is None and "VCPU" not in has)):
            return "PCPU"
        return column

    def _asked(self, column: str) -> int:
        if self.request is None:
            return 0
        flavor = self.request.flavor
        return {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.memory_mb, "DISK_GB": self.request.disk_gb}[column]

    def _times(self, host: Host) -> int:
        """For how many servers a host is asked: those that were put there, at least one."""
        return max(1, self.decision.chosen.count(host.label)) if self.decision else 1

    def __repr__(self) -> str:
        told = verdicts(self.decision, self.server) if self.decision else {}
        lines = []
        for host in self.hosts:
            parts = [self._said(host, column) for column in self.columns if self._found(host, column)]
            mark, where = told.get(host.label) or told.get(host.node) or (_state(host), "")
            tail = f"  {SIGNS[mark][0]} {mark}{f' at {where}' if mark == 'falls' else ''}" if mark else ""
            lines.append(f"{host.label}: {'; '.join(parts)}{tail}")
        return "\n".join([*([f"{self.title}:"] if self.title else []), *(lines or ["no hosts"])])

    def _found(self, host: Host, column: str) -> Room | None:
        return self.rooms[host.label].get(self._kind(host, column))

    def _said(self, host: Host, column: str) -> str:
        """The numbers of a bar in words."""
        kind, one, asked = self._kind(host, column), self._found(host, column), self._asked(column) * self._times(host)
        if one is None:
            return f"no {UNITS[kind]}"
        plus = f" + {asked} asked" if asked else ""
        has = f" (has {one.total})" if one.limit is not None and one.limit > one.total else ""
        most = f"of {one.limit:g}{has}" if one.limit is not None else f"of {one.total}"
        over = f", {one.over(asked):g} too many" if asked and one.over(asked) else ""
        over = over or (f", one server gets {one.total} at most" if self._large(one, column) else "")
        over += ", not tested" if one.limit is None else ""
        cells = _cells(host) if kind == "PCPU" else ""
        return f"{one.used} used{plus} {most} {UNITS[kind]}{cells and f' ({cells})'}{over}"

    def _large(self, one: Room, column: str) -> bool:
        """Whether a server is larger than what the host really has: today none is, whatever is promised (max_unit)."""
        return self.options.era != "liberty" and self._asked(column) > one.total

    @property
    def drawn(self) -> list[Host]:
        """The hosts that are drawn: of many the first, and those that were chosen."""
        chosen = set(self.decision.chosen) if self.decision else set()
        rest = max(0, SHOWN - len(chosen))
        others = [host.label for host in self.hosts if host.label not in chosen][:rest]
        return [host for host in self.hosts if host.label in chosen or host.label in others]

    def svg(self) -> str:
        """The drawing."""
        drawn, hidden = self.drawn, len(self.hosts) - len(self.drawn)
        width = LABEL + len(self.columns) * (COLUMN + GAP)
        above = 28 if self.title else 0
        places, end = self._places(drawn)
        height = end + 28
        told = verdicts(self.decision, self.server) if self.decision else {}
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-above} {width} {height + above}" role="img" class="kit-bars" '
            f'style="width:100%;max-width:{WIDEST}px"><title>{escape(self.title) or f"{len(self.hosts)} hosts and their room"}</title>'
            f"<desc>{escape(repr(self))}</desc>{_STYLE}{_ASKED if self.request else ''}"
        ]
        parts += [f'<text x="0" y="-8" class="h">{escape(self.title)}</text>'] if self.title else []
        names = ("vCPUs", "memory, MB", "disk, GB")
        parts += [_text(LABEL + at * (COLUMN + GAP), 15, name, "b") for at, name in enumerate(names)]
        scales = {column: self._scale(column) for column in self.columns}
        for host, y in zip(drawn, places, strict=True):
            mark, where = told.get(host.label) or told.get(host.node) or (_state(host), "")
            why = self._why(host, told)
            parts.append(_name(host.label, mark, where, why, y))
            parts += [
                self._bar(host, column, LABEL + at * (COLUMN + GAP), y, scales[column])
                for at, column in enumerate(self.columns)
            ]
        more = _text(0, end + 18, f"and {hidden} more hosts", "b") if hidden else ""
        return "".join([*parts, more, _legend(end + 18, bool(self.request)), "</svg>"])

    def _places(self, drawn: Sequence[Host]) -> tuple[list[int], int]:
        """Where each host begins, and where the last one ends: who has more to tell has a line more."""
        places, y = [], TOP
        for host in drawn:
            places.append(y)
            y += ROW + (LINE if any(self._words(host, column)[1] for column in self.columns) else 0)
        return places, y

    def _why(self, host: Host, told: Mapping[str, tuple[str, str]]) -> str:
        """Why the host was not chosen, or was; Placement speaks of nodes, filters of hosts."""
        if self.decision is None:
            return ""
        return self.decision.why_not(host.label if host.label in told else host.node, self.server)

    def _scale(self, column: str) -> float:
        """Pixels for one unit: the longest bar of a column is as wide as the column."""
        longest = 1.0
        for host in self.hosts:
            one = self._found(host, column)
            if one is not None:
                asked = self._asked(column) * self._times(host)
                longest = max(longest, one.total if one.limit is None else one.limit, one.used + asked)
        return COLUMN / longest

    def _bar(self, host: Host, column: str, x: int, y: int, scale: float) -> str:
        one = self._found(host, column)
        if one is None:
            return _text(x, y + 14, self._words(host, column)[0])
        asked = self._asked(column) * self._times(host)
        end = max(0.0, one.limit if one.limit is not None else float(max(one.total, one.used + asked)))
        inside, over = max(0.0, min(asked, end - one.used)), one.over(asked) if asked else 0.0
        start = max(end, one.used)
        boxes = [
            _rect(x, y, end * scale, "f"),
            _rect(x, y, one.used * scale, "u"),
            _rect(x + one.used * scale, y, inside * scale, "a"),
            _rect(x + start * scale, y, (one.used + asked - start) * scale if over else 0, "o"),
        ]
        if one.limit is not None and one.total < one.limit:
            boxes.append(f'<path class="t" d="M{x + one.total * scale:.0f} {y + 16}v{BAR + 6}"/>')
        words, tail = self._words(host, column)
        return "".join([*boxes, _text(x, y + 14, words), _text(x, y + 19 + BAR + 15, tail) if tail else ""])

    def _words(self, host: Host, column: str) -> tuple[str, str]:
        """What stands above a bar, and below it what does not fit there."""
        kind, one = self._kind(host, column), self._found(host, column)
        if one is None:
            return f"no {UNITS[kind]}", ""
        asked = self._asked(column) * self._times(host)
        over = one.over(asked) if asked else 0.0
        taken = f"{one.used}{f' + {asked}' if asked else ''}"
        words = f"{taken} of {one.limit:g}" if one.limit is not None else f"{taken}; has {one.total}, not tested"
        large = f"✗ one gets {one.total}" if self._large(one, column) else ""
        fault, cells = f"✗ {over:g} too many" if over else large, _cells(host) if kind == "PCPU" else ""
        first, second = (fault or cells, cells if fault else "")
        if first and len(words) + len(first) + 2 <= SPACE:
            return f"{words}  {first}", second
        return words, "  ".join(each for each in (first, second) if each)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg()}</div>'


def _cells(host: Host) -> str:
    """What each cell has free, where there are cells: a guest cell lies in one of them."""
    free = [str(len(cell.free_pcpus)) for cell in host.numa_topology.cells] if host.numa_topology else []
    return f"free by cell: {', '.join(free)}" if free else ""


def _state(host: Host) -> str:
    """What is to be seen of the service before anybody decides."""
    return "" if host.service.up and not host.service.disabled else "disabled" if host.service.up else "down"


_HATCH = (
    '<pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate({})">'
    '<path d="M0 0v6" stroke="{}" stroke-width="{}"/></pattern>'
)
_STYLE = (
    "<style>.kit-bars{font:15px var(--jp-ui-font-family, system-ui);fill:var(--jp-ui-font-color1, #222);"
    "stroke:none}.kit-bars .b,.kit-bars .h{font-weight:600}.kit-bars .h{font-size:17px}"
    ".kit-bars .u{fill:var(--jp-ui-font-color3, #9e9e9e)}"
    ".kit-bars .f{fill:var(--jp-layout-color1, #fff);stroke:var(--jp-ui-font-color2, #777)}"
    ".kit-bars .t{stroke:var(--jp-ui-font-color1, #222);stroke-width:2}</style>"
)
_ASKED = (
    "<style>.kit-bars .a{fill:url(#kit-asked);stroke:var(--jp-brand-color1, #1976d2)}"
    ".kit-bars .o{fill:url(#kit-over);stroke:var(--jp-error-color1, #c62828)}</style><defs>"
    + _HATCH.format("kit-asked", 45, "var(--jp-brand-color1, #1976d2)", 5)
    + _HATCH.format("kit-over", -45, "var(--jp-error-color1, #c62828)", 3)
    + "</defs>"
)


def _rect(x: float, y: int, width: float, kind: str) -> str:
    if width <= 0:
        return ""
    return f'<path class="{kind}" d="M{x:.0f} {y + 19}h{width:.0f}v{BAR}h-{width:.0f}z"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    look = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{look}>{escape(text)}</text>'


def _name(label: str, mark: str, where: str, why: str, y: int) -> str:
    sign, colour = SIGNS[mark]
    where = where.removesuffix("Filter")
    first, second = f"{sign} {mark}" if mark else "", where
    if len(label) + len(first) > 17:  # a long name has the line for itself
        first, second = "", f"{first} {where}".strip()
    told = f' <tspan style="fill:{colour}">{first}</tspan>' if first else ""
    name = f'<text x="0" y="{y + 14}"><tspan class="b">{escape(_short(label, 18))}</tspan>{told}</text>'
    name += f'<text x="0" y="{y + 33}" style="fill:{colour}">{escape(_short(second))}</text>' if second else ""
    return f"<g><title>{escape(why)}</title>{name}</g>" if why else name


def _short(text: str, most: int = 21) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _legend(y: int, asked: bool) -> str:
    """What the parts of a bar mean."""
    kinds = [("u", "used"), ("f", "free"), *([("a", "asked"), ("o", "too much")] if asked else [])]
    parts = []
    for number, (kind, word) in enumerate(kinds):
        x = LABEL + number * NEXT
        parts += [_rect(x, y - 32, 18, kind), _text(x + 24, y, word)]
    x = LABEL + len(kinds) * NEXT
    line = f'<path class="t" d="M{x + 4} {y - 14}v18"/>'
    return "".join([*parts, line, _text(x + 14, y, "what the host has, where more is promised")])
