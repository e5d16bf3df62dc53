"""Functions beyond the conformance corpus: limits, positions of faults, versions, a learner's own."""

import pytest

from kit.errors import KitError
from kit.hot import EXTENSION, VERSIONS, FunctionError, TemplateError, evaluate
from kit.hot.versions import first_with


def test_a_snippet_is_evaluated_with_values_and_files():
    assert evaluate("{list_join: ['-', {get_param: l}]}", parameters={"l": ["a", "b"]}) == "a-b"
    assert evaluate("{get_file: f}", files={"f": "text"}) == "text"
    assert evaluate("{if: [c, 1, 2]}", conditions={"c": False}) == 2


def test_the_extension_functions_do_what_the_summit_wished():
    assert evaluate("{suffix: [[a, b], -p]}", version=EXTENSION) == ["a-p", "b-p"]
    assert evaluate("{list_flatten: [[a, b, c], [d, e, [f]], null]}", version=EXTENSION) == list("abcdef")


@pytest.mark.parametrize(
    "snippet", ["{suffix: [a, b]}", "{suffix: [[a], 1]}", "{suffix: [[{}], x]}", "{list_flatten: x}"]
)
def test_the_extension_functions_refuse_wrong_arguments(snippet):
    with pytest.raises(FunctionError):
        evaluate(snippet, version=EXTENSION)


def test_real_versions_take_extension_functions_as_plain_data():
    assert evaluate("{suffix: [[a], b]}") == {"suffix": [["a"], "b"]}
    assert first_with("suffix").extension and first_with("str_split").name == "2015-10-15"


def test_the_extension_is_not_offered_among_the_real_versions():
    with pytest.raises(TemplateError) as caught:
        evaluate("1", version="2099-01-01")
    assert EXTENSION not in str(caught.value) and "2021-04-16" in str(caught.value)


def test_counts_of_functions_by_version():
    counts = {name: len(version.function_names(True)) for (_, name), version in VERSIONS.items()}
    expected = {"2010-09-09": 16, "2012-12-12": 11, "2013-05-23": 16, "2014-10-16": 8, "2016-10-14": 18, "wallaby": 25}
    assert {name: counts[name] for name in expected} == expected


def test_a_python_function_plugs_in():
    def shout(text, times=1):
        return text.upper() + "!" * times

    assert evaluate("{shout: [a, 3]}", functions={"shout": shout}) == "A!!!"
    assert evaluate("{shout: {text: a}}", functions={"shout": shout}) == "A!"
    assert evaluate("{total: [1, 2]}", functions={"total": lambda items: sum(items)}) == 3


def test_what_a_python_function_raises_is_told():
    with pytest.raises(FunctionError, match="ZeroDivisionError"):
        evaluate("{half: 1}", functions={"half": lambda n: n / 0})
    with pytest.raises(KitError):
        evaluate("1", functions={"x": 5})


HUGE = [
    "{repeat: {template: x, for_each: {'%a%': {get_param: l}, '%b%': {get_param: l}, '%c%': {get_param: l}}}}",
    "{str_replace: {template: {str_replace: {template: {get_param: s}, params: {x: {get_param: s}}}}, params: {x: {get_param: s}}}}",
    "{list_join: [{get_param: s}, {get_param: l}]}",
    "{yaql: {expression: 'range(1000000).sum()'}}",
]


@pytest.mark.parametrize("snippet", HUGE, ids=["repeat", "str_replace", "list_join", "yaql"])
def test_functions_that_make_too_much_are_refused(snippet):
    with pytest.raises((FunctionError, TemplateError)):
        evaluate(snippet, parameters={"l": ["a"] * 500, "s": "x" * 10_000})


def test_a_fault_inside_functions_has_the_path_and_the_position():
    with pytest.raises(TemplateError) as caught:
        evaluate("[{list_join: ['-', [{str_split: x}]]}]")
    assert caught.value.message.startswith("outputs.value.value[0].list_join[1][0].str_split: ")
