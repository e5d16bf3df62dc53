"""Response codes and caching, as described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kit.guidelines.description.document import mapping, pointer
from kit.guidelines.description.operation import Answer, Description, Operation, is_variable
from kit.guidelines.description.schema import Schema
from kit.guidelines.rule import Found, judges
from kit.guidelines.said import BODY_TOO_LARGE, CLIENTS_FAULT, MALFORMED, OPERATORS_FAULT, QUOTA, TOO_MANY, says


def _is_tag(operation: Operation) -> bool:
    return operation.parts[-2:-1] == ["tags"] and is_variable(operation.last)


@judges("description", "RC-01", "RC-02", "RC-03", "RC-04")
def created(described: Description) -> Iterator[Found]:
    """Creation: 201 with Location and body, or 202 with Location."""
    for operation in described.operations:
        codes, answers = set(operation.successes), operation.answers
        if operation.creates:
            if operation.asynchronous:
                led = [code for code in answers if code[:1] in "23"]
                if led and "202" not in led:
                    why = f"The work is unfinished, but the answer is {', '.join(sorted(led))}."
                    yield Found("RC-04", answers[min(led)].place, why)
            elif codes and "201" not in codes and ("202" not in codes or operation.asynchronous is False):
                why = f"Creating answers {', '.join(sorted(codes))}."
                yield Found("RC-01", _first(operation), why, advice=operation.asynchronous is None)
            later = answers.get("202")
            if later is not None and operation.asynchronous is not False and "location" not in later.headers:
                yield Found("RC-04", pointer(later.home, "headers"), "202 without Location.")
        made = answers.get("201")
        if made is not None:
            if "location" not in made.headers:
                yield Found("RC-02", pointer(made.home, "headers"), "201 without Location.")
            if not _is_tag(operation) and not _holds_something(made):
                yield Found("RC-03", made.place, "201 without a representation.")


def _first(operation: Operation) -> str:
    return operation.successes[min(operation.successes)].place


def _holds_something(answer: Answer) -> bool:
    if not answer.content:
        return False
    schema = answer.schema
    if schema is None or "object" not in schema.types:
        return True
    told = [
        {name: v for name, v in part.data.items() if name not in ("type", "description", "title")}
        for part in schema.parts
    ]
    return any(
        each and each not in ({"properties": {}}, {"properties": {}, "additionalProperties": False}) for each in told
    )


@judges("description", "RC-05", "RC-06")
def succeeded(described: Description) -> Iterator[Found]:
    """Deletion 204, and 200 for everything else."""
    for operation in described.operations:
        codes = set(operation.successes)
        if not codes:
            continue
        place, told = _first(operation), ", ".join(sorted(codes))
        if operation.method == "delete":
            done = operation.asynchronous is False
            if "204" not in codes and not operation.asynchronous and (done or "202" not in codes):
                yield Found("RC-05", place, f"Deleting answers {told}.", advice=operation.asynchronous is None)
            continue
        fine = {"200", "2XX", "2xx", "206"}
        if operation.method in ("put", "post", "patch"):
            fine |= {"201"} if operation.method != "patch" else set()
            fine |= {"202"} if operation.asynchronous is not False or operation.creates else set()
        if operation.method in ("options", "trace") or (operation.method in ("head", "put") and _is_tag(operation)):
            continue
        if not codes & fine and not (operation.creates and not operation.asynchronous):
            yield Found("RC-06", place, f"{operation.method.upper()} answers {told}.")


@judges("description", "RC-09", "RC-10", "RC-11", "RC-17", "RC-18")
def refused(described: Description) -> Iterator[Found]:
    """Codes of errors that do not fit what is said of them."""
    for operation in described.operations:
        for code, answer in operation.errors.items():
            said = answer.text
            if code == "501":
                yield Found("RC-18", answer.place, "501 tells every client never to send this method again.")
            if code == "422":
                yield Found("RC-10", answer.place, "422 is described.")
            elif says(MALFORMED, said) and code in ("403", "404", "405", "409", "412", "413", "500"):
                yield Found("RC-10", answer.place, f"{code} is described for {said!r}.", advice=True)
            crowded = says(TOO_MANY, said) and not says(QUOTA, said)
            if crowded and code in ("403", "409", "413"):
                yield Found("RC-11", answer.place, f"{code} is described for {said!r}.", advice=True)
            if code == "413" and not crowded and not says(BODY_TOO_LARGE, said):
                yield Found("RC-09", answer.place, f"413 is described for {said!r}.", advice=not says(QUOTA, said))
            elif code not in ("403", "413") and says(QUOTA, said):
                yield Found("RC-09", answer.place, f"{code} is described for {said!r}.", advice=True)
            mendable = says(CLIENTS_FAULT, said) and not says(OPERATORS_FAULT, said)
            if code in ("500", "503", "5XX", "5xx") and mendable:
                yield Found("RC-17", answer.place, f"{code} is described for {said!r}.", advice=True)


_OPEN: tuple[Any, ...] = (True, {})


def _is_open(schema: Schema) -> bool:
    """Whether an object with named members lets in others."""
    if not schema.members:
        return False
    return all(
        not (part.data.get("additionalProperties") is False or part.data.get("unevaluatedProperties") is False)
        for part in schema.parts
    )


def _composed(schema: Schema) -> bool:
    return any(word in schema.data for word in ("oneOf", "anyOf"))


@judges("description", "RC-13")
def closed(described: Description) -> Iterator[Found]:
    """Request schemas that let unknown members in."""
    told: set[int] = set()
    for operation in described.operations:
        if operation.request is None:
            continue
        stack = [(operation.request, True)]
        while stack:
            schema, top = stack.pop()
            if id(schema.data) in told:
                continue
            told.add(id(schema.data))
            choices = [s for s in schema.parts[1:] if "properties" in s.data] if _composed(schema) else []
            free = "object" in schema.types and not schema.members
            if choices and "properties" not in schema.data and not _closed_itself(schema):
                stack += [(choice, False) for choice in choices]
            elif ("properties" in schema.data and _is_open(schema)) or (top and free and _lets_all_in(schema)):
                why = "The body may hold members that nobody knows: the schema is open."
                yield Found("RC-13", schema.place, why)
            for inner in schema.members.values():
                stack.append((inner, False))
            if schema.items is not None:
                stack.append((schema.items, False))


def _closed_itself(schema: Schema) -> bool:
    return any(schema.data.get(word) is False for word in ("additionalProperties", "unevaluatedProperties"))


def _lets_all_in(schema: Schema) -> bool:
    """Whether the top of a body is any object at all; a map of typed values is none."""
    given = schema.get("additionalProperties")
    return (given is None or given in _OPEN) and schema.get("patternProperties") is None


_IGNORED = re.compile(
    r"(unknown|unrecogni[sz]ed|unsupported|invalid|other|extra)[^.]{0,40}\b(are|is|will be|get)[^.]{0,15}\bignored",
    re.IGNORECASE,
)


@judges("description", "RC-14")
def ignoring(described: Description) -> Iterator[Found]:
    """Queries that are open, or said to be ignored when unknown."""
    for operation in described.operations:
        if _IGNORED.search(operation.text):
            yield Found("RC-14", operation.place, "Unknown parameters are said to be ignored.", advice=True)
        for each in operation.query():
            if "object" in each.schema.types and _lets_all_in(each.schema) and each.data.get("style") != "deepObject":
                why = f"`{each.name}` lets any name into the query."
                yield Found("RC-14", each.place, why, advice=True)
            elif _IGNORED.search(str(each.data.get("description") or "")):
                yield Found("RC-14", each.place, f"`{each.name}` is said to be ignored when bad.", advice=True)


@judges("description", "CA-01", "CA-02")
def cached(described: Description) -> Iterator[Found]:
    """GET without Cache-Control, and caching without a validator."""
    for operation in described.operations:
        answer = operation.answers.get("200")
        if operation.method != "get" or answer is None:
            continue
        headers = answer.headers
        if "cache-control" not in headers:
            place = pointer(answer.home, "headers")
            yield Found("CA-01", place, "No Cache-Control is described for this GET.", advice=True)
            continue
        _, data, place = headers["cache-control"]
        schema = mapping(data.get("schema"))
        shown = " ".join(
            str(each) for each in (data.get("example"), *schema.values(), *mapping(data.get("examples")).values())
        )
        if re.search(r"max-age=[1-9]|s-maxage=[1-9]", shown) and not {"etag", "last-modified"} & headers.keys():
            yield Found("CA-02", place, "Caching is wanted, but neither ETag nor Last-Modified is sent.")
