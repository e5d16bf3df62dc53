"""How far a learner is: one small file a lab, which also holds the cloud."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kit.errors import LabError

VERSION = 1
OFF = "KIT_PROGRESS"


@dataclass
class StepProgress:
    """What happened in one step."""

    passed: bool = False
    attempts: int = 0
    hints: int = 0
    solution: bool = False
    feedback: str = ""


@dataclass
class Progress:
    """What happened in one lab.

    Attributes
    ----------
    file : Path or None
        Where it is kept; None keeps it in memory only.
    cloud : bytes or None
        The cloud as it was when last saved, a snapshot.
    """

    lab: str
    file: Path | None = None
    steps: dict[str, StepProgress] = field(default_factory=dict)
    cloud: bytes | None = None
    begun: dict[str, str] = field(default_factory=dict)
    note: str = ""

    def of(self, step: str) -> StepProgress:
        """One step's progress."""
        return self.steps.setdefault(step, StepProgress())

    def save(self, cloud: bytes | None = None) -> None:
        """Write it down, whole or not at all."""
        if cloud is not None:
            self.cloud = cloud
        if self.file is None:
            return
        data: dict[str, Any] = {
            "version": VERSION, "lab": self.lab, "steps": {name: asdict(step) for name, step in self.steps.items()},
            "cloud": base64.b64encode(self.cloud).decode() if self.cloud else None,
        }  # fmt: skip
        fresh = self.file.with_name(self.file.name + ".new")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(data, indent=1), encoding="utf-8")
            fresh.replace(self.file)
        except OSError as error:
            # A learner goes on without a file; the note says so.
            self.file, self.note = (
                None,
                f"Your progress cannot be saved here ({error}); it lasts until the kernel ends.",
            )


def load(lab: str, home: Path | None) -> Progress:
    """The progress of a lab; a file that cannot be read is set aside, never lost.

    Parameters
    ----------
    home : Path or None
        The learner's folder; None keeps nothing.
    """
    if home is None or os.environ.get(OFF, "").lower() == "off":
        return Progress(lab)
    file = home / ".kit" / "progress" / f"{lab}.json"
    progress = Progress(lab, file)
    if not file.exists():
        return progress
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["version"] != VERSION or data["lab"] != lab:
            raise LabError(f"it is of version {data['version']} and about {data['lab']}")
        progress.steps = {name: StepProgress(**step) for name, step in data["steps"].items()}
        progress.cloud = base64.b64decode(data["cloud"]) if data["cloud"] else None
    except (OSError, ValueError, KeyError, TypeError, LabError) as error:
        aside = file.with_suffix(".broken.json")
        file.replace(aside)
        progress.steps, progress.cloud = {}, None
        progress.note = (
            f"Your progress file could not be read ({error}); it is kept as {aside.name}, and you start afresh."
        )
    return progress
