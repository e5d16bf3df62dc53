"""Whatever is called in whatever order, under whatever trouble: the cloud's books balance after every call."""

import io
import json
import os
import sys
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kit.cloud import Fault
from kit.cloud.app import Dropped
from kit.cloud.block_storage import models as volume
from kit.cloud.compute import models as compute
from kit.cloud.identity import models as identity
from kit.cloud.network import models as network
from kit.cloud.testing.fresh import fresh
from tests.unit.cloud.books import broken

SEED: dict[str, Any] = {
    "projects": [{"name": "p0"}, {"name": "p1"}],
    "users": [{"name": "p0", "project": "p0"}, {"name": "p1", "project": "p1"}],
    "flavors": [
        {"name": "s", "id": "1", "vcpus": 1, "ram": 512, "disk": 1},
        {"name": "m", "id": "2", "vcpus": 2, "ram": 2048, "disk": 20},
        {"name": "l", "id": "3", "vcpus": 8, "ram": 16384, "disk": 80},
    ],
    "images": [{"name": "i", "size": 1024}],
    "hosts": [{"name": f"h{n}", "vcpus": 4, "memory_mb": 16384, "local_gb": 100} for n in range(3)],
    "networks": [
        {"name": "ext", "external": True, "subnets": [{"cidr": "172.24.4.0/28"}]},
        {"name": "n0", "project": "p0", "subnets": [{"name": "s0", "cidr": "10.0.0.0/28"}]},
        {"name": "n1", "project": "p1", "subnets": [{"name": "s1", "cidr": "10.0.0.0/28"}]},
    ],
    "routers": [
        {"name": f"r{n}", "project": f"p{n}", "external": "ext", "subnets": [f"s{n}"]} for n in range(2)
    ],
}  # fmt: skip

ON_SERVERS = (
    {"os-start": None}, {"os-stop": None}, {"reboot": {"type": "HARD"}}, {"pause": None}, {"unpause": None},
    {"suspend": None}, {"resume": None}, {"shelve": None}, {"unshelve": None}, {"shelveOffload": None},
    {"rescue": {}}, {"unrescue": None}, {"resize": {"flavorRef": "1"}}, {"resize": {"flavorRef": "2"}},
    {"resize": {"flavorRef": "3"}}, {"confirmResize": None}, {"revertResize": None}, {"migrate": None},
    {"os-migrateLive": {"host": None, "block_migration": "auto"}}, {"evacuate": {}}, {"lock": None},
    {"unlock": None}, {"rebuild": {"imageRef": "IMAGE"}}, {"createImage": {"name": "snap"}},
    {"os-resetState": {"state": "active"}}, {"forceDelete": None}, {"restore": None},
)  # fmt: skip
ON_VOLUMES = (
    {"os-extend": {"new_size": 3}}, {"os-extend": {"new_size": 40}}, {"os-reset_status": {"status": "available"}},
    {"os-retype": {"new_type": "__DEFAULT__", "migration_policy": "never"}}, {"os-force_delete": {}},
    {"os-set_bootable": {"bootable": True}},
)  # fmt: skip
STORED = {"volumes": volume.volumes, "snapshots": volume.snapshots, "backups": volume.backups}
PLUGGED = {"port": network.ports, "floatingip": network.floating_ips, "network": network.networks}
STORIES = (
    ("resize", "confirmResize", "resize", "revertResize"), ("resize", "revertResize"), ("shelve", "unshelve"),
    ("shelve", "shelveOffload", "unshelve"), ("rescue", "unrescue"), ("pause", "unpause"), ("suspend", "resume"),
    ("os-stop", "migrate", "confirmResize", "os-start"), ("migrate", "revertResize"), ("evacuate", "reboot"),
    ("os-migrateLive", "os-migrateLive"), ("os-stop", "resize", "shelve"), ("createImage", "rebuild"),
    ("resize", "os-resetState", "confirmResize"), ("migrate", "evacuate"), ("shelve", "evacuate"),
)  # fmt: skip
TROUBLE = (
    Fault(status=503, probability=0.5, times=2), Fault(status=503, after=True, times=1), Fault(drop=True, times=1),
    Fault(drop=True, after=True, times=1), Fault(service="network", status=409, times=2),
    Fault(service="block-storage", status=503, times=2), Fault(event="compute.*", times=1),
    Fault(event="volume.*", times=1), Fault(host="h0", probability=1.0), Fault(host="h1", probability=1.0),
    Fault(latency=30.0, times=2),
)  # fmt: skip
NOTHING = "00000000-0000-0000-0000-000000000000"
WHICH = st.integers(0, 30)
WHO = st.sampled_from(("p0", "p1", "admin"))


class Books(RuleBasedStateMachine):
    """One cloud with two projects of small quotas on three small hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = fresh(SEED, random_seed=1)
        self.tokens = {who: self._token(who) for who in ("p0", "p1", "admin")}
        self.external = self._first("/network/v2.0/networks?name=ext", "networks")
        self.nets = {
            who: self._first(f"/network/v2.0/networks?name={net}", "networks")
            for who, net in (("p0", "n0"), ("p1", "n1"))
        }
        self.nets["admin"] = self.nets["p0"]
        self.image = self._first("/image/v2/images", "images")
        with self.cloud.read() as tx:
            self.projects = {row["name"]: row["id"] for row in tx.rows(identity.projects)}

    def _ask(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any, dict[str, str]]:
        path, _, query = path.partition("?")
        data = b"" if body is None else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "c", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.input": io.BytesIO(data),
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data)),
            "HTTP_X_AUTH_TOKEN": getattr(self, "tokens", {}).get(who, ""),
            "HTTP_OPENSTACK_API_VERSION": "compute 2.60" if path.startswith("/compute") else "volume 3.71",
        }  # fmt: skip
        said: list[Any] = []
        try:
            text = b"".join(self.cloud.app(environ, lambda line, headers, error=None: said.extend((line, headers))))
        except Dropped:
            return 0, None, {}
        headers = {name.lower(): value for name, value in said[1]}
        status = int(said[0][:3])
        assert status != 500, (method, path, body, text)
        found = json.loads(text) if text and "json" in headers.get("content-type", "") else None
        return status, found, headers

    def _token(self, who: str) -> str:
        user = {"name": who, "domain": {"id": "default"}, "password": "secret"}
        scope = {"project": {"name": who, "domain": {"id": "default"}}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        return self._ask(who, "POST", "/identity/v3/auth/tokens", {"auth": auth})[2]["x-subject-token"]

    def _first(self, path: str, name: str) -> str:
        return str(self._ask("admin", "GET", path)[1][name][0]["id"])

    def _rows(self, table: Any, **equals: Any) -> list[dict[str, Any]]:
        with self.cloud.read() as tx:
            return list(tx.rows(table, **equals))

    def _pick(self, table: Any, which: int, who: str = "", **equals: Any) -> dict[str, Any]:
        """One of the things there are, now and then another project's; one that is not, when there is none."""
        rows = [row for row in self._rows(table, **equals) if not row.get("deleted_at")]
        own = [row for row in rows if row.get("project_id", self.projects.get(who)) == self.projects.get(who)]
        rows = own if own and which % 8 else rows
        return rows[which % len(rows)] if rows else {"id": NOTHING, "instance_uuid": NOTHING, "volume_id": NOTHING}

    @initialize(
        servers=st.integers(1, 12), cores=st.integers(2, 16), volumes=st.integers(1, 5), ports=st.integers(3, 14)
    )
    def quotas(self, servers: int, cores: int, volumes: int, ports: int) -> None:
        for project in ("p0", "p1"):
            id = self.projects[project]
            self._ask(
                "admin",
                "PUT",
                f"/compute/v2.1/os-quota-sets/{id}",
                {"quota_set": {"instances": servers, "cores": cores}},
            )
            self._ask(
                "admin", "PUT", f"/volume/v3/os-quota-sets/{id}", {"quota_set": {"volumes": volumes, "gigabytes": 50}}
            )
            self._ask("admin", "PUT", f"/network/v2.0/quotas/{id}", {"quota": {"port": ports, "floatingip": 2}})
        for who in ("p0", "p1"):
            self.boot(who=who, flavor="1", count=1, how="net", which=0)
            self.make_a_volume(who=who, size=1, of="", which=0)
        self.wait(60)

    @rule(
        who=WHO,
        flavor=st.sampled_from("1123"),
        count=st.integers(1, 3),
        how=st.sampled_from(("net", "none", "port", "volume")),
        which=WHICH,
    )
    def boot(self, who: str, flavor: str, count: int, how: str, which: int) -> None:
        server: dict[str, Any] = {
            "name": "s",
            "flavorRef": flavor,
            "imageRef": self.image,
            "min_count": 1,
            "max_count": count,
        }
        server["networks"] = [{"uuid": self.nets[who]}] if how != "none" else "none"
        if how == "port":
            server["networks"] = [{"port": self._pick(network.ports, which, who, device_owner="")["id"]}]
            server["max_count"] = 1
        if how == "volume":
            server["imageRef"] = ""
            server["max_count"] = 1
            server["block_device_mapping_v2"] = [
                {"boot_index": 0, "uuid": self.image, "source_type": "image", "destination_type": "volume", "volume_size": 2,
                 "delete_on_termination": which % 2 == 0}
            ]  # fmt: skip
        self._ask(who, "POST", "/compute/v2.1/servers", {"server": server})

    @rule(who=WHO, which=WHICH, action=st.deferred(lambda: st.sampled_from(ON_SERVERS)))
    def act_on_a_server(self, who: str, which: int, action: dict[str, Any]) -> None:
        action = json.loads(json.dumps(action).replace("IMAGE", self.image))
        who = "admin" if {"migrate", "os-migrateLive", "evacuate", "os-resetState"} & action.keys() else who
        self._ask(who, "POST", f"/compute/v2.1/servers/{self._pick(compute.servers, which, who)['id']}/action", action)

    @rule(
        which=WHICH,
        story=st.deferred(lambda: st.sampled_from(STORIES)),
        length=st.integers(1, 4),
        pause=st.sampled_from((0, 1, 90)),
    )
    def let_a_story_happen(self, which: int, story: tuple[str, ...], length: int, pause: int) -> None:
        server = self._pick(compute.servers, which)
        for name in story[:length]:
            action = next(item for item in ON_SERVERS if next(iter(item)) == name)
            if name == "resize":
                action = {"resize": {"flavorRef": "123"[which % 3]}}
            if name == "evacuate":
                host = next(iter(self._rows(compute.services, host=server.get("host"))), {"id": NOTHING})
                self._ask("admin", "PUT", f"/compute/v2.1/os-services/{host['id']}", {"forced_down": True})
            self._ask("admin", "POST", f"/compute/v2.1/servers/{server['id']}/action", action)
            self.the_books_balance()
            self.cloud.clock.advance(pause)

    @rule(who=WHO, which=WHICH)
    def delete_a_server(self, who: str, which: int) -> None:
        self._ask(who, "DELETE", f"/compute/v2.1/servers/{self._pick(compute.servers, which, who)['id']}")

    @rule(who=WHO, size=st.integers(1, 30), of=st.sampled_from(("", "image", "volume", "snapshot")), which=WHICH)
    def make_a_volume(self, who: str, size: int, of: str, which: int) -> None:
        wanted: dict[str, Any] = {"size": size}
        if of == "image":
            wanted["imageRef"] = self.image
        elif of:
            table = volume.volumes if of == "volume" else volume.snapshots
            wanted[{"volume": "source_volid", "snapshot": "snapshot_id"}[of]] = self._pick(table, which, who)["id"]
        self._ask(who, "POST", "/volume/v3/volumes", {"volume": wanted})

    @rule(who=WHO, which=WHICH, action=st.sampled_from(ON_VOLUMES))
    def act_on_a_volume(self, who: str, which: int, action: dict[str, Any]) -> None:
        found = self._pick(volume.volumes, which, who)["id"]
        if {"os-reset_status", "os-force_delete"} & action.keys():
            if self._pick(volume.attachments, 0, volume_id=found)["volume_id"] != NOTHING:
                return  # an administrator who says that an attached volume is free has unbalanced the books himself
            who = "admin"
        self._ask(who, "POST", f"/volume/v3/volumes/{found}/action", action)

    @rule(who=WHO, which=WHICH, kind=st.sampled_from(("volumes", "snapshots", "backups")), cascade=st.booleans())
    def delete_from_storage(self, who: str, which: int, kind: str, cascade: bool) -> None:
        table = {"volumes": volume.volumes, "snapshots": volume.snapshots, "backups": volume.backups}[kind]
        query = "?cascade=true" if cascade and kind == "volumes" else ""
        self._ask(who, "DELETE", f"/volume/v3/{kind}/{self._pick(table, which, who)['id']}{query}")

    @rule(who=WHO, which=WHICH, kind=st.sampled_from(("snapshot", "backup")))
    def copy_a_volume(self, who: str, which: int, kind: str) -> None:
        body = {kind: {"volume_id": self._pick(volume.volumes, which, who)["id"], "force": True}}
        self._ask(who, "POST", f"/volume/v3/{kind}s", body)

    @rule(who=WHO, which=WHICH, other=WHICH)
    def attach_a_volume(self, who: str, which: int, other: int) -> None:
        body = {"volumeAttachment": {"volumeId": self._pick(volume.volumes, other, who)["id"]}}
        self._ask(
            who,
            "POST",
            f"/compute/v2.1/servers/{self._pick(compute.servers, which, who)['id']}/os-volume_attachments",
            body,
        )

    @rule(who=WHO, which=WHICH)
    def detach_a_volume(self, who: str, which: int) -> None:
        found = self._pick(volume.attachments, which)
        path = f"/compute/v2.1/servers/{found.get('instance_uuid')}/os-volume_attachments/{found.get('volume_id')}"
        self._ask(who, "DELETE", path)

    @rule(who=WHO, which=WHICH, other=WHICH, plug=st.booleans())
    def plug_an_interface(self, who: str, which: int, other: int, plug: bool) -> None:
        server, port = self._pick(compute.servers, which, who)["id"], self._pick(network.ports, other, who)["id"]
        body = {"interfaceAttachment": {"port_id": port} if other % 2 else {"net_id": self.nets[who]}}
        path = f"/compute/v2.1/servers/{server}/os-interface"
        self._ask(who, *(("POST", path, body) if plug else ("DELETE", f"{path}/{port}")))

    @rule(who=WHO, which=WHICH, last=st.integers(0, 16), make=st.booleans())
    def change_ports(self, who: str, which: int, last: int, make: bool) -> None:
        port: dict[str, Any] = (
            {"fixed_ips": [{"ip_address": f"10.0.0.{last}"}]} if last > 3 else {"admin_state_up": False}
        )
        found = self._pick(network.ports, which, who)
        if make:
            self._ask(who, "POST", "/network/v2.0/ports", {"port": {**port, "network_id": self.nets[who]}})
        elif last % 2:
            self._ask(who, "DELETE", f"/network/v2.0/ports/{found['id']}")
        else:
            self._ask(who, "PUT", f"/network/v2.0/ports/{found['id']}", {"port": port})

    @rule(who=WHO, which=WHICH, kind=st.sampled_from(("make", "tie", "free", "delete")))
    def change_floating_ips(self, who: str, which: int, kind: str) -> None:
        port = self._pick(network.ports, which, who)["id"]
        path, body = "/network/v2.0/floatingips", {"floatingip": {"port_id": None if kind == "free" else port}}
        if kind == "make":
            body["floatingip"]["floating_network_id"] = self.external
            self._ask(who, "POST", path, body)
        else:
            path += f"/{self._pick(network.floating_ips, which, who)['id']}"
            self._ask(who, *(("DELETE", path) if kind == "delete" else ("PUT", path, body)))

    @rule(which=WHICH, how=st.sampled_from(("disable", "enable", "force-down", "up")))
    def change_a_host(self, which: int, how: str) -> None:
        body: dict[str, Any] = {"forced_down": how == "force-down"}
        if how in ("disable", "enable"):
            body = {"status": f"{how}d"}
        self._ask("admin", "PUT", f"/compute/v2.1/os-services/{self._pick(compute.services, which)['id']}", body)

    @precondition(lambda self: len(self.cloud.faults) < 3)
    @rule(which=st.sampled_from(TROUBLE))
    def trouble(self, which: Fault) -> None:
        from dataclasses import replace

        self.cloud.faults.add(replace(which))

    @rule()
    def peace(self) -> None:
        self.cloud.faults.clear()

    @rule(seconds=st.sampled_from((1, 10, 60, 3600)))
    def wait(self, seconds: int) -> None:
        self.cloud.clock.advance(seconds)
        self.cloud.settle()
        if seconds == 3600:  # they live for an hour
            faults = list(self.cloud.faults)
            self.cloud.faults.clear()
            self.tokens = {who: self._token(who) for who in self.tokens}
            for fault in faults:
                self.cloud.faults.add(fault)

    @invariant()
    def the_books_balance(self) -> None:
        found = broken(self.cloud)
        assert not found, found

    def teardown(self) -> None:
        self.cloud.faults.clear()
        self.tokens["admin"] = self._token("admin")
        found = [line for who, id in self.projects.items() if who in self.tokens for line in self._quotas(who, id)]
        assert not found, found
        self.cloud.close()

    def _quotas(self, who: str, id: str) -> list[str]:
        """What a service says is in use and is not what there is, or is more than may be."""
        there = [row for row in self._rows(compute.servers, project_id=id) if not row["deleted_at"]]
        cinder = {name: self._rows(table, project_id=id) for name, table in STORED.items()}
        sizes = sum(row["size"] for name in ("volumes", "snapshots") for row in cinder[name])
        counted = {
            f"/compute/v2.1/os-quota-sets/{id}/detail": {
                "instances": len(there), "cores": sum(row["vcpus"] for row in there), "ram": sum(row["ram"] for row in there)
            },
            f"/volume/v3/os-quota-sets/{id}?usage=true": {"gigabytes": sizes, **{name: len(rows) for name, rows in cinder.items()}},
            f"/network/v2.0/quotas/{id}/details": {
                name: len(self._rows(table, project_id=id)) for name, table in PLUGGED.items()
            },
        }  # fmt: skip
        found = []
        for path, amounts in counted.items():
            said = next(iter(self._ask("admin", "GET", path)[1].values()))
            for name, amount in amounts.items():
                used, limit = said[name].get("in_use", said[name].get("used")), said[name]["limit"]
                if used != amount:
                    found.append(f"{who}: {name}: says {used}, has {amount}")
                if 0 <= limit < used:
                    found.append(f"{who}: {name}: has {used} of {limit}")
        return found


COUNT = int(os.environ.get("KIT_SEQUENCES", "200"))
Books.TestCase.settings = settings(
    max_examples=COUNT, stateful_step_count=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
test_the_books_balance_after_every_call = Books.TestCase
