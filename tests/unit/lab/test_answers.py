"""Reading an answer: what is of the right kind comes through, all else is told in plain words."""

import inspect
import itertools

import numpy as np
import pytest

from kit.lab import NotAttempted, NotYet
from kit.lab.answers import function, number, several, shown, truth, word


def said(call, *given):
    with pytest.raises(NotYet) as caught:
        call(*given)
    assert len(caught.value.lines()) <= 3 and not any("\n" in line for line in caught.value.lines())
    return " ".join(caught.value.lines())


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (4, "That is 4."), (lambda: 4, "It takes no arguments."), (lambda a, b: 4, "It takes 2 arguments."),
        (lambda a, b, c, d: 4, "cannot be called with x, y, z"),
    ],
)  # fmt: skip
def test_what_is_not_the_function_asked_for_is_told(answer, sentence):
    assert sentence in said(function, answer, "x, y, z to a number")


def test_the_functions_answer_comes_through():
    assert function(lambda x, y=2: x + y, "x to a number")(3) == 5
    assert function(max, "a, b to a number")(3, 4) == 4
    assert function(lambda x: None, "x to a name", nothing=True)(3) is None
    assert str(inspect.signature(function(lambda x, y=2: x, "x to a number"))) == "(x, y=2)"


def test_a_function_without_a_return_is_told_and_dots_are_no_attempt():
    assert "Your function gives None. It should give a name." in said(function(lambda x: None, "x to a name"), 1)
    with pytest.raises(NotAttempted):
        function(lambda x: ..., "x to a name")(1)


@pytest.mark.parametrize("value", [3, 3.0, np.float64(3), np.int64(3), np.float32(3)])
def test_a_number_of_any_kind_is_one(value):
    assert number(value, "ms") == 3.0


@pytest.mark.parametrize("value", [True, "3", [3], float("nan"), float("inf"), 3j])
def test_what_is_no_number_is_told(value):
    assert "a number, in ms" in said(number, value, "ms")


@pytest.mark.parametrize("value", [[1, 2], (1, 2), {1, 2}, iter([1, 2]), np.array([1, 2])])
def test_what_can_be_walked_over_is_a_list(value):
    assert several(value, 2, "a list") == [1, 2]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("ab", "gives 'ab'"), ({"a": 1}, "gives {'a': 1}"), (7, "gives 7"), ([1], "gives 1 value."),
     (itertools.count(), "more than 1,000")],
)  # fmt: skip
def test_what_is_no_such_list_is_told(value, sentence):
    assert sentence in said(several, value, 2, "a list")


def test_only_true_and_false_are_true_or_false():
    assert truth(True) is True and truth(np.False_) is False
    for value in ("no", 1, None, [], object):
        assert "True or False" in said(truth, value)


def test_a_word_is_taken_as_it_is_written():
    assert word("up", ("up", "down")) == "up"
    for value in ("Up", "upp", None, ["up"], True):
        assert "'up' or 'down'" in said(word, value, ("up", "down"))


def test_a_long_value_is_cut_and_stays_in_one_line():
    assert shown("x" * 100, 10) == "'xxxxxx..." and "\n" not in shown(np.eye(3))
