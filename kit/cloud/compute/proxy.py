"""Nova's old proxies (until 2.35): how it asks the network and image services in a caller's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kit.cloud.call import Call, Query
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound, OverLimit

# What a refusal of another service becomes, by its status.
_KINDS: dict[int, type[ApiError]] = {400: BadRequest, 403: Forbidden, 404: NotFound, 409: Conflict}


def ask(
    call: Call, function: Callable[..., Any], *, body: Any = None, query: dict[str, Any] | None = None, **params: str
) -> Any:  # fmt: skip
    """The answer of another service's operation.

    Parameters
    ----------
    body, query
        What the request to it says.
    params : str
        What its path holds.

    Raises
    ------
    ApiError
        Its refusal, with its words and its type; a full quota is a 403, as Nova reports it.
    """
    asked = Query({name: [str(value)] for name, value in (query or {}).items()})
    inner = replace(call, query=asked, body=json.dumps(body).encode() if body is not None else b"")
    try:
        return function(inner, **params)
    except ApiError as error:
        if error.type == "OverQuota":
            raise OverLimit(error.message, type=error.type) from None
        kind = _KINDS.get(error.status, ApiError)
        raise kind(error.message, type=error.type, status=error.status) from None
