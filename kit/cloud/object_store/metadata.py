"""Metadata: the headers that accounts, containers and objects keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kit.cloud.call import Call
from kit.cloud.object_store.errors import Refused

NAME_LENGTH, VALUE_LENGTH, COUNT, OVERALL = 128, 256, 90, 4096


def given(call: Call, kind: str) -> dict[str, str]:
    """The metadata in a request's headers, by lower-case name of the header.

    Raises
    ------
    Refused
        When a name or a value is too long, or there is too much of it.
    """
    prefix = f"x-{kind}-meta-"
    found = {name: value for name, value in call.headers.items() if name.startswith(prefix)}
    size = 0
    for name, value in found.items():
        key = name[len(prefix) :].title()  # as the web server of Swift writes names
        size += len(key) + len(value)
        if not key:
            raise Refused(400, "Metadata name cannot be empty")
        if len(key) > NAME_LENGTH:
            raise Refused(400, f"Metadata name too long: {prefix}{key}")
        if len(value) > VALUE_LENGTH:
            raise Refused(400, f"Metadata value longer than {VALUE_LENGTH}: {prefix}{key}")
    if len(found) > COUNT:
        raise Refused(400, f"Too many metadata items; max {COUNT}")
    if size > OVERALL:
        raise Refused(400, f"Total metadata too large; max {OVERALL}")
    return found


def merged(call: Call, kind: str, kept: Mapping[str, str], also: Iterable[str] = ()) -> dict[str, str]:
    """What an account or a container keeps after a request: what is named is set, what is emptied is gone.

    Parameters
    ----------
    also
        Headers beside metadata that are kept, too (`x-container-read`).
    """
    new = dict(kept)
    changes = given(call, kind) | {name: call.headers[name] for name in also if name in call.headers}
    # A header `X-Remove-Container-Meta-A` takes away what `X-Container-Meta-A` gave.
    for name in call.headers:
        if name.startswith(f"x-remove-{kind}-"):
            changes.setdefault(name.replace("x-remove-", "x-", 1), "")
    for name, value in changes.items():
        if value:
            new[name] = value
        else:
            new.pop(name, None)
    return new


def shown(headers: Mapping[str, str], hidden: Iterable[str] = ()) -> dict[str, str]:
    """Kept headers as an answer has them: `X-Object-Meta-Colour`."""
    return {name.title(): value for name, value in headers.items() if name not in hidden}
