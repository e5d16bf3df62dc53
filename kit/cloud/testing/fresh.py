"""Fresh clouds for a process that wants many: a seed is grown once, and every further cloud is opened from its image.

Only a cloud whose clock stands is kept as an image: on a running clock the seed's things would be older every time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from kit.cloud.cloud import Cloud
from kit.cloud.grown import Grown
from kit.cloud.seed import Plan, built_in, read

Seed = str | Path | Mapping[str, Any]


def fresh(seed: Seed = "devstack", *, clock: str | float = "manual", random_seed: int | None = None) -> Cloud:
    """A cloud that is, to the byte, what `Cloud.from_seed` would have grown.

    Raises
    ------
    SeedError
        When the seed does not describe a cloud.
    """
    text = _text(seed)
    if clock != "manual" or text is None:
        return Cloud.from_seed(seed, clock=clock, random_seed=random_seed)
    source = "" if isinstance(seed, Mapping) else str(seed)
    grown = _grown(source, text, random_seed)
    return Cloud(grown=grown, clock="manual", random_seed=grown.random_seed)


@lru_cache(maxsize=32)
def _grown(source: str, text: str, random_seed: int | None) -> Grown:
    seed: Seed = source or json.loads(text)
    cloud = Cloud.from_seed(read(seed), clock="manual", random_seed=random_seed)
    try:
        return Grown.of(cloud)
    finally:
        cloud.close()


def _text(seed: Seed) -> str | None:
    """What the seed says, as one text: a file that is changed is another seed. None when it cannot be told."""
    if isinstance(seed, Plan):
        return None
    if isinstance(seed, Mapping):
        try:
            return json.dumps(seed)
        except TypeError:
            return None
    path = Path(seed)
    if isinstance(seed, str) and path.suffix not in (".yaml", ".yml") and not path.exists():
        return built_in(seed)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None  # the reader says what is wrong
