"""The image service as a whole: its error envelope and its version documents."""

from __future__ import annotations

import json
import re
from html import escape
from http import HTTPStatus
from typing import Any

from falcon.errors import InvalidMediaRange, InvalidMediaType
from falcon.util.mediatypes import best_match

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden, MethodNotAllowed, NotFound, UnsupportedMedia
from kit.cloud.service import Operation, Service

# The minor versions that Glance 33 lists where it has a cache and stores, newest first.
MINORS = (18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)

_UNAUTHORIZED = (
    "This server could not verify that you are authorized to access the document you requested. Either you supplied "
    "the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials "
    "required."
)

_PAGE = (
    "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  {body}\n </body>\n</html>"
)

# WebOb's own explanations, where Glance gives a detail instead of one.
_EXPLANATIONS = {
    403: "Access was denied to this resource.",
    409: "There was a conflict when trying to complete your request.",
    416: "The Range requested is not available.",
}
# WebOb's titles, which are older than the ones in Python.
_TITLES = {413: "Request Entity Too Large", 416: "Request Range Not Satisfiable"}
# Operations that take no notice of a body where the others of their method refuse one (glance.api.v2.router).
_TAKE_BODIES = {
    ("GET", "images.index"), ("GET", "tasks.index"), ("GET", "tasks.show"), ("GET", "metadefs.index"),
    ("GET", "cache.index"), ("DELETE", "cache.clear"), ("DELETE", "cache.delete"), ("DELETE", "tasks.delete"),
    ("GET", "data.usage"), ("GET", "locations.index"), ("DELETE", "metadef_items.clear"),
}  # fmt: skip
_REFUSE_BODIES = {"data.deactivate", "data.reactivate", "sharing.add_tag", "metadef_items.tag_create"}
# Paths whose other methods are unknown rather than not allowed, and those that tell other methods than they have.
_UNGUARDED = re.compile(r".*(/images/[^/]+/tasks|/info/usage)")
_LOCATIONS, _ONE_CACHED = re.compile(r".*/images/[^/]+/locations"), re.compile(r".*/cache/[^/]+")
_ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Detailed(ApiError):
    """A refusal that has its words where WebOb keeps the detail, behind its own explanation."""


class ImageService(Service):
    """Glance v2."""

    def locate(self, path: str) -> str:
        """Any minor version in a path is version 2; what is no version at all gets the list of versions."""
        if path != self.path and not path.startswith(self.path + "/"):
            return path
        version, slash, rest = path[len(self.path) + 1 :].partition("/")
        if version in ("v2", "versions", "healthcheck"):
            return path
        if version[:3] == "v2." and version[3:].isdigit() and int(version[3:]) in MINORS:
            return f"{self.path}/v2{slash}{rest}"
        return self.path

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        if not call.body or (call.method, operation.name) in _TAKE_BODIES:
            return
        if call.method in ("GET", "DELETE") or operation.name in _REFUSE_BODIES:
            raise BadRequest("A body is not expected with this request.")

    def fault(self, error: ApiError, call: Call) -> Answer:
        phrase = _TITLES.get(error.status) or HTTPStatus(error.status).phrase
        status, text = f"{error.status} {phrase}", _text(error, call)
        # webob.exc.generate_response: JSON only for who asks for it, which python-glanceclient does not
        best = _best(call.headers.get("accept", ""))
        if best == "application/json":
            return Answer(error.status, {"message": text, "code": status, "title": phrase}, dict(error.headers))
        if best:
            page = _PAGE.format(status=status, body=escape(text).replace("&lt;br /&gt;", "<br />"))
            return Answer(error.status, page, dict(error.headers), "text/html; charset=UTF-8")
        plain = text.replace("<br /><br />\n", "\n\n").rstrip("\n")
        return Answer(error.status, f"{status}\n\n{plain}\n\n", dict(error.headers), "text/plain; charset=UTF-8")

    def headers(self, call: Call, status: int) -> dict[str, str]:
        # the id is given by the middleware that comes after versions and tokens were looked at
        return {"x-openstack-request-id": call.request_id} if call.context.user_id else {}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        # After a last slash Glance reads an id, an empty one: it finds nothing, rather than no such method.
        if not methods or call.slash or _UNGUARDED.fullmatch(call.path):
            return NotFound("The resource could not be found.")
        allowed = ", ".join(method for method in _ORDER if method in methods)
        if _LOCATIONS.fullmatch(call.path):
            allowed = "POST"
        elif _ONE_CACHED.fullmatch(call.path) and allowed == "PUT, DELETE":
            allowed = "DELETE, PUT"
        return MethodNotAllowed("", headers={"Allow": allowed})


def _text(error: ApiError, call: Call) -> str:
    """What a refusal says, as WebOb's templates have it."""
    if isinstance(error, Detailed):
        return f"{_EXPLANATIONS[error.status]}<br /><br />\n{error.message}\n\n"
    if error.status == 405 and not error.message:
        return f"The method {call.method} is not allowed for this resource. <br /><br />\n"
    if error.status == 405:
        return error.message
    if error.status == 415:
        media = call.headers.get("content-type") or "text/plain"
        return f"The request media type {media} is not supported by this server.\n<br /><br />\n{error.message}"
    message = _UNAUTHORIZED if error.status == 401 else error.message
    return f"{message}<br /><br />\n\n\n"


def _best(accept: str) -> str:
    """The better of a page and JSON for a request's `Accept`; empty when it takes neither."""
    if not accept:
        return ""
    try:
        return best_match(("text/html", "application/json"), accept)
    except (InvalidMediaRange, InvalidMediaType):  # a header that makes no sense is none
        return "text/html"


def versions(call: Call) -> Answer:
    """The versions on offer: 300 at the root."""
    return Answer(300, listed(call))


def listed(call: Call) -> dict[str, Any]:
    """The versions on offer: 200 at `/versions`."""
    link = [{"rel": "self", "href": f"{call.root}/v2/"}]
    found = [
        {"id": f"v2.{minor}", "status": "SUPPORTED" if number else "CURRENT", "links": link}
        for number, minor in enumerate(MINORS)
    ]
    return {"versions": found}


def health(call: Call) -> Answer:
    """Whether the service answers (oslo.middleware's healthcheck): it does."""
    if _best(call.headers.get("accept", "")) == "application/json":
        return Answer(200, {"detailed": False, "reasons": ["OK"]})
    return Answer(200, "OK", {}, "text/plain; charset=UTF-8")


def to_root(call: Call) -> Answer:
    """Version 2 without a slash: the path with one is the one that is looked up, and found not to be there."""
    return Answer(302, "", {"Location": f"{call.root}/v2/"}, "text/plain; charset=utf8")


def body_of(call: Call) -> Any:
    """The JSON body, a list or an object (glance.common.wsgi.JSONRequestDeserializer).

    Raises
    ------
    BadRequest
        When there is none, or it is nothing of the kind.
    """
    if not call.body:
        raise bad_request("Body expected in request.")
    try:
        found = json.loads(call.body)
    except (ValueError, RecursionError):
        raise bad_request("Malformed JSON in request body.") from None
    if not isinstance(found, dict | list):
        raise bad_request("Unexpected body type. Expected list/dict.")
    return found


def object_of(call: Call) -> dict[str, Any]:
    """The JSON body where Glance takes for granted that it is an object."""
    found = body_of(call)
    if not isinstance(found, dict):
        raise bad_request("Request body must be a JSON object.")
    return found


def bad_request(message: str) -> BadRequest:
    """The request makes no sense."""
    return BadRequest(message)


def forbidden(message: str) -> Forbidden:
    """The caller may not, or nobody may."""
    return Forbidden(message)


def conflict(message: str) -> Conflict:
    """The image's state stands against it."""
    return Conflict(message)


def detailed(status: int, detail: str) -> Detailed:
    """A refusal whose words are a detail."""
    return Detailed(detail, status=status)


def unsupported(detail: str, **headers: str) -> UnsupportedMedia:
    """The body is of a kind that the operation does not read."""
    return UnsupportedMedia(detail, headers=headers)


def not_found(image_id: str) -> NotFound:
    """No such image, or one that the caller does not see."""
    return NotFound(f"No image found with ID {image_id}")
