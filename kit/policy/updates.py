"""What a change of a data source changes beside: rows against columns, and rules against columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kit.policy.arity import check_rows
from kit.policy.change import Delta
from kit.policy.core import Key
from kit.policy.ledger import Ledger
from kit.policy.model import Model
from kit.policy.policies import Policies, Policy
from kit.policy.resolve import Resolver
from kit.policy.values import to_row


def replaced(model: Model, policy: Policy, tables: Mapping[str, Iterable[Iterable[Any]]]) -> dict[Key, Delta]:
    """The change that gives tables these rows and no others.

    Raises
    ------
    ArityError
        A row does not fit the columns.
    """
    changes = {}
    for table, rows in tables.items():
        key = Key(policy.name, table)
        fresh = {to_row(row) for row in rows}
        check_rows(key, fresh, policy.schema)
        have = set(model.table_base(key).rows)
        changes[key] = (have - fresh, fresh - have)
    return changes


def resolve_anew(name: str, policies: Policies, ledger: Ledger) -> None:
    """Place the columns of rules that name a policy whose columns have just become known.

    Raises
    ------
    StatementError
        A rule does not fit them.
    """
    for policy in policies.values():
        for identity, statement in policy.rules.items():
            if any(literal.atom.policy == name for literal in statement.literals):
                old, fresh = policy.ready[identity], Resolver(policies, policy.name).rules(statement)
                ledger.replace(list(old), list(fresh))
                ledger.on_undo(lambda p=policy, i=identity, o=old: p.ready.update({i: o}))  # type: ignore[misc]
                policy.ready[identity] = fresh
