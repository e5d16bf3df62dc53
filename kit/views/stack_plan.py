"""A plan of a stack as a picture, and plans read from the answers of the orchestration service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from uuid import UUID

from kit.hot import Plan
from kit.hot.plan import SIGNS, WORDS, Later, PropertyChange, Step
from kit.ink import tone

TONES = {
    "added": tone("success"), "updated": tone("warn"),
    "replaced": tone("error"), "deleted": tone("error"), "unchanged": "inherit",
}  # fmt: skip
LONGEST = 90  # characters of a value


def from_preview(stack: Mapping[str, Any]) -> Plan:
    """The plan of a create, from the answer of `POST /stacks/preview`.

    Heat tells every property that there is; those that are not set are left out.
    """
    return Plan([
        Step(
            each["resource_name"], each["resource_type"], "created",
            tuple(
                PropertyChange(name, None, _read(value))
                for name, value in (each.get("properties") or {}).items()
                if value not in (None, {}, [])
            ),
        )
        for each in _flat(stack["resources"])
    ])  # fmt: skip


def _flat(resources: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Resources one after the other; a nested stack's come as a list of their own."""
    for each in resources:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def from_changes(changes: Mapping[str, Any]) -> Plan:
    """The plan of an update, from the answer of `PUT /stacks/NAME/ID/preview`.

    Real Heat names the resources only; where properties are told beside them, they are shown.
    """
    kinds = {word: kind for kind, word in WORDS.items()}
    return Plan([
        Step(
            each["resource_name"], each["resource_type"], kinds[word],
            tuple(
                PropertyChange(one["name"], one["old"], _read(one["new"]), one["forces_replacement"])
                for one in each.get("property_changes") or ()
            ),
            each.get("reason") or "",
        )
        for word in ("replaced", "updated", "added", "deleted", "unchanged")
        for each in changes.get(word) or ()
    ])  # fmt: skip


@dataclass(frozen=True)
class StackPlan:
    """The picture of a plan: a sign and a word for each resource, old and new of each property."""

    plan: Plan

    def __repr__(self) -> str:
        return repr(Plan([replace(step, properties=tuple(map(_tidy, step.properties))) for step in self.plan.steps]))

    def _repr_html_(self) -> str:
        counts = ", ".join(f"{len(self.plan.names(change))} {word}" for change, word in WORDS.items())
        lines = "".join(map(_step, self.plan.steps))
        style = "list-style:none;margin:.3em 0;padding:0;line-height:1.45"
        head = f'<div role="status"><strong>Plan:</strong> {counts}.</div>'
        return f'{head}<ul aria-label="Plan" style="{style}">{lines}</ul>'


def _step(step: Step) -> str:
    word = WORDS[step.change]
    head = (
        f'<span style="color:{TONES[word]};font-weight:600"><code style="color:inherit">{SIGNS[step.change].strip() or "="}</code> {word}</span> '
        f'<strong>{escape(step.name)}</strong> <span style="opacity:.75;font-size:.9em">{escape(step.type)}</span>'
    )
    why = f' <span style="opacity:.75">({escape(step.reason)})</span>' if step.reason else ""
    inner = "" if word == "unchanged" else "".join(_property(each, word == "added") for each in step.properties)
    return f'<li>{head}{why}<div style="margin-left:2.2em">{inner}</div></li>'


def _property(change: PropertyChange, new: bool) -> str:
    forced = (
        f' <strong style="color:{TONES["replaced"]}">forces replacement</strong>' if change.forces else ""
    )  # fmt: skip
    values = _value(change.new) if new else f"{_value(change.old)} → {_value(change.new)}"
    return f'<div style="overflow-wrap:anywhere">{escape(change.name)}: {values}{forced}</div>'


def _value(value: Any) -> str:
    text = value.word if isinstance(value, Later) else repr(_plain(value))
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"<code>{escape(short)}</code>"


def _read(value: Any) -> Any:
    return Later(value) if isinstance(value, str) and value.startswith("known after ") else value


def _tidy(change: PropertyChange) -> PropertyChange:
    return replace(change, old=_plain(change.old), new=_plain(change.new))


def _plain(value: Any) -> Any:
    """A value as it is read best: nothing that is not set, and no ids, which say nothing to a reader."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return Later("an id") if isinstance(value, str) and _is_id(value) else value


def _is_id(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False
