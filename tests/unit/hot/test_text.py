"""Reading: positions, what YAML means to Heat, and hostile texts refused quickly."""

import pytest

from kit.hot.errors import Position, RequestLimitExceeded, TemplateSyntaxError
from kit.hot.text import locate, quote, read, read_map


def test_every_key_and_item_knows_where_it_stands():
    data = read("a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert locate(data, ("b", 1, "c")) == Position(4, 6)
    assert locate(data, ("b", "no", "c")) == Position(2, 1)
    assert quote("one\ntwo\n", Position(2, 1)) == "two"


def test_dates_stay_text_and_numbers_are_yaml_1_1():
    assert read("[2013-05-23, 1:30, 0x10, yes, ~, '5']") == ["2013-05-23", 90, 16, True, None, "5"]


def test_merge_keys_and_aliases_work():
    assert read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}") == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


def test_json_is_read_too():
    assert read('{"a": [1, "x\\u00e9"]}') == {"a": [1, "xé"]}


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        ("a: [1", 2, 1, "flow"),
        ("a: 1\n---\nb: 2\n", 2, 1, "single document"),
        ("x:\n  y: !!python/object:os.system {}\n", 2, 6, "constructor"),
        ("a: 1\n{b: c}: 2\n", 2, 1, "unhashable"),
        ("a: *nobody", 1, 4, "alias"),
        ("- a\n- b\n", 1, 1, "mapping"),
        ("a: \x07", 1, 4, "control characters"),
    ],
)
def test_a_broken_text_is_told_with_its_place(text, line, column, word):
    with pytest.raises(TemplateSyntaxError) as caught:
        read_map(text)
    found = caught.value
    assert (found.position.line, word in str(found)) == (line, True)
    assert found.position.column == column or "flow" in word


BOMB = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n" + "".join(
    f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]",
        "[" * 100_000,
        "a:\n" + "".join(" " * n + "a:\n" for n in range(1, 400)),
        "x: " + "y" * 600_000,
    ],
    ids=["aliases", "itself", "brackets", "depth", "size"],
)
def test_hostile_texts_are_refused(text):
    with pytest.raises((RequestLimitExceeded, TemplateSyntaxError)):
        read_map(text)
