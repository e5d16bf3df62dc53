"""Outputs of a run, however the kernel sent them; kernels that do not start."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.lab import runs


def stream(*text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": list(text)}


@pytest.mark.parametrize(
    "sent",
    [
        [stream("one\n", "two\n")],
        [stream("one\n"), stream("two\n")],
        [stream("one"), stream("\n"), stream("two\n")],
        [stream("one\nt"), stream("wo"), stream("\n")],
    ],
    ids=["whole", "by line", "line and end apart", "within a word"],
)
def test_a_stream_reads_the_same_however_it_was_cut(tmp_path, sent):
    path = tmp_path / "run.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": sent}]}), encoding="utf-8")
    assert runs.outputs(path) == [[stream("one\n", "two\n")]]


def test_streams_stay_apart_and_in_order(tmp_path):
    sent = [stream("a"), stream("b", name="stderr"), stream("c")]
    path = tmp_path / "run.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": sent}]}), encoding="utf-8")
    assert runs.outputs(path) == [sent]


@pytest.mark.parametrize(
    ("says", "times", "asked", "error"),
    [
        ("Kernel died before replying to kernel_info", 2, 3, ""),
        ("Kernel died before replying to kernel_info", 9, 3, "Kernel died before replying to kernel_info"),
        ("Kernel died", 1, 1, "Kernel died"),
    ],
    ids=["starts the third time", "never starts", "dies at work"],
)
def test_a_kernel_that_does_not_start_is_tried_again_and_then_told(monkeypatch, says, times, asked, error):
    calls = []

    def execute(*arguments, **options):
        calls.append(arguments)
        if len(calls) <= times:
            raise RuntimeError(says)

    monkeypatch.setattr("papermill.execute_notebook", execute)
    monkeypatch.setattr("os.dup2", lambda *ends: None)
    for name in ("KIT_PROGRESS", "PYDEVD_DISABLE_FILE_VALIDATION"):
        monkeypatch.setenv(name, "1")
    found = runs.run_one("lab.ipynb", "lab", "blank", False, "out.ipynb")
    assert (len(calls), found.error, found.ok) == (asked, error, not error)
