"""Who may do what: a project in its own account, others by a container's lists, anybody by a signed URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from kit.cloud.call import Call, Context
from kit.cloud.errors import Unauthorized
from kit.cloud.object_store import signed
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import containers
from kit.cloud.store import Row

PREFIX = "AUTH_"
OPERATORS = frozenset(("admin", "manager", "member", "swiftoperator"))
RESELLER = "ResellerAdmin"
_READS = ("GET", "HEAD")


def owns(context: Context, account: str) -> bool:
    """Whether an account is the caller's to rule."""
    if RESELLER in context.roles:
        return True
    return account == f"{PREFIX}{context.project_id}" and not context.roles.isdisjoint(OPERATORS)


def know(call: Call) -> None:
    """Learn who asks; a token that is none makes nobody, and what is open to all stays open."""
    token = call.headers.get("x-auth-token")
    if call.inner is not None:
        call.context = call.inner.context
    elif token:
        call.context = call.cloud.authenticate(call.tx, token) or Context()
        if call.context.token.get("app_credential_id"):
            from kit.cloud.identity.access_rules import enforce

            enforce(call)


def enter(call: Call, account: str, container: str = "", name: str = "") -> None:
    """Learn who asks, and refuse whoever may not.

    Raises
    ------
    Unauthorized, Refused
        When there is no token, and when it does not suffice.
    """
    if signed.asked(call):
        signed.let_in(call, account, container, name)
        return
    know(call)
    check(call, account, container, name)


def check(call: Call, account: str, container: str, name: str) -> None:
    """Refuse a caller who may not do what the request is about."""
    if any(letter in container + name for letter in "\0\ufffd"):
        raise Refused(412, "Invalid UTF8 or contains NULL", plain=False)
    if not account.startswith(PREFIX) and RESELLER not in call.context.roles:
        raise _denied(call)
    if owns(call.context, account):
        return
    row = call.tx.first(containers, account=account, name=container) if container else None
    if row is not None and _listed(call, row, name):
        return
    raise _denied(call)


def check_as(call: Call, method: str, account: str, container: str, name: str) -> None:
    """Refuse a caller who may not do something else that the request brings about."""
    own, call.method = call.method, method
    try:
        check(call, account, container, name)
    finally:
        call.method = own


def _denied(call: Call) -> Exception:
    return Refused(403) if call.context.user_id else Unauthorized()


def _listed(call: Call, row: Row, name: str) -> bool:
    """Whether one of a container's lists lets the caller in."""
    reads = call.method in _READS
    if not reads and not name:
        return False  # the lists open objects, not the container itself
    groups: list[str] = []
    referrers: list[str] = []
    for item in row["headers"].get("x-container-read" if reads else "x-container-write", "").split(","):
        (referrers if item.startswith(".r:") else groups).append(item.removeprefix(".r:"))
    if reads and _refers(call, referrers) and (name or ".rlistings" in groups):
        return True
    who = call.context
    if not who.user_id:
        return False
    # A role opens only the account of the project in which it is held.
    own = row["account"] == f"{PREFIX}{who.project_id}"
    if own and not {role.lower() for role in who.roles}.isdisjoint(group.lower() for group in groups):
        return True
    projects, users = (who.project_id, who.project_name, "*"), (who.user_id, who.user_name, "*")
    return any(f"{project}:{user}" in groups for project in projects for user in users)


def _refers(call: Call, referrers: list[str]) -> bool:
    """Whether the page that a request comes from is one of those allowed; the last word counts."""
    host = urlsplit(call.headers.get("referer", "")).hostname or "unknown"
    allowed = False
    for item in referrers:
        bare = item.removeprefix("-")
        if bare in ("*", host) or (bare.startswith(".") and host.endswith(bare)):
            allowed = not item.startswith("-")
    return allowed


def clean(name: str, value: str) -> str:
    """A list as Swift keeps it.

    Raises
    ------
    Refused
        When it is none.
    """
    found = []
    for raw in filter(None, (item.strip() for item in value.split(","))):
        first, colon, second = (part.strip() for part in raw.partition(":"))
        if not colon or not first.startswith("."):
            found.append(raw)
            continue
        if first not in (".r", ".ref", ".referer", ".referrer"):
            raise Refused(400, f"Unknown designator {first!r} in ACL: {raw!r}", plain=False)
        if "write" in name:
            raise Refused(400, f"Referrers not allowed in write ACL: {raw!r}", plain=False)
        minus = "-" if second.startswith("-") else ""
        second = second.removeprefix("-").strip()
        if second != "*":
            second = second.removeprefix("*").strip()
        if second in ("", "."):
            raise Refused(400, f"No host/domain value after referrer designation in ACL: {raw!r}", plain=False)
        found.append(f".r:{minus}{second}")
    return ",".join(found)
