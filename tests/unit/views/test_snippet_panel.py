"""The evaluator of a snippet: value, fault or trap, while one types."""

import pytest

from kit.errors import KitError
from kit.views import SnippetPanel

CASES = {
    "value": ("{str_split: ['-', {get_param: a}]}", {"a": "x-y"}, "2021-04-16", "['x', 'y']"),
    "fault": ("{list_join: [':', [a, 1]]}", {}, "2021-04-16", "must be string"),
    "syntax": ("[a", {}, "2021-04-16", "line 2, column 1"),
    "trap": ("{str_split: ['-', a-b]}", {}, "2015-04-30", "`str_split` is plain data in 2015-04-30"),
    "extension": ("{suffix: [[a], -p]}", {}, "kit-2015-05-18", "['a-p']"),
}


@pytest.mark.parametrize(("snippet", "parameters", "version", "says"), CASES.values(), ids=CASES)
def test_what_is_typed_is_answered(snippet, parameters, version, says):
    panel = SnippetPanel("1", parameters, version)
    panel.snippet.value = snippet
    shown = panel.result.value.replace("&#x27;", "'").replace("`", "`")
    assert says in shown and says in repr(panel)


def test_functions_of_ones_own_are_no_trap():
    panel = SnippetPanel(
        "{suffix: [[a], -p]}", functions={"suffix": lambda items, text: [each + text for each in items]}
    )
    assert panel.value == ["a-p"] and panel.traps() == []


def test_wrong_parameters_are_a_fault_and_nothing_is_raised():
    panel = SnippetPanel("1")
    panel.parameters.value = "- a"
    assert "the parameters are no map" in panel.result.value
    with pytest.raises(KitError, match="no map"):
        _ = panel.value


def test_what_is_typed_is_escaped():
    assert "<b>" not in SnippetPanel("'<b>'").result.value
