"""How long the auditor takes; measured, never passed or failed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.guidelines import audit, diff

ALONE = """
import re, sys, time
from pathlib import Path
from kit.guidelines import audit
wall, cpu = time.perf_counter(), time.process_time()
audit(Path(sys.argv[1]))
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
status = Path("/proc/self/status")
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) // 1024 if status.exists() else 0
print(wall, cpu, peak)
"""


def operation(number: int, members: int, words: str) -> dict[str, Any]:
    """One operation: parameters, a body and answers, as generated descriptions have them."""
    fields = {
        f"member_{number % 7}_{n}": {"type": ["string", "null"], "description": f"{words} {n}.", "maxLength": 255}
        for n in range(members)
    }
    whole = {"type": "object", "properties": {f"thing_{number}": {"type": "object", "properties": fields}}}
    error = {"$ref": "#/components/responses/error"}
    return {
        "summary": f"Change thing {number}",
        "description": words,
        "parameters": [
            {"name": "limit", "in": "query", "schema": {"type": "integer"}},
            {"$ref": "#/components/parameters/v"},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"oneOf": [whole, {"type": "null"}]}}}},
        "responses": {
            "200": {"description": "fine", "content": {"application/json": {"schema": whole}}},
            **dict.fromkeys(("400", "401", "403", "404", "409"), error),
        },
    }


def description(operations: int, members: int, words: str = "Said of it") -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for number in range(operations):
        path = f"/v2.1/things-{number // 4}" + ("/{id}" if number % 4 > 1 else "")
        paths.setdefault(path, {})[("get", "post", "put", "delete")[number % 4]] = operation(number, members, words)
    components = {
        "parameters": {"v": {"name": "OpenStack-API-Version", "in": "header", "schema": {"type": "string"}}},
        "responses": {"error": {"description": "no", "content": {"application/json": {"schema": {"type": "object"}}}}},
    }
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, "components": components}


@pytest.fixture(scope="module")
def five_hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "500.json"
    path.write_text(json.dumps(description(500, 5)))
    return path


@pytest.fixture(scope="module")
def compute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """205 operations in 1.6 MB of YAML, as the largest real description has them."""
    path = tmp_path_factory.mktemp("bench") / "compute.yaml"
    text = yaml.dump(
        json.loads(json.dumps(description(205, 14, "It tells what the service keeps of it"))),
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
    )
    path.write_text(text)
    return path


def alone(path: Path) -> dict[str, float]:
    """Seconds of wall and CPU, and MB at most, of an audit in a process of its own."""
    done = subprocess.run([sys.executable, "-c", ALONE, str(path)], capture_output=True, text=True, check=True)
    wall, cpu, peak = map(float, done.stdout.split())
    return {"wall": wall, "cpu": cpu, "megabytes": peak}


def test_five_hundred_operations_as_json(benchmark: Any, five_hundred: Path) -> None:
    benchmark.extra_info["alone"] = alone(five_hundred)
    benchmark.extra_info["bytes"] = five_hundred.stat().st_size
    benchmark.pedantic(audit, (five_hundred,), rounds=3)


def test_two_hundred_operations_as_yaml(benchmark: Any, compute: Path) -> None:
    benchmark.extra_info["alone"] = alone(compute)
    benchmark.extra_info["bytes"] = compute.stat().st_size
    benchmark.pedantic(audit, (compute,), rounds=3)


def test_two_versions(benchmark: Any, five_hundred: Path) -> None:
    benchmark.pedantic(diff, (five_hundred, five_hundred), rounds=3)
