"""The steps of the lab on API guidelines: mend a small service part by part, then review what others wrote."""

from __future__ import annotations

from .codes import CreateLater, CreateNow, Delete, Paths, Validate
from .lists import Pages, Problem, Select
from .review import Review, Warts
from .versions import Discover, Versions

STEPS = [Paths, CreateNow, CreateLater, Delete, Validate, Problem, Pages, Select, Versions, Discover, Warts, Review]
