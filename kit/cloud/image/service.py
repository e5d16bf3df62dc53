"""The image service as a whole: its error envelope and its version documents."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import Any

from falcon.errors import InvalidMediaRange, InvalidMediaType
from falcon.util.mediatypes import best_match

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound
from kit.cloud.service import Operation, Service

# The minor versions that Glance 33 lists, newest first.
MINORS = (17, 16, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)

_UNAUTHORIZED = (
    "This server could not verify that you are authorized to access the document you requested. Either you supplied "
    "the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials "
    "required."
)

_PAGE = (
    "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  {body}\n </body>\n</html>"
)

# What only a member of the project may do, with Glance's names of the rules.
RULES = {
    "images.create": "add_image", "images.update": "modify_image", "images.delete": "delete_image",
    "data.upload": "upload_image", "data.stage": "upload_image", "imports.create": "modify_image",
    "data.deactivate": "deactivate", "data.reactivate": "reactivate", "sharing.create": "add_member",
    "sharing.update": "modify_member", "sharing.delete": "delete_member", "sharing.add_tag": "modify_image",
    "sharing.remove_tag": "modify_image",
}  # fmt: skip


class ImageService(Service):
    """Glance v2."""

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        rule = RULES.get(operation.name)
        if rule is not None and not call.context.may_write:
            raise forbidden(f"You are not authorized to complete {rule} action.")

    def fault(self, error: ApiError, call: Call) -> Answer:
        message = _UNAUTHORIZED if error.status == 401 else error.message
        phrase = HTTPStatus(error.status).phrase
        status, text = f"{error.status} {phrase}", f"{message}<br /><br />\n\n\n"
        # webob.exc.generate_response: JSON only for who asks for it, which python-glanceclient does not
        best = _best(call.headers.get("accept", ""))
        if best == "application/json":
            return Answer(error.status, {"message": text, "code": status, "title": phrase}, dict(error.headers))
        if best:
            page = _PAGE.format(status=status, body=f"{escape(message)}<br /><br />\n\n\n")
            return Answer(error.status, page, dict(error.headers), "text/html; charset=UTF-8")
        return Answer(error.status, f"{status}\n\n{message}\n\n", dict(error.headers), "text/plain; charset=UTF-8")

    def headers(self, call: Call, status: int) -> dict[str, str]:
        return {"x-openstack-request-id": call.request_id}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        return NotFound("The resource could not be found.")


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


def bad_request(message: str) -> BadRequest:
    """The request makes no sense."""
    return BadRequest(message)


def forbidden(message: str) -> Forbidden:
    """The caller may not, or nobody may."""
    return Forbidden(message)


def conflict(message: str) -> Conflict:
    """The image's state stands against it."""
    return Conflict(message)


def not_found(image_id: str) -> NotFound:
    """No such image, or one that the caller does not see."""
    return NotFound(f"No image found with ID {image_id}")
