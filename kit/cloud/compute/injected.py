"""What is put into a server when it is made or rebuilt: user data, and files (until 2.56)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute import quotas
from kit.cloud.errors import BadRequest, Forbidden


def check_user_data(given: dict[str, Any]) -> None:
    """Refuse user data that is not base 64."""
    if given.get("user_data"):
        _decoded("user_data", given["user_data"])


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        raise BadRequest(
            f"Invalid input for field/attribute {name}. Value: {text}. {text!r} is not a 'base64'"
        ) from None


def check_files(call: Call, given: dict[str, Any]) -> None:
    """Refuse files to be put into a server (until 2.56) that are not base 64, or more than the quota."""
    files = given.get("personality") or []
    contents = [_decoded("contents", file.get("contents", "")) for file in files]
    if not files:
        return
    most = quotas.limits(call, call.project_id)
    if 0 <= most["injected_files"] < len(files):
        raise Forbidden("Personality file limit exceeded")
    path, size = most["injected_file_path_bytes"], most["injected_file_content_bytes"]
    if 0 <= path < max(len(file.get("path", "")) for file in files):
        raise Forbidden(f"Personality file path exceeds maximum {path}")
    if 0 <= size < max(len(content) for content in contents):
        raise Forbidden(f"Personality file content exceeds maximum {size}")
