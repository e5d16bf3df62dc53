"""Corners of Nova's API that its own samples show: consoles' tokens, diagnostics, tags of ports, what an image says."""

import re
from typing import Any

import pytest

from kit.cloud import Cloud
from kit.cloud.clock import Clock

GONE = "This resource is no longer available. No forwarding address is given."
LOST = "The resource could not be found."


class Nova:
    """A cloud with a server of the project `p`."""

    def __init__(self) -> None:
        self.cloud = Cloud.from_seed({
            "random_seed": 5, "projects": [{"name": "p"}], "users": [{"name": "member", "roles": {"p": "member"}}],
            "flavors": [{"name": name, "id": name, "vcpus": 1, "ram": 64, "disk": 1} for name in "fg"],
            "images": [
                {"name": "i", "properties": {"hw_rng_model": "virtio", "os_own": "x", "kernel_id": "k", "auto_disk_config": "True"}},
                {"name": "plain"}, {"name": "fixed", "properties": {"auto_disk_config": "disabled"}},
            ],
            "networks": [{"name": "n", "project": "p", "subnets": [{"cidr": "10.0.0.0/24"}]}],
            "hosts": [{"name": name, "vcpus": 8, "memory_mb": 8192, "local_gb": 100} for name in ("a", "b")],
        }, clock=Clock(rate=0))  # fmt: skip
        self.member, self.admin = self.cloud.connect("member", "p"), self.cloud.connect()
        self.net = self.member.network.find_network("n").id
        self.id = self.boot("i")

    def ask(
        self, method: str, path: str, body: Any = None, version: str = "2.1", admin: bool = False
    ) -> tuple[int, Any]:
        options: dict[str, Any] = {} if body is None else {"json": body}
        compute = (self.admin if admin else self.member).compute
        url = compute.get_endpoint().rstrip("/") + path.format(s=getattr(self, "id", ""))
        found = compute.request(url, method, microversion=version, raise_exc=False, **options)
        told = found.json() if found.content else None
        return found.status_code, next(iter(told.values()))["message"] if found.status_code >= 400 else told

    def boot(self, image: str, version: str = "2.60", **more: Any) -> Any:
        given = {"name": "s", "flavorRef": "f", "imageRef": self.member.image.find_image(image).id, **more}
        given.setdefault("networks", [{"uuid": self.net}])
        code, made = self.ask("POST", "/servers", {"server": given}, version)
        self.go()
        return made["server"]["id"] if code == 202 else (code, made)

    def go(self, seconds: float = 60) -> None:
        self.cloud.clock.advance(seconds)
        self.cloud.settle()


@pytest.fixture(scope="module")
def nova() -> Nova:
    return Nova()


@pytest.mark.parametrize(
    ("method", "path", "version", "code", "said"),
    [
        ("GET", "/os-baremetal-nodes", "2.1", 200, {"nodes": []}), ("GET", "/os-baremetal-nodes/x", "2.35", 404, "Node x could not be found."),
        ("GET", "/os-baremetal-nodes", "2.36", 404, LOST),
        *((method, f"/os-baremetal-nodes{path}", "2.1", 400, f"Command not supported. Please use Ironic command {word} to perform this action.")
          for method, path, word in (("POST", "", "node-create"), ("DELETE", "/x", "node-delete"))),
        ("GET", "/os-volumes_boot/detail?name=zz", "2.102", 200, {"servers": []}), ("GET", "/os-volumes_boot", "2.103", 404, LOST),
        ("GET", "//servers?name=zz", "2.1", 200, {"servers": []}), ("GET", "/servers//detail?name=zz", "2.1", 200, {"servers": []}),
        ("GET", "/versions/v2", "2.1", 404, LOST), ("POST", "/os-cells/sync_instances", "2.1", 410, GONE),
        *((method, "/os-floating-ip-dns/d/entries/e", "2.1", 410, GONE) for method in ("GET", "PUT", "DELETE")),
        *((method, "/servers/{s}/consoles/1", "2.1", 410, GONE) for method in ("GET", "DELETE")),
    ],
)  # fmt: skip
def test_old_paths(nova: Nova, method: str, path: str, version: str, code: int, said: Any) -> None:
    assert nova.ask(method, path, {} if method in ("POST", "PUT") else None, version, admin=True) == (code, said)


def test_the_version_is_told_below_itself(nova: Nova) -> None:
    assert nova.ask("GET", "/versions/v2.1")[1]["version"]["id"] == "v2.1"


@pytest.mark.parametrize(("kind", "tls"), [("novnc", False), ("serial", False), ("spice-direct", True)])
def test_a_proxy_asks_where_a_console_is(nova: Nova, kind: str, tls: bool) -> None:
    protocol = {"novnc": "vnc", "serial": "serial", "spice-direct": "spice"}[kind]
    body = {"remote_console": {"protocol": protocol, "type": kind}}
    url = nova.ask("POST", "/servers/{s}/remote-consoles", body, "2.99")[1]["remote_console"]["url"]
    path = "/os-console-auth-tokens/" + re.split("token(?:=|%3D)", url)[1]
    code, found = nova.ask("GET", path, version="2.99", admin=True)
    assert code == 200 and found["console"].pop("host") and found["console"].pop("port") >= 5900
    assert found["console"].pop("tls_port", None) is not None if tls else "tls_port" not in found["console"]
    assert found == {"console": {"instance_uuid": nova.id, "internal_access_path": None}}
    assert "tls_port" not in nova.ask("GET", path, version="2.98", admin=True)[1]["console"]
    assert nova.ask("GET", path, version="2.30", admin=True)[0] == 400
    assert nova.ask("GET", path, version="2.31")[0] == 403
    nova.go(600)
    assert nova.ask("GET", path, version="2.31", admin=True) == (404, "Token not found")


def test_a_token_ends_with_its_server() -> None:
    nova = Nova()
    url = nova.ask("POST", "/servers/{s}/action", {"os-getVNCConsole": {"type": "novnc"}})[1]["console"]["url"]
    path = f"/os-console-auth-tokens/{url.rpartition('%3D')[2]}"
    assert nova.ask("GET", path, version="2.31", admin=True)[0] == 200
    nova.member.compute.delete_server(nova.id)
    nova.go()
    assert nova.ask("GET", path, version="2.31", admin=True) == (404, "Token not found")


def test_diagnostics_by_driver_and_for_all(nova: Nova) -> None:
    port = nova.member.network.ports(device_id=nova.id)
    tap = f"tap{next(iter(port)).id[:11]}"
    old = nova.ask("GET", "/servers/{s}/diagnostics", version="2.47", admin=True)[1]
    assert {"cpu0_time", "vda_read_req", "vda_errors", f"{tap}_rx", f"{tap}_tx_drop", "memory"} <= old.keys()
    assert old["memory"] == 64 * 1024 and "driver" not in old
    new = nova.ask("GET", "/servers/{s}/diagnostics", version="2.48", admin=True)[1]
    assert (new["driver"], new["num_disks"], new["num_nics"]) == ("libvirt", 1, 1) and new["uptime"] > 0


def test_tags_of_interfaces() -> None:
    nova = Nova()
    server = nova.boot("i", "2.42", networks=[{"uuid": nova.net, "tag": "one"}])
    body = {"interfaceAttachment": {"net_id": nova.net, "tag": "two"}}
    assert nova.ask("POST", f"/servers/{server}/os-interface", body, "2.70")[1]["interfaceAttachment"]["tag"] == "two"
    nova.ask("POST", f"/servers/{server}/os-interface", {"interfaceAttachment": {"net_id": nova.net}}, "2.49")
    found = nova.ask("GET", f"/servers/{server}/os-interface", version="2.70")[1]["interfaceAttachments"]
    assert sorted(str(item["tag"]) for item in found) == ["None", "one", "two"]
    assert "tag" not in nova.ask("GET", f"/servers/{server}/os-interface", version="2.69")[1]["interfaceAttachments"][0]


@pytest.mark.parametrize(
    ("image", "asked", "config"),
    [("i", None, "AUTO"), ("i", "MANUAL", "MANUAL"), ("plain", None, "MANUAL"), ("plain", "AUTO", "AUTO"), ("fixed", None, "MANUAL")],
)  # fmt: skip
def test_disk_config_as_the_image_says(nova: Nova, image: str, asked: str | None, config: str) -> None:
    more = {"OS-DCF:diskConfig": asked} if asked else {}
    server = nova.boot(image, **more)
    assert nova.ask("GET", f"/servers/{server}")[1]["server"]["OS-DCF:diskConfig"] == config
    nova.ask("POST", f"/servers/{server}/action", {"resize": {"flavorRef": "g"}})
    assert nova.ask("GET", f"/servers/{server}")[1]["server"]["OS-DCF:diskConfig"] == "MANUAL"


def test_a_migration_leaves_the_disk_as_it_is_partitioned() -> None:
    nova = Nova()
    nova.ask("POST", "/servers/{s}/action", {"migrate": None}, admin=True)
    assert nova.ask("GET", "/servers/{s}")[1]["server"]["OS-DCF:diskConfig"] == "MANUAL"


def test_an_image_forbids_to_fill_the_disk(nova: Nova) -> None:
    image = nova.member.image.find_image("fixed").id
    said = (400, f"Requested image {image} has automatic disk resize disabled.")
    assert nova.boot("fixed", **{"OS-DCF:diskConfig": "AUTO"}) == said
    body = {"rebuild": {"imageRef": image, "OS-DCF:diskConfig": "AUTO"}}
    assert nova.ask("POST", "/servers/{s}/action", body) == said


def test_what_a_server_shows_of_its_image_and_hints(nova: Nova) -> None:
    image = nova.member.image.find_image("i").id
    body = {"server": {"name": "h", "flavorRef": "f", "imageRef": image, "networks": "none"},
            "os:scheduler_hints": {"same_host": nova.id}}  # fmt: skip
    made = nova.ask("POST", "/servers", body, "2.100")[1]["server"]
    nova.go()
    shown = nova.ask("GET", f"/servers/{made['id']}", version="2.100")[1]["server"]
    assert shown["image"]["properties"] == {"hw_rng_model": "virtio", "auto_disk_config": "True"}
    assert shown["scheduler_hints"] == {"same_host": [nova.id]}


def test_passwords_are_nova_s(nova: Nova) -> None:
    image = nova.member.image.find_image("plain").id
    made = nova.ask("POST", "/servers", {"server": {"name": "x", "flavorRef": "f", "imageRef": image}})[1]["server"]
    assert re.fullmatch("[2-9][A-HJ-NP-Z][a-km-z][2-9A-HJ-NP-Za-km-z]{9}", made["adminPass"])


@pytest.mark.parametrize(
    ("admin", "version", "seen"), [(True, "2.84", True), (False, "2.84", False), (True, "2.83", False)]
)
def test_who_reads_why_an_event_failed(nova: Nova, admin: bool, version: str, seen: bool) -> None:
    path = f"/servers/{nova.id}/os-instance-actions"
    request = nova.ask("GET", path)[1]["instanceActions"][-1]["request_id"]
    events = nova.ask("GET", f"{path}/{request}", version=version, admin=admin)[1]["instanceAction"]["events"]
    assert ("details" in events[0]) is seen


def test_extensions_are_described(nova: Nova) -> None:
    found = nova.ask("GET", "/extensions")[1]["extensions"]
    assert len(found) == 99 and all(item["description"] for item in found)


def test_the_topology_of_a_hosts_cpus(nova: Nova) -> None:
    found = nova.ask("GET", "/os-hypervisors/detail", version="2.28", admin=True)[1]["hypervisors"][0]["cpu_info"]
    assert found["topology"] == {"cells": 1, "sockets": 1, "cores": 8, "threads": 1}


def test_what_is_on_the_ports_is_seen_when_the_build_has_come_so_far() -> None:
    nova = Nova()
    image = nova.member.image.find_image("plain").id
    body = {"server": {"name": "x", "flavorRef": "f", "imageRef": image, "networks": [{"uuid": nova.net}]}}
    server = nova.ask("POST", "/servers", body)[1]["server"]["id"]

    def seen() -> list[bool]:
        parts = [
            nova.ask("GET", f"/servers/{server}{part}")[1]
            for part in ("/ips", "/os-interface", "/os-security-groups", "")
        ]
        shown = parts.pop()["server"]
        return [
            *(bool(next(iter(part.values()))) for part in parts),
            "security_groups" in shown,
            bool(shown["addresses"]),
        ]

    assert seen() == [False] * 5
    nova.go(2)
    assert seen() == [True] * 5
