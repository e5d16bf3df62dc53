"""Request schemas as OpenAPI 3.1 wants them: JSON Schema 2020-12, where the code has draft 4 and Neutron's forms."""

from __future__ import annotations

from typing import Any


def modern(schema: Any) -> Any:
    """A draft 4 schema in the words of 2020-12."""
    if isinstance(schema, list | tuple):
        return [modern(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {str(name): modern(value) for name, value in schema.items() if name not in ("$schema", "id")}
    if isinstance(schema.get("id"), dict):  # a property of that name, not the schema's own
        found["id"] = modern(schema["id"])
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(found.get(strict), bool) and found.pop(strict) and bound in found:
            found[strict] = found.pop(bound)
    if isinstance(schema.get("items"), list):
        found["prefixItems"] = found.pop("items")
    return found


def from_form(form: Any, method: str, *, many: bool = False) -> dict[str, Any] | None:
    """The schema of a form of Neutron's: the names of its fields, and which of them are due; perhaps of many."""
    from kit.cloud.network.attributes import REQUIRED, Form

    if not isinstance(form, Form):
        return None
    making = method == "POST"
    fields = [field for field in form.fields if (field.post if making else field.put)]
    one: dict[str, Any] = {
        "type": "object", "properties": {field.name: {} for field in fields}, "additionalProperties": False,
    }  # fmt: skip
    due = [field.name for field in fields if making and field.default is REQUIRED]
    if due:
        one["required"] = due
    alone = {"type": "object", "required": [form.kind], "properties": {form.kind: one}}
    if not (making and many):
        return alone
    plural = form.plural or f"{form.kind}s"
    together = {"type": "object", "required": [plural], "properties": {plural: {"type": "array", "items": one}}}
    return {"anyOf": [alone, together]}
