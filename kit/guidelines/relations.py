"""Link relations registered with IANA (https://www.iana.org/assignments/link-relations)."""

from __future__ import annotations

from kit.guidelines.lexicon import lexicon

REGISTERED = lexicon("link relations")
