"""The steps of the live-migration lab: before it begins, while it copies, how it ends."""

from __future__ import annotations

from .before import Cpu, Memory, Rollback, Units
from .copying import Bandwidth, Converges, Passes, Progress
from .ending import Drain, Pause, Price, Sniff

STEPS = [Units, Rollback, Cpu, Memory, Passes, Converges, Bandwidth, Price, Sniff, Progress, Pause, Drain]
