"""Clouds, stacks and values that no learner has seen, and what the checks ask of an answer."""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit.cloud import Cloud
from kit.hot import VERSIONS, FunctionError, Stack, TemplateError, evaluate
from kit.lab import Lab, NotAttempted, NotYet
from kit.lab.answers import shown

from . import agent

NESTED = ("network.yaml", "tier.yaml", "node.yaml")
NEWEST = VERSIONS["heat_template_version", "2021-04-16"]
WORDS = ("api", "cache", "db", "mail", "queue", "search", "shop", "store", "web", "worker")


def source(lab: Lab, name: str) -> str:
    """The text of a template of the lab."""
    path: Path = lab.file(f"templates/{name}")
    return path.read_text(encoding="utf-8")


def words(draw: random.Random, count: int) -> list[str]:
    """Some names."""
    return draw.sample(WORDS, count)


def text(value: Any, what: str) -> str:
    """The learner's text."""
    if value is ...:
        raise NotAttempted
    if not isinstance(value, str):
        raise NotYet(f"That is {shown(value)}.", f"{what} as a text was asked for.", "Write it in quotes.")
    return value


def value_of(snippet: str, name: str, **parameters: Any) -> Any:
    """What the snippet of that name gives today, in real Heat's newest version.

    Raises
    ------
    NotYet
        When a function refuses its arguments, or the value is plain data: a map with no function's name.
    """
    try:
        found = evaluate(snippet, parameters=parameters)
    except FunctionError as error:
        todo = error.todo
        if "#property#" in str(error):
            todo = "In yaql, `$` is the item inside select() and where(), no longer all that was given."
        raise NotYet(f"{name}: {_cut(str(error))}", todo) from None
    if isinstance(found, dict) and len(found) == 1:
        (key,) = found
        close = difflib.get_close_matches(str(key), NEWEST.functions, 1)
        raise NotYet(
            f"{name} gives plain data: {shown(found)}.",
            f"Heat today has no function of the name {key}, so the map stays a map.",
            f"Did you mean {close[0]}?" if close else "",
        )
    return found


def made(template: str, **parameters: Any) -> Stack:
    """A stack of records.

    Raises
    ------
    NotYet
        When Heat refuses the template with these parameters.
    """
    try:
        return Stack.create("fresh", template, parameters=parameters)
    except TemplateError as error:
        told = ", ".join(f"{name}={value}" for name, value in parameters.items())
        raise NotYet(f"With {told} Heat says:", _cut(str(error)), error.todo) from None


def _cut(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line if len(line) <= 200 else f"{line[:197]}..."


def settle(cloud: Cloud, conn: Any, name: str, agents: bool = True) -> str:
    """Let time pass, and the agents on the servers work, until a stack is no longer busy; its state."""
    for _ in range(60):
        status = str(conn.orchestration.get_stack(name).status)
        if not status.endswith("IN_PROGRESS"):
            # A failed update goes on with its rollback at the next look.
            return status
        cloud.clock.advance(5)
        if agents:
            agent.poll(conn)
    return status


def shop(lab: Lab, seed: int, parameters: Mapping[str, Any]) -> tuple[Cloud, Any]:
    """Another cloud with the stack `market` of the lab's own templates: its cloud, and alice's connection."""
    cloud = lab.fresh_cloud(random_seed=seed)
    conn = cloud.connect("alice", "shop")
    files = {name: source(lab, name) for name in NESTED}
    conn.orchestration.create_stack(
        name="market", template=source(lab, "shop.yaml"), files=files, parameters=parameters
    )
    settle(cloud, conn, "market")
    return cloud, conn
