"""What accounts hold in all, counted as it comes and goes."""

from __future__ import annotations

from kit.cloud.object_store.models import accounts
from kit.cloud.store import Row, Transaction


def ensure(tx: Transaction, account: str) -> Row:
    """The account, made when it is first written to."""
    return tx.get(accounts, account) or tx.insert(
        accounts, name=account, headers={}, containers=0, objects=0, bytes=0, created_at=tx.stamp
    )


def count(tx: Transaction, account: str, *, containers: int = 0, objects: int = 0, size: int = 0) -> None:
    """Let an account have more of something, or less."""
    row = ensure(tx, account)
    tx.update(
        accounts, account, containers=row["containers"] + containers, objects=row["objects"] + objects,
        bytes=row["bytes"] + size,
    )  # fmt: skip
