"""A tar file put as one body becomes as many objects as it has files."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.object_store import access, containers, metadata, versions, writing
from kit.cloud.object_store.errors import Refused, line
from kit.cloud.object_store.models import containers as table
from kit.cloud.object_store.reports import Report, Troubles

_Mode = Literal["r|", "r|gz", "r|bz2"]
_MODES: dict[str, _Mode] = {"tar": "r|", "tar.gz": "r|gz", "tar.bz2": "r|bz2"}
_MOST_FAILED = 1000
_NAME = "SCHILY.xattr.user."  # how tar keeps a file's extended attributes


def wanted(call: Call) -> bool:
    """Whether a request brings an archive."""
    return "extract-archive" in call.query and call.method == "PUT"


def extract(call: Call, account: str, below: str = "") -> Answer:
    """Write every file of an archive below a path: its first part is the container, made where it is not there.

    Source: `swift.common.middleware.bulk.Bulk.handle_extract_iter`.
    """
    access.know(call)
    mode = _MODES.get((call.query.one("extract-archive") or "").lower().strip("."))
    if mode is None:
        raise Refused(400, "Unsupported archive format", plain=False)
    report = Report(call, "extract")
    if report.form is None:
        return report.refusal(406, {"Number Files Created": 0})
    made, troubles, body = 0, Troubles(), ""
    try:
        with tarfile.open(mode=mode, fileobj=io.BytesIO(call.body)) as archive:
            for item in archive:
                if len(troubles) >= _MOST_FAILED:
                    break
                path = _path(below, item.name)
                if not item.isfile() or "/" not in path:
                    continue
                try:
                    content = archive.extractfile(item)
                    _write(call, account, path, content.read() if content else b"", item.pax_headers)
                    made += 1
                except ApiError as error:
                    troubles.append((quote(path), line(error.status)))
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        body = f"Invalid Tar File: {error}"
    if not (body or troubles or made):
        body = "Invalid Tar File: No Valid Files"
    status = line(400) if body or troubles else "201 Created"
    data = {"Number Files Created": made, "Response Status": status, "Response Body": body}
    return report.answer(data, troubles)


def _path(below: str, name: str) -> str:
    path = name.removeprefix("./").lstrip("/")
    return f"{below.rstrip('/')}/{path}" if below else path


def _write(call: Call, account: str, path: str, data: bytes, attributes: Mapping[str, Any]) -> None:
    container, _, name = path.partition("/")
    holder = call.tx.first(table, account=account, name=container)
    if holder is None:
        access.check_as(call, "PUT", account, container, "")
        holder = containers.make(call, account, container, {})
    access.check_as(call, "PUT", account, container, name)
    headers = {**metadata.given(call, "object"), **_kept(attributes)}
    kind = attributes.get(f"{_NAME}mime_type") or writing.guessed(name)
    versions.write(
        call, holder, name, data, content_type=kind, headers=headers, delete_at=writing.delete_at(call)
    )  # fmt: skip


def _kept(attributes: Mapping[str, Any]) -> dict[str, str]:
    prefix = f"{_NAME}meta."
    return {
        f"x-object-meta-{key.removeprefix(prefix).lower()}": str(value)
        for key, value in attributes.items()
        if key.startswith(prefix)
    }
