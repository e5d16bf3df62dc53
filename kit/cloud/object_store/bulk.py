"""Many objects deleted by one request, and reports of what became of each."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.object_store import access
from kit.cloud.object_store.errors import line

_MOST = 10000


def delete(call: Call, account: str) -> Answer:
    """Remove what the body names, a line each: objects first, then containers."""
    media = call.headers.get("content-type", "")
    counts = {"Number Deleted": 0, "Number Not Found": 0}
    if media and not media.startswith("text/plain"):
        return report(call, 200, counts, [], status=line(406), body="")
    names = [unquote(text.strip()) for text in call.body.decode(errors="replace").split("\n") if text.strip()]
    if len(names) > _MOST:
        text = f"Maximum Bulk Deletes: {_MOST} per request"
        return report(call, 200, counts, [], status=line(413), body=text)
    return run(call, account, [*filter(_is_object, names), *(name for name in names if not _is_object(name))])


def _is_object(name: str) -> bool:
    return "/" in name.strip("/")


def run(call: Call, account: str, names: list[str]) -> Answer:
    """Remove objects and containers by their paths below the account."""
    from kit.cloud.object_store.containers import delete as delete_container
    from kit.cloud.object_store.writing import remove

    counts, troubles = {"Number Deleted": 0, "Number Not Found": 0}, list[tuple[str, str]]()
    for path in names:
        container, _, name = path.lstrip("/").partition("/")
        try:
            access.check(call, account, container, name)
            if name:
                remove(call, account, container, name)
            else:
                delete_container(call, account, container)
            counts["Number Deleted"] += 1
        except ApiError as error:
            if error.status == 404:
                counts["Number Not Found"] += 1
            else:
                troubles.append((quote(path), line(error.status)))
    if troubles:
        return report(call, 200, counts, troubles, status=line(400))
    if not any(counts.values()):
        return report(call, 200, counts, [], status=line(400), body="Invalid bulk delete.")
    return report(call, 200, counts, [])


def report(
    call: Call, code: int, counts: dict[str, int], troubles: list[tuple[str, str]], *, status: str = "200 OK",
    body: str = "",
) -> Answer:  # fmt: skip
    """What became of it, in JSON where the client takes it, else in plain text."""
    data: dict[str, Any] = {**counts}
    if counts:
        data |= {"Response Status": status, "Response Body": body}
    if "application/json" in call.headers.get("accept", ""):
        return Answer(code, {**data, "Errors": [list(pair) for pair in troubles]}, type="application/json")
    lines = [f"{name}: {data[name]}\n" for name in sorted(data)]
    lines += ["Errors:\n", *(f"{name}, {trouble}\n" for name, trouble in troubles)]
    return Answer(code, "".join(lines).encode(), type="text/plain")
