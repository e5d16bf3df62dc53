"""Run cases against the engines: `python tests/conformance/run.py SUITE [FILE...]`.

Without a FILE the suite's own data below `data/` is run. Each failing case is printed with what was
expected and what came. The last line is `N passed, M failed`; the exit code is 0, 1 when a case
failed, 2 when the call was wrong. A suite with goals of its own (`reached`) is 0 when it reaches them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
SUITES = sorted(path.stem.replace("_", "-") for path in (HERE / "suites").glob("[a-z]*.py"))


def main(arguments: list[str] | None = None) -> int:
    """Run a suite and print its failures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument(
        "files", nargs="*", type=Path, help="files (or a folder) in the suite's format; default its own data"
    )
    options = parser.parse_args(arguments)
    missing = [file for file in options.files if not file.exists()]
    if missing:
        print(f"no such file: {missing[0]}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(HERE))
    suite = importlib.import_module(f"suites.{options.suite.replace('-', '_')}")
    files = options.files or sorted((HERE / "data" / options.suite).glob("*.jsonl"))
    passed = failed = 0
    for file in files:
        for id, problem in suite.run(file):
            if problem is None:
                passed += 1
            else:
                failed += 1
                print(f"FAIL {id}\n    {problem}")
    reached = suite.reached() if hasattr(suite, "reached") else not failed
    print(f"{passed} passed, {failed} failed")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
