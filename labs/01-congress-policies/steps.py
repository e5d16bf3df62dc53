"""The steps of the Congress lab: find violations, prevent them, repair them, and write policies that hold."""

from __future__ import annotations

from .enforce import Deny, Repair, Simulate
from .find import Connected, Hidden, Monitor, Summit, Tables
from .mend import Challenge, Library, Proved, Reach

STEPS = [Tables, Connected, Hidden, Summit, Monitor, Simulate, Deny, Repair, Library, Proved, Reach, Challenge]
