"""The image service as a whole: its error envelope and its version documents."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

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
        body = {"message": f"{message}<br /><br />\n\n\n", "code": f"{error.status} {phrase}", "title": phrase}
        return Answer(error.status, body, dict(error.headers))

    def headers(self, call: Call, status: int) -> dict[str, str]:
        return {"x-openstack-request-id": call.request_id}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        return NotFound("The resource could not be found.")


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
