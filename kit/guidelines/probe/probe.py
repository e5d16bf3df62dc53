"""Probing a live service: asking it what shows whether it follows the guidelines, without changing anything.

By default only GET, HEAD and OPTIONS are sent, with unknown parameters and bad values among them, and one method
that the service does not support. Probes that may write are sent when they are asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from kit.guidelines.audit import judge_traffic
from kit.guidelines.config import Config
from kit.guidelines.description.operation import Description, is_variable
from kit.guidelines.errors import ProbeError
from kit.guidelines.finding import Findings
from kit.guidelines.probe.sender import Sender, as_json, http_sender, wsgi_sender
from kit.guidelines.traffic.exchange import Context, Exchange, Session
from kit.guidelines.version import number
from kit.guidelines.words import singular

UNKNOWN = "kit_unknown"
NOWHERE = "kit-no-such-member"
_PATHS = 25
_PAGES = 4


@dataclass
class Probe:
    """One visit to a service.

    Parameters
    ----------
    send : Sender
        Sends one request.
    prefix : str
        The path of the endpoint, before the paths of resources.
    headers : mapping
        Sent with every request, except where discovery must do without.
    service_type : str
        The service's type, where it is known.
    described : Description, optional
        Tells the paths, the methods and the query parameters that there are.
    paths : sequence of str
        Collections to look at; default those described, or those that the root links to.
    write : bool
        Whether probes that may write are sent.
    deadline : float
        Seconds after which the visit is broken off.
    told : callable
        Called with each exchange.
    """

    send: Sender
    prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    service_type: str = ""
    described: Description | None = None
    paths: Sequence[str] = ()
    write: bool = False
    deadline: float = 120.0
    told: Callable[[Exchange], object] | None = None
    count: int = 0
    sessions: list[Session] = field(default_factory=list)

    def ask(
        self,
        method: str,
        uri: str,
        body: bytes | None = None,
        *,
        bare: bool = False,
        more: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send one request."""
        if time.monotonic() > self._until:
            what = f"The visit took longer than {self.deadline:g} seconds, after {self.count} requests."
            raise ProbeError(what, todo="Name fewer collections with --path, or raise --deadline.")
        sent = {"Accept": "application/json"} | ({} if bare else dict(self.headers))
        sent |= dict(more or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        exchange = self.send(method, uri, sent, body)
        self.count += 1
        exchange.number, exchange.base = self.count, self.prefix.rstrip("/")
        if self.told is not None:
            self.told(exchange)
        return exchange

    def keep(self, exchanges: Sequence[Exchange], **known: Any) -> None:
        """Keep a session to be judged, with what is known of it."""
        low, high = self._range
        context = Context(service_type=self.service_type, minimum=low, maximum=high, client=False, **known)
        self.sessions.append(Session(list(exchanges), context))

    def visit(self) -> list[Session]:
        """Send everything; the sessions to be judged.

        Raises
        ------
        ProbeError
            The service cannot be reached, or does not answer in time.
        """
        if not 0 < self.deadline <= 86_400:
            raise ProbeError(f"The deadline is {self.deadline:g} seconds.", todo="Give more than 0, and at most 86400.")
        self._until = time.monotonic() + self.deadline
        self._range = ("", "")
        root = self.ask("GET", self.prefix or "/", bare=True)
        self._learn(root)
        seen = [root]
        if root.status in (401, 403) and self.headers:
            seen.append(self.ask("GET", self.prefix or "/"))
        self.keep(seen)
        paths = self._collections(seen[-1])
        if self._range[0] and (paths or root.fine):
            self._versions(paths[0] if paths else (self.prefix or "/"))
        for path in paths[:_PATHS]:
            self._collection(path)
        return self.sessions

    def _learn(self, root: Exchange) -> None:
        served = root.served()
        if served and not self.service_type:
            self.service_type = served[0]
        low, high = Session([root]).range
        self._range = (low, high) if self.service_type or not low else ("", "")

    def _collections(self, root: Exchange) -> list[str]:
        if self.paths:
            return [self.prefix.rstrip("/") + "/" + path.lstrip("/") for path in self.paths]
        if self.described is not None:
            found = [
                operation.path
                for operation in self.described.operations
                if operation.method == "get"
                and not any(map(is_variable, operation.path.split("/")))
                and operation.parts
            ]
            return [self.prefix.rstrip("/") + path for path in dict.fromkeys(found)]
        return list(dict.fromkeys(self._linked(root.response_body)))

    def _linked(self, body: Any) -> Iterator[str]:
        """Paths below the endpoint that the root's body links to."""
        if isinstance(body, dict):
            if isinstance(body.get("href"), str):
                try:
                    path = urlsplit(body["href"]).path
                except ValueError:
                    return
                below = path.removeprefix(self.prefix.rstrip("/"))
                if (
                    f"{path}/".startswith(f"{self.prefix.rstrip('/')}/")
                    and below.strip("/")
                    and Exchange(0, "GET", path, 200).parts != []
                ):
                    yield path.rstrip("/")
            for name, value in body.items():
                if name != "versions":
                    yield from self._linked(value)
        elif isinstance(body, list):
            for value in body:
                yield from self._linked(value)

    def _versions(self, path: str) -> None:
        low, high = self._range
        top = number(high) or (1, 0)
        name, kind = "OpenStack-API-Version", self.service_type
        wanted = ("", f"{kind} latest", f"{kind} {low}", f"{kind} {top[0]}.{top[1] + 900}", f"{kind} kit.x",
                  f"kit-other {high}", f"kit-other 1.1, {kind} {low}")  # fmt: skip
        for value in wanted:
            self.keep([self.ask("GET", path, more={name: value} if value else None)])

    def _methods(self, path: str) -> set[str]:
        if self.described is None:
            return set()
        inner = path.removeprefix(self.prefix.rstrip("/"))
        return {method.upper() for method in self.described.by_path.get(inner, {})}

    def _collection(self, path: str) -> None:
        first = self.ask("GET", path)
        session = [first, self.ask("HEAD", path), self.ask("OPTIONS", path)]
        known = self._methods(path)
        allow = session[-1].response_headers.get("allow", "") if session[-1].status in (200, 204, 405) else ""
        known |= {name.strip().upper() for name in allow.split(",")} - {""}
        # TRACE is safe by definition; a method that writes is sent only where the service says it has none.
        lacking = [method for method in ("PATCH", "PUT") if known and method not in known]
        session.append(self.ask(lacking[0] if lacking else "TRACE", path, bare=not lacking))
        if first.fine and first.listed is not None:
            session.append(self.ask("GET", f"{path}/{NOWHERE}"))
            ids = first.ids or []
            if ids:
                session.append(self.ask("GET", f"{path}/{quote(ids[0], safe='')}"))
        self.keep(session)
        if not first.fine:
            return
        self.keep([self.ask("GET", f"{path}?{UNKNOWN}=1")], known_query=[])
        self.keep([self.ask("GET", f"{path}?limit=kit")])
        if first.listed is not None and len(first.listed[1]) > 1:
            self._pages(path, first)
        if self.write:
            self._writing(path, first, next((e for e in session if e.uri.startswith(f"{path}/") and e.fine), None))

    def _pages(self, path: str, first: Exchange) -> None:
        page = self.ask("GET", f"{path}?limit=1")
        if not page.fine or page.listed is None:
            return
        pages = [page]
        for _ in range(_PAGES - 1):
            ids = pages[-1].ids
            if not ids or len(pages) >= len(first.ids or ()):
                break
            pages.append(self.ask("GET", f"{path}?{urlencode({'limit': 1, 'marker': ids[-1]})}"))
            if not pages[-1].fine:
                break
        self.keep([page], more=True)
        self.keep(pages)

    def _writing(self, path: str, first: Exchange, member: Exchange | None) -> None:
        name = singular(path.rsplit("/", 1)[-1]).replace("-", "_")
        odd = self.ask("POST", path, as_json({name: {UNKNOWN: True}}))
        broken = self.ask("POST", path, b'{"kit": ')
        self.keep([odd], known_members=[])
        self.keep([broken], cause="malformed JSON")
        for made in (odd, broken):
            location = urlsplit(made.response_headers.get("location", "")).path
            if made.fine and location.startswith(f"{path}/") and location.rstrip("/") != path:
                self.ask("DELETE", location)
        if member is not None and "etag" in member.response_headers:
            stale = self.ask("PUT", member.uri, as_json(member.response_body), more={"If-Match": '"kit-stale"'})
            self.keep([member, stale])


def probe(
    target: Any,
    config: Config | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    service_type: str = "",
    described: Description | None = None,
    paths: Sequence[str] = (),
    write: bool = False,
    timeout: float = 10.0,
    deadline: float = 120.0,
    told: Callable[[Exchange], object] | None = None,
) -> Findings:
    """Judge a live service by its answers.

    Parameters
    ----------
    target : str or callable
        The URL of an endpoint, or a WSGI application.
    config : Config, optional
        Rules on and off, severities, exceptions, a baseline.
    timeout, deadline : float
        Seconds for one request, and for all.

    See `Probe` for the others.

    Raises
    ------
    ProbeError
        The service cannot be reached, or does not answer in time.
    """
    prefix, name = "", getattr(target, "__name__", "application")
    if isinstance(target, str):
        send, prefix, name = http_sender(target, timeout), urlsplit(target).path.rstrip("/"), target
    else:
        send = wsgi_sender(target)
    visit = Probe(send, prefix, headers or {}, service_type, described, paths, write, deadline, told)
    return judge_traffic(visit.visit(), config, source=name)
