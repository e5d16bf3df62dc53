"""The errors format: what is wrong with one error body; the same for examples and traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kit.guidelines.words import CODE_NAMES, SERVICE_TYPES

MEMBERS = ("code", "status", "title", "detail", "links")
CODE = re.compile(r"[a-z0-9_-]+(\.[a-z0-9._-]*[a-z0-9_-])+")


def judge_errors(body: Any, *, status: int | None = None, service_type: str = "") -> Iterator[tuple[str, str, str]]:
    """The rules that an error body breaks, each with the place inside and the reason.

    Parameters
    ----------
    body : object
        What the JSON says, or the text of something else.
    status : int, optional
        The status of the answer.
    service_type : str
        The service's own type, where it is known.
    """
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors or not all(isinstance(each, dict) for each in errors):
        if isinstance(body, dict) and "errors" in body:
            why = "`errors` is empty." if errors == [] else "`errors` is no list of errors."
        elif isinstance(body, dict):
            why = f"The body has {', '.join(map(str, list(body)[:3])) or 'nothing'}, and no list `errors`."
        else:
            why = "The body is no JSON object with a list `errors`."
        yield "RC-19", "body", why
        yield "ER-01", "body", why
        return
    for number, error in enumerate(errors):
        place = f"errors[{number}]"
        lacking = [name for name in MEMBERS if name not in error]
        if lacking:
            yield "ER-02", place, f"The error has no {', no '.join(lacking)}."
        if "code" in error:
            yield from _code(error["code"], f"{place}.code", service_type if number == 0 else "")
        links = error.get("links")
        if "links" in error:
            rels = [link.get("rel") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
            if "help" not in rels:
                yield "ER-06", f"{place}.links", "None of the links is help."
    yield from _status(errors, status)


def _code(code: Any, place: str, service_type: str) -> Iterator[tuple[str, str, str]]:
    if not isinstance(code, str) or not CODE.fullmatch(code):
        yield "ER-03", place, f"{code!r} is not service-type.cause in lower case."
        return
    first = code.split(".", 1)[0]
    if first in CODE_NAMES and first not in SERVICE_TYPES:
        yield "ER-03", place, f"{code!r} begins with a code name, not with {CODE_NAMES[first]}."
        yield "TM-03", place, f"{code!r} says {first}, the code name of {CODE_NAMES[first]}."
    elif service_type and first != service_type:
        yield "ER-03", place, f"{code!r} does not begin with {service_type}."


def _status(errors: list[dict[str, Any]], status: int | None) -> Iterator[tuple[str, str, str]]:
    inside = [_number(error.get("status")) for error in errors]
    if status is None or "status" not in errors[0] or inside[0] == status:
        return
    if status in inside[1:]:
        yield "ER-10", "errors", f"The error of this answer, {status}, is not the first."
    else:
        yield "ER-04", "errors[0].status", f"{errors[0]['status']} inside, {status} outside."


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isdigit() and len(value) < 5:
        return int(value)
    return value if isinstance(value, int) else None
