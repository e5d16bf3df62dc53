"""Enforcement: what a policy denies is refused before it is kept, what it demands is done after.

Which tables deny, and whether demands are met, is set by `PUT /v1/enforcement` (the kit's own; Congress
left the first to callers of `simulate`). A table denies a request that would give it a new row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.cloud.errors import Forbidden
from kit.cloud.inner import Inside
from kit.cloud.policy.models import journal, settings
from kit.cloud.policy.runtime import Runtime
from kit.errors import PolicyError
from kit.policy import Proof
from kit.policy.actions import perform
from kit.policy.values import Row, show
from kit.policy.watch import Action

if TYPE_CHECKING:
    from kit.cloud.call import Call
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction
    from kit.cloud.watch import Cause

DEFAULTS: dict[str, Any] = {"deny": [], "react": True}
MOST_TURNS = 50
LONGEST = 2000


class Enforcement:
    """Watches one cloud for its policies."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.runtime = Runtime(cloud)
        self._busy = False
        # A cloud without policies pays nothing: the stored ones are looked at when they may have changed.
        self._dirty = True
        self._deny: list[str] = []
        self._demanding = False
        self._had: dict[str, set[Row]] = {}
        self._denied: tuple[str, str, str] | None = None
        self._done: list[str] = []  # acts since anybody else changed the cloud
        self._stopped: set[str] = set()  # acts that undo each other: not done again until the policies change

    def settings(self, tx: Transaction) -> dict[str, Any]:
        """What is enforced: `deny`, tables such as `classification:error`, and `react`."""
        return {**DEFAULTS, **{row["name"]: row["value"] for row in tx.rows(settings)}}

    def _look(self, tx: Transaction) -> None:
        if not self._dirty and self.cloud.store.memory:
            return
        self._deny = list(self.settings(tx)["deny"])
        engine = self.runtime.current(tx, ())
        self._demanding = any("execute[" in text for name in engine.policies for text in engine.rules(name))
        self._dirty = False

    # Before a request is kept

    def before(self, call: Call) -> None:
        """Look at the denying tables as they are."""
        self._had = {}
        if call.service.type == "policy":
            self._dirty = True
            return
        self._look(call.tx)
        self._had = {table: self._rows(call.tx, table) for table in self._deny}

    def judge(self, call: Call) -> None:
        """Refuse a request that gives a denying table a new row; the answer says which and why.

        Raises
        ------
        Forbidden
            In the envelope of the service that was asked.
        """
        if not self._had:
            return
        # The tables are read once more, with what the request has made; it may still be undone.
        self.runtime.forget()
        for table, had in self._had.items():
            come = self._rows(call.tx, table) - had
            if come:
                why = self._reason(table, min(come, key=str))
                policy = table.partition(":")[0]
                self._denied = (policy, f"{call.method} {call.path}", why)
                self.runtime.forget()
                self.runtime.engine.actions()  # demanded by what is undone now
                raise Forbidden(f"Policy {policy} denies this: {why}", type="PolicyNotAuthorized")
        self.runtime.forget()

    def _rows(self, tx: Transaction, table: str) -> set[Row]:
        policy, _, name = table.partition(":")
        try:
            return set(self.runtime.current(tx).rows(name, policy))
        except PolicyError:
            return set()  # the table has no rule yet, or its policy is gone: nothing is denied

    def _reason(self, table: str, row: Row) -> str:
        policy, _, name = table.partition(":")
        text = f"{name}({', '.join(map(show, row))})"
        return f"{text} would hold, because {_grounds(self.runtime.engine.why(text, policy))}"

    def refused(self) -> None:
        """Write down what was denied, now that nothing is left of it."""
        if self._denied is not None:
            policy, what, why = self._denied
            self._denied = None
            with self.cloud.write() as tx:
                note(tx, "denied", policy, what, why, "403 Forbidden")

    # After something was kept

    def changed(self, cause: Cause) -> None:
        """Meet the demands that a change has made; what they change is looked at in turn."""
        if self._busy:
            return
        if cause in ("request", "restored"):
            self._done.clear()
        if cause == "restored":
            self._dirty = True
        self._busy = True
        try:
            self._react()
        finally:
            self._busy = False

    def _react(self) -> None:
        for _turn in range(MOST_TURNS):
            if not self._dirty and not self._demanding and self.cloud.store.memory:
                return
            with self.cloud.read() as tx:
                if self._dirty:
                    self._stopped.clear()
                self._look(tx)
                demands = self._demands(tx)
                context = self.runtime.context(tx)
            if not demands:
                return
            for action, why in demands:
                self._meet(action, why, Inside(self.cloud, context))

    def _demands(self, tx: Transaction) -> list[tuple[Action, str]]:
        """What is demanded and still holds, each with its reason; left waiting while reacting is off."""
        if not self._demanding:
            return []
        engine = self.runtime.current(tx)
        if not self.settings(tx)["react"]:
            return []
        found = [action for action in engine.actions() if str(action) not in self._stopped]
        return [(action, self._why(action)) for action in found if engine.rows(action.query, action.policy)]

    def _why(self, action: Action) -> str:
        return _grounds(self.runtime.engine.why(action.query, action.policy))

    def _meet(self, action: Action, why: str, inside: Inside) -> None:
        said = str(action)
        if said in self._done:
            circle = [*self._done[self._done.index(said) :], said]
            self._stopped.update(circle)
            kind, result = "loop", "stopped until the policies change"
            why = "these actions undo each other: " + ", then ".join(circle)
        else:
            self._done.append(said)
            try:
                perform(inside, action.service, action.name, action.args)
                kind, result = "done", "done"
            except PolicyError as error:
                kind, result = "failed", str(error)
        with self.cloud.write() as tx:
            note(tx, kind, action.policy, said, why, result)


def _grounds(proof: Proof | None) -> str:
    """The rows that a proof rests on, in one line."""
    lines = proof.lines()[1:] if proof is not None else []
    return "; ".join(line.strip() for line in lines)[:LONGEST]


def note(tx: Transaction, kind: str, policy: str, what: str, why: str, result: str) -> None:
    """Write a line into the journal."""
    tx.insert(journal, at=tx.stamp, kind=kind, policy=policy, what=what, why=why, result=result)
