"""Shares on servers (2.97): their states on the clock, what is refused, and what a server with shares cannot do."""

from typing import Any

import pytest

from kit.cloud import Cloud
from kit.cloud.clock import Clock
from kit.cloud.compute.models import servers, share_mappings

IDS = [f"11111111-0000-4000-8000-00000000000{number}" for number in range(7)]
GOOD, BUSY, LOST, CIFS, HIDDEN, PUBLIC, NONE = IDS
TRAITS = ["COMPUTE_STORAGE_VIRTIO_FS", "COMPUTE_MEM_BACKING_FILE"]
PLACE = "10.0.0.50:/mnt/foo"
SAID = "Feature not supported with instances that have shares."


class Manila:
    """A cloud with shares and a stopped server of the project `p`."""

    def __init__(self, traits: list[str] = TRAITS, specs: dict[str, str] | None = None) -> None:
        host = {"vcpus": 8, "memory_mb": 8192, "local_gb": 100, "traits": traits}
        mine: dict[str, Any] = {"project": "p", "export_location": PLACE}
        self.cloud = Cloud.from_seed({
            "random_seed": 5, "projects": [{"name": "p"}, {"name": "q"}],
            "users": [{"name": name, "roles": roles} for name, roles in (
                ("member", {"p": "member"}), ("reader", {"p": "reader"}), ("other", {"q": "member"}))],
            "flavors": [{"name": "f", "id": "1", "vcpus": 1, "ram": 64, "disk": 1, "extra_specs": specs or {}}],
            "images": [{"name": "i"}], "networks": [{"name": "n", "project": "p", "subnets": [{"cidr": "10.0.0.0/24"}]}],
            "hosts": [{"name": name, **host} for name in ("a", "b")],
            "shares": [
                {"id": GOOD, **mine}, {"id": BUSY, **mine, "status": "creating"}, {"id": LOST, "project": "p"},
                {"id": CIFS, **mine, "protocol": "CIFS"}, {"id": HIDDEN, **mine, "project": "q"},
                {"id": PUBLIC, **mine, "project": "q", "public": True, "protocol": "CEPHFS"},
            ],
        }, clock=Clock(rate=0))  # fmt: skip
        home = {"member": "p", "reader": "p", "other": "q"}
        self.callers = {name: self.cloud.connect(name, home[name]) for name in home} | {"admin": self.cloud.connect()}
        self.id = self.callers["member"].create_server("s", image="i", flavor="f", wait=True).id
        self.act("os-stop")

    def ask(
        self, method: str, path: str, body: Any = None, role: str = "member", version: str = "2.97"
    ) -> tuple[int, Any]:  # fmt: skip
        options: dict[str, Any] = {} if body is None else {"json": body}
        found = self.callers[role].compute.request(
            path.format(s=self.id), method, microversion=version, raise_exc=False, **options
        )
        told = found.json() if found.content else None
        return found.status_code, next(iter(told.values()))["message"] if found.status_code >= 400 else told

    def act(self, name: str, given: Any = None, role: str = "member") -> tuple[int, Any]:
        answer = self.ask("POST", "/servers/{s}/action", {name: given}, role)
        self.go()
        return answer

    def go(self) -> None:
        self.cloud.clock.advance(60)
        self.cloud.settle()

    def attach(self, share: str, role: str = "member", **more: str) -> tuple[int, Any]:
        return self.ask("POST", "/servers/{s}/shares", {"share": {"share_id": share, **more}}, role)

    def seen(self) -> list[str]:
        return [share["status"] for share in self.ask("GET", "/servers/{s}/shares")[1]["shares"]]


def test_a_share_comes_goes_with_the_power_and_leaves() -> None:
    at = Manila()
    assert at.attach(GOOD) == (201, {"share": {"share_id": GOOD, "status": "attaching", "tag": GOOD}})
    at.go()
    assert at.attach(PUBLIC, tag="two")[1]["share"]["tag"] == "two"
    at.go()
    assert at.seen() == ["inactive", "inactive"]
    at.act("os-start")
    assert at.seen() == ["active", "active"]
    at.act("os-stop")
    code, shown = at.ask("GET", f"/servers/{{s}}/shares/{GOOD}", role="admin")
    assert (code, shown["share"].pop("uuid") != "") == (200, True)
    assert shown == {"share": {"share_id": GOOD, "status": "inactive", "tag": GOOD, "export_location": PLACE}}
    assert at.ask("DELETE", f"/servers/{{s}}/shares/{GOOD}") == (200, None)
    assert at.seen() == ["detaching", "inactive"]
    at.go()
    assert at.ask("GET", f"/servers/{{s}}/shares/{GOOD}") == (404, f"Share {GOOD} could not be found.")
    done = [item["action"] for item in at.ask("GET", "/servers/{s}/os-instance-actions")[1]["instanceActions"]]
    assert done[:5] == ["detach_share", "stop", "start", "attach_share", "attach_share"]
    at.callers["member"].compute.delete_server(at.id)
    at.go()
    with at.cloud.read() as tx:
        assert tx.rows(share_mappings) == []


@pytest.fixture(scope="module")
def manila() -> Manila:
    return Manila()


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"share_id": NONE}, 404, f"Share {NONE} could not be found."),
        ({"share_id": HIDDEN}, 404, f"Share {HIDDEN} could not be found."),
        ({"share_id": BUSY}, 409, f"Share {BUSY} is in 'creating' instead of 'available' status."),
        ({"share_id": LOST}, 409, f"Share {LOST} export location is missing."),
        ({"share_id": CIFS}, 409, "Share protocol CIFS is not supported."),
        ({"share_id": "x"}, 400, "Invalid input for field/attribute share_id. Value: x. 'x' is not a 'uuid'"),
        ({"share_id": GOOD, "tag": ""}, 400, "Invalid input for field/attribute tag. Value: . '' should be non-empty"),
        ({"share_id": GOOD, "size": 1}, 400, None), ({}, 400, None),
    ],
)  # fmt: skip
def test_no_share(manila: Manila, given: dict[str, Any], code: int, said: str | None) -> None:
    answer = manila.ask("POST", "/servers/{s}/shares", {"share": given})
    assert answer[0] == code and said in (None, answer[1])


@pytest.mark.parametrize(
    ("method", "path", "role", "version", "code", "said"),
    [
        ("GET", "/servers/{s}/shares", "reader", "2.97", 200, {"shares": []}),
        ("POST", "/servers/{s}/shares", "reader", "2.97", 403, "Policy doesn't allow os_compute_api:os-server-shares:create to be performed."),
        ("DELETE", "/servers/{s}/shares/x", "reader", "2.97", 403, "Policy doesn't allow os_compute_api:os-server-shares:delete to be performed."),
        ("GET", "/servers/{s}/shares", "other", "2.97", 403, "Policy doesn't allow os_compute_api:os-server-shares:index to be performed."),
        ("GET", "/servers/none/shares", "member", "2.97", 404, "Instance none has no mapping to a cell."),
        ("GET", "/servers/{s}/shares?x=1", "member", "2.97", 400, "Additional properties are not allowed ('x' was unexpected)"),
        ("GET", "/servers/{s}/shares", "member", "2.96", 404, None),
    ],
)  # fmt: skip
def test_who_sees_them(manila: Manila, method: str, path: str, role: str, version: str, code: int, said: Any) -> None:
    body = {"share": {"share_id": GOOD}} if method == "POST" else None
    options: dict[str, Any] = {} if body is None else {"json": body}
    found = manila.callers[role].compute.request(
        path.format(s=manila.id), method, microversion=version, raise_exc=False, **options
    )
    told = found.json()
    assert found.status_code == code
    assert said in (None, told if code < 400 else next(iter(told.values()))["message"])


@pytest.mark.parametrize(
    ("traits", "specs", "code"),
    [(TRAITS[:1], {}, 409), (TRAITS[1:], {}, 409), ([], {}, 409), (TRAITS[:1], {"hw:mem_page_size": "small"}, 201)],
)
def test_a_host_that_cannot(traits: list[str], specs: dict[str, str], code: int) -> None:
    found = Manila(traits, specs).attach(GOOD)
    assert found[0] == code
    assert code == 201 or found[1].startswith("Feature not supported because either compute or instance are not")


def test_a_server_with_shares_stays_where_and_as_it_is() -> None:
    at = Manila()
    at.attach(GOOD)
    at.go()
    for given in ({"tag": "other"}, {"share_id": PUBLIC, "tag": GOOD}):
        tag, share = given["tag"], given.get("share_id", GOOD)
        assert at.attach(share, tag=tag) == (409, f"Share '{share}' or tag '{tag}' already associated to this server.")
    image = at.callers["member"].image.find_image("i").id
    at.act("os-start")
    running = f"while it is in vm_state {'active'}"
    assert at.attach(PUBLIC) == (409, f"Cannot 'create share' instance {at.id} {running}")
    assert at.ask("DELETE", f"/servers/{{s}}/shares/{GOOD}") == (
        409,
        f"Cannot 'delete share' instance {at.id} {running}",
    )
    for name, given, role in (
        ("suspend", None, "member"), ("shelve", None, "member"), ("rebuild", {"imageRef": image}, "member"),
        ("os-migrateLive", {"host": None, "block_migration": "auto"}, "admin"), ("evacuate", {}, "admin"),
    ):  # fmt: skip
        assert at.act(name, given, role) == (409, SAID), name
    assert at.act("migrate", None, "admin")[0] == 202
    with at.cloud.write() as tx:
        tx.update(servers, at.id, vm_state="error")
    assert at.ask("DELETE", f"/servers/{{s}}/shares/{GOOD}")[0] == 200
