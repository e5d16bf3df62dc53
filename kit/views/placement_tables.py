"""A decision as tables: why hosts fell, and what the others weigh."""

from __future__ import annotations

from html import escape

from kit.scheduling import Step
from kit.views.parts import table
from kit.views.placement_stages import Stage

SHOWN = 20


def reasons(found: list[Stage]) -> str:
    """Who fell, where and why, as a table."""
    lines = [
        (_name(host), f'<span style="white-space:nowrap">{escape(stage.name)}</span>', escape(why))
        for stage in found
        for host, why in stage.fallen.items()
    ]
    more = f"<p>and {len(lines) - SHOWN} more</p>" if len(lines) > SHOWN else ""
    return f'<div style="line-height:1.25">{table(("host", "falls at", "because it"), lines[:SHOWN], "✓ Nobody falls.")}{more}</div>'


def weights(step: Step | None) -> str:
    """What the hosts that passed weigh: raw, normalised, times the multiplier, for each weigher that counts."""
    if step is None or not step.weighed:
        return "<p>Nobody is left to be weighed.</p>"
    if len(step.weighed) == 1 or not step.weighed[0].contributions:
        return f"<p>{escape(step.weighed[0].host)} is the only one left: it is taken without being weighed.</p>"
    names = [
        name for name in step.weighed[0].contributions if any(each.contributions[name].score for each in step.weighed)
    ]
    lines = []
    for each in step.weighed[:SHOWN]:
        name = _name(each.host) + ("<br>★ chosen" if each.host == step.chosen else "")
        cells = [
            f"<b>{one.score:.2f}</b><br><small>{one.raw:g} → {one.normalized:.2f} × {one.multiplier:g}</small>"
            for one in (each.contributions[weigher] for weigher in names)
        ]
        lines.append((name, f"<b>{each.weight:.3f}</b>", *cells))
    head = ("host", "weight", *(name.removesuffix("Weigher") for name in names))
    more = f"<p>and {len(step.weighed) - SHOWN} more</p>" if len(step.weighed) > SHOWN else ""
    legend = "<p>Added to the weight, and below it how: raw → normalised × multiplier.</p>"
    return f'<div style="line-height:1.25">{table(head, lines, "")}{more}{legend}</div>'


def _name(host: str) -> str:
    """A host's name that is not broken, in a column that holds its heading."""
    return f'<b style="display:inline-block;min-width:2.5em;white-space:nowrap">{escape(host)}</b>'
