"""Extensions: what a client asks before it relies on a feature."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.network.extension_list import EXTENSIONS


def _document(alias: str) -> dict[str, Any]:
    name, description, updated = EXTENSIONS[alias]
    return {"name": name, "alias": alias, "description": description, "updated": updated, "links": []}


def index(call: Call) -> dict[str, Any]:
    """All extensions."""
    return {"extensions": [_document(alias) for alias in EXTENSIONS]}


def show(call: Call, alias: str) -> dict[str, Any] | Answer:
    """One extension; 404 tells a client to do without, in an envelope of its own."""
    if alias in EXTENSIONS:
        return {"extension": _document(alias)}
    reason = f"The resource could not be found.<br /><br />\nExtension with alias {alias} does not exist\n\n\n"
    return Answer(404, {"message": reason, "code": "404 Not Found", "title": "Not Found"})
