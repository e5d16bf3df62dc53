"""The steps of the scheduler lab: choose, promise, find the shape, and read a refusal."""

from __future__ import annotations

from .choose import Capacity, Pack, Survivors, Weights
from .promise import Negative, Races, Trouble
from .reading import Eras, Mend
from .shapes import Apart, Cells, Near

STEPS = [Survivors, Capacity, Weights, Pack, Trouble, Negative, Races, Cells, Near, Apart, Eras, Mend]
