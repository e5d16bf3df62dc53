"""The conformance suites as tests, and the runner's own manners."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RUN = [sys.executable, str(HERE / "run.py")]


def test_the_cloud_answers_as_the_real_services_did() -> None:
    done = subprocess.run([*RUN, "cloud"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.splitlines()[-1].endswith(" 0 failed")


def test_policies_answer_as_congress_did() -> None:
    done = subprocess.run([*RUN, "policy"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.splitlines()[-1] == "201 passed, 0 failed"


def test_hosts_are_chosen_as_nova_chose_them() -> None:
    done = subprocess.run([*RUN, "scheduler"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.splitlines()[-1] == "61 passed, 0 failed"


def test_a_wrong_answer_is_reported_with_expected_and_got(tmp_path: Path) -> None:
    case = json.loads((HERE / "data/policy/cases.jsonl").read_text().splitlines()[0])
    case["steps"] = [
        {
            "op": "query",
            "policy": case["setup"][0]["policy"],
            "query": "security_group_port_bindings(x, y)",
            "expect": {"rows": [["no", "such"]]},
        }
    ]
    file = tmp_path / "wrong.jsonl"
    file.write_text(json.dumps(case))
    ran = subprocess.run([*RUN, "policy", str(file)], capture_output=True, text=True)
    assert ran.returncode == 1
    assert "expected" in ran.stdout and "got" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "0 passed, 1 failed"


@pytest.mark.parametrize("arguments", [["nosuch"], ["policy", "/nosuch.jsonl"]])
def test_a_wrong_call_exits_with_2(arguments: list[str]) -> None:
    assert subprocess.run([*RUN, *arguments], capture_output=True).returncode == 2
