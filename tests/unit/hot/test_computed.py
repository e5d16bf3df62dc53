"""Cases of our own that Heat 27.0.1 answered, each for another rule; the format is the conformance corpus's."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUN = HERE.parents[1] / "conformance" / "run.py"
CASES = HERE / "computed.jsonl"


def test_the_engine_answers_as_heat_did():
    count = len(CASES.read_text().splitlines())
    done = subprocess.run([sys.executable, str(RUN), "hot", str(CASES)], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == f"{count} passed, 0 failed", done.stdout[-3000:]
