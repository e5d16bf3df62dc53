"""Tags, metadata and etags as resources of their own, as described."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.description.document import pointer
from kit.guidelines.description.operation import Description, Operation, is_variable
from kit.guidelines.rule import Found, judges


def _place(operation: Operation) -> str:
    return pointer(operation.place, "responses")


def _codes(operation: Operation) -> str:
    return ", ".join(sorted(operation.successes)) or "nothing"


@judges("description", "TG-04", "TG-05", "TG-06", "TG-07")
def tags(described: Description) -> Iterator[Found]:
    """/tags below a parent, and one tag below it."""
    for operation in described.operations:
        codes = operation.successes
        exposes = operation.data.get("x-exposes") == "tags" and "tags" not in operation.parts[-2:]
        if exposes:
            yield Found("TG-04", operation.item_place, f"The tags are at /{operation.last}, not at /tags.")
        if not codes:
            continue
        if operation.last == "tags" and len(operation.parts) > 2 and is_variable(operation.parts[-2]):
            if operation.method == "put":
                if "200" not in codes:
                    yield Found("TG-05", _place(operation), f"Replacing the tags answers {_codes(operation)}.")
                elif not codes["200"].content or (codes["200"].schema and not _has(operation, "200", "tags")):
                    yield Found("TG-05", codes["200"].place, "Replacing the tags does not answer the list.")
            elif operation.method == "delete" and "204" not in codes:
                yield Found("TG-06", _place(operation), f"Deleting the tags answers {_codes(operation)}.")
        elif operation.parts[-2:-1] == ["tags"] and is_variable(operation.last) and len(operation.parts) > 2:
            if operation.method == "put":
                if "201" not in codes:
                    yield Found("TG-07", _place(operation), f"Adding a tag answers {_codes(operation)}.")
                elif "location" not in codes["201"].headers:
                    yield Found("TG-07", pointer(codes["201"].place, "headers"), "Adding a tag sends no Location.")
            elif operation.method in ("delete", "head") and "204" not in codes:
                told = "Deleting" if operation.method == "delete" else "Asking for"
                yield Found("TG-07", _place(operation), f"{told} a tag answers {_codes(operation)}.")


def _has(operation: Operation, code: str, *names: str) -> bool:
    schema = operation.successes[code].schema
    return schema is None or not schema.types or set(names) <= schema.members.keys()


@judges("description", "MD-02", "MD-03", "MD-04", "MD-05", "MD-06", "MD-07")
def metadata(described: Description) -> Iterator[Found]:
    """/metadata below a parent, and one item below it."""
    moved: set[str] = set()
    for operation in described.operations:
        parts, codes = operation.parts, operation.successes
        under = len(parts) > 2 and not is_variable(operation.last) and is_variable(parts[-2])
        shows = (
            operation.method == "get"
            and operation.result is not None
            and list(operation.result.members) == ["metadata"]
        )
        exposes = operation.data.get("x-exposes") == "metadata"
        item = parts[-2:-1] == ["metadata"] and len(parts) > 2
        misplaced = exposes and operation.last != "metadata" and not item
        if (misplaced or (under and shows and operation.last != "metadata")) and operation.path not in moved:
            moved.add(operation.path)
            yield Found("MD-02", operation.item_place, f"The metadata is at /{operation.last}, not at /metadata.")
        if "metadata" in parts[:-1] and operation.path not in moved:
            n = parts.index("metadata")
            if (
                is_variable(parts[n + 1])
                and (n == 0 or not is_variable(parts[n - 1]))
                and n + 2 == len(parts)
                and n > 0
            ):
                moved.add(operation.path)
                yield Found("MD-02", operation.item_place, "/metadata stands before the parent, not after it.")
        if under and operation.last == "metadata" and codes:
            yield from _block(operation)
        elif item and is_variable(operation.last) and is_variable(parts[-3]) and codes:
            yield from _item(operation)


def _block(operation: Operation) -> Iterator[Found]:
    codes = operation.successes
    if operation.method == "put":
        if "200" not in codes:
            yield Found("MD-03", _place(operation), f"Replacing the metadata answers {_codes(operation)}.")
        elif not codes["200"].content or not _has(operation, "200", "metadata"):
            yield Found("MD-03", codes["200"].place, "Replacing the metadata does not answer the block.")
        if operation.header("If-Match") is None:
            yield Found("MD-07", operation.place, "PUT of metadata does not take If-Match.")
    elif operation.method == "delete" and "204" not in codes:
        yield Found("MD-04", _place(operation), f"Deleting the metadata answers {_codes(operation)}.")
    elif operation.method == "post":
        made = codes.get("201")
        if made is None:
            yield Found("MD-05", _place(operation), f"Adding an item answers {_codes(operation)}.")
        elif "location" not in made.headers:
            yield Found("MD-05", pointer(made.home, "headers"), "Adding an item sends no Location.")
        elif not made.content or not _has(operation, "201", "key", "value"):
            yield Found("MD-05", made.place, "Adding an item does not answer key and value.")


def _item(operation: Operation) -> Iterator[Found]:
    codes = operation.successes
    if operation.method == "put" and "200" not in codes:
        yield Found("MD-06", _place(operation), f"Changing an item answers {_codes(operation)}.")
    elif operation.method == "delete" and "204" not in codes:
        yield Found("MD-06", _place(operation), f"Deleting an item answers {_codes(operation)}.")


@judges("description", "ET-01", "ET-02", "ET-03")
def guarded(described: Description) -> Iterator[Found]:
    """ETag with GET, If-Match and 412 with PUT: all or none."""
    for methods in described.by_path.values():
        get, put = methods.get("get"), methods.get("put")
        if get is not None:
            yield from _quoted(get)
        if put is None:
            continue
        sends = get is not None and any("etag" in answer.headers for answer in get.successes.values())
        takes, refuses = put.header("If-Match") is not None, "412" in put.answers
        if (takes or refuses) and get is not None and not sends:
            yield Found("ET-01", get.place, "PUT is guarded, but GET sends no ETag.")
        if (sends or takes or refuses) and not (takes and refuses):
            lacking = " and no ".join(w for w, there in (("If-Match", takes), ("412", refuses)) if not there)
            yield Found("ET-02", put.place, f"The PUT has no {lacking}.")


def _quoted(get: Operation) -> Iterator[Found]:
    for answer in get.successes.values():
        if "etag" in answer.headers:
            _, data, place = answer.headers["etag"]
            schema = data.get("schema")
            shown = [data.get("example"), *((schema.get("example"),) if isinstance(schema, dict) else ())]
            wrong = [value for value in shown if isinstance(value, str) and not value.endswith('"')]
            if wrong:
                yield Found("ET-03", place, f"The ETag is shown as {wrong[0]!r}, without quotes.")
