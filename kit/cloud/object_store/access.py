"""Who may do what: a project in its own account, others by a container's lists, anybody by a signed URL."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode
from datetime import UTC
from urllib.parse import urlsplit

from kit.cloud.call import Call, Context
from kit.cloud.clock import parse
from kit.cloud.errors import Unauthorized
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import accounts, containers
from kit.cloud.object_store.moments import seconds
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


def enter(call: Call, account: str, container: str = "", name: str = "") -> None:
    """Learn who asks, and refuse whoever may not look; for paths that answer without a token, too.

    Raises
    ------
    Unauthorized, Refused
        When there is no token, and when it does not suffice.
    """
    token = call.headers.get("x-auth-token")
    if call.inner is not None:
        call.context = call.inner.context
    elif token:
        context = call.cloud.authenticate(call.tx, token)
        if context is None:
            raise Unauthorized()
        call.context = context
        if context.token.get("app_credential_id"):
            from kit.cloud.identity.access_rules import enforce

            enforce(call)
    elif name and "temp_url_sig" in call.query:
        _signed(call, account, container)
        return
    check(call, account, container, name)


def check(call: Call, account: str, container: str, name: str) -> None:
    """Refuse a caller who may not do what the request is about."""
    if "\0" in container + name:
        raise Refused(412, "Invalid UTF8 or contains NULL", plain=False)
    if not account.startswith(PREFIX):
        raise _denied(call)
    if owns(call.context, account):
        return
    row = call.tx.first(containers, account=account, name=container) if container else None
    if row is not None and _listed(call, row, name):
        return
    raise _denied(call)


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


def _signed(call: Call, account: str, container: str) -> None:
    """Let in whoever has a URL that the account's or the container's key has signed, until it ends."""
    refused = Refused(401, "401 Unauthorized: Temp URL invalid\n", plain=True)
    signature, text = call.query.one("temp_url_sig") or "", call.query.one("temp_url_expires") or ""
    try:
        expires = int(text) if text.isdecimal() else _moment(text)
    except ValueError:
        raise refused from None
    if expires < seconds(call.tx.stamp):
        raise refused
    named, colon, coded = signature.partition(":")
    if colon:  # `sha512:BASE64`, as clients write the longer ones
        try:
            signature = urlsafe_b64decode(coded.translate(_SAFE) + "==").hex()
        except ValueError:
            raise refused from None
    digest = {40: "sha1", 64: "sha256", 128: "sha512"}.get(len(signature), "")
    digest = "" if colon and named != digest else digest
    rows = (call.tx.get(accounts, account), call.tx.first(containers, account=account, name=container))
    kinds = ("account", "container")
    keys = [
        row["headers"][key]
        for row, kind in zip(rows, kinds, strict=True) if row
        for key in (f"x-{kind}-meta-temp-url-key", f"x-{kind}-meta-temp-url-key-2") if key in row["headers"]
    ]  # fmt: skip
    path = call.path.removeprefix(call.service.path)
    prefix = call.query.one("temp_url_prefix")
    if prefix is not None:
        inside = f"/v1/{account}/{container}/{prefix}"
        if not path.startswith(inside):
            raise refused
        path = f"prefix:{inside}"
    methods = ("GET", "HEAD", "PUT", "POST") if call.method == "HEAD" else (call.method,)
    for method in methods if digest else ():
        for key in keys:
            made = hmac.new(key.encode(), f"{method}\n{expires}\n{path}".encode(), digest).hexdigest()
            if hmac.compare_digest(made, signature):
                return
    raise refused


_SAFE = str.maketrans("+/", "-_")


def _moment(text: str) -> int:
    return int(parse(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp())
