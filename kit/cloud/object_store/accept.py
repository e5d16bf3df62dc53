"""Which form of an answer a client accepts, weighed as `swift.common.swob.Accept` weighs it."""

from __future__ import annotations

import re

FORMS = ("text/plain", "application/json", "application/xml", "text/xml")

_TOKEN = r'[^()<>@,;:"/\[\]?={}\x00-\x20\x7f]+'
_VALUE = rf'(?:{_TOKEN}|"[^"]*")'
_RANGE = re.compile(rf"\s*({_TOKEN})/({_TOKEN})((?:\s*;\s*{_TOKEN}\s*=\s*{_VALUE})*?\s*)")


def best(header: str, forms: tuple[str, ...] = FORMS) -> str | None:
    """The form that suits the header best; None when none does.

    Raises
    ------
    ValueError
        When the header is no list of media ranges.
    """
    if not header:
        return forms[0]
    wanted = []
    for text in header.split(","):
        found = _RANGE.fullmatch(text)
        if found is None:
            raise ValueError("Invalid accept header")
        kind, subtype, rest = found.groups()
        if "*" in kind and kind != "*":
            continue
        parameters = [tuple(part.strip() for part in item.split("=", 1)) for item in rest.split(";")[1:]]
        quality = next((float(value) for name, *(value,) in parameters if name == "q"), 1.0)
        wanted.append((quality, "*" not in (kind, subtype), kind, subtype))
    for _quality, _exact, kind, subtype in sorted(wanted, key=lambda one: one[:2], reverse=True):
        for form in forms:
            if all(part in ("*", own) for part, own in zip((kind, subtype), form.split("/"), strict=True)):
                return form
    return None
