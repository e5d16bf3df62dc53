"""Bodies, query strings and headers as Placement checks them, in Placement's words."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from uuid import UUID

from kit.cloud.call import Call
from kit.cloud.errors import NotAcceptable, UnsupportedMedia
from kit.cloud.placement.errors import bad_request
from kit.cloud.validation import library

Schema = dict[str, Any]


def uuid_like(value: Any) -> bool:
    """Whether a text is a UUID, with or without dashes."""
    bare = str(value).replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "").lower()
    try:
        return UUID(str(value)).hex == bare
    except ValueError:
        return False


@cache
def _validators() -> dict[tuple[int, bool], tuple[Schema, Any]]:
    return {}


def _error(schema: Schema, data: Any, loose_uuids: bool) -> Exception | None:
    """What jsonschema says of data that does not fit; a schema is a module constant, and kept."""
    kept = _validators().get((id(schema), loose_uuids))
    if kept is None:
        jsonschema = library()
        checker = jsonschema.FormatChecker()
        if loose_uuids:
            checker.checkers = {**checker.checkers, "uuid": (uuid_like, ())}
        kept = (schema, jsonschema.Draft202012Validator(schema, format_checker=checker))
        _validators()[id(schema), loose_uuids] = kept
    from jsonschema.exceptions import best_match

    return best_match(kept[1].iter_errors(data))


def body(call: Call, schema: Schema) -> Any:
    """The JSON body, once it fits the schema.

    Raises
    ------
    BadRequest
        With jsonschema's whole text, as Placement prints it.
    """
    try:
        data = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"Malformed JSON: {error}") from None
    check(data, schema)
    return data


def check(data: Any, schema: Schema) -> None:
    """Refuse data that does not fit the schema."""
    error = _error(schema, data, True)
    if error is not None:
        raise bad_request(f"JSON does not validate: {error}")


def query(call: Call, schema: Schema) -> None:
    """Refuse a query string that does not fit the schema; of a repeated key the last value counts."""
    error = _error(schema, {name: values[-1] for name, values in call.query.items()}, False)
    if error is not None:
        raise bad_request(f"Invalid query string parameters: {error}")


def media(call: Call) -> None:
    """Refuse a body that does not say that it is JSON."""
    kind = call.headers.get("content-type", "").split(";")[0].strip()
    if kind != "application/json":
        raise UnsupportedMedia(f"The media type {kind or 'None'} is not supported, use application/json")


def accept(call: Call) -> None:
    """Refuse to answer whoever does not take JSON."""
    wanted = call.headers.get("accept", "")
    kinds = {part.split(";")[0].strip() for part in wanted.split(",")}
    if wanted and kinds.isdisjoint(("application/json", "application/*", "*/*")):
        raise NotAcceptable("Only application/json is provided")
