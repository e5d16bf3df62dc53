"""Choose: conditions, and functions that a template's version does not know."""

from __future__ import annotations

import random
from typing import Any

from kit.hot import VERSIONS, inspect_template
from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, several, shown

from .fresh import made, text, words

SAME = """heat_template_version: 2021-04-16
parameters:
  env: {type: string}
resources:
  server:
    type: OS::Nova::Server
    properties: {image: debian-13, flavor: large}
  backup:
    type: OS::Cinder::Volume
    properties: {size: 100}
outputs:
  backup_id: {value: {get_resource: backup}}
"""
CHOSEN = (
    SAME.replace("resources:", "conditions:\n  production: {equals: [{get_param: env}, prod]}\nresources:")
    .replace("flavor: large", "flavor: {if: [production, large, small]}")
    .replace("Volume\n", "Volume\n    condition: production\n")
    .replace("{value: {get_resource: backup}}", "{condition: production, value: {get_resource: backup}}")
)


def _said(template: str) -> str:
    return f'chosen = """\n{template}"""'


class Conditions(Step):
    name = "conditions"
    title = "Production and the rest"
    minutes = 7
    variables = ("chosen",)
    hints = (
        "One condition in the section `conditions`; the resource and the output carry its name, the flavor asks with `if`.",
        "production: {equals: [{get_param: env}, prod]}; condition: production; flavor: {if: [production, large, small]}",
        CHOSEN,
    )
    solution = _said(CHOSEN)
    wrong = {
        "constant": Wrong(_said(CHOSEN.replace("{get_param: env}, prod", "env, prod")), "not the value of the parameter"),
        "inverted": Wrong(_said(CHOSEN.replace("[production, large, small]", "[production, small, large]")), "large only in production"),
        "no-output": Wrong(_said(CHOSEN.replace("{condition: production, value", "{value")), "backup_id"),
        "always": Wrong(_said(CHOSEN.replace("    condition: production\n", "")), "costs money"),
        "untouched": Wrong(_said(SAME), "large only in production"),
    }  # fmt: skip

    def check(self, lab: Lab, chosen: Any) -> str:
        chosen = text(chosen, "A template")
        draw = random.Random(51)
        for env in ("prod", *words(draw, 2), "production"):
            production = env == "prod"
            found = made(chosen, env=env)
            if "server" not in found.resources:
                raise NotYet(f"With env={env} there is no server.", "It should always be there, large or small.")
            has, flavor = "backup" in found.resources, found.resources["server"].properties["flavor"]
            if production and not has:
                raise NotYet(
                    "With env=prod there is no backup.",
                    "Your condition is false: another word than prod, or a word and not the value of the parameter.",
                    "{get_param: env}",
                )  # fmt: skip
            if flavor != ("large" if production else "small"):
                raise NotYet(
                    f"With env={env} the server is {flavor}.",
                    "It should be large only in production.",
                    "{if: [CONDITION, yes, no]}",
                )
            if has and not production:
                raise NotYet(f"With env={env} there is a backup, which costs money.", "", "condition: production")
            if "backup_id" in found.output_errors:
                raise NotYet(
                    f"With env={env} the output backup_id has an error instead of a value.",
                    f"Heat says: {found.output_errors['backup_id']}", "An output may carry a condition, too.",
                )  # fmt: skip
            if production and not found.outputs.get("backup_id"):
                raise NotYet("With env=prod the output backup_id has no value.", "It is the backup's id there.")
        return "Two clouds from one text, and neither pays for the other."


TRAPPED = """
def trapped(text):
    found = [finding for finding in lint(text) if finding.rule == "function-newer"]
    return sorted({finding.path.split(".")[-1] for finding in found})
"""
# Functions with right arguments, oldest first.
CALLS = {
    "list_join": '["-", [a, b]]', "repeat": '{for_each: {"%i%": [a]}, template: "%i%"}', "digest": "[md5, a]",
    "str_split": '[",", "a,b"]', "map_merge": "[{a: 1}]", "yaql": '{expression: "$.data", data: 1}',
    "filter": "[[null], [a]]", "list_concat": "[[a], [b]]", "contains": "[a, [a]]", "make_url": "{scheme: http, host: h}",
}  # fmt: skip


class Trapped(Step):
    name = "trapped"
    title = "Functions that are none"
    minutes = 6
    variables = ("trapped",)
    hints = (
        "lint() knows it: look at the rules of its findings.",
        'finding.rule == "function-newer"; finding.path ends with the name of the function.',
        TRAPPED.strip(),
    )
    solution = "from kit.hot import lint\n" + TRAPPED
    wrong = {
        "paths": Wrong("from kit.hot import lint\n" + TRAPPED.replace('finding.path.split(".")[-1]', "finding.path"), "The name alone"),
        "all-findings": Wrong("from kit.hot import lint\n" + TRAPPED.replace(' if finding.rule == "function-newer"', ""), "no trapped function"),
        "str_split-only": Wrong("def trapped(text):\n    return ['str_split'] if 'str_split' in text else []", "you do not tell it"),
        "every-function": Wrong(
            "import re\nKNOWN = 'list_join repeat digest str_split map_merge yaql filter list_concat contains make_url'.split()\n"
            "def trapped(text):\n    return sorted(name for name in KNOWN if name in text)", "works in",
        ),
    }  # fmt: skip

    def check(self, lab: Lab, trapped: Any) -> str:
        trapped = function(trapped, "text to a list of names")
        draw = random.Random(52)
        versions = [each for each in VERSIONS.values() if each.hot and not each.extension]
        dated = sorted({each.name for each in versions if each.name[0] == "2"})
        for version in ("2015-04-30", "2016-04-08", *draw.sample(dated, 4)):
            names = draw.sample(list(CALLS), 4)
            template = sample(version, names)
            known = {each.name: each for each in versions}[version].functions
            want = sorted(name for name in names if name not in known)
            got = several(trapped(template), 0, "a list of names")
            odd = [each for each in got if not isinstance(each, str)]
            if odd:
                raise NotYet(f"Your list holds {shown(odd[0])}.", "The names of functions were asked for: texts.")
            if sorted(got) == want:
                continue
            if set(got) == set(want):
                raise NotYet(f"{max(got, key=got.count)} is in your list twice.", "Each name once.", "set(...)")
            extra = sorted(set(got) - set(want))
            if not extra:
                raise NotYet(f"In {version} {sorted(set(want) - set(got))[0]} is plain data, and you do not tell it.")
            if any("." in name or " " in name for name in extra):
                raise NotYet(
                    f"You give {shown(extra[0])}.", "The name alone was asked for.", "The last part of finding.path"
                )
            if extra[0] in names:
                raise NotYet(
                    f"{extra[0]} works in {version}.",
                    f"Plain data there: {want or 'nothing'}.",
                    "Ask the linter, not the text.",
                )
            raise NotYet(
                f"{extra[0]!r} is no trapped function.", "Other findings do not matter here.", "Look at finding.rule."
            )
        return "Without a word from Heat, a map instead of a list: now you hear it before your users do."


def sample(version: str, names: list[str]) -> str:
    """A template of a version that uses these functions, and has a harmless finding of another kind."""
    outputs = "\n".join(f"  out_{place}: {{value: {{{name}: {CALLS[name]}}}}}" for place, name in enumerate(names))
    unused = "parameters:\n  spare: {type: string, default: x}"
    found = f'heat_template_version: "{version}"\n{unused}\nresources:\n  r: {{type: OS::Heat::RandomString}}\noutputs:\n{outputs}\n'
    inspect_template(found).raise_first()
    return found
