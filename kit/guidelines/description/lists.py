"""Collections, as described: their form, pages, filters, sorting, totals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.description.document import pointer
from kit.guidelines.description.operation import Description, Operation, Parameter
from kit.guidelines.description.schema import Schema
from kit.guidelines.filters import (
    OPERATORS,
    RESERVED,
    TAG_FILTERS,
    counts,
    field_meant,
    filters_tags,
    operator_in,
    pages,
    sorts,
)
from kit.guidelines.rule import Found, judges
from kit.guidelines.words import names_a_time, plural, singular, tokens

_PAGE_LINKS = ("first", "prev", "self", "next", "last")


@judges("description", "RS-01", "TG-04")
def form(described: Description) -> Iterator[Found]:
    """Bare lists, and lists that are not one named list in an object."""
    for operation in described.operations:
        for answer in operation.successes.values():
            schema = answer.schema
            if schema is None:
                continue
            if schema.types == {"array"}:
                yield Found("RS-01", answer.place, "The top of the answer is a bare list.")
                if operation.last == "tags":
                    yield Found("TG-04", answer.place, "The tags are a bare list.")
            elif operation.method == "get" and operation.last == "tags" and "tags" not in schema.members:
                if schema.members:
                    yield Found("TG-04", answer.place, "The answer has no `tags`.")
            elif operation.method == "get" and described.is_collection(operation) and plural(operation.last):
                yield from _as_map(operation, schema)


def _as_map(operation: Operation, schema: Schema) -> Iterator[Found]:
    own = singular("".join(tokens(operation.last)))
    for name, member in schema.members.items():
        if singular("".join(tokens(name))) == own and member.types == {"object"} and described_map(member):
            yield Found("RS-01", member.place, f"`{name}` is a map, not a list.", advice=True)


def described_map(schema: Schema) -> bool:
    """Whether an object maps any key to values of one form."""
    return not schema.members and isinstance(schema.get("additionalProperties"), dict)


@judges("description", "PG-01", "PG-05", "PG-06")
def paging(described: Description) -> Iterator[Found]:
    """Pages by other means than limit and marker, and pages without links."""
    for operation in described.operations:
        if operation.method != "get":
            continue
        query = {each.name: each for each in operation.query()}
        fields = _fields(operation)
        others = [each for name, each in query.items() if _pages(each) and not (name in fields and "page" not in query)]
        for each in others:
            yield Found("PG-01", each.place, f"`{each.name}` pages.")
        if "limit" in query and "marker" not in query and not others:
            yield Found("PG-01", query["limit"].place, "`limit` without `marker`.", advice=True)
        answer = operation.answers.get("200")
        if answer is None or not {"limit", "marker"} & query.keys() or answer.schema is None:
            continue
        members = answer.schema.members
        listed = {name: m for name, m in members.items() if name == "links" or name.endswith("_links")}
        loose = [name for name in ("next", "previous", "prev", "first", "last", "next_page") if name in members]
        if loose:
            place = members[loose[0]].place
            yield Found("PG-05", place, f"`{loose[0]}` stands beside the list, not among its links.")
        elif not listed and "link" not in answer.headers:
            yield Found("PG-06", answer.place, "Neither links in the body nor a Link header lead to the next page.")
        for name, member in listed.items():
            rel = member.items.members.get("rel") if member.items is not None else None
            known = [value for value in rel.closed_values if isinstance(value, str)] if rel is not None else []
            strange = [value for value in known if value not in _PAGE_LINKS]
            if known and (strange or "next" not in known):
                told = f"has {', '.join(strange)}" if strange else "has no next"
                yield Found("PG-05", member.place, f"`{name}` {told}.")


# What the words of a parameter tell of pages, whatever its name.
_PAGING = re.compile(
    r"\bper page\b|\bpage (number|size|index)\b|\bnumber of the page\b|\b(which|first|next) page\b|\bpage to\b"
    r"|\b(index|position|offset|number) of the first\b|\boffset\b|\b(items|entries|results|rows|hits) to skip\b",
    re.IGNORECASE,
)


def _pages(each: Parameter) -> bool:
    """Whether a parameter pages by other means than limit and marker, by its name or by what is said of it."""
    if each.name in ("limit", "marker"):
        return False
    return pages(each.name) or (
        "integer" in each.schema.types and _PAGING.search(str(each.data.get("description") or "")) is not None
    )


def _fields(operation: Operation) -> set[str]:
    return set(operation.lists.members) if operation.lists is not None else set()


@judges("description", "FI-01", "FI-03", "FI-05")
def filtering(described: Description) -> Iterator[Found]:
    """Filters that are not named for their field, operators in the wrong place, times that take no interval."""
    for operation in described.operations:
        if operation.method != "get" or operation.lists is None:
            continue
        fields = _fields(operation)
        for each in operation.query():
            if each.name not in fields and (each.name in RESERVED or pages(each.name)):
                continue
            if counts(each.name) or filters_tags(each.name) or _pages(each):
                continue
            yield from _filter(operation, each, fields)


def _filter(operation: Operation, each: Parameter, fields: set[str]) -> Iterator[Found]:
    name = each.name
    sign = operator_in(name)
    if sign:
        yield Found(
            "FI-03",
            each.place,
            f"`{name}` has the operator {sign} in its name.",
            fix=f"Write {sign}: before the value.",
        )
    if name not in fields and sorts(name) is False:
        meant = field_meant(name, fields, singular(operation.last))
        generic = name in ("filter", "filters", "q", "query", "where", "search")
        if meant:
            yield Found("FI-01", each.place, f"`{name}` filters on the field `{meant}`.", fix=f"Name it {meant}.")
            if names_a_time(meant) and {"before", "after", "since", "until", "from", "to"} & set(tokens(name)):
                yield Found("FI-05", each.place, f"`{name}` asks for one side of an interval only.", advice=True)
        elif generic or (len(fields) > 1 and each.schema.types != {"boolean"}):
            yield Found("FI-01", each.place, f"`{name}` is no field of the items.", advice=True)
    elif names_a_time(name) and each.schema.get("format") in ("date-time", "date"):
        yield Found("FI-05", each.place, f"`{name}` takes one moment, so no interval can be asked for.", advice=True)
    for value in each.examples:
        sign = value.split(":", 1)[0] if isinstance(value, str) and ":" in value else ""
        if sign in ("eq", "ne", "not", "like", "contains", "regex"):
            why = f"`{sign}:` is none of {', '.join(OPERATORS)}."
            yield Found("FI-03", each.place, why)


_SORT = re.compile(r"[\w.-]*\w(:(asc|desc))?(,[\w.-]*\w(:(asc|desc))?)*")


@judges("description", "SO-01", "SO-02")
def sorting(described: Description) -> Iterator[Found]:
    """Sorting by other means than one `sort`, and the old pair not marked."""
    for operation in described.operations:
        if operation.method != "get":
            continue
        query = {each.name: each for each in operation.query()}
        others = [each for name, each in query.items() if sorts(name)]
        sort = query.get("sort")
        if others and sort is None:
            told = ", ".join(each.name for each in others)
            yield Found("SO-01", others[0].place, f"Sorted by {told}, without `sort`.")
        for each in others:
            if each.name in ("sort_key", "sort_dir") and each.data.get("deprecated") is not True:
                yield Found("SO-02", each.place, f"`{each.name}` is not marked as deprecated.")
        if sort is not None:
            wrong = [v for v in sort.examples if isinstance(v, str) and (not _SORT.fullmatch(v) or v.startswith("-"))]
            if wrong:
                yield Found("SO-01", sort.place, f"`sort` is shown as {wrong[0]!r}, not key:direction.")
            elif repeated(sort):
                yield Found("SO-01", sort.place, "`sort` is repeated, not one list with commas.")


def repeated(each: Parameter) -> bool:
    """Whether a list parameter is sent once for each value."""
    explode = each.data.get("explode", each.data.get("style", "form") == "form")
    return "array" in each.schema.types and explode is not False


@judges("description", "CT-01", "CT-02")
def counting(described: Description) -> Iterator[Found]:
    """Totals asked for under another name, or answered in another form."""
    for operation in described.operations:
        if operation.method != "get":
            continue
        asked = False
        for each in operation.query():
            if counts(each.name, each.schema.types <= {"boolean"}):
                yield Found("CT-01", each.place, f"The total is asked for by `{each.name}`.")
            asked |= each.name == "with_count"
        if operation.result is None or (operation.lists is None and not asked):
            continue
        members = operation.result.members
        if "count" in members:
            types = members["count"].types
            if types and types != {"integer"}:
                yield Found("CT-02", members["count"].place, f"`count` is {' or '.join(sorted(types))}.")
            continue
        other = [
            n for n in members if tokens(n) in (("total",), ("total", "count"), ("count", "total"), ("total", "items"))
        ]
        if other:
            yield Found("CT-02", members[other[0]].place, f"The total is `{other[0]}`, not `count`.")
        elif asked:
            inner = [n for n, m in members.items() if {"count", "total"} & m.members.keys() and "object" in m.types]
            place = members[inner[0]].place if inner else pointer(operation.place, "responses", "200")
            why = f"The total is inside `{inner[0]}`." if inner else "with_count is taken, but there is no `count`."
            yield Found("CT-02", place, why)


@judges("description", "TG-08")
def tag_filters(described: Description) -> Iterator[Found]:
    """Tag filters under other names, or repeated."""
    for operation in described.operations:
        if operation.method != "get":
            continue
        for each in operation.query():
            if filters_tags(each.name):
                yield Found("TG-08", each.place, f"`{each.name}` filters by tags.")
            elif each.name in TAG_FILTERS and repeated(each):
                yield Found("TG-08", each.place, f"`{each.name}` is repeated, not one list with commas.")
