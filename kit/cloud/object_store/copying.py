"""Objects copied within the store."""

from __future__ import annotations

from urllib.parse import quote, unquote

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import access, containers, large, signed, versions, writing
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.moments import http_date
from kit.cloud.object_store.reading import Content, byte_ranges, find, full, unmet, unsatisfiable
from kit.cloud.store import Row


def _path(text: str, header: str) -> tuple[str, str]:
    container, slash, name = unquote(text).lstrip("/").partition("/")
    if not slash or not container or not name:
        raise Refused(412, f"{header} header must be of the form <container name>/<object name>", plain=False)
    return container, name


def copy(call: Call, account: str, container: str, name: str) -> Answer:
    """COPY: to where `Destination` says."""
    name = full(call, name)
    wanted = call.headers.get("destination")
    if not wanted:
        raise Refused(412, "Destination header required", plain=False)
    target = _account(call, "destination-account", account)
    holder_name, new_name = _path(wanted, "Destination")
    if signed.asked(call):
        signed.let_in(call, account, container, name)  # no URL is signed for it
    access.know(call)
    access.check_as(call, "GET", account, container, name)
    access.check_as(call, "PUT", target, holder_name, new_name)
    return _copy(call, (account, container, name), containers.find(call.tx, target, holder_name), new_name)


def from_header(call: Call, account: str, holder: Row, name: str) -> Answer:
    """PUT: from where `X-Copy-From` says."""
    if call.body:
        raise Refused(400, "Copy requests require a zero byte body")
    container, source = _path(call.headers["x-copy-from"], "X-Copy-From")
    origin = _account(call, "x-copy-from-account", account) if call.headers.get("x-copy-from-account") else account
    if "signed" not in call.notes or origin != account:
        access.check_as(call, "GET", origin, container, source)
    return _copy(call, (origin, container, source), holder, name)


def _account(call: Call, header: str, own: str) -> str:
    """The account that a header names, or else the request's own.

    Raises
    ------
    Refused
        When it is no name of one.
    """
    if header not in call.headers:
        return own
    named = unquote(call.headers[header])
    if not named:
        raise Refused(412, "Account name cannot be empty", plain=False)
    if "/" in named:
        raise Refused(412, "Account name cannot contain slashes", plain=False)
    return named


def _copy(call: Call, source: tuple[str, str, str], holder: Row, name: str) -> Answer:
    account, container, old_name = source
    row = find(call, account, container, old_name)
    content = Content(call, account, row)
    refused = unmet(call, content)
    if refused is not None:
        return refused
    fresh = writing.true(call.headers.get("x-fresh-metadata", ""))
    given = writing.kept(call)
    manifest = row["manifest"] if call.query.one("multipart-manifest") == "get" else None
    unkept = ("slo-etag",) if manifest is not None else ("slo-etag", "x-object-manifest")
    if call.query.one("multipart-manifest") == "get":
        unkept = ("slo-etag",)
    headers = given if fresh else {k: v for k, v in row["headers"].items() if k not in unkept} | given
    delete_at = writing.delete_at(call)
    if delete_at is None and not fresh:
        delete_at = row["delete_at"]
    kind = call.headers.get("content-type") or row["content_type"]
    if manifest is not None:
        made = large.keep(
            call, holder, name, manifest, row["total"], row["headers"]["slo-etag"], kind, headers, delete_at
        )
    else:
        ranges = byte_ranges(call, content)
        if ranges == []:
            return unsatisfiable(content)
        low, high = ranges[0] if ranges else (0, content.size)
        data = content.read(low, high)
        made = versions.write(call, holder, name, data, content_type=kind, headers=headers, delete_at=delete_at)
    shown = {
        "X-Copied-From-Account": quote(account), "X-Copied-From": quote(f"{container}/{old_name}"),
        "X-Copied-From-Last-Modified": http_date(row["created_at"]),
    }  # fmt: skip
    metadata = {name.title(): value for name, value in headers.items() if name.startswith("x-object-meta-")}
    if delete_at is not None:
        metadata["X-Delete-At"] = str(delete_at)
    if manifest is not None:
        made = {**made, "etag": f'"{row["headers"]["slo-etag"]}"'}
    return writing.written(made, **shown, **metadata)
