"""The steps of the lab on Nova's API: three doors, microversions, and the service catalog."""

from __future__ import annotations

from .catalog import Endpoint, Move
from .predict import First, Modern, Old, Soft, Strict
from .versions import Best, Heed, Negotiate, Ram

STEPS = [First, Strict, Soft, Old, Modern, Negotiate, Best, Heed, Ram, Endpoint, Move]
