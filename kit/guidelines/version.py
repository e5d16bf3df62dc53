"""Version documents and microversions: their forms, and what is wrong with one; the same for examples and traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

STATUSES = ("CURRENT", "SUPPORTED", "DEPRECATED", "EXPERIMENTAL")
WANTED = ("id", "status", "links")
# What a version may say beside them; the last two tell of a planned rise of the minimum.
# Source: microversion_specification, "Version Discovery".
ALLOWED = (*WANTED, "min_version", "max_version", "next_min_version", "not_before")
ID = re.compile(r"v[0-9]+(\.[0-9]+)?")
# The schema upstream allows two digits only; the microversion rule does not, and Nova is past 2.99.
NUMBER = re.compile(r"[1-9][0-9]*\.(0|[1-9][0-9]*)")


def number(text: Any) -> tuple[int, int] | None:
    """X.Y as a pair that compares, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,9}\.\d{1,9}", text):
        return None
    major, minor = text.split(".")
    return int(major), int(minor)


def judge_versions(body: Any) -> Iterator[tuple[str, str, str]]:
    """The rules that a list of versions breaks, each with the place inside and the reason."""
    versions = body.get("versions") if isinstance(body, dict) else None
    if not isinstance(versions, list):
        told = ", ".join(map(str, list(body)[:3])) if isinstance(body, dict) else type(body).__name__
        yield "VD-01", "body", f"There is no list `versions`: {told or 'nothing'}."
        return
    entries = [each for each in versions if isinstance(each, dict)]
    for number_, entry in enumerate(entries):
        yield from judge_version(entry, f"versions[{number_}]")
    current = [each for each in entries if each.get("status") == "CURRENT"]
    if entries and len(current) != 1:
        yield "VD-04", "versions", f"{len(current) or 'None'} of the versions {'is' if not current else 'are'} CURRENT."


def judge_version(entry: dict[str, Any], place: str) -> Iterator[tuple[str, str, str]]:
    """The rules that one version breaks."""
    lacking = [name for name in WANTED if name not in entry]
    foreign = [str(name) for name in entry if name not in ALLOWED]
    if lacking:
        yield "VD-02", place, f"The version has no {', no '.join(lacking)}."
    if foreign:
        yield "VD-02", f"{place}.{foreign[0]}", f"The version has the foreign {', '.join(foreign)}."
    if "status" in entry and entry["status"] not in STATUSES:
        yield "VD-04", f"{place}.status", f"{entry['status']!r} is no status."
    if isinstance(entry.get("links"), list):
        rels = [link.get("rel") for link in entry["links"] if isinstance(link, dict)]
        absent = [name for name in ("self", "collection") if name not in rels]
        if absent:
            yield "VD-05", f"{place}.links", f"The links have no {', no '.join(absent)}."
    for name, form in (("id", ID), *((each, NUMBER) for each in ("min_version", "max_version", "next_min_version"))):
        value = entry.get(name)
        if (
            name in entry
            and not (value == "" and name != "id")
            and not (isinstance(value, str) and form.fullmatch(value))
        ):
            yield "VD-07", f"{place}.{name}", f"`{name}` is {value!r}."
