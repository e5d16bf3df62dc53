"""YAML is read as PyYAML reads it, dates aside."""

from __future__ import annotations

import contextlib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.guidelines.description.text import read_yaml
from kit.guidelines.errors import TooLarge

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(scalars, inner, max_size=4), max_leaves=20
)


@settings(max_examples=300, deadline=None)
@given(values, st.booleans())
def test_any_data_comes_back(data: object, flow: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    assert read_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "- 1\n- 0x1f\n- 010\n- 1_000\n- .inf\n- ~\n- yes\n- 'yes'\n- 1:30", "a: &x {b: 1}\nc: *x",
        "a: {<<: {b: 1}, c: 2}", "!!str 1", "a: !!int '3'", "? a\n: b\n? c", "a: |\n  x\n  y\n", "{a: 1, a: 2}",
        "--- a\n...", "on: off", "=: 1",
    ],
)  # fmt: skip
def test_what_is_rare_comes_back_too(text: str) -> None:
    assert read_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text", ["*a", "a: [", "a: b: c", "--- a\n--- b", "{[a]: 1}", "{{a: b}: 1}", "a: !!python/object:x {}"]
)
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        read_yaml(text)


def test_signs_are_text() -> None:
    assert read_yaml("[<, =, <<]") == ["<", "=", "<<"]


def test_a_date_stays_text() -> None:
    assert read_yaml("a: 2024-01-01") == {"a": "2024-01-01"}


def test_an_alias_of_what_holds_it_is_the_same_thing() -> None:
    data = read_yaml("&a {b: *a}")
    assert data["b"] is data


def test_merges_that_multiply_are_read_once_or_refused() -> None:
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    with contextlib.suppress(TooLarge):  # an older PyYAML multiplies
        assert read_yaml("\n".join(lines))["a29"] == {"k": 1}
