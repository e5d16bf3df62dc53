"""What stacks stand on here: the cloud's clock and ids, and kinds whose resources are made through its APIs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kit.cloud.clock import stamp
from kit.cloud.orchestration.ask import Ask
from kit.cloud.orchestration.models import events
from kit.hot import Event, Kind, Resource, Stack, find_type

if TYPE_CHECKING:
    from kit.cloud.call import Context
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Row, Transaction

EPOCH = datetime(1970, 1, 1)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def seconds(moment: datetime) -> float:
    """A moment as stacks count: seconds since 1970."""
    return (moment - EPOCH).total_seconds()


def moment(seconds: float) -> datetime:
    """The moment of a stack's count."""
    return EPOCH + timedelta(seconds=seconds)


class CloudBackend:
    """The backend of one tree of stacks.

    It outlives the transactions in which the stacks go on: each hands in its own with `attach`.

    Attributes
    ----------
    ask : Ask
        The services of the cloud, as the stacks' owner.
    base : str
        Scheme and host for the addresses of signals.
    """

    blocks = False

    def __init__(self, cloud: Cloud, base: str) -> None:
        self.cloud = cloud
        self.base = base
        self.tx: Transaction
        self.ask: Ask
        self.root_id = ""
        self._kinds: dict[str, Kind] = {}
        self._told: list[Row] = []

    def attach(self, tx: Transaction, context: Context) -> None:
        """Go on in this transaction, as this owner."""
        self.tx = tx
        self.ask = Ask(self.cloud, tx, context)
        self._told = []

    def kind(self, type: str) -> Kind | None:
        """The kind of a type: one whose resources are real, or one of the engine's own."""
        if type not in self._kinds:
            from kit.cloud.orchestration.resources import kind_of

            found = find_type(type)
            if found is None:
                return None
            self._kinds[type] = kind_of(found, self.cloud)
        return self._kinds[type]

    def new_id(self) -> str:
        """A UUID of the cloud's stream."""
        return self.tx.ids.uuid()

    def short_id(self) -> str:
        """Twelve lower-case letters and digits."""
        number = int(self.tx.ids.hex(), 16)
        return "".join(LETTERS[number >> 5 * place & 31] for place in range(12))

    def now(self) -> float:
        """The transaction's moment."""
        return seconds(self.tx.now)

    def wait(self, seconds: float) -> None:
        """Nothing: what waits is looked at again when the clock has moved."""

    def random(self, size: int) -> list[int]:
        """Numbers of the cloud's stream."""
        return [self.tx.ids.number(2**32) for _ in range(size)]

    def endpoint(self, project_id: str) -> str:
        """Where the project's stacks are."""
        return f"{self.base}/orchestration/v1/{project_id}"

    def tell(self, stack: Stack, event: Event) -> None:
        """Keep an event for the store."""
        self._told.append(
            {
                "id": event.id, "stack_id": stack.id, "root_id": self.root_id, "resource_name": event.name,
                "resource_type": event.type, "physical_id": event.physical_id, "action": event.action,
                "status": event.status, "reason": event.reason, "at": stamp(self.tx.now),
            }
        )  # fmt: skip
        stack.events.clear()

    def write_events(self) -> None:
        """Put what was told into the store."""
        self.tx.insert_many(events, self._told)
        self._told = []


def backend_of(resource: Resource) -> CloudBackend:
    """The backend of a resource's stack."""
    found = resource.stack.backend
    assert isinstance(found, CloudBackend)
    return found
