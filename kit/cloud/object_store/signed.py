"""Signed URLs: whoever has one that the account's or the container's key has signed comes in, until it ends."""

from __future__ import annotations

import hmac
import itertools
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from email.utils import format_datetime
from ipaddress import ip_address, ip_network
from urllib.parse import quote

from kit.cloud.call import Call, Query
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import accounts, containers
from kit.cloud.object_store.moments import seconds

_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
# What of a signed URL's query goes further.
_KEPT = ("temp_url_sig", "temp_url_expires", "temp_url_prefix", "filename", "inline")
_KINDS = {40: "sha1", 64: "sha256", 128: "sha512"}
# What would point to data that the key has not signed for.
_DISALLOWED = ("x-object-manifest", "x-symlink-target", "x-copy-from")


def asked(call: Call) -> bool:
    """Whether a request comes by a signed URL, good or bad."""
    return call.method != "OPTIONS" and bool({"temp_url_sig", "temp_url_expires"} & set(call.query))


def let_in(call: Call, account: str, container: str, name: str) -> None:
    """Let a request in, and note when its URL ends.

    Source: `swift.common.middleware.tempurl.TempURL`.

    Raises
    ------
    Refused
        401 when the URL is not signed for the request, or no longer.
    """
    signature, text = call.query.one("temp_url_sig") or "", call.query.one("temp_url_expires") or ""
    expires = _moment(text)
    kind, signature = _digest(signature)
    if call.method not in _METHODS or not name.strip("/") or not kind or expires < seconds(call.tx.stamp):
        raise _refused(call)
    network = call.query.one("temp_url_ip_range")
    if network and not _within(call, network):
        raise _refused(call)
    prefix = call.query.one("temp_url_prefix")
    if prefix is not None and not name.startswith(prefix):
        raise _refused(call)
    path = f"/v1/{account}/{container}/{name if prefix is None else prefix}"
    # A client that signs the endpoint's own path has our prefix in it.
    paths = [f"{'' if prefix is None else 'prefix:'}{base}{path}" for base in ("", call.service.path)]
    methods = ("HEAD", "GET", "POST", "PUT") if call.method == "HEAD" else (call.method,)
    start = f"ip={network}\n" if network else ""
    for key in _keys(call, account, container):
        for method, signed in itertools.product(methods, paths):
            made = hmac.new(key.encode(), f"{start}{method}\n{expires}\n{signed}".encode(), kind).hexdigest()
            if hmac.compare_digest(made, signature):
                call.notes["signed"] = expires
                call.query = Query({key: values for key, values in call.query.items() if key in _KEPT})
                if call.method not in ("GET", "HEAD"):
                    _allowed(call)
                return
    raise _refused(call)


def _refused(call: Call) -> Refused:
    headers = {"Www-Authenticate": 'Swift realm="unknown"'}
    return Refused(401, "401 Unauthorized: Temp URL invalid\n", plain=False, headers=headers)


def _allowed(call: Call) -> None:
    for name in _DISALLOWED:
        if name in call.headers:
            raise Refused(400, f"The header {name.title()!r} is not allowed in this tempurl", plain=False)


def _keys(call: Call, account: str, container: str) -> list[str]:
    rows = (call.tx.get(accounts, account), call.tx.first(containers, account=account, name=container))
    return [
        row["headers"][name]
        for row, kind in zip(rows, ("account", "container"), strict=True) if row
        for name in (f"x-{kind}-meta-temp-url-key", f"x-{kind}-meta-temp-url-key-2") if name in row["headers"]
    ]  # fmt: skip


def _digest(signature: str) -> tuple[str, str]:
    """The hash that a signature is made with, and the signature in hexadecimal digits."""
    named, colon, coded = signature.partition(":")
    if colon:  # `sha512:BASE64`, as clients write the longer ones
        try:
            signature = urlsafe_b64decode(coded.translate(_SAFE) + "==").hex()
        except ValueError:
            return "", ""
    kind = _KINDS.get(len(signature), "")
    return ("" if colon and named != kind else kind), signature


_SAFE = str.maketrans("+/", "-_")


def _moment(text: str) -> int:
    if text.isdecimal():
        return int(text)
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0


def _within(call: Call, network: str) -> bool:
    """Whether the client's address is in a network; in process there is only the machine itself."""
    try:
        return ip_address("127.0.0.1") in ip_network(network)
    except ValueError:
        return False


def bare(call: Call, headers: dict[str, str]) -> dict[str, str]:
    """An object's headers, without its metadata for whoever comes by a signed URL."""
    if "signed" not in call.notes:
        return headers
    return {
        key: value
        for key, value in headers.items()
        if not key.startswith("X-Object-Meta-") or key.startswith("X-Object-Meta-Public-")
    }


def dressed(call: Call, headers: dict[str, str], name: str) -> dict[str, str]:
    """An object's headers; by a signed URL with a name to save the file under, and when the URL ends."""
    kept = bare(call, headers)
    if "signed" not in call.notes:
        return kept
    wanted, inline = call.query.one("filename"), "inline" in call.query
    own = kept.get("Content-Disposition")
    if inline and not wanted:
        kept["Content-Disposition"] = "inline"
    elif inline or wanted or not own:
        file = wanted or name.rstrip("/").rpartition("/")[2]
        start = "inline" if inline else "attachment"
        kept["Content-Disposition"] = f"{start}; filename=\"{quote(file, safe=' /')}\"; filename*=UTF-8''{quote(file)}"
    kept["Expires"] = format_datetime(datetime.fromtimestamp(call.notes["signed"], UTC), usegmt=True)
    return kept
