"""A decision as text and as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from kit import ink
from kit.scheduling.decision import Decision, PlacementStep, Step
from kit.scheduling.why import reason_for

SHOWN = 20
_GOOD, _BAD = (
    ("✓", ink.tone("success")),
    ("✗", ink.tone("error")),
)


def as_text(decision: Decision) -> str:
    """The record as plain text, hosts beyond the first twenty counted only."""
    lines = [_head(decision)]
    for number, each in enumerate(decision.placement):
        lines.append(f"{'Placement' if not number else 'Placement, second query'}: {each.query}")
        lines += [f"  candidates: {_some(each.candidates)}", *_reasons(each.fallen)]
    for step in decision.steps:
        lines += _step_text(step)
    if decision.alternates:
        lines += [
            f"alternates for {server}: {_some(others)}"
            for server, others in zip(decision.request.servers, decision.alternates, strict=True)
        ]
    return "\n".join(lines)


def _head(decision: Decision) -> str:
    if not decision.ok:
        return f"NoValidHost: {decision.reason}"
    pairs = zip(decision.request.servers, decision.chosen, strict=True)
    return "; ".join(f"{server} goes to {host}" for server, host in pairs)


def _step_text(step: Step) -> list[str]:
    lines = [f"{step.server} starts with {len(step.start)}: {_some(step.hosts)}"]
    if step.forced:
        lines.append("  the host is forced: no filter is run")
    for each in step.filters:
        lines += [f"  {each.name}: {len(each.after)} of {len(each.before)} pass", *_reasons(each.fallen, "    ")]
    for weighed in step.weighed[:SHOWN]:
        parts = [
            f"{name.removesuffix('Weigher')} {one.raw:g} -> {one.normalized:.3f} x {one.multiplier:g}"
            for name, one in weighed.contributions.items()
            if one.score
        ]
        lines.append(f"  {weighed.host} weighs {weighed.weight:.6g}{': ' if parts else ''}{', '.join(parts)}")
    if len(step.weighed) > SHOWN:
        lines.append(f"  and {len(step.weighed) - SHOWN} more")
    lines += [f"  {host} lost its claim: {reason}" for host, reason in step.refused.items()]
    if step.chosen:
        lines.append(f"  chosen: {step.chosen}, {reason_for(step)}")
    return lines


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "none") + more


def _reasons(fallen: Mapping[str, str], indent: str = "  ") -> list[str]:
    lines = [f"{indent}{host} falls: {reason}" for host, reason in list(fallen.items())[:SHOWN]]
    return lines + ([f"{indent}and {len(fallen) - SHOWN} more"] if len(fallen) > SHOWN else [])


def as_html(decision: Decision) -> str:
    """The record as nested `<details>`; each colour stands beside a sign and a word."""
    inner = [_placement(number, each) for number, each in enumerate(decision.placement)]
    inner += [_step(step) for step in decision.steps]
    word = _label("scheduled", True) if decision.ok else _label("no valid host", False)
    return (
        '<div role="group" aria-label="Decision of the scheduler" style="line-height:1.5">'
        f"<div>{word} {escape(_head(decision))}</div>{''.join(inner)}</div>"
    )


def _label(word: str, good: bool) -> str:
    sign, colour = _GOOD if good else _BAD
    return f'<span style="color:{colour}"><span aria-hidden="true">{sign}</span> {escape(word)}</span>'


def _details(head: str, inner: str, *, shown: bool = False) -> str:
    margin = 'style="margin-left:1.2em"'
    return f"<details{' open' if shown else ''} {margin}><summary>{head}</summary>{inner}</details>"


def _placement(number: int, each: PlacementStep) -> str:
    name = "Placement" if not number else "Placement, second query"
    head = f"{name}: {len(each.candidates)} candidate{'' if len(each.candidates) == 1 else 's'}"
    query = f'<div><code style="white-space:pre-wrap">{escape(each.query)}</code></div>'
    inner = query + f"<div>{escape(_some(each.candidates))}</div>" + _fallen(each.fallen)
    return _details(head, inner, shown=bool(each.fallen))


def _fallen(fallen: Mapping[str, str]) -> str:
    items = [
        f"<div>{_label('falls', False)} <b>{escape(host)}</b>: {escape(reason)}</div>"
        for host, reason in list(fallen.items())[:SHOWN]
    ]
    if len(fallen) > SHOWN:
        items.append(f"<div>and {len(fallen) - SHOWN} more</div>")
    return f'<div style="margin-left:1.2em">{"".join(items)}</div>' if items else ""


def _step(step: Step) -> str:
    rows = []
    for each in step.filters:
        head = f"{escape(each.name)}: {len(each.after)} of {len(each.before)} pass"
        fell = _fallen(each.fallen)
        rows.append(_details(head, fell, shown=True) if fell else f'<div style="margin-left:1.2em">{head}</div>')
    if step.forced:
        rows.append("<div>The host is forced: no filter is run.</div>")
    rows += [f"<div>{_label('claim lost', False)} {escape(f'{h}: {why}')}</div>" for h, why in step.refused.items()]
    chosen = f"goes to {step.chosen}: {reason_for(step)}" if step.chosen else "has no host"
    head = f"{_label('chosen' if step.chosen else 'none', bool(step.chosen))} {escape(f'{step.server} {chosen}')}"
    return _details(head, "".join(rows) + _weights(step), shown=True)


def _weights(step: Step) -> str:
    if not step.weighed:
        return ""
    names = [name for name in step.weighed[0].contributions if any(w.contributions[name].score for w in step.weighed)]
    titles = "".join(f'<th scope="col">{escape(name.removesuffix("Weigher"))}</th>' for name in names)
    rows = []
    for each in step.weighed[:SHOWN]:
        cells = "".join(
            f'<td title="raw {one.raw:g}, normalised {one.normalized:.6g}, multiplier {one.multiplier:g}">'
            f"{one.score:.4g} <small>({one.raw:g})</small></td>"
            for one in (each.contributions[name] for name in names)
        )
        host = f"<b>{escape(each.host)}</b> (chosen)" if each.host == step.chosen else escape(each.host)
        rows.append(f'<tr><th scope="row">{host}</th><td>{each.weight:.6g}</td>{cells}</tr>')
    more = f"<p>and {len(step.weighed) - SHOWN} more</p>" if len(step.weighed) > SHOWN else ""
    head = f'<tr><th scope="col">host</th><th scope="col">weight</th>{titles}</tr>'
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>{more}"
