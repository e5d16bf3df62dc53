"""The quick look at a body says yes only where jsonschema does."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.cloud.compute import server_form, volume_attachments
from kit.cloud.fitting import compiled
from kit.cloud.identity import app_credentials

FORMATS = jsonschema.FormatChecker()
SERVER = {"name": "a", "imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "flavorRef": "1"}
SCHEMA = {**server_form._SERVER, "networks": {"type": "array", "items": {"properties": server_form._NETWORK}}}
SCHEMAS = [
    {"type": "object", "properties": SCHEMA, "required": ["name"], "additionalProperties": False},
    volume_attachments.CREATE_279,
    app_credentials.CREATE,
    {"oneOf": [{"type": "integer"}, {"minimum": 3}]},
    {"anyOf": [{"type": "string", "pattern": "^a"}, {"enum": [1, None]}]},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 2},
    {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": {"type": "null"}},
    {"type": "object", "minProperties": 1, "dependencies": {"a": ["b"]}},
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 5)
    | st.sampled_from(["", "a", "x", "70a599e0-31e7-49b7-b260-868f441e862b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "a", "b", "x", "imageRef", "metadata", "networks"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("schema", SCHEMAS)
@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_it_never_lets_pass_what_does_not_fit(schema, value):
    if compiled(schema, FORMATS)(value):
        assert jsonschema.Draft4Validator(schema, format_checker=FORMATS).is_valid(value)


def test_it_lets_pass_what_clients_send():
    assert compiled(SCHEMAS[0], FORMATS)({**SERVER, "networks": [{"uuid": "x"}], "metadata": {"k": "v"}})
    assert not compiled(SCHEMAS[0], FORMATS)({**SERVER, "metadata": {"k": 1}})
    assert not compiled(SCHEMAS[0], FORMATS)({**SERVER, "moon": 1})
    assert compiled({"enum": [True]}, FORMATS)(True) and not compiled({"enum": [True]}, FORMATS)(1)


def test_what_it_does_not_know_it_leaves_to_jsonschema():
    assert not compiled(SCHEMAS[-1], FORMATS)({"x": 1})
