"""What needed a new microversion and got none, between two descriptions."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.changes.change import Change, key, plain, version_of
from kit.guidelines.changes.schemas import Difference, differences
from kit.guidelines.description.document import mapping, pointer
from kit.guidelines.description.operation import Operation, Parameter
from kit.guidelines.description.schema import Schema
from kit.guidelines.rule import Found, judges

_OF_KIND = {"member": "IO-04", "type": "IO-05", "meaning": "IO-05", "values": "IO-06", "required": "IO-06"}


@judges("versions", "IO-01", "IO-11")
def urls(change: Change) -> Iterator[Found]:
    """URLs and methods that are new, or gone."""
    if change.before is None or change.after is None:
        return
    old = {key(each): each for each in change.before.operations}
    new = {key(each): each for each in change.after.operations}
    old_paths, new_paths = {path for _, path in old}, {path for _, path in new}
    told: set[str] = set()
    for each, operation in new.items():
        fresh = each[1] not in old_paths
        if each not in old and not change.needs_none and not (fresh and each[1] in told):
            told.add(each[1])
            what = operation.path if fresh else f"{each[0].upper()} {operation.path}"
            place = operation.item_place if fresh else operation.place
            yield Found("IO-01", place, f"{what} is new, without a new version.")
    for each, operation in old.items():
        gone = each[1] not in new_paths
        if each not in new and not (gone and each[1] in told):
            told.add(each[1])
            what = operation.path if gone else f"{each[0].upper()} {operation.path}"
            without = "" if change.raised else ", without a new version"
            place = operation.item_place if gone else operation.place
            yield Found("IO-11", place, f"{what} is gone{without}.", advice=change.needs_none)


def success_lost(before: set[str], after: set[str]) -> bool:
    """Whether what succeeded now fails: a 2xx gave way to a 4xx."""
    old, new = {c for c in before if c.startswith("2")}, {c for c in after if c.startswith("2")}
    errors = {code for code in after - before if code.startswith("4")}
    return bool(old - new and not new - old and errors)


@judges("versions", "IO-02", "IO-10")
def codes(change: Change) -> Iterator[Found]:
    """Codes that changed; a 5xx that is mended may become a 4xx or a success."""
    for old, new in change.pairs:
        before, after = set(old.answers), set(new.answers)
        place = pointer(new.place, "responses")
        added, gone = sorted(after - before), sorted(before - after)
        if success_lost(before, after):
            why = f"{new.method.upper()} {new.path} succeeded, and answers {', '.join(added)} now."
            yield Found("IO-10", place, why, advice=True)
        if change.needs_none:
            continue
        mended = any(code.startswith("5") for code in gone)
        changed = [c for c in gone if c[:1] in "234"] + [c for c in added if c[:1] in "234" and not mended]
        if changed:
            told = " and ".join(
                [
                    *([f"{', '.join(added)} is added"] if added else []),
                    *([f"{', '.join(gone)} is gone"] if gone else []),
                ]
            )
            yield Found("IO-02", place, f"{new.method.upper()} {new.path}: {told}, without a new version.")


def _response_headers(operation: Operation) -> dict[str, tuple[str, str]]:
    return {
        low: (name, place) for answer in operation.answers.values() for low, (name, _, place) in answer.headers.items()
    }


def _request_headers(operation: Operation) -> dict[str, tuple[str, str]]:
    return {each.name.lower(): (each.name, each.place) for each in operation.parameters if each.where == "header"}


@judges("versions", "IO-03")
def headers(change: Change) -> Iterator[Found]:
    """Headers that are new or gone; a Link header for paging is free to come (PG-07)."""
    if change.needs_none:
        return
    for old, new in change.pairs:
        for side, read in (("response", _response_headers), ("request", _request_headers)):
            before, after = read(old), read(new)
            for low in sorted(after.keys() - before.keys()):
                if not (side == "response" and low == "link"):
                    name, place = after[low]
                    yield Found("IO-03", place, f"The {side} header {name} is added, without a new version.")
            for low in sorted(before.keys() - after.keys()):
                name, place = before[low]
                yield Found("IO-03", place, f"The {side} header {name} is gone, without a new version.")


def _bodies(operation: Operation) -> dict[str, Schema]:
    found = {"request": operation.request} if operation.request is not None else {}
    found |= {code: answer.schema for code, answer in operation.answers.items() if answer.schema is not None}
    return found


def _is_code(difference: Difference) -> bool:
    return difference.path[-3:] == ("errors", "[]", "code")


@judges("versions", "IO-04", "IO-05", "IO-06", "IO-10", "ER-09")
def bodies(change: Change) -> Iterator[Found]:
    """Members, types and values that changed."""
    told: set[tuple[str, str, str]] = set()
    for old, new in change.pairs:
        before, after = _bodies(old), _bodies(new)
        empty = Schema(new.document, {}, new.place)
        gone, fresh = (sorted(code for code in one if code[:1] in "23" and code not in other)
                       for one, other in ((old.answers, new.answers), (new.answers, old.answers)))  # fmt: skip
        if len(gone) == len(fresh) == 1:  # the code changed, and IO-02 tells it: compare the bodies across the two
            before |= {fresh[0]: before.pop(gone[0])} if gone[0] in before else {}
        for side in sorted(before.keys() | after.keys()):
            error = side[:1] in "45"
            if error and (side not in before or side not in after):
                continue
            for each in differences(before.get(side, empty), after.get(side, empty)):
                if each.kind == "required" and side != "request":
                    continue
                yield from _body(change, each, side, told)


def _body(change: Change, each: Difference, side: str, told: set[tuple[str, str, str]]) -> Iterator[Found]:
    rule = "ER-09" if _is_code(each) and each.kind == "values" else _OF_KIND[each.kind]
    kind = "request" if side == "request" else "response"
    if (rule, each.place, each.why) in told:
        return
    told.add((rule, each.place, each.why))
    if side == "request" and each.kind == "required" and "must be" in each.why:
        yield Found("IO-10", each.place, f"In the request, {each.why} What succeeded fails.", advice=True)
    if not change.needs_none:
        why = f"In the {kind}, {each.why[:-1]}, without a new version."
        yield Found(rule, each.place, why, advice=each.kind == "meaning")


def _query(operation: Operation) -> dict[str, Parameter]:
    return {each.name: each for each in operation.query()}


@judges("versions", "IO-04", "IO-05", "IO-06", "IO-13")
def queries(change: Change) -> Iterator[Found]:
    """Query parameters that are new, gone or changed."""
    if change.needs_none:
        return
    for old, new in change.pairs:
        before, after = _query(old), _query(new)
        for name in after:
            if name not in before:
                why = f"The query parameter `{name}` is new, without a new version."
                yield Found("IO-13", after[name].place, why)
                continue
            for each in differences(before[name].schema, after[name].schema, (name,)):
                why = f"In the query, {each.why[:-1]}, without a new version."
                yield Found(_OF_KIND[each.kind], each.place, why, advice=each.kind == "meaning")
        for name in before:
            if name not in after:
                yield Found(
                    "IO-04", before[name].place, f"The query parameter `{name}` is gone, without a new version."
                )


def _media(operation: Operation) -> dict[str, dict[str, str]]:
    body, place = operation.document.resolve(operation.data.get("requestBody"), operation.place)
    found = {"request": {str(name): place for name in mapping(mapping(body).get("content"))}}
    for code, answer in operation.answers.items():
        found[code] = {str(name): answer.place for name in answer.content}
    return found


@judges("versions", "IO-07")
def media(change: Change) -> Iterator[Found]:
    """Media types that are new or gone."""
    if change.needs_none:
        return
    for old, new in change.pairs:
        before, after = _media(old), _media(new)
        for side in sorted(before.keys() & after.keys()):
            if before[side] and after[side]:
                for name in sorted(before[side].keys() ^ after[side].keys()):
                    told = "added" if name in after[side] else "gone"
                    place = after[side].get(name) or before[side][name]
                    yield Found(
                        "IO-07",
                        place,
                        f"{name} is {told} in {new.method.upper()} {plain(new.path)}, without a new version.",
                    )


@judges("versions", "ER-09")
def error_codes(change: Change) -> Iterator[Found]:
    """Error codes shown in examples that changed."""
    if change.needs_none:
        return
    for old, new in change.pairs:
        for code in sorted(old.errors.keys() & new.errors.keys()):
            before, after = (_shown(operation.errors[code].examples) for operation in (old, new))
            gone = sorted(before - after)
            if gone and after:
                why = f"The error code {gone[0]} is gone from the {code}, without a new version."
                yield Found("ER-09", new.errors[code].place, why)


def _shown(examples: list[object]) -> set[str]:
    found = set()
    for body in examples:
        errors = mapping(body).get("errors")
        for each in errors if isinstance(errors, list) else ():
            found |= {each["code"]} if isinstance(each, dict) and isinstance(each.get("code"), str) else set()
    return found


@judges("versions", "MV-01")
def versions(change: Change) -> Iterator[Found]:
    """info.version that falls, or raises its first number."""
    if change.before is None or change.after is None:
        return
    old, new = version_of(change.before), version_of(change.after)
    if old is None or new is None:
        return
    told = f"{old[0]}.{old[1]} becomes {new[0]}.{new[1]}."
    if new < old:
        yield Found("MV-01", "/info/version", f"The version falls: {told}")
    elif new[0] > old[0]:
        yield Found("MV-01", "/info/version", f"The first number rises: {told}", advice=True)
