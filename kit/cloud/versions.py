"""Microversions: what a request asks for, and what a service offers.

Rules: the OpenStack API-SIG's microversion specification; Nova's older header beside the common one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from kit.cloud.errors import BadRequest, NotAcceptable

_PATTERN = re.compile(r"^([1-9]\d*)\.([1-9]\d*|0)$")


class Version(NamedTuple):
    """A microversion, ordered by number: 2.9 comes before 2.10."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """The version that `2.53` names; ValueError for anything else."""
        match = _PATTERN.match(text)
        if not match:
            raise ValueError(text)
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True)
class Microversions:
    """The range that a service offers.

    Parameters
    ----------
    header_type : str
        The word before the version in `OpenStack-API-Version`: `compute`, `volume`, `placement`.
    low, high : Version
        The range, both ends in it.
    legacy_header : str
        A header of the service's own that means the same (`X-OpenStack-Nova-API-Version`).
    """

    header_type: str
    low: Version
    high: Version
    legacy_header: str = ""

    def requested(self, common: str | None, legacy: str | None) -> str | None:
        """The version text that the headers ask of this service, or None when they do not."""
        for part in (common or "").split(","):
            words = part.split()
            if len(words) == 2 and words[0].lower() == self.header_type:
                return words[1]
        return legacy.strip() if legacy and self.legacy_header else None

    def negotiate(self, common: str | None, legacy: str | None) -> Version:
        """The version to serve.

        Raises
        ------
        BadRequest
            When the text is no version.
        NotAcceptable
            When it lies outside the range.
        """
        wanted = self.requested(common, legacy)
        if wanted is None:
            return self.low
        if wanted.lower() == "latest":
            return self.high
        try:
            version = Version.parse(wanted)
        except ValueError:
            raise BadRequest(
                f"API Version String {wanted} is of invalid format. Must be of format MajorNum.MinorNum."
            ) from None
        if not self.low <= version <= self.high:
            raise NotAcceptable(
                f"Version {version} is not supported by the API. Minimum is {self.low} and maximum is {self.high}."
            )
        return version
