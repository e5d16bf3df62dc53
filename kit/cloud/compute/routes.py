"""Paths of the compute service and what answers them."""

from __future__ import annotations

from kit.cloud.compute.service import ComputeService
from kit.cloud.versions import Microversions, Version

service = ComputeService(
    type="compute", name="nova", path="/compute", endpoint="/v2.1",
    microversions=Microversions("compute", Version(2, 1), Version(2, 104), "X-OpenStack-Nova-API-Version"),
)  # fmt: skip
