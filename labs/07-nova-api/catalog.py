"""The service catalog: find an endpoint, and mend a client whose URL was written down."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import yaml
from keystoneauth1.exceptions import ClientException, EndpointNotFound
from keystoneauth1.session import Session
from requests import RequestException

from kit.cloud import Cloud
from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, kind, shown

from .sites import Site

ENDPOINT = """
def endpoint(session, service, region):
    return session.get_endpoint(service_type=service, interface=["internal", "public"], region_name=region)
"""
BY_HAND = """
def endpoint(session, service, region):
    catalog = session.auth.get_access(session).service_catalog.catalog
    for interface in ("internal", "public"):
        for each in catalog:
            for found in each["endpoints"]:
                if each["type"] == service and found["interface"] == interface and found["region"] == region:
                    return found["url"]
"""


class Endpoint(Step):
    name = "endpoint"
    title = "Find the endpoint"
    minutes = 4
    variables = ("endpoint",)
    hints = (
        "The session has a token, and the token has the catalog: session.get_endpoint looks into it.",
        "It takes service_type, region_name and interface; a list of interfaces is an order of preference.",
        ENDPOINT.strip(),
    )
    solution = ENDPOINT
    wrong = {
        "default": Wrong(ENDPOINT.replace(', interface=["internal", "public"]', ""), "inner one"),
        "internal-only": Wrong(ENDPOINT.replace('["internal", "public"]', '"internal"'), "has none"),
        "no-region": Wrong(ENDPOINT.replace(", region_name=region", ""), "another region"),
        "one-type": Wrong(ENDPOINT.replace("service_type=service", 'service_type="compute"'), "another service"),
        "by-hand": Wrong(BY_HAND, "alias"),
    }

    def check(self, lab: Lab, endpoint: Any) -> str:
        endpoint = function(endpoint, "session, service, region to a URL", nothing=True)
        for seed in (81, 82):
            site, hosts = _two_regions(lab, seed)
            session = site.session("alice", "shop")
            for service, region, want, why in (
                ("compute", "RegionOne", f"https://{hosts[0]}/compute/v2.1", ""),
                ("compute", "south", f"http://{hosts[1]}:8774/v2.1", "It should be in the region south."),
                ("block-storage", "south", f"http://{hosts[1]}:8776/v3", "The catalog lists it by an alias, volumev3."),
                ("volumev3", "RegionOne", f"http://{hosts[2]}:8776/v3", "There the type is the official one; volumev3 is its alias."),
                ("image", "south", f"https://{hosts[0]}/south/image", "It has a public endpoint only."),
                ("compute", "north", f"http://{hosts[3]}:8774/v2.1", "The inner one comes first; the public is for want of it."),
            ):  # fmt: skip
                self._judge(endpoint, site, session, service, region, want, why)
        return "Type, interface and region; the aliases, which keystoneauth knows, and no URL."

    def _judge(
        self, endpoint: Any, site: Site, session: Session, service: str, region: str, want: str, why: str
    ) -> None:
        asked = f"{service} in {region}"
        try:
            got = endpoint(session, service, region)
        except ClientException as error:
            raise NotYet(f"{asked}: {str(error)[:150]}.", why or "It has none of that interface.") from None
        if isinstance(got, str) and got.rstrip("/") == want:
            return
        found = next((each for each in site.admin.endpoints() if each.url == got), None)
        if found is None:
            tail = why if got is None or why.startswith("It has") else "It is none of the catalog."
            alias = "volume" in service or "storage" in service
            raise NotYet(
                f"{asked}: you find {shown(got)}.",
                tail or "It is in the catalog.",
                "An alias is as good as the type." if alias else "session.get_endpoint looks into the catalog.",
            )  # fmt: skip
        kind = site.admin.get_service(found.service_id).type
        if found.region_id != region:
            raise NotYet(f"{asked}: you find that of another region, {found.region_id}.", "", "region_name=region")
        if not _alike(kind, service):
            raise NotYet(f"{asked}: you find that of another service, {kind}.", "", "service_type=service")
        raise NotYet(
            f"{asked}: you find {got}.", why, "A list of interfaces is an order of preference: the inner one first."
        )


def _alike(kind: str, service: str) -> bool:
    return kind == service or {kind, service} <= {"block-storage", "volumev3"}


def _two_regions(lab: Lab, seed: int) -> tuple[Site, list[str]]:
    """A site with three regions: endpoints inside and outside, one service by its alias."""
    draw = random.Random(seed)
    hosts = [
        f"cloud-{draw.randrange(100, 999)}.example.org",
        *(f"10.{n}.0.{draw.randrange(2, 250)}" for n in (2, 3, 4)),
    ]
    site = Site(lab.fresh_cloud(random_seed=seed))
    for service in ("compute", "block-storage", "image"):
        site.close_all(service)
    site.open("image", f"https://{hosts[0]}/south/image", region="south")
    site.open("compute", f"http://{hosts[1]}:8774", path="/v2.1", region="south")
    site.open("compute", f"https://{hosts[0]}/north/compute", path="/v2.1", region="north")
    site.open("compute", f"http://{hosts[3]}:8774", path="/v2.1", region="north", interface="internal")
    site.open("compute", f"https://{hosts[0]}/compute", path="/v2.1")
    site.open("block-storage", f"http://{hosts[1]}:8776", path="/v3", region="south", listed_as="volumev3")
    site.open("block-storage", f"http://{hosts[2]}:8776", path="/v3")
    return site, hosts


NAMES = """
def names(session, region):
    nova = {"service_type": "compute", "interface": "public", "region_name": region}
    answer = session.get("/servers", endpoint_filter=nova)
    return sorted(server["name"] for server in answer.json()["servers"])
"""
OLD = """
def names(session, region):
    answer = session.get("http://10.0.0.11:8774/v2/servers")
    return sorted(server["name"] for server in answer.json()["servers"])
"""
FIRST_OF_CATALOG = """
def names(session, region):
    catalog = session.auth.get_access(session).service_catalog.catalog
    nova = next(each for each in catalog if each["type"] == "compute")
    answer = session.get(nova["endpoints"][0]["url"] + "/servers")
    return sorted(server["name"] for server in answer.json()["servers"])
"""
HOST_ONLY = """
def names(session, region):
    from urllib.parse import urlsplit
    host = urlsplit(session.get_endpoint(service_type="compute", region_name=region)).hostname
    answer = session.get(f"http://{host}:8774/v2.1/servers")
    return sorted(server["name"] for server in answer.json()["servers"])
"""


@dataclass(frozen=True)
class Case:
    """A place to which the endpoint has moved."""

    what: str
    root: str
    region: str = "RegionOne"
    path: str = "/v2.1"


class Move(Step):
    name = "move"
    title = "A client that survives the move"
    minutes = 6
    variables = ("names",)
    hints = (
        "Leave host, port and version out: the catalog says them. What stays is /servers.",
        "session.get takes a path and endpoint_filter, a dictionary with service_type, interface and region_name.",
        NAMES.strip(),
    )
    solution = NAMES
    wrong = {
        "old": Wrong(OLD, "10.0.0.11:8774"),
        "other-host": Wrong(OLD.replace("10.0.0.11", "10.0.0.12"), "10.0.0.12:8774"),
        "host-only": Wrong(HOST_ONLY, "subpath"),
        "no-region": Wrong(NAMES.replace(', "region_name": region', ""), "another region"),
        "first": Wrong(FIRST_OF_CATALOG, "inner"),
        "inner": Wrong(NAMES.replace('"public"', '"internal"'), "inner"),
        "two-slashes": Wrong(
            NAMES.replace('session.get("/servers", endpoint_filter=nova)', 'session.get(session.get_endpoint(**nova) + "/v2.1/servers")'),
            "404",
        ),
        "whole": Wrong(NAMES.replace('sorted(server["name"] for server in answer.json()["servers"])', 'answer.json()["servers"]'), "names"),
    }  # fmt: skip

    def check(self, lab: Lab, names: Any) -> str:
        names = function(names, "session, region to a list of names")
        draw = random.Random(91)
        a, b = draw.randrange(2, 250), draw.randrange(2, 250)
        cases = [
            Case("another host", f"http://10.7.{a}.{b}:8774"),
            Case("TLS on a subpath", f"https://cloud-{a}.example.org/compute"),
            Case("region two", f"https://south-{b}.example.org:8774", "south"),
            Case("another port", f"http://10.7.{b}.{a}:{draw.randrange(9000, 9999)}"),
        ]
        for number, case in enumerate(cases):
            self._judge(lab, names, case, 900 + number)
        return "One URL is written down, that of the identity service; all others it is told."

    def _judge(self, lab: Lab, names: Any, case: Case, seed: int) -> None:
        site, servers = _moved(lab, case, seed)
        session = site.session("alice", "shop")
        site.asked.clear()
        try:
            got = names(session, case.region)
        except (ClientException, RequestException) as error:
            raise NotYet(
                f"Moved to {case.what}: {_said(error, site)}", f"The catalog says {case.root}{case.path}."
            ) from None
        asked = site.asked[-1] if site.asked else ""
        if not asked:
            raise NotYet(f"Moved to {case.what}: your client asks nobody.", "The servers of a cloud were asked for.")
        if not asked.startswith(case.root):
            raise NotYet(
                f"Moved to {case.what}: your client asks another region.",
                f"It was told {case.region!r}.",
                "region_name",
            )
        if not isinstance(got, list) or not all(isinstance(each, str) for each in got):
            what = f"a list of {type(got[0]).__name__}" if isinstance(got, list) and got else kind(got)
            raise NotYet(
                f"It gives no list of names but: {what}.",
                "A list of their names alone was asked for.",
                'server["name"]',
            )
        if sorted(got) != servers:
            raise NotYet(
                f"Moved to {case.what}: you list {', '.join(got) or 'nothing'}.", f"There is {', '.join(servers)}."
            )


def _said(error: Exception, site: Site) -> str:
    if isinstance(error, EndpointNotFound) and not site.asked:
        return "your client names no service, interface and region that the catalog has."
    if not site.asked:
        return f"your client asks past its session ({type(error).__name__})."
    asked = site.asked[-1]
    if "nobody answers" not in str(error):
        told = getattr(error, "http_status", 0) or str(error)[:90]
        return f"{told} from {asked[:90]}."
    inner = ", an inner address that is not reached from here" if "//192.168." in asked else ""
    return f"nobody answers at {asked[:90]}{inner}."


def _moved(lab: Lab, case: Case, seed: int) -> tuple[Site, list[str]]:
    """A cloud whose compute service is where the case says, with servers of its own."""
    draw = random.Random(seed)
    mine, others = (sorted(f"{kind}-{draw.randrange(100, 999)}" for _ in range(3)) for kind in ("web", "north"))
    south = case.region != "RegionOne"
    home = _holding(lab, others if south else mine, seed)
    site = Site(home)
    site.close_all("compute")
    site.open("compute", "http://192.168.0.4:8774", path="/v2.1", interface="internal", reached=False)
    if south:
        site.open("compute", f"https://cloud-{seed}.example.org/compute", path="/v2.1", gone=("/v2",))
    cloud = _holding(lab, mine, seed + 50) if south else None
    if south:
        site.open(
            "compute", "http://192.168.9.4:8774", path="/v2.1", interface="internal", region=case.region, reached=False
        )
    site.open("compute", case.root, path=case.path, region=case.region, cloud=cloud, gone=("/v2",))
    return site, mine


def _holding(lab: Lab, servers: list[str], seed: int) -> Cloud:
    """The lab's cloud with servers of these names."""
    plan = yaml.safe_load(lab.file("cloud.yaml").read_text(encoding="utf-8"))
    one = plan["servers"][0]
    return lab.fresh_cloud({**plan, "servers": [{**one, "name": name} for name in servers]}, random_seed=seed)
