"""The engine of a cloud: kept in step with the stored rules and with the cloud's own tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.cloud.call import Context
from kit.cloud.identity import models as identity
from kit.cloud.inner import Inside
from kit.cloud.policy.drivers import KINDS, NAME, SYSTEM
from kit.cloud.policy.models import policies, rules, sources
from kit.errors import PolicyError
from kit.policy import SCHEMAS, Engine, add_cloud

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction


@dataclass
class Plan:
    """What an engine is to hold: policies with their kinds, sources with driver and pushed rows, rules in order."""

    policies: dict[str, str]
    sources: dict[str, tuple[str, str]]
    rules: dict[tuple[str, str], None]


def _plan(tx: Transaction) -> Plan:
    kept = {row["id"]: row for row in tx.rows(policies, order=[policies.c.created_at, policies.c.name])}
    return Plan(
        {row["name"]: KINDS.get(row["kind"], "nonrecursive") for row in kept.values()},
        {row["name"]: (row["driver"], json.dumps(row["pushed"] or {})) for row in tx.rows(sources)},
        {(kept[row["policy_id"]]["name"], row["rule"]): None for row in tx.rows(rules, order=rules.c.number)},
    )


class Runtime:
    """One cloud's engine.

    It holds nothing that the store does not: whoever looks is given an engine whose rules are the
    stored ones, and whose tables are read anew from the services when something was kept since.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.engine = Engine(home=SYSTEM[0])
        self._plan = Plan({}, {}, {})
        self._have = Plan({SYSTEM[0]: "nonrecursive"}, {}, {})
        self._fresh: dict[str, int] = {}  # data source -> the generation of the cloud it was read at

    def current(self, tx: Transaction, wanted: Iterable[str] | None = None) -> Engine:
        """The engine, in step with the store and the services.

        Parameters
        ----------
        wanted : iterable of str, optional
            The data sources to be in step; default those that a rule names.
        """
        self._rules(tx)
        self.refresh(tx, self.used() if wanted is None else wanted)
        return self.engine

    def forget(self) -> None:
        """Read every table anew when next asked."""
        self._fresh.clear()

    def used(self) -> list[str]:
        """The data sources that rules name."""
        found = {
            literal.atom.policy
            for policy in self.engine.policies.values()
            for statement in policy.rules.values()
            for literal in statement.literals
        }
        return [name for name in self._known if name in found]

    @property
    def _known(self) -> list[str]:
        return [name for name, policy in self.engine.policies.items() if policy.kind == "datasource"]

    def _rules(self, tx: Transaction) -> None:
        """Give the engine the stored policies, sources and rules; what it has already is left alone.

        Raises
        ------
        PolicyError
            When the engine refuses one; it is as it was then.
        """
        plan = _plan(tx)
        if plan == self._plan:
            return
        try:
            self._follow(plan)
        except PolicyError:
            self._follow(self._plan)
            raise
        self._plan = plan

    def _follow(self, plan: Plan) -> None:
        """Take away what the plan has not, then add what is missing; only that is demanded anew."""
        engine, have = self.engine, self._have
        for (owner, text), _ in list(have.rules.items()):
            if (owner, text) not in plan.rules:
                engine.delete(text, owner)
                del have.rules[owner, text]
        for name, kind in list(have.policies.items()):
            if plan.policies.get(name, kind if name == SYSTEM[0] else None) != kind:
                engine.drop(name)
                del have.policies[name]
        for name, source in list(have.sources.items()):
            if plan.sources.get(name) != source:
                engine.drop(name)
                del have.sources[name]
                self._fresh.pop(name, None)
        for name, source in plan.sources.items():
            if name not in have.sources:
                self._source(name, *source)
                have.sources[name] = source
        for name, kind in plan.policies.items():
            if name not in have.policies:
                engine.create(name, kind)
                have.policies[name] = kind
        missing = [key for key in plan.rules if key not in have.rules]
        for owner, text in missing:
            engine.insert(text, owner)
            have.rules[owner, text] = None

    def _source(self, name: str, driver: str, pushed: str) -> None:
        if driver in SCHEMAS:
            self.engine.create(name, "datasource", schema=SCHEMAS[driver])
            return
        tables = json.loads(pushed)
        self.engine.create(name, "datasource", schema={table: found["columns"] for table, found in tables.items()})
        for table, found in tables.items():
            self.engine.load(name, table, found["rows"])

    def refresh(self, tx: Transaction, names: Iterable[str], *, force: bool = False) -> None:
        """Read the tables of data sources from their services, unless nothing was kept since."""
        here = self.cloud.generation
        stale = [
            name for name in names
            if force or self._fresh.get(name) != here or not self.cloud.store.memory
        ]  # fmt: skip
        if not stale:
            return
        inside = Inside(self.cloud, self.context(tx), tx)
        given = {row["name"]: row["driver"] for row in tx.rows(sources)}
        for name in stale:
            if given.get(name) in SCHEMAS:
                add_cloud(self.engine, inside, [given[name]])
                self._fresh[name] = here

    def context(self, tx: Transaction) -> Context:
        """Who the service is when it asks the others: an administrator of its own name."""
        project = tx.first(identity.projects, name="admin", is_domain=False) or {}
        admin = tx.first(identity.users, name="admin") or {}
        roles = frozenset(row["name"] for row in tx.rows(identity.roles))
        return Context(
            user_id=str(admin.get("id", "")), user_name=NAME, user_domain_id="default",
            project_id=project.get("id"), project_name=project.get("name"), roles=roles,
        )  # fmt: skip
