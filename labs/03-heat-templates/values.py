"""Values: a text split, a suffix and a flat list with what Heat has today, and both as functions of one's own."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

from kit.hot import EXTENSION, FunctionError, TemplateError, evaluate
from kit.lab import Lab, NotAttempted, NotYet, Step, Wrong
from kit.lab.answers import function, kind, shown

from .fresh import text, value_of, words

SPLIT = "architecture = '{str_split: [\"-\", {get_param: image}, -1]}'"


class Split(Step):
    name = "split"
    title = "The wish that came true: str_split"
    minutes = 4
    variables = ("architecture",)
    hints = (
        "str_split takes a separator, a text and, if you like, the number of the part.",
        "Names have two, three or four parts. Count from the end: -1 is the last.",
        SPLIT,
    )
    solution = SPLIT
    wrong = {
        "second": Wrong(SPLIT.replace("-1]", "2]"), "Other images"),
        "all-parts": Wrong(SPLIT.replace(", -1]", "]"), "all the parts"),
        "hard-coded": Wrong("architecture = 'amd64'", "Other images"),
        "separator-last": Wrong(
            "architecture = '{str_split: [{get_param: image}, \"-\", -1]}'", "separator comes first"
        ),
    }

    def check(self, lab: Lab, architecture: Any) -> str:
        snippet, draw = text(architecture, "A snippet"), random.Random(41)
        for count in (3, 4, 2):
            parts = words(draw, count)
            image = "-".join(parts)
            got = value_of(snippet, "architecture", image=image)
            if got == parts[-1]:
                continue
            if got == snippet.strip():
                raise NotYet(
                    f"Other images have other names, and the value is always your own text: {shown(got, 40)}.",
                    "A function is a map with one known key.",
                    "{str_split: [...]}",
                )
            if isinstance(got, list):
                if got == parts:
                    raise NotYet(
                        f"{image} gives all the parts: {got}.", f"{parts[-1]} was asked for.", "A third argument"
                    )
                raise NotYet(f"{image} gives {got}.", f"{parts[-1]} was asked for.", "The separator comes first.")
            if got in ("image", "{get_param: image}"):
                raise NotYet(
                    f"{image} gives {got!r}: that is a word, not the value of the parameter.",
                    f"{parts[-1]} was asked for.",
                    "{get_param: image}, without quotes",
                )
            if isinstance(got, dict):
                raise NotYet(
                    f"{image} gives a map: {shown(got)}.", "A function is a map with one key.", "Look at the brackets."
                )
            if got == "-":
                raise NotYet(f"{image} gives '-'.", f"{parts[-1]} was asked for.", "The separator comes first.")
            raise NotYet(
                f"Other images have other names: {image} gives {got!r}.",
                f"{parts[-1]} was asked for.",
                "Count from the end." if got in parts else "str_split makes parts of the text.",
            )
        return "Counted from the end it is right for every image."


FLATTENED = "flattened = '{yaql: {expression: \"$.data.flatten()\", data: {get_param: [groups, lists]}}}'"
SUFFIXED = '''suffixed = """
repeat:
  for_each: {"%name%": {get_param: names}}
  template: {list_join: ["", ["%name%", {get_param: tail}]]}
"""'''


class Today(Step):
    name = "today"
    title = "suffix and flatten with what there is"
    minutes = 8
    variables = ("suffixed", "flattened")
    hints = (
        "repeat writes its template once for each item; inside, list_join puts item and tail together.",
        "For the nested lists, yaql has a method that does it in one word: $.data.flatten().",
        f"{SUFFIXED}\n{FLATTENED}",
    )
    solution = f"{SUFFIXED}\n{FLATTENED}"
    wrong = {
        "fixed-tail": Wrong(f"{SUFFIXED}\n{FLATTENED}".replace("{get_param: tail}", '"-p"'), "Another tail"),
        "joined": Wrong(
            f"suffixed = '{{list_join: [{{get_param: tail}}, {{get_param: names}}]}}'\n{FLATTENED}", "one text"
        ),
        "one-level": Wrong(
            f"{SUFFIXED}\nflattened = '{{yaql: {{expression: \"$.data.selectMany($)\", data: {{get_param: [groups, lists]}}}}}}'",
            "lists left inside",
        ),
        "list-concat": Wrong(f"{SUFFIXED}\nflattened = '{{list_concat: [{{get_param: [groups, lists]}}]}}'", "lists left inside"),
        "not-real": Wrong(f"suffixed = '{{suffix: [{{get_param: names}}, {{get_param: tail}}]}}'\n{FLATTENED}", "plain data"),
    }  # fmt: skip

    def check(self, lab: Lab, suffixed: Any, flattened: Any) -> str:
        first, second, draw = text(suffixed, "A snippet"), text(flattened, "A snippet"), random.Random(42)
        for count, tail in ((3, ".example"), (2, "-b"), (5, "-2026")):
            names = words(draw, count)
            got = value_of(first, "suffixed", names=names, tail=tail)
            want = [each + tail for each in names]
            if got == want:
                continue
            if isinstance(got, str):
                raise NotYet(
                    f"suffixed gives one text: {got!r}.", f"A list was asked for: {want}.", "repeat gives lists."
                )
            raise NotYet(f"Another tail, {tail!r}: you give {got}.", f"{want} was asked for.", "{get_param: tail}")
        for _ in range(3):
            lists = nested(draw)
            got = value_of(second, "flattened", groups={"lists": lists})
            if isinstance(got, list) and any(isinstance(each, list) for each in got):
                raise NotYet(
                    f"{lists} gives {got}.", "There are lists left inside.", "yaql: flatten() goes all the way down."
                )
            if got != flat(lists):
                raise NotYet(f"{lists} gives {got!r}.", f"{flat(lists)} was asked for.")
        return "It works. Would a colleague guess what it does?"


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
OWN = """
def suffix(items, text):
    return [f"{item}{text}" for item in items]

def list_flatten(items):
    found = []
    for item in items:
        found += list_flatten(item) if isinstance(item, list) else [item]
    return found
"""


class Own(Step):
    name = "own"
    title = "The two wishes as functions of your own"
    minutes = 9
    variables = ("suffix", "list_flatten")
    hints = (
        "suffix is one line: a list comprehension. A number may be an item, too.",
        "list_flatten calls itself for an item that is a list. A text is no list, although Python can walk over it.",
        OWN.strip(),
    )
    solution = OWN
    wrong = {
        "appended": Wrong(OWN.replace('[f"{item}{text}" for item in items]', "items + [text]"), "every item"),
        "numbers": Wrong(OWN.replace('f"{item}{text}"', "item + text"), "a number"),
        "swapped": Wrong(OWN.replace("suffix(items, text)", "suffix(text, items)"), "first the items"),
        "two-parameters": Wrong(OWN.replace("list_flatten(items):", "list_flatten(items, found=None):"), "is spread over"),
        "one-level": Wrong(OWN.replace("list_flatten(item) if", "item if"), "lists left inside"),
        "letters": Wrong(OWN.replace("[item]", "item"), "into letters"),
        "in-place": Wrong(
            OWN.replace('return [f"{item}{text}" for item in items]', 'items[:] = [f"{item}{text}" for item in items]'), "gives None"
        ),
    }  # fmt: skip

    def check(self, lab: Lab, suffix: Any, list_flatten: Any) -> str:
        one = {"suffix": function(suffix, "items, text to a list")}
        both = one | {"list_flatten": function(list_flatten, "items to a list")}
        if next(iter(inspect.signature(suffix).parameters)) == "text":
            raise NotYet("suffix takes a text first.", "suffix(items, text): first the items.")
        more = [each for each in inspect.signature(list_flatten).parameters.values() if each.kind in _POSITIONAL]
        if len(more) > 1:
            raise NotYet(
                f"list_flatten takes {', '.join(each.name for each in more)}.",
                "A template's list of arguments is spread over them.",
                "Keep the one parameter items.",
            )
        if suffix([], "") is ... or list_flatten([]) is ...:
            raise NotAttempted
        draw = random.Random(43)
        for items, tail in ((words(draw, 3), "-p"), (words(draw, 2), ".example"), ([], "-p"), ([1, 22], "-th")):
            try:
                got, want = _both(f"{{suffix: [{items!r}, {tail!r}]}}", one)
            except TypeError:
                if not all(isinstance(item, str) for item in items):
                    raise NotYet(
                        f"{items} holds a number.", "A number may be an item, too.", 'f"{item}{text}"'
                    ) from None
                raise
            _list(got, "suffix", want)
            if got != want:
                raise NotYet(
                    f"suffix({items}, {tail!r}) gives {got}.", f"{want} was asked for.", "The text goes to every item."
                )
        for lists in ([["a", "b", "c"], ["d", "e", ["f"]]], *(nested(draw) for _ in range(3)), []):
            got, want = _both(f"{{list_flatten: {lists!r}}}", both)
            _list(got, "list_flatten", want)
            if any(isinstance(each, list) for each in got):
                raise NotYet(
                    f"{lists} gives {got}.",
                    "There are lists left inside.",
                    "Call list_flatten for an item that is a list.",
                )
            if "".join(map(str, got)) == "".join(want) and len(got) > len(want):
                raise NotYet(f"{lists} falls into letters: {got}.", "A text is no list.", "isinstance(item, list)")
            if got != want:
                raise NotYet(f"list_flatten({lists}) gives {got!r}.", f"{want} was asked for.")
        return "Eleven years later the wishes are functions: in this engine, not in Heat."


def _list(got: Any, name: str, want: list[str]) -> None:
    if not isinstance(got, list):
        raise NotYet(f"{name} gives {kind(got)}.", f"A list was asked for: {want}.", "list(...) makes one.")


def _both(snippet: str, functions: dict[str, Callable[..., Any]]) -> tuple[Any, Any]:
    """What the learner's function gives inside a template, and what the kit's own gives."""
    try:
        got = evaluate(snippet, functions=functions)
    except TemplateError:
        raise
    except FunctionError as error:
        cause = error.__cause__
        raise cause if cause is not None else error from None
    return got, evaluate(snippet, version=EXTENSION)


def nested(draw: random.Random) -> list[Any]:
    """Names in lists, three deep."""
    a, b, c, d, e = words(draw, 5)
    return draw.choice([[[a, b], [c, [d, [e]]]], [[a], [b, [c, d]], [[[e]]]], [[[a, b], c], [d], [e]]])


def flat(items: list[Any]) -> list[Any]:
    """The items of all lists inside."""
    found: list[Any] = evaluate({"list_flatten": items}, version=EXTENSION)
    return found
