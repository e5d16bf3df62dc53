"""A raised hand: the learner's words with all that an expert needs to help, in a file."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import LabError
from kit.lab import notebook
from kit.lab.folder import HOME
from kit.lab.progress import StepProgress

if TYPE_CHECKING:
    from kit.lab.lab import Lab

CALLS = 20


def save(lab: Lab, step: str, progress: StepProgress | None, text: str) -> Path:
    """Write the raised hand down and return the file.

    It holds the lab and the step, attempts, hints and the last feedback, the sources of the last
    cells, and the last API calls with secrets masked.

    Raises
    ------
    LabError
        When no file can be written.
    """
    now = datetime.now(UTC)
    data = {
        "at": now.isoformat(timespec="seconds"), "lab": lab.name, "step": step, "text": text,
        "progress": asdict(progress) if progress else None, "cells": notebook.cells(),
        "calls": [call.to_json() for call in list(lab.cloud.exchanges)[-CALLS:]],
    }  # fmt: skip
    home = os.environ.get(HOME)
    folder = Path(home) / ".kit" / "hands" if home else Path(tempfile.gettempdir()) / "kit-hands"
    file = folder / f"{lab.name}-{now:%Y%m%d-%H%M%S}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data, indent=1), encoding="utf-8")
    except OSError as error:
        raise LabError(f"your hand could not be saved: {error}", where=str(file), todo="Call an instructor.") from error
    return file
