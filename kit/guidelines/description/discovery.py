"""Version discovery and extensions, as described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from kit.guidelines.description.document import listing, mapping, pointer
from kit.guidelines.description.operation import VERSION, Description, Operation
from kit.guidelines.description.schema import Schema
from kit.guidelines.rule import Found, judges
from kit.guidelines.version import ALLOWED, ID, NUMBER, STATUSES, WANTED, judge_versions

LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")


def _roots(described: Description) -> Iterator[Operation]:
    for operation in described.operations:
        if operation.method == "get" and operation.path in ("/", ""):
            yield operation


@judges("description", "VD-01", "VD-02", "VD-03", "VD-04", "VD-05", "VD-07")
def discovery(described: Description) -> Iterator[Found]:
    """GET / that is no open list of versions, each in the agreed form."""
    for operation in _roots(described):
        yield from _open(described, operation)
        answers = operation.answers
        result = operation.result
        if "300" in answers and "200" not in answers:
            yield Found("VD-01", answers["300"].place, "GET / answers 300.")
            result = result or answers["300"].schema
        if result is None or not result.members:
            continue
        versions = result.members.get("versions")
        if versions is None:
            told = ", ".join(list(result.members)[:3])
            yield Found("VD-01", result.place, f"GET / answers {told}, and no `versions`.")
        elif versions.items is not None:
            yield from _version(versions.items)
        for answer in operation.successes.values():
            for body in answer.examples:
                for rule, _, why in judge_versions(body):
                    yield Found(rule, pointer(answer.place, "example"), f"The example: {why}")


def _open(described: Description, operation: Operation) -> Iterator[Found]:
    security = operation.data.get("security", described.document.data.get("security"))
    needs = listing(security)
    if needs and all(mapping(each) for each in needs):
        yield Found("VD-03", pointer(operation.place, "security"), "Version discovery needs a token.")
        return
    token = operation.header("X-Auth-Token")
    if token is not None and token.data.get("required") is True:
        yield Found("VD-03", token.place, "Version discovery needs a token.")


def _version(item: Schema) -> Iterator[Found]:
    members = item.members
    if not members:
        return
    lacking = [name for name in WANTED if name not in members]
    foreign = [name for name in members if name not in ALLOWED]
    if lacking:
        yield Found("VD-02", item.place, f"A version has no {', no '.join(lacking)}.")
    if foreign:
        yield Found("VD-02", members[foreign[0]].place, f"A version has the foreign {', '.join(foreign)}.")
    status = members.get("status")
    strange = [value for value in status.values if value not in STATUSES] if status is not None else []
    if status is not None and strange:
        yield Found("VD-04", status.place, f"{strange[0]!r} is no status.")
    links = members.get("links")
    rel = links.items.members.get("rel") if links is not None and links.items is not None else None
    known = rel.closed_values if rel is not None else []
    absent = [name for name in ("self", "collection") if name not in known]
    if links is not None and known and absent:
        yield Found("VD-05", links.place, f"The links have no {', no '.join(absent)}.")
    for name, form in (("id", ID), *((each, NUMBER) for each in ("min_version", "max_version", "next_min_version"))):
        member = members.get(name)
        if member is None:
            continue
        wrong = [
            value for value in member.values if not isinstance(value, str) or (value and not form.fullmatch(value))
        ]
        if wrong:
            yield Found("VD-07", member.place, f"`{name}` is shown as {wrong[0]!r}.")
        elif member.types and "string" not in member.types:
            yield Found("VD-07", member.place, f"`{name}` is {' or '.join(sorted(member.types))}.")


@judges("description", "VD-09", "VD-10")
def endpoints(described: Description) -> Iterator[Found]:
    """Versioned endpoints beside microversions, and ports."""
    versioned = [
        path for path in described.paths if VERSION.fullmatch(path.strip("/").split("/")[0]) and path.strip("/")
    ]
    servers = [
        (n, str(mapping(s).get("url", ""))) for n, s in enumerate(listing(described.document.data.get("servers")))
    ]
    for number, url in servers:
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError:
            continue
        place = pointer("/servers", number, "url")
        if port not in (None, 80, 443) and host not in LOCAL:
            yield Found("VD-10", place, f"The service is at port {port}.")
        if described.microversioned and re.search(r"/v\d+(\.\d+)?/?($|/)", parts.path):
            yield Found("VD-09", place, f"{url} has a version, though microversions are used.")
    if described.microversioned and versioned:
        why = f"{versioned[0]} has a version, though microversions are used."
        yield Found("VD-09", pointer("/paths", versioned[0]), why)


@judges("description", "EX-01")
def extensions(described: Description) -> Iterator[Found]:
    """Extensions: a list of them, members and paths under a vendor's prefix."""
    for path, methods in described.by_path.items():
        parts = [part for part in path.split("/") if part]
        own = [part for part in parts if part.lower().startswith("x-") or part.lower() == "extensions"]
        if own and methods:
            yield Found("EX-01", pointer("/paths", path), f"`{own[0]}` tells of extensions.", advice=True)
    told: set[str] = set()
    for member, _, _ in described.members:
        prefix = member.name.split(":", 1)[0] if ":" in member.name else ""
        if (prefix or member.name.lower().startswith("x-")) and member.place not in told:
            told.add(member.place)
            yield Found("EX-01", member.place, f"`{member.name}` is an extension's.", advice=True)
