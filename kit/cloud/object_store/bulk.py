"""Many objects deleted by one request."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.object_store import access
from kit.cloud.object_store.errors import Refused, line
from kit.cloud.object_store.reports import Report

_MOST = 10000
_LONGEST = 2 * (1024 + 256 + 2)  # bytes of a line; swift.common.middleware.bulk.Bulk.max_path_length, twice
_MOST_FAILED = 1000


def wanted(call: Call) -> bool:
    """Whether a request is one to delete many objects."""
    return "bulk-delete" in call.query and call.method in ("POST", "DELETE")


def delete(call: Call, account: str) -> Answer:
    """Remove what the body names, a line each: objects first, then containers.

    Whether the caller may is asked of each of them, not of the account.
    """
    access.know(call)
    report = Report(call, "delete")
    none = {"Number Deleted": 0, "Number Not Found": 0}
    media = call.headers.get("content-type", "")
    if report.form is None or (media and not media.startswith("text/plain")):
        return report.refusal(406, none)
    if "content-length" not in call.headers and call.headers.get("transfer-encoding", "").lower() != "chunked":
        return report.refusal(411, none)
    lines = call.body.split(b"\n")
    names = [unquote_to_bytes(text.strip()).decode(errors="surrogateescape") for text in lines if text.strip()]
    if len(names) > _MOST:
        return report.refusal(413, none, f"Maximum Bulk Deletes: {_MOST} per request")
    if any(len(text) > _LONGEST for text in lines):
        return report.refusal(400, none, "Invalid File Name")
    return run(call, account, [*filter(_is_object, names), *(name for name in names if not _is_object(name))])


def _is_object(name: str) -> bool:
    return "/" in name.strip("/")


def run(call: Call, account: str, names: list[str]) -> Answer:
    """Remove objects and containers by their paths below the account."""
    counts, troubles = {"Number Deleted": 0, "Number Not Found": 0}, list[tuple[str, str]]()
    status, body = 200, ""
    for path in names:
        if len(troubles) >= _MOST_FAILED:
            status, body = 400, "Max delete failures exceeded"
            break
        try:
            _remove(call, account, path)
            counts["Number Deleted"] += 1
        except ApiError as error:
            if error.status == 404:
                counts["Number Not Found"] += 1
            else:
                troubles.append((quote(path, errors="surrogateescape"), line(error.status)))
    if troubles:
        status = 400
    elif not any(counts.values()):
        status, body = 400, "Invalid bulk delete."
    return Report(call, "delete").answer(
        {**counts, "Response Status": line(status), "Response Body": body}, troubles
    )  # fmt: skip


def _remove(call: Call, account: str, path: str) -> None:
    from kit.cloud.object_store.containers import drop
    from kit.cloud.object_store.objects import drop as drop_object

    if not path.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in path):
        raise Refused(412)
    container, _, name = path.lstrip("/").partition("/")
    if not container:
        raise Refused(405)
    access.check_as(call, "DELETE", account, container, name)
    if name:
        drop_object(call, account, container, name)
    else:
        drop(call, account, container)
