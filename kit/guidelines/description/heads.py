"""Headers, as described: names, and the microversion's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.guidelines.description.document import listing, mapping, pointer
from kit.guidelines.description.operation import Description, Operation
from kit.guidelines.description.schema import Schema
from kit.guidelines.headings import VERSION_HEADER, judge_header
from kit.guidelines.rule import Found, judges
from kit.guidelines.words import tokens

_VALUE = re.compile(r"[a-z][a-z0-9-]* (\d+\.\d+|latest)(, *[a-z][a-z0-9-]* (\d+\.\d+|latest))*")


@judges("description", "HD-01", "HD-02", "HD-03", "TM-01", "TM-02", "TM-03")
def names(described: Description) -> Iterator[Found]:
    """Header names with X-, without an owner, per service, or with a wrong term."""
    told: set[str] = set()
    for operation in described.operations:
        named = [(each.name, each.place) for each in operation.parameters if each.where == "header"]
        for answer in operation.answers.values():
            named += [(name, place) for name, _, place in answer.headers.values()]
        for name, place in named:
            if name.lower() not in told:
                told.add(name.lower())
                for rule, why in judge_header(name):
                    yield Found(rule, place, why)


def _other_version_header(name: str) -> bool:
    words = tokens(name)
    return words[-2:] == ("api", "version") or words[-1:] == ("microversion",)


@judges("description", "MV-02")
def asked(described: Description) -> Iterator[Found]:
    """A version asked for by another header, by the query, or without the service type."""
    told: set[str] = set()
    for operation in described.operations:
        for each in operation.parameters:
            if each.place in told or each.where not in ("header", "query"):
                continue
            told.add(each.place)
            if each.where == "header" and each.name.lower() == VERSION_HEADER:
                wrong = [v for v in each.examples if isinstance(v, str) and not _VALUE.fullmatch(v)]
                if wrong:
                    yield Found("MV-02", each.place, f"The value is shown as {wrong[0]!r}, without the service type.")
            elif _other_version_header(each.name):
                yield Found("MV-02", each.place, f"The version is asked for by `{each.name}`.")


@judges("description", "MV-05", "MV-08", "MV-09")
def answered(described: Description) -> Iterator[Found]:
    """Operations that take a version: 406, the version served, Vary, and the range."""
    for operation in described.operations:
        if operation.header(VERSION_HEADER) is None:
            continue
        if operation.answers and not {"406", "4XX", "4xx", "default"} & operation.answers.keys():
            place = pointer(operation.place, "responses")
            yield Found("MV-05", place, "No 406 is described for a version out of range.")
        for answer in operation.successes.values():
            lacking = [name for name in ("OpenStack-API-Version", "Vary") if name.lower() not in answer.headers]
            if lacking:
                place = pointer(answer.home, "headers")
                yield Found("MV-08", place, f"The answer has no {' and no '.join(lacking)}.")
        yield from _range(operation)


def _range(operation: Operation) -> Iterator[Found]:
    answer = operation.answers.get("406")
    if answer is None or answer.schema is None:
        return
    errors = answer.schema.members.get("errors")
    inner: Schema = errors.items if errors is not None and errors.items is not None else answer.schema
    lacking = [name for name in ("min_version", "max_version") if name not in inner.members]
    if lacking:
        yield Found("MV-09", answer.place, f"The 406 has no {' and no '.join(lacking)}.")


@judges("description", "DO-01")
def documented(described: Description) -> Iterator[Found]:
    """Operations of which something is not told."""
    for operation in described.operations:
        lacking = []
        if not operation.text:
            lacking.append("what it does")
        bare = [each.name for each in operation.parameters if not each.data.get("description")]
        lacking += [f"what {', '.join(bare[:3])} mean{'s' if len(bare) == 1 else ''}"] if bare else []
        if not operation.answers:
            lacking.append("answers")
        else:
            lacking += [] if operation.errors or "default" in operation.answers else ["error codes"]
            lacking += [] if _shows(operation) else ["an example"]
        if lacking:
            yield Found("DO-01", operation.place, f"Not documented: {'; '.join(lacking)}.", advice=True)


def _shows(operation: Operation) -> bool:
    bodies = [mapping(operation.data.get("requestBody")), *(answer.data for answer in operation.answers.values())]
    media = [mapping(each) for body in bodies for each in mapping(body.get("content")).values()]
    if not media and not operation.parameters:
        return True
    words = ("example", "examples")
    return (
        any(word in each or word in mapping(each.get("schema")) for each in media for word in words)
        or any(each.examples for each in operation.parameters)
        or any("x-code-samples" in key or "x-codeSamples" in key for key in map(str, operation.data))
        or bool(listing(operation.data.get("x-examples")))
    )
