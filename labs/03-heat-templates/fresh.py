"""Clouds, stacks and values that no learner has seen, and what the checks ask of an answer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit.cloud import Cloud
from kit.hot import Stack, evaluate
from kit.lab import Lab, NotAttempted, NotYet

from . import agent

NESTED = ("network.yaml", "tier.yaml", "node.yaml")
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
        raise NotYet(f"That is a {type(value).__name__}.", f"{what} as a text was asked for.", "Put it in quotes.")
    return value


def function(value: Any, what: str) -> Any:
    """The learner's function."""
    if not callable(value):
        raise NotYet(
            f"That is {value!r}.", f"A function of {what} was asked for.", "Keep the line that begins with def."
        )
    return value


def given(value: Any) -> Any:
    """What the learner's function gives; `...` is no attempt."""
    if value is ...:
        raise NotAttempted
    return value


def value_of(snippet: str, **parameters: Any) -> Any:
    """What a snippet gives today, in real Heat's newest version."""
    return evaluate(snippet, parameters=parameters)


def made(template: str, **parameters: Any) -> Stack:
    """A stack of records."""
    return Stack.create("fresh", template, parameters=parameters)


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
