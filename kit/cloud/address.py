"""The name that a cloud in this process has."""

from __future__ import annotations

# `.test` can be no host's name (RFC 6761), so a URL that leaks never reaches anyone.
HOST = "openstack.test"
BASE_URL = f"http://{HOST}"
