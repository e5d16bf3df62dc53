"""The transport adapter of the mocks: each request goes to the cloud that is in force when it is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter

from kit.cloud.adapter import CloudAdapter
from kit.cloud.testing import patches


class MockAdapter(BaseAdapter):
    """Answers from the innermost mock cloud, whatever host the code under test was told."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Call the cloud in force.

        Raises
        ------
        requests.ConnectionError
            When a fault drops the connection.
        """
        cloud, _ = patches.active[-1]
        request.url = _known(str(request.url), [service.path for service in cloud.services.values()])
        return CloudAdapter(cloud).send(request, *args, **kwargs)

    def close(self) -> None:
        """Nothing is held open."""


def _known(url: str, prefixes: list[str]) -> str:
    """The URL as the mock cloud has it: an `auth_url` below another path (`/keystone/v3`) is the identity service's."""
    parts = urlsplit(url)
    first = "/" + parts.path.lstrip("/").partition("/")[0]
    if first in ("/", "/v3", *prefixes):
        return url
    before, found, after = parts.path.partition("/v3")
    if not found or before.count("/") > 1:
        return url
    return urlunsplit(parts._replace(path=f"/identity/v3{after}"))
