"""Outputs of a run, however the kernel sent them."""

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
