"""The orchestration service as a whole: its error envelope, its rules, its version documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.orchestration import models as models  # its tables are the store's, loaded or not
from kit.cloud.orchestration.errors import EXPLANATIONS, HeatError, forbidden
from kit.cloud.service import Operation, Service

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.store import Transaction

EVENT = "orchestration.step"

# Who may run what changes something: a role of the project's.
WRITERS = frozenset({"member", "manager", "admin", "heat_stack_owner"})


class OrchestrationService(Service):
    """Heat v1."""

    def join(self, cloud: Cloud) -> None:
        cloud.events.register(EVENT, _step)

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        tenant = params.get("tenant")
        if tenant is not None and tenant != call.context.project_id and not call.context.is_admin:
            raise forbidden()
        looks = call.method in ("GET", "HEAD") or operation.name in LOOKS
        if not looks and call.context.roles.isdisjoint(WRITERS):
            module, _, name = operation.name.partition(".")
            raise forbidden(f"You are not authorized to use {module}:{name}.")

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 401:
            body: dict[str, Any] = {"error": {"code": 401, "title": error.title, "message": error.message}}
            return Answer(401, body, dict(error.headers))
        kind = error.kind if isinstance(error, HeatError) else error.type or f"HTTP{type(error).__name__}"
        body = {
            "explanation": EXPLANATIONS.get(error.status, EXPLANATIONS[500]), "code": error.status,
            "error": {"message": error.message, "traceback": None, "type": kind}, "title": error.title,
        }  # fmt: skip
        return Answer(error.status, body, dict(error.headers))

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        if methods:
            return HeatError(405, EXPLANATIONS[405], "HTTPMethodNotAllowed")
        return HeatError(404, EXPLANATIONS[404], "HTTPNotFound")


# What only looks although it is a POST.
LOOKS = frozenset({"templates.validate", "previewing.preview"})


def versions(call: Call) -> Answer:
    """The versions on offer: 300 at the root."""
    document = {"id": "v1.0", "status": "CURRENT", "links": [{"rel": "self", "href": f"{call.root}/v1/"}]}
    return Answer(300, {"versions": [document]})


def _step(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """Go on with a stack; only who has stacks loads the engine."""
    from kit.cloud.orchestration.holding import step

    step(cloud, tx, event)


service = OrchestrationService(
    type="orchestration", name="heat", path="/orchestration", endpoint="/v1/%(project_id)s",
    routes="kit.cloud.orchestration.routes",
)  # fmt: skip
