"""Changes: what an update does to each resource, how it is taken back, and how a group grows."""

from __future__ import annotations

import random
from typing import Any

from kit.hot import Stack, find_type
from kit.hot.resources.scaling import new_capacity
from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, number, word

from .fresh import settle, words

FATE = """
def fate(kind, before, after):
    table = find_type(kind).properties
    changed = [key for key in {*before, *after} if before.get(key) != after.get(key)]
    if not changed:
        return "unchanged"
    return "updated" if all(table[key].update_allowed for key in changed) else "replaced"
"""
FIND = "from kit.hot import find_type\n"
# Properties by type, each with two values: enough to see every class.
CHOICES: dict[str, dict[str, list[Any]]] = {
    "OS::Cinder::Volume": {
        "name": ["data", "store"], "size": [10, 20], "description": ["a", "b"], "availability_zone": ["north", "south"],
        "multiattach": [True, False],
    },
    "OS::Neutron::Net": {"name": ["n1", "n2"], "shared": [True, False], "availability_zone_hints": [["north"], ["south"]]},
    "OS::Nova::Server": {
        "name": ["web", "mail"], "image": ["debian-13"], "flavor": ["small", "large"], "key_name": ["k1", "k2"],
        "metadata": [{"a": "1"}, {"a": "2"}], "availability_zone": ["north", "south"],
    },
}  # fmt: skip
FATES = ("unchanged", "updated", "replaced")
NEEDED = {"OS::Cinder::Volume": ("size",), "OS::Neutron::Net": (), "OS::Nova::Server": ("image", "flavor")}


class Fate(Step):
    name = "fate"
    title = "Updated or replaced?"
    minutes = 7
    variables = ("fate",)
    hints = (
        "Compare the two dictionaries first: keys may come, go or change.",
        "A single changed property that is not update_allowed replaces the whole resource.",
        FATE.strip(),
    )
    solution = FIND + FATE
    wrong = {
        "any": Wrong(FIND + FATE.replace("all(table", "any(table"), "One property"),
        "always-updated": Wrong('def fate(kind, before, after):\n    return "unchanged" if before == after else "updated"', "replaced"),
        "always-replaced": Wrong('def fate(kind, before, after):\n    return "unchanged" if before == after else "replaced"', "in place"),
        "new-keys": Wrong(FIND + FATE.replace("{*before, *after}", "before"), "Keys may come"),
        "never-unchanged": Wrong(FIND + FATE.replace('"unchanged"', '"updated"'), "Nothing differs"),
    }  # fmt: skip

    def check(self, lab: Lab, fate: Any) -> str:
        fate = function(fate, "kind, before, after to a word")
        draw = random.Random(81)
        for turn in range(24):
            kind = list(CHOICES)[turn % len(CHOICES)]
            before, after = (_drawn(kind, draw) for _ in range(2))
            if turn < 3:
                after = dict(before)
            elif turn < 12:
                # The same keys with other values: what may come and go is asked later.
                after = {key: draw.choice(CHOICES[kind][key]) for key in before}
            want, got = _plan(kind, before, after), word(fate(kind, dict(before), dict(after)), FATES)
            if got == want:
                continue
            table = find_type(kind)
            assert table is not None
            changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
            told = ", ".join(f"{key} {_at(before, key)} -> {_at(after, key)}" for key in changed) or "the same twice"
            head = f"{kind}, {told}: {want}, you say {got}."
            fixed = [key for key in changed if not table.properties[key].update_allowed]
            if want == "unchanged":
                raise NotYet(head, "Nothing differs.")
            if set(before) != set(after):
                raise NotYet(head, "Keys may come and go, too.", "{*before, *after}")
            if want == "updated":
                raise NotYet(head, "All of that can be changed in place.", "update_allowed")
            raise NotYet(head, f"One property that cannot be changed in place is enough: {fixed[0]}.")
        return "Now no update surprises you: the preview says the same, property by property."


def _at(properties: dict[str, Any], key: str) -> str:
    return repr(properties[key]) if key in properties else "(not there)"


def _drawn(kind: str, draw: random.Random) -> dict[str, Any]:
    """Some properties of a resource."""
    choices = CHOICES[kind]
    names = [name for name in choices if name in NEEDED[kind] or draw.random() < 0.5]
    return {name: draw.choice(choices[name]) for name in names}


def _plan(kind: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """What the engine says of one resource."""
    old, new = (
        {"heat_template_version": "2021-04-16", "resources": {"r": {"type": kind, "properties": properties}}}
        for properties in (before, after)
    )
    plan = Stack.create("fate", old).preview_update(new)
    return next(word for word in ("unchanged", "updated", "replaced") if plan.names(word))


LABELLED = """heat_template_version: 2021-04-16
parameters: {label: {type: string, default: nameless}}
resources:
  disk: {type: OS::Cinder::Volume, properties: {size: 5, name: {get_param: label}, description: DESCRIPTION}}
outputs: {name: {value: {get_attr: [disk, display_name]}}, about: {value: {get_attr: [disk, display_description]}}}
"""
TOO_LARGE = """
  node: {type: OS::Nova::Server, depends_on: disk, properties: {image: debian-13, flavor: vast}}
"""
CHANGE = """
def change(conn, template, parameters):
    stack = conn.orchestration.get_stack("box")
    conn.orchestration.update_stack(
        stack, template=template, parameters=parameters, is_rollback_disabled=False)
"""


class Rollback(Step):
    name = "rollback"
    title = "All or nothing"
    minutes = 6
    variables = ("change",)
    hints = (
        "The API turns rollback off unless you say so: disable_rollback, in the SDK is_rollback_disabled.",
        "An update that gives no parameters falls back to the template's defaults: hand them on.",
        CHANGE.strip(),
    )
    solution = CHANGE
    wrong = {
        "no-rollback": Wrong(CHANGE.replace(", is_rollback_disabled=False", ""), "half"),
        "no-parameters": Wrong(CHANGE.replace(", parameters=parameters", ""), "nameless"),
        "new-stack": Wrong(
            'def change(conn, template, parameters):\n    conn.orchestration.create_stack(name="box-2", template=template, parameters=parameters)',
            "was not updated",
        ),
        "wrong-way": Wrong(CHANGE.replace("False", "True"), "half"),
    }  # fmt: skip

    def check(self, lab: Lab, change: Any) -> str:
        change = function(change, "conn, template, parameters to an update of box", nothing=True)
        draw = random.Random(82)
        cloud = lab.fresh_cloud(random_seed=82)
        conn = cloud.connect("alice", "shop")
        label, old, new = words(draw, 3)
        parameters = {"label": label}
        first, second = LABELLED.replace("DESCRIPTION", old), LABELLED.replace("DESCRIPTION", new)
        conn.orchestration.create_stack(name="box", template=first, parameters=parameters)
        settle(cloud, conn, "box")
        outputs = _outputs(conn)
        change(conn, second.replace("outputs:", TOO_LARGE.strip("\n") + "\noutputs:"), dict(parameters))
        if conn.orchestration.find_stack("box") is None:
            raise NotYet("The stack box is gone.", "It should be updated, and stay.", "update_stack(stack, ...)")
        state = settle(cloud, conn, "box")
        found = _outputs(conn)
        if state == "CREATE_COMPLETE":
            raise NotYet("The stack box was not updated.", "", "conn.orchestration.update_stack(stack, ...)")
        if state != "ROLLBACK_COMPLETE" or found != outputs:
            raise NotYet(
                f"The update failed half way: {state}, and the disk is {found.get('about')!r}.",
                f"ROLLBACK_COMPLETE and {old!r} were asked for.", "Which argument turns rollback on?",
            )  # fmt: skip
        change(conn, second, dict(parameters))
        state, found = settle(cloud, conn, "box"), _outputs(conn)
        if found.get("name") == "nameless":
            raise NotYet(
                "After the update the disk is nameless.",
                "Parameters that are not given fall to their defaults.",
                "parameters=parameters",
            )
        if (state, found) != ("UPDATE_COMPLETE", outputs | {"about": new}):
            raise NotYet(
                f"An update that can work ends as {state} with {found}.",
                f"{new!r} was asked for.",
                "Hand the template on.",
            )
        return "It failed, and nobody noticed: that is the point."


def _outputs(conn: Any) -> dict[str, Any]:
    return {each["output_key"]: each.get("output_value") for each in conn.orchestration.get_stack("box").outputs}


AFTER = """
def after(size, percent, low, high):
    change = size * percent / 100
    if abs(change) < 1:
        change = math.copysign(math.ceil(abs(change)), change)
    return max(low, min(high, size + int(change)))
"""
MATH = "import math\n"
AFTER_BY = "def after(size, percent, low, high):\n    return max(low, min(high, size + "


class Scale(Step):
    name = "scale"
    title = "How large is the group then?"
    minutes = 6
    variables = ("after",)
    hints = (
        "int() cuts towards zero. What is smaller than one member needs a rule of its own.",
        "Below one: one whole member in that direction (none if it is 0). At the end stay between low and high.",
        AFTER.strip(),
    )
    solution = MATH + AFTER
    wrong = {
        "rounded": Wrong(AFTER_BY + "round(size * percent / 100)))", "is cut"),
        "cut": Wrong(AFTER_BY + "int(size * percent / 100)))", "less than one member"),
        "no-limits": Wrong("import math\n" + AFTER.replace("max(low, min(high, size + int(change)))", "size + int(change)"), "limits"),
        "limits-swapped": Wrong(MATH + AFTER.replace("max(low, min(high,", "max(high, min(low,"), "does not reach a limit"),
        "change-only": Wrong(MATH + AFTER.replace("max(low, min(high, size + int(change)))", "int(change)"), "That is the change"),
        "upwards": Wrong(MATH + AFTER_BY + "math.ceil(size * percent / 100)))", "is cut"),
    }  # fmt: skip

    def check(self, lab: Lab, after: Any) -> str:
        after = function(after, "size, percent, low, high to a number of members")
        draw = random.Random(83)
        cases = [
            (7, 40, 1, 20),
            (3, 10, 1, 9),
            (5, 50, 1, 20),
            (5, -50, 1, 20),
            (4, -10, 1, 9),
            (8, 100, 1, 10),
            (4, 0, 1, 9),
        ]
        cases += [(draw.randrange(1, 20), draw.randrange(-90, 150), 1, draw.randrange(12, 25)) for _ in range(30)]
        for size, percent, low, high in cases:
            size = min(size, high)
            want = new_capacity(size, percent, "percent_change_in_capacity", None, low, high)
            got = number(after(size, percent, low, high), "members")
            if got == want:
                continue
            head = f"{size} members, {percent:+} %, limits {low} and {high}: {want}, you say {got:g}."
            change = size * percent / 100
            if change and got == int(change):
                raise NotYet(head, "That is the change.", "The size of the group after it was asked for.")
            if not low <= got <= high:
                raise NotYet(head, "The group stays inside its limits.")
            if got in (low, high) and abs(got - want) > 1:
                raise NotYet(head, f"{percent} % of {size} are {change:+.2f}: that does not reach a limit.")
            if change == 0:
                raise NotYet(head, "0 % of them is nobody: nothing changes.")
            if abs(change) < 1:
                raise NotYet(head, f"{change:+.2f} is less than one member: it counts as a whole one.")
            raise NotYet(head, f"{change:+.2f} is cut towards zero.")
        return "Ask for 10 % of three, and get a third more: say min_adjustment_step, or count members."
