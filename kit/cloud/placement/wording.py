"""The text of a refusal, as the web framework below Placement lays it out: JSON, a page, or plain."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from http import HTTPStatus

from kit.cloud.call import Call
from kit.cloud.errors import ApiError, NotFound

# What the web framework of Placement says before Placement's own words.
EXPLAINED = {
    400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    403: "Access was denied to this resource.", 404: "The resource could not be found.",
    409: "There was a conflict when trying to complete your request.",
    500: "The server has either erred or is incapable of performing the requested operation.",
}  # fmt: skip
_OWN = {
    405: "The method {method} is not allowed for this resource. <br /><br />\n{detail}",
    406: "The resource could not be generated that was acceptable to your browser\n(content of type {accept}. <br /><br />\n{detail}",
    415: "The request media type {media} is not supported by this server.\n<br /><br />\n{detail}",
}  # fmt: skip
_PAGE = (
    "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  {body}\n </body>\n</html>"
)


def detail(error: ApiError, call: Call) -> str:
    """The text of a refusal, tags taken away."""
    text = _laid_out(error, call, str).replace("\n", " ").replace("\r", "")
    text = re.sub(r"(?is)<br.*?>", "\n", text)
    return re.sub(r"(?s)<.*?>", "", text)


def page(error: ApiError, call: Call, kind: str) -> str:
    """A refusal for whoever does not take JSON: `text/html` or `text/plain`."""
    status = f"{error.status} {HTTPStatus(error.status).phrase}"
    if kind == "text/html":
        return _PAGE.format(status=status, body=_laid_out(error, call, escape))
    return f"{status}\n\n{detail(error, call)}"


def kind(accept: str) -> str:
    """The media type in which a refusal goes out, by the request's `Accept` (webob.exc.generate_response)."""
    if accept in ("", "*/*"):
        return "application/json"
    weights = dict(_weight(part) for part in accept.lower().split(","))
    offers = ("text/html", "application/json")
    best = max(offers, key=lambda offer: _wanted(weights, offer))
    return best if _wanted(weights, best) else "text/plain"


def _laid_out(error: ApiError, call: Call, safe: Callable[[str], str]) -> str:
    # The cloud itself says no more than the framework's sentence where nothing answers.
    bare = isinstance(error, NotFound) and error.message == EXPLAINED[404]
    words = "" if bare else safe(error.message)
    own = _OWN.get(error.status)
    if own is None:
        return f"{EXPLAINED.get(error.status, '')}<br /><br />\n{words}\n\n"
    media = call.headers.get("content-type", "") or "None"
    accept = call.headers.get("accept", "*/*")
    return own.format(method=safe(call.method), accept=safe(accept), media=safe(media), detail=words)


def _weight(part: str) -> tuple[str, float]:
    name, *more = (word.strip() for word in part.split(";"))
    for word in more:
        if word.startswith("q="):
            try:
                return name, float(word[2:])
            except ValueError:
                break
    return name, 1.0


def _wanted(weights: dict[str, float], offer: str) -> float:
    for name in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        if name in weights:
            return weights[name]
    return 0.0
