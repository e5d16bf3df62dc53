"""How long the template engine takes; measured, never passed or failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kit.hot import Stack, inspect_template

CHAIN = 10
# The peak of a process of its own; `ru_maxrss` would begin with that of the process that started it.
MEMORY = """
from tests.bench.test_hot import peak, prepare, template
before = peak()
kept = prepare(template(1000))
print(peak() - before, peak())
"""


def template(resources: int) -> str:
    """Chains of ten; each property a str_replace in a list_join, and one attribute of the one before."""
    lines = ["heat_template_version: 2018-08-31", "parameters:", "  p: {type: string, default: x}", "resources:"]
    for number in range(resources):
        before = f"{{get_attr: [r{number - 1}, output]}}" if number % CHAIN else "{get_param: p}"
        lines += [
            f"  r{number}:", "    type: OS::Heat::TestResource", "    properties:", "      value:", "        list_join:",
            "          - '-'", "          - - str_replace:", "                template: name-$n-$p",
            "                params:", f"                  $n: '{number}'", "                  $p: {get_param: p}",
            f"            - {before}",
        ]  # fmt: skip
    return "\n".join(lines)


def prepare(text: str) -> Any:
    """Parse, validate, order and resolve."""
    checked = inspect_template(text, name="bench")
    assert not checked.faults
    waves = checked.graph.waves()
    return checked, waves, [each.frozen() for each in checked.definition.resources.values()]


@pytest.mark.parametrize("resources", [10, 100, 1000])
def test_parse_validate_order_and_resolve(benchmark: Any, resources: int) -> None:
    text = template(resources)
    benchmark.pedantic(prepare, (text,), rounds=max(3, 300 // resources), iterations=1, warmup_rounds=1)


@pytest.mark.parametrize("resources", [10, 1000])
def test_create_over_records(benchmark: Any, resources: int) -> None:
    text = template(resources)
    stack = benchmark.pedantic(Stack.create, ("bench", text), rounds=3, iterations=1, warmup_rounds=1)
    assert stack.state == "CREATE_COMPLETE"


def peak() -> float:
    """The most memory that this process has had, MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts memory as Linux does")
def test_memory_of_a_thousand(benchmark: Any) -> None:
    def measure() -> list[float]:
        done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
        return [float(word) for word in done.stdout.split()]

    more, whole = benchmark.pedantic(measure, rounds=1, iterations=1)
    benchmark.extra_info["MiB"] = round(more, 1)
    benchmark.extra_info["process MiB"] = round(whole, 1)
