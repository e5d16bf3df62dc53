"""The rules of a lab's notebook and steps, so that every lab reads like the others."""

from __future__ import annotations

import json
import re

import pytest

from kit.lab.folder import Folder, labs

ALL = labs()
WORDS, LINES, BYTES = 60, 6, 60_000
each = pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)


def cells(folder: Folder) -> list[dict]:
    found = json.loads(folder.notebook.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "text": "".join(cell["source"])} for cell in found]


def words(text: str) -> list[str]:
    """The words of a text; code blocks and tables are looked at, not read."""
    prose = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    return [word for line in prose.splitlines() if not line.startswith("|") for word in line.split()]


@each
def test_at_most_sixty_words_stand_between_two_code_cells(folder: Folder):
    run: list[str] = []
    for cell in cells(folder):
        if cell["cell_type"] == "code":
            run = []
            continue
        run += words(cell["text"])
        assert len(run) <= WORDS, f"{len(run)} words: {cell['text'][:80]}"


@each
def test_a_code_cell_has_one_idea(folder: Folder):
    for cell in cells(folder):
        if cell["cell_type"] == "code":
            # A text that is quoted (a policy, a template) counts as one line.
            lines = re.sub(r'"""(?:.|\n)*?"""', '""', cell["text"]).strip().splitlines()
            assert len([line for line in lines if line.strip()]) <= LINES, cell["text"]


@each
def test_the_notebook_is_small_and_clean(folder: Folder):
    text = folder.notebook.read_text(encoding="utf-8")
    book = json.loads(text)
    assert len(text) <= BYTES
    assert "widgets" not in book["metadata"] and "papermill" not in book["metadata"]
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    assert not re.search(r"/(home|tmp|root|work)/\w|Traceback|TODO|____", text)
    for cell in book["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "stream" or output["name"] == "stdout"


@each
def test_the_parameters_come_first(folder: Folder):
    code = [cell for cell in cells(folder) if cell["cell_type"] == "code"]
    assert code[0]["metadata"]["tags"] == ["parameters"] and code[0]["text"] == "SOLVE = False"
    assert cells(folder)[0]["text"].startswith("# ")


@each
def test_every_step_is_checked_in_order(folder: Folder):
    text = "\n".join(cell["text"] for cell in cells(folder) if cell["cell_type"] == "code")
    assert re.findall(r'lab\.check\("(.+?)"', text) == [step.name for step in folder.steps()]


@each
def test_every_step_has_all_that_helps(folder: Folder):
    for step in folder.steps():
        assert step.title and step.minutes > 0 and step.variables, step.name
        assert len(step.hints) == 3 and all(step.hints), step.name
        assert len(step.wrong) >= 2, f"{step.name} needs two wrong answers"
        assert len(step.solution) > 0, step.name
        starter = "\n".join(cell["text"] for cell in cells(folder))
        assert all(re.search(rf"\b{name}\b", starter) for name in step.variables), step.name


@each
def test_every_picture_and_table_has_a_text_form(folder: Folder):
    for cell in cells(folder):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data:
                plain = "".join(data["text/plain"])
                assert plain and not re.match(r"<.* object at 0x", plain), cell["text"]
                assert not re.match(r"<(Figure|IPython)", plain) or "text/markdown" in data, cell["text"]
