"""Heat's refusals: a status, a sentence, and the name of the exception (heat.api.middleware.fault)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.cloud.errors import ApiError
from kit.errors import HotError

if TYPE_CHECKING:
    from kit.hot import TemplateError

# What webob says of a status.
EXPLANATIONS = {
    400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    401: "This server could not verify that you are authorized to access the document you requested.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    405: "The method specified is not allowed for this resource.",
    409: "There was a conflict when trying to complete your request.",
    500: "The server has either erred or is incapable of performing the requested operation.",
}


class HeatError(ApiError):
    """A refusal of the orchestration service.

    Attributes
    ----------
    kind : str
        The class of Heat's exception: `EntityNotFound`.
    """

    def __init__(self, status: int, message: str, kind: str) -> None:
        super().__init__(message, type=kind, status=status)
        self.kind = kind
        self.title = {
            400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 500: "Internal Server Error",
        }.get(status, "Error")  # fmt: skip


def bad_request(message: str, kind: str = "HTTPBadRequest") -> HeatError:
    """400."""
    return HeatError(400, message, kind)


def not_found(entity: str, name: str) -> HeatError:
    """404: `The Stack (web) could not be found.`"""
    return HeatError(404, f"The {entity} ({name}) could not be found.", "EntityNotFound")


def forbidden(what: str = "") -> HeatError:
    """403."""
    return HeatError(403, what or "You are not authorized to complete this action.", "Forbidden")


def _sent(error: TemplateError) -> str:
    """A fault's sentence as Heat's API tells it.

    Its engine sends kind, path and sentence apart, each with a colon already, and the API puts colons between them
    once more.
    """
    from kit.hot.errors import StackValidationFailed, show_path

    if not isinstance(error, StackValidationFailed):
        return error.message
    return "".join(f"{part}: : " for part in (error.prefix, show_path(error.path)) if part) + error.what


def of_engine(error: HotError) -> HeatError:
    """What a refusal of the engine becomes over HTTP."""
    from kit.hot.errors import ActionError, FunctionError, ResourceFailure, TemplateError

    if isinstance(error, TemplateError):
        return HeatError(error.http, _sent(error), error.code)
    if isinstance(error, ActionError):
        return HeatError(error.http, error.what, error.code)
    if isinstance(error, FunctionError):
        return HeatError(400, error.what, error.code)
    if isinstance(error, ResourceFailure):
        return HeatError(500, error.text, error.kind)
    return HeatError(400, error.what, type(error).__name__)
