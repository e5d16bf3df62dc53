"""Moments in the forms that the object store shows."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import format_datetime

from kit.cloud.clock import parse


def seconds(stamp: str) -> float:
    """A stamp of the store as seconds since 1970."""
    return parse(stamp).replace(tzinfo=UTC).timestamp()


def timestamp(stamp: str) -> str:
    """A stamp of the store as Swift's headers have it: `1795644989.81498`."""
    return f"{seconds(stamp):016.5f}"


def http_date(stamp: str) -> str:
    """A stamp of the store as HTTP headers have it, rounded up to a whole second as Swift does."""
    moment = parse(stamp)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return format_datetime(moment.replace(tzinfo=UTC), usegmt=True)
