"""Public templates against the verdicts of real Heat: a folder of them, with `corpus/hot/templates.json` beside it.

Parameters without a default, and files that are not in the folder, get made-up values of the right kind. A
template that Heat calls valid must validate and be created over records; one that it refuses for a fault of its
own must be refused. What hangs on a cloud's look-ups or on made-up values is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.hot import MemoryBackend, Stack, Template
from kit.hot.files import gather
from kit.hot.parameters import Parameter
from kit.hot.resources.software import SoftwareDeployment
from kit.hot.resources.wait import WaitConditionHandle

REFUSED = ("invalid", "unknown-type", "missing-file", "cycle")


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each template's name, and what is wrong or None."""
    folder, table = _places(path)
    for row in json.loads(table.read_text(encoding="utf-8"))["templates"]:
        file = folder / row["name"]
        if not file.is_file() or row["verdict"] not in ("valid", *REFUSED):
            continue
        try:
            yield row["name"], judge(file, row)
        except Exception as error:
            yield row["name"], f"{type(error).__name__}: {error}"


def _places(path: Path) -> tuple[Path, Path]:
    if path.is_dir():
        return path, path.parent / "corpus" / "hot" / "templates.json"
    return path.parents[2] / "heat-templates", path


def judge(file: Path, row: dict[str, Any]) -> str | None:
    """What is wrong with the engine's view of a template."""
    try:
        stack = make(file, row)
    except Exception as error:
        if row["verdict"] == "valid":
            return f"expected it to be valid, got {type(error).__name__}: {error}"
        return None
    if row["verdict"] in REFUSED:
        return f"expected a refusal ({row['verdict']}: {row.get('message')}), got {stack.state}"
    if stack.state != "CREATE_COMPLETE":
        return f"expected CREATE_COMPLETE, got {stack.state}: {stack.reason}"
    return None


def make(file: Path, row: dict[str, Any]) -> Stack:
    """The stack of a template, with made-up values, over records."""
    text = file.read_text(encoding="utf-8")
    template = Template.read(text, str(file))
    declared = template.parameters([])
    values = {name: made_up(each) for name, each in declared.items() if each.default is None}
    files = gather(file)
    if row["verdict"] == "valid":
        files |= {name: "made up" for name in row.get("files", ()) if name not in files}
    stack = Stack.create("made", template, MemoryBackend(), parameters=values, files=files, wait=False)
    settle(stack)
    return stack


TEXTS = ("x", "made-up", "10.0.0.0/24", "10.0.0.5", "Abcdef12345", "Abc-defgh-12345_!", "ABCDEFGH", "a" * 40, "1")


def made_up(parameter: Parameter) -> Any:
    """A value of the right kind that the constraints accept."""
    allowed = [item for each in parameter.constraints if each.name == "allowed_values" for item in each.value]
    numbers = [
        n for each in parameter.constraints if each.name == "range" for n in each.value.values() if n is not None
    ]
    usual = {"string": TEXTS, "number": (1, 8, 80), "boolean": (True,), "list": ("a,b",), "map": ({},)}[parameter.kind]
    tried = [*allowed, *numbers, *usual]
    return next((value for value in tried if parameter.wrong(value) is None), tried[0])


def settle(stack: Stack) -> None:
    """Go on to the end; what waits for a signal gets it."""
    for _ in range(2_000):
        if not stack.step():
            return
        _signal(stack)
        stack.backend.wait(1)


def _signal(stack: Stack) -> None:
    for name, each in list(stack.resources.items()):
        if each.action == "CREATE" and (
            isinstance(each.kind, WaitConditionHandle)
            or (isinstance(each.kind, SoftwareDeployment) and each.status == "IN_PROGRESS")
        ):
            stack.signal(name, None)
    for child in list(stack.children.values()):
        _signal(child)
