"""Dates and times as people and clouds write them, and the builtins on them.

Reads ISO 8601 and the common written forms (`Jul 15, 2014 10:00 AM`, `15 July 2014`, `07/15/2014`).
A zone is accepted and ignored; what is missing is taken from the day of reading, at midnight.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_DAYS = "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday"
_WORDLESS = frozenset((*_DAYS.split(), "of", "at", "on", "and", "the", "st", "nd", "rd", "th", "t"))
_ZONE = re.compile(r"(?:(?<=[\d\s])(?:z|utc|gmt)|(?<=\d)\s?[+-]\d{2}:?\d{2}|(?<=:\d\d)[+-]\d{2})\s*$")
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?(?=$|[\s,])|(\d{1,2})\s*([ap]m)\b"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(\d{2})?)?$")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?=$|[t\s,])")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?=$|[t\s,])")


def read_moment(text: str) -> datetime:
    """Read a date, a time or both.

    Raises
    ------
    ValueError
        The text is none of the known forms, or no such day exists.
    TypeError
        It is not a text.
    """
    if not isinstance(text, str):
        raise TypeError("a moment is a text")
    rest = _ZONE.sub("", text.strip().lower())
    compact = _COMPACT.match(rest)
    if compact:
        year, month, day, hour, minute, second = (int(part or 0) for part in (*compact.groups(), *[0] * 6)[:6])
        return datetime(year, month, day, hour, minute, second)
    date: tuple[int, int, int] | None = None
    rest, date = _numeric_date(rest)
    clock = _CLOCK.search(rest.replace("t", " ", 1) if rest.startswith("t") else rest)
    hour = minute = second = micro = 0
    if clock:
        rest = (rest[: clock.start()] + " " + rest[clock.end() :]).strip()
        hour, minute, second, micro = _clock(clock)
    if date is None:
        date = _written_date(rest, clock is not None)
    elif [w for w in re.findall(r"\w+", rest) if w not in _WORDLESS]:
        raise ValueError(f"cannot read {text!r} as a moment")
    return datetime(*date, hour, minute, second, micro)


def _numeric_date(rest: str) -> tuple[str, tuple[int, int, int] | None]:
    found = _YEAR_FIRST.search(rest)
    if found:
        year, month, day = int(found[1]), int(found[2]), int(found[3] or datetime.now().day)
    else:
        found = _YEAR_LAST.search(rest)
        if not found:
            return rest, None
        month, day, year = int(found[1]), int(found[2]), _full_year(found[3])
        if month > 12:
            month, day = day, month
    return (rest[: found.start()] + rest[found.end() :]).strip(), (year, month, day)


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    century = datetime.now().year // 100 * 100
    return year + (century if year + century < datetime.now().year + 50 else century - 100)


def _clock(found: re.Match[str]) -> tuple[int, int, int, int]:
    hour = int(found[1] or found[6])
    half = (found[5] or found[7] or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("an hour before noon or after is 1 to 12")
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour, int(found[2] or 0), int(found[3] or 0), int((found[4] or "0").ljust(6, "0")[:6])


def _written_date(rest: str, has_clock: bool) -> tuple[int, int, int]:
    today = datetime.now()
    month = None
    numbers: list[str] = []
    for word in re.findall(r"[^\W\d_]+|\d+", rest):
        if word.isdecimal():
            numbers.append(word)
        elif word in _MONTHS and month is None:
            month = _MONTHS[word]
        elif word not in _WORDLESS:
            raise ValueError(f"cannot read {word!r} in a moment")
    if month is None:
        if numbers or not has_clock:
            raise ValueError(f"cannot read {rest!r} as a date")
        return today.year, today.month, today.day
    years = [n for n in numbers if len(n) == 4 or int(n) > 31]
    days = [n for n in numbers if n not in years]
    if not years and len(days) == 2:
        years = [days.pop()]
    if len(years) > 1 or len(days) > 1:
        raise ValueError(f"cannot read {rest!r} as a date")
    return _full_year(years[0]) if years else today.year, month, int(days[0]) if days else today.day


def read_span(span: str | int | float) -> timedelta:
    """Read a length of time: seconds, or `weeks:days:hours:minutes:seconds` from the right."""
    if not isinstance(span, str):
        return timedelta(seconds=span)
    units = ("seconds", "minutes", "hours", "days", "weeks")
    fields = [int(field) for field in reversed(span.split(":"))]
    if len(fields) > len(units):
        raise ValueError("a length of time has at most five fields")
    return timedelta(**dict(zip(units, fields, strict=False)))


def unpack_date(text: str) -> tuple[int, int, int]:
    """Year, month, day."""
    at = read_moment(text)
    return at.year, at.month, at.day


def unpack_time(text: str) -> tuple[int, int, int]:
    """Hour, minute, second."""
    at = read_moment(text)
    return at.hour, at.minute, at.second


def unpack_datetime(text: str) -> tuple[int, ...]:
    """Year to second."""
    return (*unpack_date(text), *unpack_time(text))


def pack_time(hour: object, minute: object, second: object) -> str:
    """Write a time; the parts are not padded."""
    return f"{hour}:{minute}:{second}"


def pack_date(year: object, month: object, day: object) -> str:
    """Write a date; the parts are not padded."""
    return f"{year}-{month}-{day}"


def pack_datetime(*parts: object) -> str:
    """Write a date and a time; the parts are not padded."""
    return f"{pack_date(*parts[:3])} {pack_time(*parts[3:])}"


def extract_date(text: str) -> str:
    """The date of a moment."""
    return str(read_moment(text).date())


def extract_time(text: str) -> str:
    """The time of a moment."""
    return str(read_moment(text).time())


def to_seconds(text: str) -> int:
    """Whole seconds since the year 1900 began."""
    return int((read_moment(text) - datetime(1900, 1, 1)).total_seconds())


def later(text: str, span: str | int | float) -> str:
    """A moment and a length of time after it."""
    return str(read_moment(text) + read_span(span))


def earlier(text: str, span: str | int | float) -> str:
    """A moment and a length of time before it."""
    return str(read_moment(text) - read_span(span))
