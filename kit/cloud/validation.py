"""Request bodies against JSON schemas (draft 4, as the real services write them)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


@cache
def _validators() -> dict[int, tuple[dict[str, Any], Validator]]:
    return {}


def first_error(schema: dict[str, Any], body: Any) -> ValidationError | None:
    """The error that the real services would report, or None when the body fits.

    Parameters
    ----------
    schema : dict
        A module constant: its validator is built once and kept with it.
    """
    kept = _validators().get(id(schema))
    if kept is None:
        import jsonschema  # when first needed: it costs more than the rest of a small cloud's start

        checker = jsonschema.FormatChecker()
        kept = (schema, jsonschema.Draft4Validator(schema, format_checker=checker))
        _validators()[id(schema)] = kept
    from jsonschema.exceptions import best_match

    return best_match(kept[1].iter_errors(body))
