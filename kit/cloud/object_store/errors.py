"""The refusals of the object store: a status, and either Swift's own page or a plain sentence."""

from __future__ import annotations

from kit.cloud.errors import ApiError

# What `swift.common.swob` says of a status.
REASONS = {
    200: ("OK", ""),
    201: ("Created", ""),
    202: ("Accepted", "The request is accepted for processing."),
    400: ("Bad Request", "The server could not comply with the request since it is either malformed or otherwise incorrect."),
    401: ("Unauthorized", "This server could not verify that you are authorized to access the document you requested."),
    403: ("Forbidden", "Access was denied to this resource."),
    404: ("Not Found", "The resource could not be found."),
    405: ("Method Not Allowed", "The method is not allowed for this resource."),
    406: ("Not Acceptable", "The resource is not available in a format acceptable to your browser."),
    409: ("Conflict", "There was a conflict when trying to complete your request."),
    411: ("Length Required", "Content-Length header required."),
    412: ("Precondition Failed", "A precondition for this request was not met."),
    413: ("Request Entity Too Large", "The body of your request was too large for this server."),
    416: ("Requested Range Not Satisfiable", "The Range requested is not available."),
    422: ("Unprocessable Entity", "Unable to process the contained instructions"),
    500: ("Internal Error", "The server has either erred or is incapable of performing the requested operation."),
    503: ("Service Unavailable", "The server is currently unavailable. Please try again at a later time."),
}  # fmt: skip


class Refused(ApiError):
    """A refusal with a sentence of its own, or with Swift's page for the status.

    Parameters
    ----------
    text : str
        The whole body; empty for the page.
    plain : bool
        Whether the body is said to be plain text.
    """

    def __init__(
        self, status: int, text: str = "", *, plain: bool = True, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(text, status=status, headers=headers)
        self.plain = plain


def page(status: int) -> str:
    """Swift's page for a status."""
    title, text = REASONS.get(status, REASONS[500])
    return f"<html><h1>{title}</h1><p>{text}</p></html>"


def line(status: int) -> str:
    """A status as results of many operations name it: `404 Not Found`."""
    return f"{status} {REASONS[status][0]}"


def not_found() -> Refused:
    """No such account, container or object."""
    return Refused(404)
