"""Nova's live migration as a sequence diagram: who asks whom, how far it is, what a failure undoes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from kit.migration import Failure, Step, workflow
from kit.migration.workflow import COMPONENTS, failures, made_before

WIDTH, TOP, ROW, EDGE = 860, 54, 40, 66
INK, FAINT = "var(--jp-ui-font-color1, #222)", "var(--jp-border-color1, #9e9e9e)"
HERE, BAD, GOOD = (
    "var(--jp-brand-color1, #1976d2)", "var(--jp-error-color1, #c62828)", "var(--jp-success-color1, #2e7d32)",
)  # fmt: skip
NAMES = {"now": "today", "kilo": "Kilo, 2015.1"}
TITLES = {"libvirt": "libvirt, QEMU"}


@dataclass(frozen=True)
class WorkflowPicture:
    """The workflow of an era at one of its steps.

    Parameters
    ----------
    era : str
        `kilo` or `now`.
    at : int
        How many steps are done; 0 before the first.
    failed : bool
        Whether the step after those, number `at` + 1, fails.
    cause : int
        Which of its known failures (`kit.migration.workflow.failures`).

    Raises
    ------
    ValueOutOfRange
        For another era.
    """

    era: str = "now"
    at: int = 0
    failed: bool = False
    cause: int = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        """The era's steps."""
        return workflow(self.era)

    @property
    def last(self) -> Step | None:
        """The step that was done last, or that fails."""
        number = min(self.at + self.failed, len(self.steps))
        return self.steps[number - 1] if number else None

    @property
    def failure(self) -> Failure | None:
        """What follows the failure, if there is one."""
        if not self.failed or self.last is None:
            return None
        return failures(self.last.name, self.era)[self.cause]

    @property
    def exists(self) -> tuple[str, ...]:
        """What there is beside the instance: made so far, or left behind by the failure."""
        if self.last is None:
            return ()
        undone = self.failure.undone if self.failure else ()
        return tuple(thing for thing in made_before(self.last.name, self.era) if thing not in undone)

    @property
    def host(self) -> str:
        """Where the guest is: `source` or `destination`."""
        if self.failure:
            return self.failure.host
        names = [step.name for step in self.steps[: self.at]]
        return "destination" if "copy" in names else "source"

    @property
    def status(self) -> str:
        """Of the migration record; Kilo has none."""
        if self.failure:
            return ", then ".join(self.failure.migration) or (self.steps[self.at - 1].status if self.at else "")
        return self.last.status if self.last else ""

    @property
    def task_state(self) -> str | None:
        """Of the instance after the step that was done last; what a failure makes of it, its `how` tells."""
        return self.last.task_state if self.last and not self.failed else None

    def __repr__(self) -> str:
        lines = [f"Live migration {NAMES[self.era]}"]
        for number, step in enumerate(self.steps, 1):
            sign = " "
            if number <= self.at:
                sign = "✓"
            elif self.failed and number == self.at + 1:
                sign = "✗"
            over = f" [{step.rpc} {step.method}]" if step.rpc else ""
            to = f" -> {step.asks}" if step.asks else ""
            lines.append(f"{sign} {number:2d} {step.name}: {step.component}{to}{over}")
        if self.failure:
            lines.append(str(self.failure))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg()}</div>'

    def svg(self) -> str:
        """The drawing."""
        places = _places(self.steps)
        height = TOP + ROW * len(self.steps) + 8
        name = f"Live migration {NAMES[self.era]}: step {self.at} of {len(self.steps)}"
        parts = [_head(component, x, height) for component, x in places.items()]
        parts += [self._row(number, step, places) for number, step in enumerate(self.steps, 1)]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'style="width:100%;max-width:{WIDTH}px;font-family:var(--jp-ui-font-family, system-ui)">'
            f"<title>{escape(name)}</title><desc>{escape(repr(self))}</desc>{''.join(parts)}</svg>"
        )

    def _row(self, number: int, step: Step, places: dict[str, float]) -> str:
        y = TOP + ROW * (number - 1)
        fails = self.failed and number == self.at + 1
        here = number == self.at and not self.failed
        sign, colour, opacity = ("✓", GOOD, 1.0) if number <= self.at else ("✗", BAD, 1.0) if fails else ("", INK, 0.65)
        colour = HERE if here else colour
        band = f'<rect x="0" y="{y + 2}" width="{WIDTH}" height="{ROW - 4}" rx="5" fill="{colour}" opacity=".13"/>'
        middle, x = y + ROW * 0.66, places[step.component]
        label = step.method if step.rpc in ("call", "cast") else step.method or step.name
        kind = f"{step.rpc}: " if step.rpc in ("call", "cast") else ""
        if step.asks:
            end = places[step.asks]
            way = 1 if end > x else -1
            dash = ' stroke-dasharray="6 4"' if step.rpc == "cast" else ""
            drawn = (
                f'<path d="M{x:.0f} {middle:.0f}H{end - 7 * way:.0f}" stroke="{colour}" stroke-width="1.6"{dash}/>'
                f'<path d="M{end - 8 * way:.0f} {middle - 4:.0f}L{end:.0f} {middle:.0f}L{end - 8 * way:.0f} {middle + 4:.0f}z" fill="{colour}"/>'
            )
            centre = (x + end) / 2
        else:
            drawn = f'<circle cx="{x:.0f}" cy="{middle:.0f}" r="4.5" fill="{colour}"/>'
            centre = x
        half = 3.6 * len(kind + label) + 4
        centre = min(max(centre, 150 + half), WIDTH - half)
        text = _text(centre, middle - 7, kind + label, 13, "middle", bold=here or fails)
        return (
            f'<g opacity="{opacity}"><title>{escape(str(step))}</title>{band if here or fails else ""}'
            f"{_text(8, middle, f'{sign or number} {step.name}', 14, 'start', here or fails, colour)}{drawn}{text}</g>"
        )


def _places(steps: tuple[Step, ...]) -> dict[str, float]:
    """Where each component's line stands."""
    used = {step.component for step in steps} | {step.asks for step in steps}
    found = [name for name in COMPONENTS if name in used]
    first, last = 168, WIDTH - EDGE
    return {name: first + 20 + (last - first - 20) * i / (len(found) - 1) for i, name in enumerate(found)}


def _head(component: str, x: float, height: int) -> str:
    name = TITLES.get(component, component)
    half = 3.9 * len(name) + 8
    return (
        f'<path d="M{x:.0f} 36V{height}" stroke="{FAINT}" stroke-dasharray="2 4"/>'
        f'<rect x="{x - half:.0f}" y="8" width="{2 * half:.0f}" height="26" rx="5" fill="var(--jp-layout-color2, #eee)" '
        f'stroke="{FAINT}"/>{_text(x, 26, name, 13.5, "middle", bold=True)}'
    )


def _text(
    x: float, y: float, text: str, size: float, anchor: str, bold: bool = False, colour: str = INK
) -> str:  # fmt: skip
    weight = 600 if bold else 400
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(text)}</text>'
    )
