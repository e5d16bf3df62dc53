"""Paths: what stands at which place, and how resources are named."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator

from kit.guidelines.description.document import pointer
from kit.guidelines.description.operation import (
    VERSION,
    Description,
    Operation,
    is_project,
    is_variable,
    path_parts,
    subpath,
)
from kit.guidelines.rule import Found, judges
from kit.guidelines.words import CODE_NAMES, CRUD, QUERIES, plural, singular, tokens

_LEADING = frozenset(["get", "create", "delete", "remove", "destroy", "modify"])
_LISTING = QUERIES | {"list"}


@judges("description", "UR-01")
def twice(described: Description) -> Iterator[Found]:
    """Two paths of one resource."""
    alike: dict[tuple[str, ...], str] = {}
    for path in described.paths:
        parts = path_parts(path)
        key = tuple("{}" if is_variable(part) else _plain(part) for part in parts)
        if not key or (len(parts) == 1 and is_project(parts[0])):
            continue
        key = (subpath(path), *key)
        first = alike.setdefault(key, path)
        if first != path and _answer_alike(described, first, path):
            yield Found("UR-01", pointer("/paths", path), f"{path} and {first} are one resource.", advice=True)
    singles = {tuple(each.parts[:-1]): each for each in described.operations if _shows_member(each)}
    for operation in singles.values():
        by_id = singles.get(tuple(operation.parts[:-2]))
        if by_id is not None and looked_up(operation, by_id):
            why = f"{operation.path} and {by_id.path} show the same {_shown(operation)}."
            yield Found("UR-01", operation.item_place, why, advice=True)
    shown: dict[tuple[int, str], Operation] = {}
    for operation in described.operations:
        result = operation.result
        if operation.method != "get" or result is None or not is_variable(operation.last) or len(operation.parts) < 2:
            continue
        if len(result.members) != 1:
            continue
        name, inner = next(iter(result.members.items()))
        if "id" not in inner.members:
            continue
        before = shown.setdefault((id(inner.data), operation.parts[-2]), operation)
        if before.path != operation.path and before.parts != operation.parts:
            why = f"{operation.path} and {before.path} show the same {name}."
            yield Found("UR-01", operation.item_place, why, advice=True)


def _answer_alike(described: Description, one: str, other: str) -> bool:
    """Whether two paths may show the same thing: what both answer to GET has a name in common, as far as it is known."""
    gets = [described.by_path[path].get("get") for path in (one, other)]
    shown = [set(get.result.members) for get in gets if get is not None and get.result is not None]
    named = [{_plain(name) for name in names} for names in shown if names]
    return len(named) < 2 or bool(named[0] & named[1])


def _shows_member(operation: Operation) -> bool:
    return (
        operation.method == "get"
        and len(operation.parts) > 1
        and is_variable(operation.last)
        and _shown(operation) != ""
    )


def _shown(operation: Operation) -> str:
    """The name of the one resource that is answered, '' when it is another answer."""
    members = operation.result.members if operation.result is not None else {}
    return next(iter(members)) if len(members) == 1 else ""


def looked_up(operation: Operation, first: Operation) -> bool:
    """Whether a path finds by a field what the other finds by its identifier: /flavors/by-name/{name}."""
    words = tuple(word for word in tokens(operation.parts[-2]) if word not in ("by", "with"))
    if is_variable(operation.parts[-2]) or not words or _shown(operation) != _shown(first) or operation.result is None:
        return False
    fields = {tokens(name) for name in next(iter(operation.result.members.values())).members}
    return words == tokens(operation.last) or words in fields


def _plain(part: str) -> str:
    return singular("".join(tokens(part.removesuffix(".json"))))


@judges("description", "UR-02", "UR-03")
def places(described: Description) -> Iterator[Found]:
    """Verbs beneath a resource, and words among its members."""
    members = {tuple(path_parts(path)[:n]) for path in described.paths for n in range(1, len(path_parts(path)) + 1)}
    holders = {parts[:-1] for parts in members if len(parts) > 1 and is_variable(parts[-1])}
    seen: set[tuple[str, ...]] = set()
    for path in described.paths:
        parts = tuple(path_parts(path))
        if parts and not is_variable(parts[-1]):
            words = tokens(parts[-1])
            plain = len(words) == 1 and words[0] in CRUD and len(parts) > 1
            if plain or (len(words) > 1 and words[0] in _LEADING):
                yield Found("UR-02", pointer("/paths", path), f"`{parts[-1]}` says what the method should say.")
        for n in range(1, len(parts)):
            word, above = parts[n], parts[:n]
            if is_variable(word) or is_variable(above[-1]) or parts[: n + 1] in seen:
                continue
            details = word.lower() in ("detail", "details") and plural(above[-1])
            if above in holders or details:
                seen.add(parts[: n + 1])
                yield Found("UR-03", pointer("/paths", path), f"`{word}` stands where a member of {above[-1]} stands.")


@judges("description", "UR-04")
def asking(described: Description) -> Iterator[Found]:
    """POST that filters."""
    for operation in described.operations:
        if operation.method != "post" or re.search(r"\b(too long|length|long (uri|url|query))", operation.text, re.I):
            continue
        last = tokens(operation.last)
        asks = not is_variable(operation.last) and last[:1] and last[0] in QUERIES
        first = tokens(operation.text.split(" ", 1)[0]) if operation.text else ()
        says = first[:1] and first[0].removesuffix("s") in _LISTING | {"searche", "querie"} and operation.lists
        if (
            asks
            or says
            or (operation.lists is not None and set(operation.successes) == {"200"} and not operation.creates)
        ):
            yield Found("UR-04", operation.place, "POST filters a collection.", advice=True)


def _collections(described: Description) -> dict[str, list[tuple[str, str]]]:
    """Path to the segments that name collections, each with the reason."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    singles = {tuple(each.parts[:-1]): each for each in described.operations if _shows_member(each)}
    for path, methods in described.by_path.items():
        parts = path_parts(path)
        for part, below in itertools.pairwise(parts):
            first = singles.get(tuple(parts[:-2]))
            if first is not None and below == parts[-1] and looked_up(singles.get(tuple(parts[:-1]), first), first):
                continue  # UR-01 tells it
            if not is_variable(part) and is_variable(below) and not _mixed(below):
                found[path].append((part, "holds members"))
        if parts and not is_variable(parts[-1]):
            get, post = methods.get("get"), methods.get("post")
            if get is not None and get.lists is not None and _listed(get):
                found[path].append((parts[-1], "is a list"))
            elif post is not None and "201" in post.successes and post.last.lower() != "action":
                found[path].append((parts[-1], "has members made"))
    return found


def _mixed(part: str) -> bool:
    return not (part.startswith("{") and part.endswith("}"))


def _listed(operation: Operation) -> bool:
    """Whether the list is of the last segment's things, not of a part of a single one."""
    result = operation.result
    assert result is not None
    if "array" in result.types:
        return True
    names = [name for name, member in result.members.items() if "array" in member.types and not name.endswith("links")]
    own = singular("".join(tokens(operation.last)))
    return any(singular("".join(tokens(name))) == own for name in names) or len(names) == 1


@judges("description", "NM-01", "NM-02", "NM-03", "TM-01", "TM-02", "TM-03")
def names(described: Description) -> Iterator[Found]:
    """Resources in the singular, with capitals, with punctuation, or under a wrong term."""
    told: set[tuple[str, str]] = set()
    collections = _collections(described)

    def once(rule: str, part: str, path: str, why: str, advice: bool = False) -> Iterator[Found]:
        if (rule, part) not in told:
            told.add((rule, part))
            yield Found(rule, pointer("/paths", path), why, advice)

    for path in described.paths:
        for part, reason in collections.get(path, ()):
            if not plural(part) and tokens(part)[-1:] != ("detail",):
                yield from once("NM-01", part, path, f"`{part}` {reason}, and is not a plural.", advice=True)
        for number, part in enumerate(each for each in path.split("/") if each):
            fixed = re.sub(r"\{[^}]*\}", "", part)
            if fixed != fixed.lower():
                yield from once("NM-02", part, path, f"`{part}` has capitals.")
            if not (number < 2 and VERSION.fullmatch(part)) and fixed != ".well-known":
                strange = sorted({sign for sign in fixed if not sign.isalnum() and sign != "-"})
                if strange:
                    yield from once("NM-03", part, path, f"`{part}` has {' '.join(strange)}.")
            for rule, why in terms(part, member=len(tokens(part)) > 1):
                yield from once(rule, part, path, why)


def terms(name: str, *, member: bool) -> Iterator[tuple[str, str]]:
    """Wrong terms in a name: tenant, instance, a code name."""
    from kit.guidelines.words import ALSO_WORDS

    for word in tokens(name):
        if word in ("tenant", "tenants"):
            yield "TM-01", f"`{name}` says tenant."
        elif word in ("instance", "instances"):
            yield "TM-02", f"`{name}` says instance."
        elif word in CODE_NAMES and not (member and word in ALSO_WORDS):
            yield "TM-03", f"`{name}` says {word}, the code name of {CODE_NAMES[word]}."
