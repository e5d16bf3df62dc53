"""What a learner touches: a lab with steps, checks, hints, progress and a raised hand.

In a notebook:

    from kit.lab import start
    lab = start("00-quick-start", solve=SOLVE)
    lab.check("servers", answer)

In a lab's `steps.py`:

    from kit.lab import NotYet, Step, Wrong
"""

from __future__ import annotations

from kit.lab.lab import Lab, start
from kit.lab.step import NotAttempted, NotYet, Step, Wrong

__all__ = ["Lab", "NotAttempted", "NotYet", "Step", "Wrong", "start"]
