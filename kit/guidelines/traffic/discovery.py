"""Version discovery and the catalog, in traffic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from kit.guidelines.description.discovery import LOCAL
from kit.guidelines.description.operation import VERSION
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session
from kit.guidelines.version import judge_version, judge_versions
from kit.guidelines.words import CODE_NAMES, SERVICE_TYPES

_VERSIONED = re.compile(r"/v\d+(\.\d+)?(/|$)")


def _is_root(exchange: Exchange) -> bool:
    return exchange.method == "GET" and exchange.local.strip("/") == ""


def _is_versioned(exchange: Exchange) -> bool:
    return exchange.method == "GET" and VERSION.fullmatch(exchange.local.strip("/")) is not None


@judges("traffic", "VD-01", "VD-02", "VD-03", "VD-04", "VD-05", "VD-07", "VD-09")
def discovery(session: Session) -> Iterator[Found]:
    """The unversioned endpoint."""
    for exchange in session:
        token = "x-auth-token" in exchange.request_headers or "authorization" in exchange.request_headers
        if (_is_root(exchange) or _is_versioned(exchange)) and exchange.status in (401, 403) and not token:
            yield Found("VD-03", exchange.place("response status"), "Version discovery needs a token.")
        if _is_root(exchange) and exchange.status in (404, 405):
            yield Found("VD-01", exchange.place("response status"), f"GET / answered {exchange.status}.")
        if not _is_root(exchange) or exchange.failed:
            continue
        if exchange.status != 200:
            yield Found("VD-01", exchange.place("response status"), f"GET / answered {exchange.status}.")
            if not isinstance(exchange.response_body, dict) or "versions" not in exchange.response_body:
                continue
        for rule, place, why in judge_versions(exchange.response_body):
            yield Found(rule, exchange.place(place), why)
        versions = _versions(exchange.response_body)
        only = versions and all(version.get("max_version") for version in versions)
        for number, version in enumerate(versions if only else ()):
            for href in _hrefs(version, "self"):
                if _VERSIONED.search(_path(href)):
                    why = f"{href} has a version, though there are microversions only."
                    yield Found("VD-09", exchange.place(f"versions[{number}].links"), why)


def _versions(body: Any) -> list[dict[str, Any]]:
    listed = body.get("versions") if isinstance(body, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _rels(entry: Any) -> list[Any]:
    links = entry.get("links") if isinstance(entry, dict) else None
    return [link.get("rel") for link in links if isinstance(link, dict)] if isinstance(links, list) else []


def _hrefs(version: Any, rel: str = "") -> list[str]:
    links = version.get("links") if isinstance(version, dict) else None
    return [
        str(link["href"])
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and "href" in link and (not rel or link.get("rel") == rel)
    ]


def _path(href: str) -> str:
    try:
        return urlsplit(href).path
    except ValueError:
        return ""


@judges("traffic", "VD-02", "VD-04", "VD-06", "VD-07")
def versioned(session: Session) -> Iterator[Found]:
    """A versioned endpoint."""
    for exchange in session:
        body = exchange.response_body
        if not _is_versioned(exchange) or not exchange.fine:
            continue
        single = body.get("version") if isinstance(body, dict) else None
        listed = body.get("versions") if isinstance(body, dict) else None
        if isinstance(listed, list):
            roots = [e.response_body for e in session if _is_root(e) and isinstance(e.response_body, dict)]
            if any(root.get("versions") not in (None, listed) for root in roots):
                yield Found("VD-06", exchange.place("versions"), "It shows another list than the unversioned endpoint.")
            continue
        entry = single if isinstance(single, dict) else body
        rels = _rels(entry)
        if "collection" not in rels:
            yield Found("VD-06", exchange.place("body"), "It shows neither the list of versions nor a link collection.")
        if isinstance(single, dict):
            for rule, place, why in judge_version(single, "version"):
                if rule in ("VD-02", "VD-04", "VD-07"):
                    yield Found(rule, exchange.place(place), why)


def _endpoints(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The endpoints of a catalog: the service type, and the endpoint; those of the old form too."""
    inner = body.get("token") or body.get("access") or body if isinstance(body, dict) else None
    catalog = inner.get("catalog") or inner.get("serviceCatalog") if isinstance(inner, dict) else None
    for service in catalog if isinstance(catalog, list) else ():
        found = service.get("endpoints") if isinstance(service, dict) else None
        for endpoint in found if isinstance(found, list) else ():
            if isinstance(endpoint, dict):
                yield str(service.get("type", "")), endpoint


@judges("traffic", "VD-08", "VD-10", "CC-02", "CC-05")
def catalog(session: Session) -> Iterator[Found]:
    """The catalog: versioned endpoints, ports, unofficial types, doubles."""
    for exchange in session:
        if not exchange.fine:
            continue
        places: Counter[tuple[str, str, str]] = Counter()
        for kind, endpoint in _endpoints(exchange.response_body):
            url = str(endpoint.get("url") or endpoint.get("publicURL") or "")
            place = exchange.place(f"catalog {kind}")
            if _VERSIONED.search(_path(url)):
                yield Found("VD-08", place, f"{url} is registered, with a version.")
            if _port(url):
                yield Found("VD-10", place, f"{url} has a port of its own.")
            if kind in CODE_NAMES and kind not in SERVICE_TYPES:
                yield Found("CC-02", place, f"{kind} is registered, not {CODE_NAMES[kind]}.")
            key = (kind, str(endpoint.get("interface", "")), str(endpoint.get("region_id", endpoint.get("region", ""))))
            places[key] += 1
            if places[key] == 2:
                yield Found("CC-05", place, f"Two endpoints for {' '.join(filter(None, key))}.", advice=True)


def _port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.port not in (None, 80, 443) and parts.hostname not in LOCAL
    except ValueError:
        return False


@judges("traffic", "VD-10", "CC-10")
def hrefs(session: Session) -> Iterator[Found]:
    """Links of version documents: ports, and hosts by which nobody came."""
    for exchange in session:
        body = exchange.response_body
        if not (_is_root(exchange) or _is_versioned(exchange)) or not isinstance(body, dict):
            continue
        listed = body.get("versions")
        versions = listed if isinstance(listed, list) else [body.get("version")]
        for href in (href for version in versions for href in _hrefs(version)):
            if _port(href):
                yield Found("VD-10", exchange.place("links"), f"{href} has a port of its own.")
            host = exchange.split[0]
            if host and urlsplit_host(href) not in (host, None):
                why = f"{href} is not at {host}, by which the service was reached."
                yield Found("CC-10", exchange.place("links"), why, advice=True)


def urlsplit_host(href: str) -> str | None:
    """The host of a link, '' for a relative one, None for what is no URL."""
    try:
        return urlsplit(href).netloc
    except ValueError:
        return None
