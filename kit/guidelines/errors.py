"""The errors of the auditor.

GuidelineError                  (kit.errors) anything below
├── DescriptionError            a description cannot be read
│   ├── EndlessReference        a $ref leads back to itself
│   ├── MissingReference        a $ref leads nowhere, or out of the document
│   └── TooLarge                a document is beyond the limits, or too deeply nested
├── TrafficError                a HAR file or a record of exchanges is of another form
├── ProbeError                  a service cannot be reached, or stalls
├── ConfigError                 a configuration or a baseline is of another form
└── UnknownRule                 no rule has that id
"""

from __future__ import annotations

from kit.errors import GuidelineError


class DescriptionError(GuidelineError):
    """A description cannot be read: no file, no JSON or YAML, no OpenAPI 3."""


class EndlessReference(DescriptionError):
    """A `$ref` leads back to itself."""


class MissingReference(DescriptionError):
    """A `$ref` leads nowhere, or out of the document."""


class TooLarge(DescriptionError):
    """A document is larger or deeper than the limits."""


class TrafficError(GuidelineError):
    """A HAR file or a record of exchanges is of another form."""


class ProbeError(GuidelineError):
    """A service cannot be reached, or does not answer in time."""


class ConfigError(GuidelineError):
    """A configuration or a baseline is of another form."""


class UnknownRule(GuidelineError):
    """No rule has that id."""
