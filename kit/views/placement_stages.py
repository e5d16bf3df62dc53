"""A decision as stages: Placement and every filter, who passed and why the others did not; and as a funnel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from kit.scheduling import Decision

WIDE, LABEL, LINE = 510, 205, 24


@dataclass(frozen=True)
class Stage:
    """Placement or a filter: who came, who passed, and why the others did not."""

    name: str
    before: int
    passed: tuple[str, ...]
    fallen: Mapping[str, str]


def stages(decision: Decision, server: int = 0) -> list[Stage]:
    """The stages of the choice for one server, Placement first where it was asked."""
    found = []
    if decision.placement:
        passed = tuple(dict.fromkeys(name for each in decision.placement for name in each.candidates))
        # With a second query a host falls only when both refuse it.
        names = [name for name in decision.placement[0].fallen if name not in passed]
        fallen = {name: "; ".join(dict.fromkeys(each.fallen[name] for each in decision.placement)) for name in names}
        found.append(Stage("Placement", len(passed) + len(fallen), passed, fallen))
    for step in decision.steps[server : server + 1]:
        found += [Stage(each.name, len(each.before), tuple(each.survivors), each.fallen) for each in step.filters]
        if step.refused:
            left = tuple(each.host for each in step.weighed if each.host not in step.refused)
            found.append(Stage("claim", len(step.weighed), left, step.refused))
    return found


def verdicts(decision: Decision, server: int = 0) -> dict[str, tuple[str, str]]:
    """By host: `chosen` with how many servers, `passes`, or `falls` with the stage."""
    found: dict[str, tuple[str, str]] = {}
    for stage in stages(decision, server):
        for name in stage.passed:
            found[name] = ("passes", "")
        found |= dict.fromkeys(stage.fallen, ("falls", stage.name))
    for name in decision.chosen:
        count = decision.chosen.count(name)
        found[name] = ("chosen", f"for {count} servers" if count > 1 else "")
    return found


def funnel(found: list[Stage]) -> str:
    """The stages as bars that grow shorter; the reasons are told on hover."""
    if not found:
        return "<p>Nothing was asked: the host is named.</p>"
    most = max(1, found[0].before)
    scale = (WIDE - LABEL - 190) / most
    parts = []
    for number, stage in enumerate(found):
        y = number * LINE
        told = "; ".join(f"{host} falls: {why}" for host, why in stage.fallen.items()) or "nobody falls"
        left, gone = len(stage.passed) * scale, len(stage.fallen) * scale
        words = f"{len(stage.passed)} of {stage.before}" + (f"  ✗ {', '.join(stage.fallen)}" if stage.fallen else "")
        parts.append(
            f'<g><title>{escape(f"{stage.name}: {told}")}</title>'
            f'<text x="0" y="{y + 16}" font-size="12" fill="currentColor">{escape(stage.name)}</text>'
            f'<rect x="{LABEL}" y="{y + 4}" width="{left:.1f}" height="16" fill="var(--jp-success-color1, #2e7d32)" opacity=".75"/>'
            + (
                f'<rect x="{LABEL + left:.1f}" y="{y + 4.5}" width="{gone:.1f}" height="15" fill="none" '
                'stroke="var(--jp-error-color1, #c62828)" stroke-dasharray="4 3"/>' if gone else ""
            )
            + f'<text x="{LABEL + left + gone + 8:.1f}" y="{y + 16}" font-size="12" fill="currentColor">{escape(_short(words, 32))}</text></g>'
        )  # fmt: skip
    height = len(found) * LINE + 4
    title = " , ".join(f"{stage.name}: {len(stage.passed)} of {stage.before}" for stage in found)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" role="img" aria-label="{escape(title)}" '
        f'style="width:100%;max-width:{WIDE}px;color:var(--jp-ui-font-color1, #222);'
        f'font-family:var(--jp-ui-font-family, system-ui)">{"".join(parts)}</svg>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
