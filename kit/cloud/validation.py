"""Request bodies against JSON schemas (draft 4, as the real services write them)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kit.cloud.fitting import Check, compiled

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


@cache
def library() -> Any:
    """jsonschema, imported when first needed and without a second's work for formats nobody here asks for.

    Where Jupyter is installed, importing jsonschema compiles the 38 grammars of `rfc3987_syntax` (IRIs).
    A stand-in takes its place meanwhile and loads it when an IRI is first checked, so nothing is lost.
    """
    name = "rfc3987_syntax"
    if "jsonschema" in sys.modules or name in sys.modules or find_spec(name) is None:
        import jsonschema

        return jsonschema

    def is_valid_syntax(term: str, value: str) -> bool:
        from rfc3987_syntax import is_valid_syntax as real

        return bool(real(term, value))

    stand_in: Any = ModuleType(name)
    stand_in.is_valid_syntax = is_valid_syntax
    sys.modules[name] = stand_in
    try:
        import jsonschema
    finally:
        del sys.modules[name]
    return jsonschema


@cache
def draft_4() -> Any:
    """Draft 4, whose limits also hold for numbers that are written as text (nova.api.validation.validators)."""
    jsonschema = library()
    base = jsonschema.Draft4Validator

    def limit(rule: str) -> Callable[..., Any]:
        def check(validator: Any, bound: Any, value: Any, schema: Any) -> Any:
            try:
                number = int(value)
            except (TypeError, ValueError):
                return None
            return base.VALIDATORS[rule](validator, bound, number, schema)

        return check

    return jsonschema.validators.extend(base, {rule: limit(rule) for rule in ("minimum", "maximum")})


class _Formats:
    """What `format` means; jsonschema is loaded when a schema first asks for one."""

    @staticmethod
    def conforms(value: Any, name: str) -> bool:
        return bool(_checker().conforms(value, name))


@cache
def _checker() -> Any:
    return library().FormatChecker()


@cache
def _checks() -> dict[int, tuple[dict[str, Any], Check]]:
    return {}


@cache
def _validators() -> dict[int, Validator]:
    return {}


def first_error(schema: dict[str, Any], body: Any, *, best: bool = True) -> ValidationError | None:
    """The error that the real services would report, or None when the body fits.

    Parameters
    ----------
    schema : dict
        A module constant: its validator is built once and kept with it.
    best : bool
        Whether the error that tells most is wanted (jsonschema's `best_match`), or the first that is met, as Nova has it.
    """
    kept = _checks().get(id(schema))
    if kept is None:
        kept = _checks()[id(schema)] = (schema, compiled(schema, _Formats))
    if kept[1](body):
        return None
    # Loading jsonschema takes longer than a cloud's start, and a request that fits needs none of it.
    validator = _validators().get(id(schema))
    if validator is None:
        validator = draft_4()(schema, format_checker=_checker())
        _validators()[id(schema)] = validator
    errors = validator.iter_errors(body)
    if not best:
        return next(errors, None)
    from jsonschema.exceptions import best_match

    return best_match(errors)
