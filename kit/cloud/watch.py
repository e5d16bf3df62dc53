"""Who watches a cloud: asked before a change is kept, and told after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from kit.cloud.call import Call

Cause = Literal["request", "act", "due", "restored"]
"""Why something was kept: somebody's request, one of the cloud's own services, time, a restored snapshot."""


class Watcher(Protocol):
    """What a service that judges or follows the others gives the cloud, in `cloud.watchers`."""

    def before(self, call: Call) -> None:
        """A request is about to be carried out, in the transaction `call.tx`."""

    def judge(self, call: Call) -> None:
        """It has been carried out and is not kept yet: an `ApiError` raised here undoes it and is the answer."""

    def refused(self) -> None:
        """A request was refused, by whomever, and has left no trace. No transaction is open."""

    def changed(self, cause: Cause) -> None:
        """Something was kept. No transaction is open."""
