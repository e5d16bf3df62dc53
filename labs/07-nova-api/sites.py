"""The network before a cloud: only addresses that an operator has opened answer, and the catalog names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from requests.adapters import BaseAdapter

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, CloudAdapter
from kit.cloud.registry import SERVICES


@dataclass(frozen=True)
class Door:
    """One address that answers.

    Attributes
    ----------
    root : str
        Where it is, without a version: `https://cloud.example.org/compute`.
    inner : str
        Where the cloud itself has the service.
    gone : tuple of str
        Versions that were switched off behind it: `/v2`.
    """

    root: str
    inner: str
    cloud: Cloud
    gone: tuple[str, ...] = ()

    def path(self, url: str) -> str | None:
        """What follows the root in a URL; None for a URL of another place."""
        rest = url.removeprefix(self.root)
        return rest if len(rest) < len(url) and (not rest or rest[0] in "/?") else None


class Site(BaseAdapter):
    """Carries requests to clouds by their addresses. Identity is at its own; everything else must be opened.

    Parameters
    ----------
    cloud : Cloud
        Whose identity service issues tokens and holds the catalog.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud
        self.admin = cloud.connect().identity
        self.doors = [Door(f"{BASE_URL}/identity", f"{BASE_URL}/identity", cloud)]
        self.asked: list[str] = []
        self._tokens: dict[tuple[int, str], str] = {}

    def open(
        self, service: str, root: str, *, path: str = "", region: str = "RegionOne", interface: str = "public",
        cloud: Cloud | None = None, gone: tuple[str, ...] = (), reached: bool = True, listed_as: str = "",
    ) -> None:  # fmt: skip
        """Let a service answer at an address, and tell the catalog.

        Parameters
        ----------
        path
            What the endpoint has after the root: `/v2.1`.
        cloud
            Who answers, where it is another cloud than that of the identity service: a region of its own.
        reached
            False for an address of an inner network: it is in the catalog, and nobody out here reaches it.
        listed_as
            The type in the catalog, where it is not the official one: `volumev3`.
        """
        made = next(found for found in SERVICES.values() if found.type == service)
        if reached:
            door = Door(root, f"{BASE_URL}{made.path}", cloud or self.cloud, gone)
            self.doors = [*(known for known in self.doors if known.root != root), door]
        kind = listed_as or service
        known = next((each for each in self.admin.services() if each.type == kind), None)
        known = known or self.admin.create_service(type=kind, name=made.name)
        if not any(each.id == region for each in self.admin.regions()):
            self.admin.create_region(id=region)
        self.admin.create_endpoint(service_id=known.id, region_id=region, interface=interface, url=root + path)

    def close_all(self, service: str) -> None:
        """Take a service's endpoints out of the catalog, and let none of its addresses answer."""
        made = next(found for found in SERVICES.values() if found.type == service)
        self.doors = [each for each in self.doors if each.inner != f"{BASE_URL}{made.path}"]
        for found in [each for each in self.admin.services() if each.type == service]:
            for endpoint in self.admin.endpoints(service_id=found.id):
                self.admin.delete_endpoint(endpoint)

    def session(self, user: str, project: str) -> Session:
        """A keystoneauth session that knows one URL: that of the identity service."""
        http = requests.Session()
        http.trust_env = False
        for scheme in ("http://", "https://"):
            http.mount(scheme, self)
        auth = Password(
            f"{BASE_URL}/identity/v3", username=user, password=self.cloud.passwords[user], project_name=project,
            user_domain_name="Default", project_domain_name="Default",
        )  # fmt: skip
        return Session(auth=auth, session=http)

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        """Carry one request to who answers at its URL.

        Raises
        ------
        requests.ConnectionError
            When nobody answers at that host and port.
        """
        url = request.url or ""
        found = [(each, rest) for each in self.doors if (rest := each.path(url)) is not None]
        if not found:
            return self._nobody(request)
        door, rest = max(found, key=lambda pair: len(pair[0].root))
        if "/identity" not in door.inner:
            self.asked.append(url)
        if any(rest == gone or rest.startswith(f"{gone}/") for gone in door.gone):
            return _not_found(request)
        inner = request.copy()
        inner.url = door.inner + rest
        token = request.headers.get("X-Auth-Token")
        if token and door.cloud is not self.cloud:
            inner.headers["X-Auth-Token"] = self._exchanged(door.cloud, str(token))
        answer = CloudAdapter(door.cloud).send(inner)
        # What an operator's proxy does: links lead to where the client came from.
        answer._content = (answer.content or b"").replace(door.inner.encode(), door.root.encode())
        answer.url, answer.request = url, request
        return answer

    def close(self) -> None:
        """Nothing is held open."""

    def _nobody(self, request: requests.PreparedRequest) -> requests.Response:
        self.asked.append(request.url or "")
        place = _place(request.url or "")
        if place in {_place(each.root) for each in self.doors}:
            return _not_found(request)
        raise requests.ConnectionError(f"nobody answers at {place}", request=request)

    def _exchanged(self, cloud: Cloud, token: str) -> str:
        """The same person's token in a region that keeps its own books."""
        key = (id(cloud), token)
        if key not in self._tokens:
            with self.cloud.read() as tx:
                who = self.cloud.authenticate(tx, token)
            if who is None:
                return token
            conn = cloud.connect(who.user_name, who.project_name)
            self._tokens[key] = conn.session.get_token() or ""
        return self._tokens[key]


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _not_found(request: requests.PreparedRequest) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.reason, answer._content = 404, "Not Found", b"Not Found"
    answer.url, answer.request = request.url or "", request
    return answer
