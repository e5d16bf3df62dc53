"""Read: the parts of a template, and all of its faults at once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from kit.hot import Stack, TemplateError, inspect_template, lint
from kit.lab import Lab, NotYet, Step, Wrong

from .fresh import made, text, words

FIXED = """heat_template_version: 2021-04-16
resources:
  disk:
    type: OS::Cinder::Volume
    properties: {name: data, size: 10}
outputs:
  disk_id: {value: {get_resource: disk}}
"""
DECLARED = "parameters:\n  size: {type: number, default: 10}\n"
OPEN = FIXED.replace("resources:", f"{DECLARED}resources:").replace("size: 10}\nout", "size: {get_param: size}}\nout")


def _said(template: str, name: str = "template") -> str:
    return f'{name} = """\n{template}"""'


class Parameter(Step):
    name = "parameter"
    title = "A number becomes a parameter"
    minutes = 4
    variables = ("template",)
    hints = (
        "Two places change: a new section `parameters`, and the property that reads from it.",
        "parameters: {size: {type: number, default: 10}}, and `get_param` in place of the 10.",
        DECLARED + "...\n    properties: {name: data, size: {get_param: size}}",
    )
    solution = _said(OPEN)
    wrong = {
        "untouched": Wrong(_said(FIXED), "no parameter"),
        "unused": Wrong(_said(FIXED.replace("resources:", f"{DECLARED}resources:")), "still"),
        "required": Wrong(_said(OPEN.replace(", default: 10", "")), "Without a size"),
        "any-text": Wrong(_said(OPEN.replace("type: number", "type: string")), "takes any text"),
        "no-output": Wrong(_said(OPEN.split("outputs:")[0]), "disk_id"),
    }

    def check(self, lab: Lab, template: Any) -> str:
        draw = random.Random(31)
        template = text(template, "A template")
        checked = inspect_template(template, need_values=False)
        checked.raise_first()
        declared = checked.definition.parameters.declared
        if "disk" not in checked.definition.resources:
            raise NotYet("The resource `disk` is gone.", "Everything else should stay.")
        if "size" not in declared:
            raise NotYet("The template has no parameter `size`.", "", "Add a section `parameters` with it.")
        for size in draw.sample(range(11, 90), 3):
            found = made(template, size=size)
            got = found.resources["disk"].properties["size"]
            if got != size:
                raise NotYet(
                    f"With size={size} the disk still has {got} GB.", "Who says the size decides.", "{get_param: size}"
                )
        try:
            usual = Stack.create("fresh", template)
        except TemplateError as error:
            raise NotYet(
                f"Without a size Heat says: {error.what}", "10 GB were asked for then.", "default: 10"
            ) from None
        if usual.resources["disk"].properties["size"] != 10:
            raise NotYet("Without a size the disk has not 10 GB.", "", "default: 10")
        if declared["size"].kind != "number":
            raise NotYet("Your parameter takes any text.", "A number was asked for.", "type: number")
        if "disk_id" not in usual.outputs:
            raise NotYet("The output `disk_id` is gone.", "Everything else should stay.")
        return "One template, any number of disks."


FAULTY = (Path(__file__).parent / "templates" / "faulty.yaml").read_text(encoding="utf-8")
SLIPS = {"defualt": "default", "200": "20", "sise": "size", "flavour": "flavor", "sever}": "server}", "valeu": "value"}
MENDED = FAULTY
for _slip, _right in SLIPS.items():
    MENDED = MENDED.replace(_slip, _right)


class Faults(Step):
    name = "faults"
    title = "Six faults, all at once"
    minutes = 5
    variables = ("mended",)
    hints = (
        "lint(mended) lists every fault with its line; most are one word.",
        "default, size (twice: a word and a number that its own range allows), flavor, server, and the output's value.",
        "; ".join(f"{wrong} -> {right}" for wrong, right in SLIPS.items()).replace("}", ""),
    )
    solution = _said(MENDED, "mended")
    wrong = {
        "first-only": Wrong(_said(FAULTY.replace("defualt", "default"), "mended"), "line 6"),
        "warning-left": Wrong(_said(MENDED.replace("value: {get_attr", "valeu: {get_attr"), "mended"), "valeu"),
        "range-dropped": Wrong(_said(MENDED.replace(", constraints: [{range: {min: 1, max: 100}}]", ""), "mended"), "500 GB"),
        "mount-dropped": Wrong(
            _said(MENDED.replace(MENDED[MENDED.index("  mount:"):MENDED.index("outputs:")], ""), "mended"), "mount"
        ),
    }  # fmt: skip

    def check(self, lab: Lab, mended: Any) -> str:
        mended = text(mended, "A template")
        checked = inspect_template(mended, need_values=False)
        kept = checked.definition.resources if checked.definition else ("disk", "server", "mount")
        for each in ("disk", "server", "mount"):
            if each not in kept:
                raise NotYet(f"The resource {each} is gone.", "Faults should be mended, not cut out.")
        left = [finding for finding in lint(mended) if finding.severity != "note"]
        if left:
            first = left[0]
            line = f"line {first.position.line}, column {first.position.column}: " if first.position else ""
            count = f"{len(left)} finding{'' if len(left) == 1 else 's'} left, the first in {line}{first.message}"
            raise NotYet(count, first.quote.strip(), first.todo)
        draw = random.Random(32)
        name, size = words(draw, 1)[0], draw.randrange(21, 100)
        found = made(mended, name=name, size=size)
        if found.resources["server"].properties["name"] != name or found.resources["disk"].properties["size"] != size:
            raise NotYet(f"With name={name} and size={size} the server or disk has others.", "", "Both are parameters.")
        try:
            Stack.create("fresh", mended, parameters={"size": 500})
        except TemplateError:
            return "Heat would have told you one, six times over."
        raise NotYet("A disk of 500 GB is accepted.", "The range from 1 to 100 was meant.", "Mend the default instead.")
