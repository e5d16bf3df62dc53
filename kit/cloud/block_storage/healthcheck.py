"""What tells a load balancer that a service answers: oslo.middleware's `/healthcheck`."""

from __future__ import annotations

from kit.cloud.call import Answer, Call

_JSON = b'{\n    "detailed": false,\n    "reasons": [\n        "OK"\n    ]\n}'


def show(call: Call) -> Answer:
    """`OK`, as text, or as JSON where the client prefers it; for HEAD the status alone."""
    if call.method == "HEAD":
        return Answer(204)
    accepted = call.headers.get("accept", "")
    kinds = [part.split(";")[0].strip() for part in accepted.split(",")]
    if kinds[0] == "application/json":
        return Answer(200, _JSON)
    return Answer(200, b"OK", type="text/plain; charset=UTF-8")
