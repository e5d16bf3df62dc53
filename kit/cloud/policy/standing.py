"""Standing by: a cloud in which nobody has written a policy loads no engine and asks none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.cloud.policy.models import rules, settings

if TYPE_CHECKING:
    from kit.cloud.call import Call
    from kit.cloud.cloud import Cloud
    from kit.cloud.policy.enforcement import Enforcement
    from kit.cloud.store import Transaction
    from kit.cloud.watch import Cause


class Standing:
    """Watches one cloud, and wakes its `Enforcement` when there is a rule or a setting to enforce."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._awake: Enforcement | None = None
        self._looked = False

    @property
    def enforcement(self) -> Enforcement:
        """The cloud's enforcement, loaded when first asked for."""
        if self._awake is None:
            from kit.cloud.policy.enforcement import Enforcement

            self._awake = Enforcement(self._cloud)
        return self._awake

    def _find(self, tx: Transaction) -> Enforcement | None:
        """The enforcement, if there is anything to enforce."""
        # Only the policy service's own requests, which wake it, write rules into a cloud in memory.
        if self._awake is None and not (self._looked and self._cloud.store.memory):
            self._looked = True
            if tx.count(rules) or tx.count(settings):
                return self.enforcement
        return self._awake

    def before(self, call: Call) -> None:
        """A request to any service; one to the policy service may bring the first rule."""
        found = self.enforcement if call.service.type == "policy" else self._find(call.tx)
        if found is not None:
            found.before(call)

    def judge(self, call: Call) -> None:
        if self._awake is not None:
            self._awake.judge(call)

    def refused(self) -> None:
        if self._awake is not None:
            self._awake.refused()

    def changed(self, cause: Cause) -> None:
        """Something was kept; a restored snapshot may hold rules."""
        if cause == "restored":
            self._looked = False
        found = self._awake
        if found is None and not (self._looked and self._cloud.store.memory):
            with self._cloud.read() as tx:
                found = self._find(tx)
        if found is not None:
            found.changed(cause)


def of(cloud: Cloud) -> Enforcement:
    """The enforcement of a cloud."""
    return next(watcher for watcher in cloud.watchers if isinstance(watcher, Standing)).enforcement
