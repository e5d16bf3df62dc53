"""Paths of the compute service and what answers them."""

from __future__ import annotations

from kit.cloud.compute import routes_operator, routes_servers
from kit.cloud.compute.service import ComputeService, version, versions
from kit.cloud.versions import Microversions, Version

service = ComputeService(
    type="compute", name="nova", path="/compute", endpoint="/v2.1", empty_type="application/json",
    microversions=Microversions("compute", Version(2, 1), Version(2, 104), "X-OpenStack-Nova-API-Version"),
)  # fmt: skip

service.add("GET", "/", versions, open=True)
service.add("GET", "/v2.1", version, open=True)

routes_servers.add_to(service)
routes_operator.add_to(service)
