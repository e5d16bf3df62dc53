"""The steps of the Heat lab: read templates, work with values, choose, and run stacks."""

from __future__ import annotations

from .changes import Fate, Rollback, Scale
from .choose import Conditions, Trapped
from .read import Faults, Parameter
from .trouble import Broken, Leaf
from .values import Own, Split, Today

STEPS = [Parameter, Faults, Split, Today, Own, Conditions, Trapped, Leaf, Broken, Fate, Rollback, Scale]
