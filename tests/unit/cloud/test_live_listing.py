"""os-migrations: filters, pages, links and fields by microversion; the settings over control path and seed."""

import pytest

from kit.cloud import Cloud
from kit.cloud.control import Remote
from kit.errors import CloudError, SeedError

ONE = {
    "id", "status", "instance_uuid", "source_compute", "source_node", "dest_compute", "dest_node", "dest_host",
    "old_instance_type_id", "new_instance_type_id", "created_at", "updated_at",
}  # fmt: skip
OF_A_SERVER = {
    "id", "status", "server_uuid", "source_compute", "source_node", "dest_compute", "dest_node", "dest_host",
    "created_at", "updated_at", *(f"{w}_{a}_bytes" for w in ("memory", "disk") for a in ("total", "processed", "remaining")),
}  # fmt: skip


@pytest.fixture
def many(lab):
    """A cloud with five migrations: four over, one running."""
    here = lab(count=2, workload={"used_mib": 1900})
    for _ in range(2):
        here.migrate("s0")
        here.go(100)
    here.migrate("s1")
    here.until_running = here.go(4)
    here.act(None, "s1")
    here.go(10)
    here.ask("POST", f"/servers/{here.ids['s1']}/action", "2.56", json={"migrate": {"host": "h3"}})
    here.go(20)
    here.ask("POST", f"/servers/{here.ids['s1']}/action", json={"confirmResize": None})
    here.migrate("s1")
    here.go(6)
    return here


def listed(here, query="", version="2.80"):
    answer = here.ask("GET", f"/os-migrations{query}", version)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(here, query="", version="2.80"):
    return [row["id"] for row in listed(here, query, version)["migrations"]]


@pytest.mark.parametrize(("version", "more"), [
    ("2.1", set()), ("2.22", set()), ("2.23", {"migration_type"}), ("2.58", {"migration_type"}),
    ("2.59", {"migration_type", "uuid"}), ("2.80", {"migration_type", "uuid", "user_id", "project_id"}),
])  # fmt: skip
def test_fields_by_microversion(many, version, more):
    rows = sorted(listed(many, version=version)["migrations"], key=lambda row: row["id"])
    assert set(rows[0]) == ONE | more
    links = {"links"} if "migration_type" in more else set()
    assert set(rows[-1]) == ONE | more | links  # the one that runs
    if links:
        assert [link["rel"] for link in rows[-1]["links"]] == ["self", "bookmark"]
        assert rows[-1]["links"][0]["href"].endswith(f"/v2.1/servers/{many.ids['s1']}/migrations/5")


def test_a_servers_own(many):
    for version, more in (("2.23", set()), ("2.59", {"uuid"}), ("2.80", {"uuid", "user_id", "project_id"})):
        (one,) = many.ask("GET", f"/servers/{many.ids['s1']}/migrations", version).json()["migrations"]
        assert set(one) == OF_A_SERVER | more
    assert many.ask("GET", f"/servers/{many.ids['s1']}/migrations", "2.22").status_code == 404
    path = f"/servers/{many.ids['s1']}/migrations"
    assert "is not live-migration." in many.ask("GET", f"{path}/4").text
    assert f"Live migration 3 for server {many.ids['s1']} is not in progress." in many.ask("GET", f"{path}/3").text
    assert "In-progress live migration 1 is not found for server" in many.ask("GET", f"{path}/1").text
    assert many.ask("GET", f"{path}?x=1", "2.101").status_code == 200
    assert many.ask("GET", f"{path}?x=1", "2.102").status_code == 400


def test_filters(many):
    assert ids(many) == [5, 4, 3, 2, 1] and ids(many, version="2.58") == [1, 2, 3, 4, 5]
    assert ids(many, "?status=completed") == [2, 1] and ids(many, "?status=cancelled&status=running") == [5, 3]
    assert ids(many, "?migration_type=migration") == [4]
    assert ids(many, f"?instance_uuid={many.ids['s0']}") == [2, 1]
    assert ids(many, "?source_compute=h3") == [5] and set(ids(many, "?host=h3")) >= {4, 5}
    assert ids(many, "?hidden=true") == [] and ids(many, "?user_id=nobody") == []
    project = listed(many)["migrations"][0]["project_id"]
    assert ids(many, f"?project_id={project}") == [5, 4, 3, 2, 1]


def test_pages(many):
    found, query = [], "?limit=2"
    while query:
        page = listed(many, query, "2.59")
        found.append([row["id"] for row in page["migrations"]])
        href = page.get("migrations_links", [{}])[0].get("href", "")
        query = href[href.index("?") :] if href else ""
    assert found == [[5, 4], [3, 2], [1]]
    assert ids(many, "?limit=0") == [] and ids(many, "?limit=1", "2.58") == [1, 2, 3, 4, 5]


def test_changes_since_and_before(many):
    rows = {row["id"]: row for row in listed(many)["migrations"]}
    stamp = rows[2]["updated_at"]
    assert ids(many, f"?changes-since={stamp}") == [5, 4, 3, 2]
    assert ids(many, f"?changes-before={stamp}") == [2, 1]
    assert ids(many, f"?changes-since={stamp}Z&changes-before={stamp}Z") == [2]
    # a running one is saved every five seconds
    before = rows[5]["updated_at"]
    many.go(10)
    assert listed(many)["migrations"][0]["updated_at"] > before


@pytest.mark.parametrize(("query", "version"), [
    ("?limit=x", "2.59"), ("?marker=none", "2.59"), ("?changes-since=yesterday", "2.59"), ("?changes-before=2030-01-01", "2.65"),
    ("?user_id=u", "2.79"), ("?nosuch=1", "2.59"), ("?changes-since=2041-01-01&changes-before=2040-01-01", "2.66"),
])  # fmt: skip
def test_what_is_refused(many, query, version):
    assert many.ask("GET", f"/os-migrations{query}", version).status_code == 400
    if "limit" not in query and "marker" not in query:
        assert many.ask("GET", f"/os-migrations{query}", "2.58").status_code == 200


def test_settings_over_the_control_path(lab, busy):
    here = lab(workload=busy)
    with here.cloud.serve() as server:
        remote = Remote(server.url)
        assert remote.ask("GET", "live-migration")["nova_conf"]["live_migration_downtime"] == 500
        found = remote.ask("POST", "live-migration", {"nova_conf": {"live_migration_permit_post_copy": True}})
        assert found["nova_conf"]["live_migration_permit_post_copy"] is True
        remote.ask(
            "POST", "live-migration/h1", {"network": {"mbps": 100}, "nova_conf": {"live_migration_bandwidth": 5}}
        )
        assert remote.ask("GET", "live-migration/h1")["network"]["mbps"] == 100
        assert remote.ask("GET", "live-migration/h2")["network"]["mbps"] == 1000
        remote.ask("POST", "live-migration/h1", {"nova_conf": {"live_migration_bandwidth": None}})
        assert remote.ask("GET", "live-migration/h1")["nova_conf"]["live_migration_bandwidth"] == 0
        for path, body in (
            ("live-migration", {"nova_conf": {"live_migration_downtime": 50}}), ("live-migration", {"speed": 1}),
            ("live-migration", {"nova_conf": {"nosuch": 1}}), ("live-migration", {"network": {"mbps": 0}}),
            ("live-migration/h9", {"network": {"mbps": 10}}), ("live-migration/h1", {"extension": True}),
            ("live-migration", {"nova_conf": {"virt_type": "xen"}}), ("live-migration", {"shared_storage": 7}),
        ):  # fmt: skip
            with pytest.raises(CloudError):
                remote.ask("POST", path, body)
    here.migrate()
    here.until("running")
    before = here.shown()[0]["memory_processed_bytes"]
    here.go(1)
    assert (here.shown()[0]["memory_processed_bytes"] - before) * 8 == pytest.approx(100e6, rel=0.02)


@pytest.mark.parametrize(("change", "where"), [
    ({"live_migration": {"nova_conf": {"nosuch": 1}}}, "live_migration"),
    ({"hosts": [{"name": "h1", "live_migration": {"extension": True}}]}, "hosts[0].live_migration"),
    ({"servers": [{"name": "s", "flavor": "f", "image": "i", "networks": [], "workload": {"speed": 1}}]}, "servers[0].workload"),
    ({"servers": [{"name": "s", "flavor": "f", "image": "i", "networks": [], "workload": {"heat": [[9999, 1]]}}]},
     "servers[0].workload"),
])  # fmt: skip
def test_a_seeds_mistake_is_told_with_its_place(live_seed, change, where):
    with pytest.raises(SeedError) as caught:
        Cloud.from_seed(live_seed() | change)
    assert where in str(caught.value)


def test_the_guests_workload_is_not_to_be_seen(lab, busy):
    here = lab(workload=busy)
    assert "workload" not in here.ask("GET", f"/servers/{here.ids['s']}").text


def test_a_snapshot_keeps_what_is_under_way(lab, busy):
    here = lab(workload=busy)
    here.migrate()
    here.until("running")
    here.go(10)
    kept, shown = here.cloud.snapshot(), here.shown()
    here.act(None)
    here.go(50)
    here.cloud.restore(kept)
    assert here.shown() == shown


def test_bindings_of_a_port(lab):
    here = lab()
    net = here.conn.network
    (port,) = net.ports(device_id=here.ids["s"])
    path = f"/ports/{port.id}/bindings"
    assert [b["status"] for b in net.get(path).json()["bindings"]] == ["ACTIVE"]
    made = net.post(path, json={"binding": {"host": "h3"}})
    assert made.status_code == 201 and made.json()["binding"]["status"] == "INACTIVE"
    assert net.post(path, json={"binding": {"host": "h3"}}).status_code == 409
    assert net.post(path, json={"binding": {"speed": 1}}).status_code == 400
    assert net.put(f"{path}/h3/activate").json()["status"] == "ACTIVE"
    assert net.put(f"{path}/h3/activate").status_code == 409 and net.put(f"{path}/h9/activate").status_code == 404
    assert [(b["host"], b["status"]) for b in net.get(path).json()["bindings"]] == [
        ("h3", "ACTIVE"),
        ("h1", "INACTIVE"),
    ]
    assert net.delete(f"{path}/h1").status_code == 204 and net.delete(f"{path}/h1").status_code == 404
    assert net.get(f"{path}/h3").json()["binding"]["host"] == "h3" and net.get(f"{path}/h1").status_code == 404
