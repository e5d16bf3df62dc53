"""Paths of the identity service and what answers them."""

from __future__ import annotations

from kit.cloud.identity import auth
from kit.cloud.identity.service import IdentityService, version, versions

service = IdentityService(type="identity", name="keystone", path="/identity", endpoint="")

service.add("GET", "/", versions, open=True)
service.add("GET", "/v3", version, open=True)

service.add("POST", "/v3/auth/tokens", auth.create, status=201, open=True)
service.add("GET", "/v3/auth/tokens", auth.show)
service.add("HEAD", "/v3/auth/tokens", auth.check)
service.add("DELETE", "/v3/auth/tokens", auth.revoke)
service.add("GET", "/v3/auth/catalog", auth.list_catalog)
