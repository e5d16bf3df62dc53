"""Errors, as described: the list, its five members, codes and help."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.description.operation import Answer, Description
from kit.guidelines.description.schema import Schema
from kit.guidelines.problem import CODE, MEMBERS, judge_errors
from kit.guidelines.rule import Found, judges


@judges("description", "RC-19", "ER-01", "ER-02", "ER-03", "ER-04", "ER-06")
def errors(described: Description) -> Iterator[Found]:
    """Error bodies that are no list `errors` of whole errors."""
    told: set[int] = set()
    for operation in described.operations:
        for code, answer in operation.errors.items():
            schema = answer.schema
            node = id(answer.data if schema is None else schema.data)
            if node not in told and answer.content:
                told.add(node)
                yield from _answer(answer, schema)
            for body in answer.examples:
                status = int(code) if code.isdigit() else None
                for rule, _, why in judge_errors(body, status=status):
                    yield Found(rule, answer.home, f"The example: {why}")


def _answer(answer: Answer, schema: Schema | None) -> Iterator[Found]:
    if not any("json" in str(name) for name in answer.content):
        told = ", ".join(map(str, answer.content))
        for rule in ("RC-19", "ER-01"):
            yield Found(rule, answer.home, f"The error is {told}, not a list `errors` in JSON.")
        return
    if schema is None or not (schema.types or schema.members):
        return
    listed = schema.members.get("errors")
    if listed is None or (listed.types and "array" not in listed.types):
        names = ", ".join(list(schema.members)[:3])
        why = f"The error has {names or 'no members'}, and no list `errors`."
        if listed is not None:
            why = f"`errors` is {' or '.join(sorted(listed.types))}, not a list."
        for rule in ("RC-19", "ER-01"):
            yield Found(rule, answer.home, why)
        return
    least = listed.get("minItems")
    if "errors" not in schema.required or not isinstance(least, int) or least < 1:
        lacking = "be missing" if "errors" not in schema.required else "be empty"
        yield Found("ER-01", listed.place, f"The schema lets `errors` {lacking}.", advice=True)
    if listed.items is not None:
        yield from _item(listed.items)


def _item(item: Schema) -> Iterator[Found]:
    members, required = item.members, item.required
    lacking = [name for name in MEMBERS if name not in members]
    loose = [name for name in MEMBERS if name in members and name not in required]
    if lacking:
        yield Found("ER-02", item.place, f"The errors have no {', no '.join(lacking)}.")
    elif loose:
        yield Found("ER-02", item.place, f"The errors need not have {', '.join(loose)}.", advice=True)
    code = members.get("code")
    if code is not None:
        wrong = [value for value in code.values if not isinstance(value, str) or not CODE.fullmatch(value)]
        if code.types and "string" not in code.types:
            yield Found("ER-03", code.place, f"`code` is {' or '.join(sorted(code.types))}, not service-type.cause.")
        elif wrong:
            yield Found("ER-03", code.place, f"{wrong[0]!r} is not service-type.cause in lower case.")
    links = members.get("links")
    if links is not None and links.items is not None:
        rel = links.items.members.get("rel")
        known = rel.closed_values if rel is not None else []
        if known and "help" not in known:
            yield Found("ER-06", links.place, f"The links are {', '.join(map(str, known))}; none is help.")
