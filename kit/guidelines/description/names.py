"""Members: their names, and what they hold by their names."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.description.operation import Description, Operation
from kit.guidelines.description.schema import Member
from kit.guidelines.description.uris import terms
from kit.guidelines.relations import REGISTERED
from kit.guidelines.rule import Found, judges
from kit.guidelines.words import ISO, SNAKE, incomplete_phrase, names_a_time, negative, singular, snake, tokens

_STEERING = frozenset(["enable", "enables", "disable", "disables", "allow", "allows"])


def _acts(operation: Operation) -> bool:
    return operation.last.lower() in ("action", "actions")


@judges("description", "NM-04", "NM-05", "NM-06", "TM-01", "TM-02", "TM-03")
def spelling(described: Description) -> Iterator[Found]:
    """Members out of snake_case, booleans that do not complete the phrase or are negative, wrong terms."""
    told: set[tuple[str, str]] = set()
    for member, side, operation in described.members:
        name = member.name
        found: list[tuple[str, str]] = []
        if not SNAKE.fullmatch(name):
            found.append(("NM-04", f"`{name}` is not snake_case: {snake(name)}."))
        if member.schema.types == {"boolean"}:
            first = incomplete_phrase(name)
            if first and not (first in _STEERING and (side == "request" and _acts(operation))):
                found.append(("NM-05", f'`{name}` does not complete "this is" or "this has".'))
            if negative(name):
                found.append(("NM-06", f"`{name}` says what is not."))
        found += terms(name, member=True)
        for rule, why in found:
            if (rule, member.place) not in told:
                told.add((rule, member.place))
                yield Found(rule, member.place, why)
    for operation in described.operations:
        for each in operation.parameters:
            if each.where == "query" and each.schema.types == {"boolean"} and (each.name, each.place) not in told:
                told.add((each.name, each.place))
                if negative(each.name):
                    yield Found("NM-06", each.place, f"`{each.name}` says what is not.")
                if tokens(each.name)[:1] in (("is",), ("has",), ("are",), ("was",)):
                    yield Found("NM-05", each.place, f'`{each.name}` does not complete "this is" or "this has".')
            if each.where in ("query", "path"):
                for rule, why in terms(each.name, member=True):
                    if (rule, each.place) not in told:
                        told.add((rule, each.place))
                        yield Found(rule, each.place, why)


def _core(name: str, resource: str) -> tuple[str, ...]:
    """What a member's name means, without is, enable, ref, id and the resource's own name."""
    drop = {"is", "has", "are", "enable", "disable", "make", "new", "ref", "id", "uuid", "set", singular(resource)}
    words = tuple(word.removesuffix("d") if word in ("enabled", "disabled") else word for word in tokens(name))
    return tuple(sorted(word for word in words if word not in drop)) or words


@judges("description", "NM-07")
def parameters(described: Description) -> Iterator[Found]:
    """A parameter that fills a field under another name."""
    told: set[str] = set()
    for operation in described.operations:
        if operation.method not in ("post", "put", "patch") or operation.request is None or _acts(operation):
            continue
        methods = described.by_path[operation.path]
        shown = next((m.result for m in (operation, *methods.values()) if m.result is not None), None)
        if shown is None:
            continue
        for name, sent in operation.request.members.items():
            inner = sent.members or operation.request.members
            fields = shown.members[name].members if name in shown.members else {}
            if not sent.members or not fields:
                continue
            loose = {n for n in fields if n not in inner}
            for given, schema in inner.items():
                if given in fields or schema.place in told:
                    continue
                meant = [n for n in loose if _core(n, name) == _core(given, name)]
                if meant:
                    told.add(schema.place)
                    why = f"`{given}` fills the field `{meant[0]}`."
                    yield Found("NM-07", schema.place, why, advice=True, fix=f"Name it {meant[0]}.")


@judges("description", "TI-01", "TG-01", "TG-02", "MD-01")
def contents(described: Description) -> Iterator[Found]:
    """Times, tags and metadata of a wrong form."""
    for member, side, _ in described.members:
        name, schema = member.name, member.schema
        types = schema.types
        if names_a_time(name):
            yield from _time(member)
        if name == "tags" and types:
            items = schema.items
            if "array" not in types:
                yield Found("TG-01", member.place, f"`tags` is {_told(types)}, not a list of strings.")
            elif items is not None and items.types and "string" not in items.types:
                yield Found("TG-01", member.place, f"The items of `tags` are {_told(items.types)}.")
            elif items is not None:
                yield from _tag(member, side)
        if name == "metadata" and types and "object" not in types:
            yield Found("MD-01", member.place, f"`metadata` is {_told(types)}, not an object.")


def _told(types: set[str]) -> str:
    return " or ".join(sorted(types))


def _time(member: Member) -> Iterator[Found]:
    types = member.schema.types
    if types & {"integer", "number"} and "string" not in types:
        yield Found("TI-01", member.place, f"`{member.name}` is a number.")
    elif "string" in types:
        form = member.schema.get("format")
        strange = [each for each in member.schema.values if isinstance(each, str) and not ISO.fullmatch(each)]
        if isinstance(form, str) and form not in ("date-time", "date", "time", "iso8601", "iso-8601", "uuid"):
            yield Found("TI-01", member.place, f"`{member.name}` has the format {form}.")
        elif strange:
            yield Found("TI-01", member.place, f"`{member.name}` is shown as {strange[0]!r}.")


def _tag(member: Member, side: str) -> Iterator[Found]:
    import re

    items = member.schema.items
    assert items is not None
    wrong = [each for each in items.values if isinstance(each, str) and ("/" in each or "," in each)]
    pattern = items.get("pattern")
    if wrong:
        yield Found("TG-02", items.place, f"A tag is shown as {wrong[0]!r}.")
    elif isinstance(pattern, str):
        try:
            compiled = re.compile(pattern[:500])
        except (re.error, OverflowError, RecursionError):
            return
        let_in = [tag for tag in ("a/b", "a,b") if compiled.search(tag)]
        if let_in:
            yield Found("TG-02", items.place, f"The pattern lets {' and '.join(let_in)} in.")
    elif side == "request" and not items.closed_values:
        yield Found("TG-02", items.place, "Nothing refuses a tag with a slash or a comma.", advice=True)


@judges("description", "LK-01", "LK-02")
def links(described: Description) -> Iterator[Found]:
    """Links that are no list of rel and href, and relations that are not registered."""
    for member, _, _ in described.members:
        if member.name not in ("links", "_links") and not member.name.endswith("_links"):
            continue
        types, items = member.schema.types, member.schema.items
        if types and "array" not in types:
            yield Found("LK-01", member.place, f"`{member.name}` is {_told(types)}, not a list.")
        elif items is not None:
            lacking = [name for name in ("rel", "href") if name not in items.members]
            if (items.members and lacking) or (items.types and "object" not in items.types):
                told = f"lack {' and '.join(lacking)}" if items.members else f"are {_told(items.types)}"
                yield Found("LK-01", member.place, f"The items of `{member.name}` {told}.")
            rel = items.members.get("rel")
            for value in rel.values if rel is not None else []:
                if isinstance(value, str) and not known_relation(value):
                    why = f"The relation `{value}` is not registered."
                    yield Found("LK-02", member.place, why, advice=True)


def known_relation(value: str) -> bool:
    """Whether a relation is registered, or a URI of one's own."""
    return value.lower() in REGISTERED or ":" in value or "/" in value
