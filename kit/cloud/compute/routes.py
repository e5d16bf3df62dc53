"""Paths of the compute service and what answers them."""

from __future__ import annotations

from kit.cloud.compute import gone, routes_operator, routes_proxy, routes_servers
from kit.cloud.compute.service import ComputeService, old_version, same_version, version, versions
from kit.cloud.versions import Microversions, Version

service = ComputeService(
    type="compute", name="nova", malformed_body="Malformed request body",
    path="/compute", endpoint="/v2.1", empty_type="application/json", strips_slash=False,
    microversions=Microversions("compute", Version(2, 1), Version(2, 104), "X-OpenStack-Nova-API-Version"),
)  # fmt: skip

service.add("GET", "/", versions, open=True)
service.add("GET", "/v2", old_version, open=True)
service.add("GET", "/v2.1", version, open=True)
service.add("GET", "/v2.1/versions/{number}", same_version)

routes_servers.add_to(service)
routes_operator.add_to(service)
routes_proxy.add_to(service)
gone.add_to(service)
