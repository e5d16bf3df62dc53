"""How long the policy engine takes; measured, never passed or failed."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import Any

import pytest

from kit.policy import Engine
from kit.policy.core import Key

from .policy_cloud import SUMMIT, cloud

ERROR = Key("classification", "error")
LARGE = [
    pytest.param(1_000_000, marks=pytest.mark.skipif("KIT_BENCH_LARGE" not in os.environ, reason="KIT_BENCH_LARGE"))
]
BINDING = 'neutronv2:security_group_port_bindings{sign}("p1", "g-new")'
RULE = 'neutronv2:security_group_rules{sign}("g-new", "r-new", "", "", "ingress", "IPv4", "tcp", 80, 80, "")'


def evaluate(engine: Engine) -> int:
    """Compute all violations from the tables, with the rule compiled and the indexes made anew."""
    engine.model.forget([ERROR])
    return len(engine.model.rows(ERROR))


@pytest.mark.parametrize("ports", [1_000, 10_000, 100_000, *LARGE])
def test_summit_rule_in_full(benchmark: Any, ports: int) -> None:
    engine = cloud(ports)
    rounds = max(3, min(200, 200_000 // ports))
    found = benchmark.pedantic(evaluate, (engine,), rounds=rounds, iterations=1, warmup_rounds=1)
    benchmark.extra_info["violations"] = found


@pytest.mark.parametrize("ports", [1_000, 10_000, 100_000])
def test_summit_rule_the_first_time(benchmark: Any, ports: int) -> None:
    """Plan, compile, build every index, and evaluate."""

    def fresh() -> tuple[tuple[Engine], dict[str, Any]]:
        return (cloud(ports),), {}

    benchmark.pedantic(evaluate, setup=fresh, rounds=3)


@pytest.mark.parametrize("ports", [1_000, 10_000, 100_000])
def test_one_fact_and_its_reaction(benchmark: Any, ports: int) -> None:
    engine = cloud(ports)
    engine.insert("execute[neutronv2:delete_port(id)] :- error(u, e, n, id)")
    engine.actions()
    engine.change("neutronv2", "security_group_rules", add=[rule_row()])
    turn = itertools.cycle((True, False))

    def update() -> None:
        rows = [("p1", "g-new")]
        adds = next(turn)
        engine.change(
            "neutronv2", "security_group_port_bindings", add=rows if adds else [], remove=[] if adds else rows
        )
        engine.actions()

    benchmark(update)


def rule_row() -> tuple[Any, ...]:
    return ("g-new", "r-new", "", "", "ingress", "IPv4", "tcp", 80, 80, "")


@pytest.mark.parametrize("ports", [1_000, 10_000])
def test_simulated_delta(benchmark: Any, ports: int) -> None:
    engine = cloud(ports)
    engine.rows("error")
    sequence = f"{BINDING.format(sign='+')} {RULE.format(sign='+')}"
    found = benchmark(lambda: engine.simulate("error(u, e, n, p)", sequence, delta=True))
    benchmark.extra_info["added"] = len(found.added)


@pytest.mark.parametrize("ports", [1_000, 10_000])
def test_proof(benchmark: Any, ports: int) -> None:
    engine = cloud(ports)
    row = engine.rows("error")[0]
    fact = "error(" + ", ".join(f'"{value}"' for value in row) + ")"
    assert benchmark(lambda: engine.why(fact)) is not None


def test_why_not(benchmark: Any) -> None:
    engine = cloud(1_000)
    assert benchmark(lambda: engine.why_not('error(u, e, n, "p999")')) is not None


def test_parse_and_check(benchmark: Any) -> None:
    engine = cloud(20, rule="")
    assert benchmark(lambda: engine.check(SUMMIT)) == []


def bodies() -> tuple[str, str]:
    head, _, body = SUMMIT.strip().partition(":-")
    literals = [part.strip() for part in body.split(",\n")]
    literals = [" ".join(part.split()) for part in literals]
    merged: list[str] = []
    for part in literals:
        if merged and merged[-1].count("(") > merged[-1].count(")"):
            merged[-1] += ", " + part
        else:
            merged.append(part)
    return tuple(f"{head} :- {', '.join(order)}" for order in (merged, merged[::-1]))  # type: ignore[return-value]


@pytest.mark.parametrize("order", ["as written", "reversed"])
def test_order_of_the_body(benchmark: Any, order: str) -> None:
    engine = cloud(1_000, rule=bodies()[order == "reversed"])
    benchmark.pedantic(evaluate, (engine,), rounds=100, iterations=1, warmup_rounds=1)


def test_reachable_pairs(benchmark: Any) -> None:
    """100 chains of 50 nodes: 122,500 pairs."""
    engine = Engine(home="net")
    engine.policies["net"].kind = "recursive"
    engine.load("net", "edge", [(f"{c}-{n}", f"{c}-{n + 1}") for c in range(100) for n in range(49)])
    engine.insert("reach(x, y) :- edge(x, y)\nreach(x, y) :- edge(x, z), reach(z, y)")
    key = Key("net", "reach")

    def compute() -> int:
        engine.model.forget([key])
        return len(engine.model.rows(key))

    assert benchmark.pedantic(compute, rounds=3, iterations=1) == 122_500


def test_import(benchmark: Any) -> None:
    code = "import time; t = time.perf_counter(); import kit.policy; print(time.perf_counter() - t)"

    def took() -> float:
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    times = [took() for _ in range(5)]
    benchmark.extra_info["seconds"] = min(times)
    benchmark.pedantic(took, rounds=1)
