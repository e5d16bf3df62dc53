"""The refusals of a service. Each is an answer over HTTP; the service gives it its own envelope.

ApiError                status and message; what every service can refuse with
├── BadRequest          400
├── Unauthorized        401
├── Forbidden           403
├── OverLimit           403 or 413, by service
├── NotFound            404
├── MethodNotAllowed    405
├── NotAcceptable       406
├── Conflict            409
├── TooLarge            413
├── UnsupportedMedia    415
└── ServerFault         500
"""

from __future__ import annotations


class ApiError(Exception):
    """A refusal over HTTP.

    Parameters
    ----------
    message : str
        What the real service says, to the letter where it was recorded.
    type : str
        Neutron's exception name (`NetworkNotFound`), or another service's machine-readable kind.
    headers : dict
        Headers beyond the service's usual ones.
    """

    status = 500
    title = "Internal Server Error"

    def __init__(
        self, message: str = "", *, type: str = "", status: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.type = type
        self.headers = headers or {}
        if status is not None:
            self.status = status


class BadRequest(ApiError):
    """The request is malformed, or names something that cannot be."""

    status, title = 400, "Bad Request"


class Unauthorized(ApiError):
    """No token, or one that is not valid."""

    status, title = 401, "Unauthorized"


class Forbidden(ApiError):
    """The caller's roles do not allow it."""

    status, title = 403, "Forbidden"


class OverLimit(ApiError):
    """A quota is full; the status differs by service (Nova 403, Neutron 409, Cinder 413)."""

    status, title = 403, "Forbidden"


class NotFound(ApiError):
    """No such thing, or another project's."""

    status, title = 404, "Not Found"


class MethodNotAllowed(ApiError):
    """The path exists, the method on it does not."""

    status, title = 405, "Method Not Allowed"


class NotAcceptable(ApiError):
    """A microversion that the service does not speak."""

    status, title = 406, "Not Acceptable"


class Conflict(ApiError):
    """The thing's state, or another thing, stands against it."""

    status, title = 409, "Conflict"


class TooLarge(ApiError):
    """The body, or what was asked for, is too large."""

    status, title = 413, "Request Entity Too Large"


class UnsupportedMedia(ApiError):
    """The body's media type is not one the operation reads."""

    status, title = 415, "Unsupported Media Type"


class ServerFault(ApiError):
    """The service itself failed; on this cloud only where a fault was asked for."""

    status, title = 500, "Internal Server Error"
