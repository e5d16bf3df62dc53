"""The transport adapter of the mocks: each request goes to the cloud that is in force when it is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter

from kit.cloud.adapter import HOST, CloudAdapter
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
        cloud, options = patches.active[-1]
        asked = request.copy()
        host = urlsplit(str(request.url)).hostname or ""
        named = options.hosts().get(host)
        # Whatever host the code was told, what is answered names the mock's: also clients that never heard of
        # keystoneauth find the cloud by it.
        asked.url = _known(
            str(request.url), [service.path for service in cloud.services.values()], host if named else HOST
        )
        response = CloudAdapter(named or cloud).send(asked, *args, **kwargs)
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        """Nothing is held open."""


def is_ours(url: str) -> bool:
    """Whether a URL names the mock's own host, or one below it."""
    host = urlsplit(url).hostname or ""
    return host == HOST or host.endswith("." + HOST)


def _known(url: str, prefixes: list[str], host: str) -> str:
    """The URL as the mock cloud has it: an `auth_url` below another path (`/keystone/v3`) is the identity service's."""
    parts = urlsplit(url)._replace(scheme="http", netloc=host)
    first = "/" + parts.path.lstrip("/").partition("/")[0]
    before, found, after = parts.path.partition("/v3")
    if first not in ("/", "/v3", *prefixes) and found and before.count("/") <= 1:
        parts = parts._replace(path=f"/identity/v3{after}")
    return urlunsplit(parts)
