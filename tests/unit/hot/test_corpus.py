"""The engine answers as Heat did, for every case of the conformance corpus."""

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parents[2] / "conformance" / "run.py"


def test_templates_and_stacks_answer_as_heat_did():
    done = subprocess.run([sys.executable, str(RUN), "hot"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.splitlines()[-1] == "358 passed, 0 failed"


def test_a_wrong_answer_is_seen(tmp_path):
    cases = RUN.parent / "data" / "hot" / "cases.jsonl"
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(cases.read_text().splitlines()[0].replace('"value": "hello"', '"value": "bye"'))
    done = subprocess.run([sys.executable, str(RUN), "hot", str(wrong)], capture_output=True, text=True)
    assert done.returncode == 1 and "expected 'bye', got 'hello'" in done.stdout
