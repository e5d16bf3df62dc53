"""Quotas: how much an account and a container may hold, who sets them, and what an upload meets.

Source: Swift's middlewares `account_quotas` and `container_quotas`.
"""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.object_store.access import RESELLER
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import accounts, containers
from kit.cloud.store import Row

_POLICY = "policy-policy-0"
_KINDS = ("quota-bytes", "quota-count", f"quota-bytes-{_POLICY}", f"quota-count-{_POLICY}")
# What an account keeps of them, and shows to all of its own.
SHOWN = tuple(f"x-account-{kind}" for kind in _KINDS)


def of_account(call: Call) -> dict[str, str]:
    """The quotas of an account that a request sets, by the header that keeps them; an empty one is lifted.

    Raises
    ------
    Refused
        403 when the caller is no reseller, 400 when one is no number.
    """
    given: dict[str, str] = {}
    for kind, header in zip(_KINDS, SHOWN, strict=True):
        older = header.replace("x-account-", "x-account-meta-") if kind == "quota-bytes" else header
        removed = any(call.headers.get(name.replace("x-", "x-remove-", 1)) for name in (header, older))
        value = "" if removed else call.headers.get(header) or call.headers.get(older)
        if value is not None:
            given[header] = value
    if given and RESELLER not in call.context.roles:
        raise Refused(403)
    if any(value and not value.isdecimal() for value in given.values()):
        raise Refused(400)
    return given


def of_container(call: Call) -> None:
    """Refuse a container's quota that is no number."""
    for kind in ("bytes", "count"):
        value = call.headers.get(f"x-container-meta-quota-{kind}")
        if value and not value.isdecimal():
            raise Refused(400, f"Invalid {kind} quota.", plain=False)


def _limit(row: Row | None, *names: str) -> float:
    for name in names:
        text = row["headers"].get(name, "") if row else ""
        if text.isdecimal():
            return int(text)
    return float("inf")


def check(call: Call, holder: Row, size: int) -> None:
    """Refuse an object that a quota has no room for; what it writes over still counts.

    Parameters
    ----------
    size : int
        Bytes that the request says it brings.
    """
    row = call.tx.get(containers, holder["id"]) or holder
    full = row["bytes"] + size > _limit(row, "x-container-meta-quota-bytes")
    if full or row["objects"] + 1 > _limit(row, "x-container-meta-quota-count"):
        raise Refused(413, "Upload exceeds quota.", plain=False)
    account = call.tx.get(accounts, holder["account"])
    if account is None or RESELLER in call.context.roles:
        return
    for ending, text in (("", "quota"), (f"-{_POLICY}", "policy quota")):
        older = () if ending else ("x-account-meta-quota-bytes",)
        full = account["bytes"] + size > _limit(account, f"x-account-quota-bytes{ending}", *older)
        if full or account["objects"] + 1 > _limit(account, f"x-account-quota-count{ending}"):
            raise Refused(413, f"Upload exceeds {text}.", plain=False)
