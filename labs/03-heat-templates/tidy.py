"""What an earlier run of the notebook left is taken away, so that it can be run again."""

from __future__ import annotations

from typing import Any

LONGEST = 600  # seconds of the cloud's time


def away(cloud: Any, conn: Any, *names: str) -> None:
    """Delete stacks where they are there, and turn the clock until they are gone."""
    for name in names:
        conn.orchestration.delete_stack(name)
        for _ in range(0, LONGEST, 5):
            if conn.orchestration.find_stack(name) is None:
                break
            cloud.clock.advance(5)
