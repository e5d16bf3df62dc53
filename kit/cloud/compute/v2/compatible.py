"""Bodies in compatible mode: unknown members are taken out before anybody sees them, spaces around names go.

Source: nova/api/validation/validators.py (_soft_validate_additional_properties) and nova/api/openstack/wsgi.py
(the schemas for `2.0`), Nova 12 to 34.
"""

from __future__ import annotations

import re
from typing import Any


def softened(data: Any, schema: dict[str, Any]) -> Any:
    """A body as Nova's compatible mode hands it to the schema.

    Where a schema lists patterns (metadata), unknown members stay, and the schema refuses them.

    Examples
    --------
    >>> name = {"type": "string", "pattern": r"^(?! )[\\s\\S]*(?<! )$"}
    >>> softened({"name": " a ", "colour": "red"}, {"properties": {"name": name}, "additionalProperties": False})
    {'name': 'a'}
    """
    if isinstance(data, dict):
        return _members(data, schema)
    if isinstance(data, list):
        inner = schema.get("items")
        return [softened(item, inner) if isinstance(inner, dict) else item for item in data]
    if isinstance(data, str) and _refuses_spaces(schema):
        return data.strip()
    return data


def _members(data: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    closed = schema.get("additionalProperties") is False and not patterns
    found = {}
    for name, value in data.items():
        if name in properties:
            found[name] = softened(value, properties[name])
        elif not closed:
            rule = next((each for pattern, each in patterns.items() if re.search(pattern, name)), None)
            found[name] = value if rule is None else softened(value, rule)
    return found


def _refuses_spaces(schema: dict[str, Any]) -> bool:
    return str(schema.get("pattern", "")).startswith("^(?!")
