#!/bin/bash
# Sets up an environment of its own and runs every check.
set -euo pipefail
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv-test}
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install -q -e ".[lab,test]"
export PATH="$PWD/$VENV/bin:$PATH"
ruff check .
ruff format --check .
mypy
export KIT_SEQUENCES="${KIT_SEQUENCES:-1000}"  # of calls, under which the books of the cloud are to balance
python -m pytest tests -n 2 --dist loadfile "$@"
for suite in policy cloud hot scheduler migration guidelines; do
    python tests/conformance/run.py "$suite" | tail -n 1
done
