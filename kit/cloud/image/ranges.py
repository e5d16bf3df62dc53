"""Which part of an image a request wants (glance.common.wsgi.Request.get_range_from_request)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kit.cloud.image.service import bad_request, detailed

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(?:(\d+)|\*)")


def wanted(headers: Mapping[str, str], size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last, by `Range` or (as old clients had it) by `Content-Range`.

    Parameters
    ----------
    size : int
        The image's, in bytes.

    Returns
    -------
    tuple of int or None
        None for the whole image.

    Raises
    ------
    Detailed
        416, when there is no such part.
    BadRequest
        When several are asked for.
    """
    text = headers.get("range")
    if text:
        return _part(text, size)
    text = headers.get("content-range")
    if text:
        return _old_part(text, size)
    return None


def _part(text: str, size: int) -> tuple[int, int]:
    if "," in text:
        raise bad_request(
            "Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests "
            "instead."
        )
    match = _RANGE.fullmatch(text.strip())
    if match is None or not (match[1] or match[2]) or (match[1] and match[2] and int(match[2]) < int(match[1])):
        raise detailed(416, "Invalid Range header.")
    if not match[1]:
        last = int(match[2])
        return (max(size - last, 0) if last else 0), size
    low = int(match[1])
    if low >= size:
        raise detailed(416, _outside("Range", size))
    return low, min(int(match[2]) + 1, size) if match[2] else size


def _old_part(text: str, size: int) -> tuple[int, int]:
    match = _CONTENT_RANGE.fullmatch(text.strip())
    if match is None or match[1] is None:
        raise detailed(416, "Invalid Content-Range header.")
    low, high = int(match[1]), int(match[2]) + 1
    if high <= low or (match[3] and high > int(match[3])):
        raise detailed(416, "Invalid Content-Range header.")
    if not match[3] and high > size:
        raise detailed(
            416,
            "Invalid stop position in Content-Range header. The stop position MUST be in the inclusive range "
            f"[0, {size - 1}].",
        )
    if low >= size:
        raise detailed(416, _outside("Content-Range", size))
    return low, min(high, size)


def _outside(header: str, size: int) -> str:
    return f"Invalid start position in {header} header. Start position MUST be in the inclusive range [0, {size - 1}]."
