"""A server's life, and what Nova refuses."""

import base64

import pytest
from openstack import exceptions

from kit.cloud import Cloud


def boot(conn, name="a", **more):
    return conn.create_server(name, image="cirros", flavor="m1.tiny", wait=True, **more)


def test_a_server_is_built_over_time(cloud, demo):
    server = demo.create_server("a", image="cirros", flavor="m1.tiny")
    assert demo.compute.get_server(server.id).status == "BUILD"
    cloud.clock.advance(60)
    assert demo.compute.get_server(server.id).status == "ACTIVE"


def test_stop_start_resize_and_confirm(cloud, demo):
    server = boot(demo)
    demo.compute.stop_server(server)
    cloud.clock.advance(60)
    assert demo.compute.get_server(server.id).status == "SHUTOFF"
    demo.compute.start_server(server)
    cloud.clock.advance(60)
    demo.compute.resize_server(server, demo.get_flavor("m1.small").id)
    cloud.clock.advance(60)
    assert demo.compute.get_server(server.id).status == "VERIFY_RESIZE"
    demo.compute.confirm_server_resize(server)
    shown = demo.compute.get_server(server.id)
    assert (shown.status, shown.flavor.name) == ("ACTIVE", "m1.small")


def test_a_reverted_resize_leaves_the_old_flavor(cloud, demo):
    server = boot(demo)
    demo.compute.resize_server(server, demo.get_flavor("m1.small").id)
    cloud.clock.advance(60)
    demo.compute.revert_server_resize(server)
    cloud.clock.advance(60)
    assert demo.compute.get_server(server.id).flavor.name == "m1.tiny"


def test_a_stopped_server_cannot_be_stopped(cloud, demo):
    server = boot(demo)
    demo.compute.stop_server(server)
    cloud.clock.advance(60)
    with pytest.raises(exceptions.ConflictException, match="while it is in vm_state stopped"):
        demo.compute.stop_server(server)


def test_a_full_quota_is_a_403_with_novas_sum(admin, demo):
    admin.set_compute_quotas("demo", instances=1)
    boot(demo)
    with pytest.raises(
        exceptions.ForbiddenException, match="Quota exceeded for instances: Requested 1, but already used 1 of 1"
    ):
        boot(demo, "b")


def test_another_projects_server_is_not_found(cloud, demo):
    server = boot(demo)
    with pytest.raises(exceptions.NotFoundException):
        cloud.connect("alt_demo", "alt_demo").compute.get_server(server.id)


def test_no_host_with_room_ends_in_error(cloud, admin, demo):
    admin.create_flavor("huge", ram=10**6, vcpus=1, disk=1)
    admin.set_compute_quotas("demo", ram=-1)
    server = demo.create_server("a", image="cirros", flavor="huge")
    cloud.clock.advance(60)
    shown = demo.compute.get_server(server.id)
    assert shown.status == "ERROR" and "No valid host was found" in shown.fault["message"]


def test_anti_affinity_keeps_servers_apart():
    hosts = [{"name": "h1"}, {"name": "h2"}]
    seed = {
        "hosts": [{**host, "vcpus": 8, "memory_mb": 16384, "local_gb": 100} for host in hosts],
        "flavors": [{"name": "f", "vcpus": 1, "ram": 512, "disk": 1}], "images": [{"name": "i"}],
        "server_groups": [{"name": "apart", "policy": "anti-affinity"}],
        "servers": [{"name": "s", "count": 2, "flavor": "f", "image": "i", "networks": [], "server_group": "apart"}],
    }  # fmt: skip
    conn = Cloud.from_seed(seed).connect()
    assert {server.hypervisor_hostname for server in conn.compute.servers()} == {"h1", "h2"}


def test_a_floating_ip_shows_in_the_addresses(demo):
    server = boot(demo, auto_ip=True)
    found = {item["OS-EXT-IPS:type"]: item["addr"] for item in server.addresses["private"]}
    assert found["fixed"].startswith("10.0.0.") and found["floating"].startswith("172.24.4.")
    assert demo.get_server(server.id).public_v4 == found["floating"]


def test_deleting_a_server_frees_its_port(demo):
    server = boot(demo)
    demo.delete_server(server.id, wait=True)
    assert [port for port in demo.network.ports() if port.device_id == server.id] == []


def test_a_dead_host_finishes_nothing(cloud, admin, demo):
    server = demo.create_server("a", image="cirros", flavor="m1.tiny")
    cloud.faults.add(host="compute-1")
    cloud.clock.advance(600)
    assert demo.compute.get_server(server.id).status == "BUILD"
    states = {service.binary: service.state for service in admin.compute.services()}
    assert states["nova-compute"] == "down"


def test_a_snapshot_of_a_server_becomes_an_image(demo):
    image = demo.create_image_snapshot("kept", boot(demo), wait=True)
    assert image.status == "active" and demo.get_image("kept").min_disk == 1


@pytest.mark.parametrize(
    ("version", "key", "there"),
    [
        ("2.8", "locked", False),
        ("2.9", "locked", True),
        ("2.18", "description", False),
        ("2.26", "tags", True),
        ("2.73", "locked_reason", True),
    ],
)
def test_fields_come_with_their_microversion(demo, version, key, there):
    server = boot(demo)
    shown = demo.compute.get(f"/servers/{server.id}", microversion=version).json()["server"]
    assert (key in shown) is there


def test_a_wrong_type_gets_novas_text(demo):
    answer = demo.compute.post("/servers", json={"server": {"name": 3, "flavorRef": "1", "imageRef": ""}})
    assert answer.json()["badRequest"]["message"].startswith("Invalid input for field/attribute name. Value: 3.")


def act(conn, server, version="2.1", **body):
    return conn.compute.post(f"/servers/{server.id}/action", json=body, microversion=version)


def test_a_rebuild_shows_what_its_version_shows(cloud, demo):
    server = boot(demo)
    image = demo.get_image("cirros").id
    shown = act(demo, server, "2.57", rebuild={"imageRef": image, "user_data": "aGk=", "name": "b"}).json()["server"]
    assert (shown["name"], shown["user_data"], shown["key_name"]) == ("b", "aGk=", None)
    cloud.clock.advance(60)
    assert "user_data" not in act(demo, server, "2.53", rebuild={"imageRef": image}).json()["server"]
    cloud.clock.advance(60)
    refused = act(demo, server, "2.53", rebuild={"imageRef": image, "key_name": None})
    assert "Additional properties are not allowed" in refused.json()["badRequest"]["message"]


def test_disk_config_changes_with_rebuild_and_resize(cloud, demo):
    server = boot(demo)
    act(demo, server, rebuild={"imageRef": demo.get_image("cirros").id, "OS-DCF:diskConfig": "AUTO"})
    cloud.clock.advance(60)
    assert demo.compute.get_server(server.id).disk_config == "AUTO"
    act(demo, server, resize={"flavorRef": "2", "OS-DCF:diskConfig": "MANUAL"})
    assert demo.compute.get_server(server.id).disk_config == "MANUAL"


def test_backups_rotate(cloud, demo):
    server = boot(demo)
    for name in ("one", "two", "three"):
        act(demo, server, createBackup={"name": name, "backup_type": "daily", "rotation": 2})
        cloud.clock.advance(60)
    query = {"image_type": "backup", "sort_key": "created_at", "sort_dir": "asc"}
    backups = demo.image.get("/images", params=query).json()["images"]
    assert [image["name"] for image in backups] == ["two", "three"]


def test_the_image_of_a_shelved_server_goes_when_it_is_back(cloud, demo):
    server = boot(demo)
    act(demo, server, shelve=None)
    cloud.clock.advance(60)
    assert [image.name for image in demo.image.images(name="a-shelved")] == ["a-shelved"]
    refused = act(demo, server, "2.77", unshelve={"availability_zone": "none"})
    assert refused.json()["badRequest"]["message"] == "The requested availability zone is not available"
    assert act(demo, server, "2.77", unshelve={"availability_zone": "nova"}).status_code == 202
    cloud.clock.advance(60)
    assert demo.compute.get_server(server.id).status == "ACTIVE"
    assert list(demo.image.images(name="a-shelved")) == []


def test_a_server_is_pinned_to_its_own_zone_only(demo):
    server = boot(demo)
    put = lambda zone: demo.compute.put(  # noqa: E731
        f"/servers/{server.id}", json={"server": {"pinned_availability_zone": zone}}, microversion="2.104"
    )
    assert put("nova").json()["server"]["pinned_availability_zone"] == "nova"
    assert put(None).json()["server"]["pinned_availability_zone"] is None
    assert "its current availability zone 'nova', but 'none'" in put("none").json()["conflictingRequest"]["message"]


def test_a_private_flavor_lets_nobody_in_by_itself(admin):
    made = admin.create_flavor("own", ram=64, vcpus=1, disk=1, is_public=False)
    assert admin.compute.get(f"/flavors/{made.id}/os-flavor-access").json() == {"flavor_access": []}


@pytest.mark.parametrize("key", ["ssh-rsa JUNK nova@ubuntu", "ssh-rsa " + "A" * 2048 + " nova@ubuntu", "none"])
def test_what_is_no_key_is_refused(demo, key):
    answer = demo.compute.post("/os-keypairs", json={"keypair": {"name": "k", "public_key": key}})
    assert answer.json()["badRequest"]["message"] == "Keypair data is invalid: failed to generate fingerprint"


def test_a_certificate_is_made_for_windows(demo):
    answer = demo.compute.post("/os-keypairs", json={"keypair": {"name": "k", "type": "x509"}}, microversion="2.2")
    made = answer.json()["keypair"]
    assert made["public_key"].startswith("-----BEGIN CERTIFICATE-----") and len(made["fingerprint"].split(":")) == 20
    pkcs12 = pytest.importorskip("cryptography.hazmat.primitives.serialization.pkcs12")
    key, certificate, _ = pkcs12.load_key_and_certificates(base64.b64decode(made["private_key"]), b"")
    assert certificate.public_key() == key.public_key()


def test_a_reader_looks_and_changes_nothing(cloud, admin, demo):
    server = boot(demo)
    admin.create_user("eve", password="secret", domain_id="default")
    admin.grant_role("reader", user="eve", project="demo")
    eve = cloud.connect("eve", "demo", "secret")
    assert eve.compute.get_server(server.id).name == "a"
    for answer, rule in (
        (eve.compute.delete(f"/servers/{server.id}"), "servers:delete"),
        (act(eve, server, **{"os-stop": None}), "servers:stop"),
    ):
        assert answer.json()["forbidden"]["message"] == f"Policy doesn't allow os_compute_api:{rule} to be performed."
    hers = cloud.connect("alt_demo", "alt_demo").create_server("x", image="cirros", flavor="m1.tiny")
    assert eve.compute.delete(f"/servers/{hers.id}").status_code == 404


# What Nova did before other services did it


def test_old_proxies_end_with_their_version(demo):
    for path, last, gone in (
        ("/images", "2.35", "2.36"), ("/os-security-groups", "2.35", "2.36"), ("/os-networks", "2.35", "2.36"),
        ("/os-floating-ip-pools", "2.35", "2.36"),
    ):  # fmt: skip
        assert demo.compute.get(path, microversion=last).status_code == 200
        assert demo.compute.get(path, microversion=gone).status_code == 404


def test_an_image_as_nova_showed_it(cloud, demo):
    server = boot(demo)
    demo.create_image_snapshot("kept", server, wait=True)
    shown = demo.compute.get("/images/detail", params={"server": server.id}).json()["images"]
    assert [(one["name"], one["status"], one["server"]["id"]) for one in shown] == [("kept", "ACTIVE", server.id)]
    path = f"/images/{shown[0]['id']}/metadata"
    assert demo.compute.put(f"{path}/wind", json={"meta": {"wind": "east"}}).json() == {"meta": {"wind": "east"}}
    assert demo.compute.get(f"{path}/wind").json() == {"meta": {"wind": "east"}}
    assert demo.compute.delete(f"{path}/wind").status_code == 204


def test_a_security_group_as_nova_showed_it(demo):
    group = demo.compute.post("/os-security-groups", json={"security_group": {"name": "web", "description": "d"}})
    parent = group.json()["security_group"]["id"]
    rule = {"parent_group_id": parent, "ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr": "10.0.0.0/8"}
    made = demo.compute.post("/os-security-group-rules", json={"security_group_rule": rule})
    assert made.json()["security_group_rule"]["ip_range"] == {"cidr": "10.0.0.0/8"}
    again = demo.compute.post("/os-security-group-rules", json={"security_group_rule": rule})
    assert again.status_code == 400
    for change in ({"ip_protocol": "none at all"}, {"from_port": 70000}, {"to_port": 21}, {"parent_group_id": "none"}):
        body = {"security_group_rule": {**rule, **change}}
        assert demo.compute.post("/os-security-group-rules", json=body).status_code == 400
    assert demo.compute.delete(f"/os-security-groups/{parent}").status_code == 202


def test_hosts_as_they_were_shown_before_hypervisors(admin, demo):
    hosts = admin.compute.get("/os-hosts").json()["hosts"]
    compute = next(host["host_name"] for host in hosts if host["service"] == "compute")
    shown = admin.compute.get(f"/os-hosts/{compute}").json()["host"]
    assert shown[0]["resource"]["project"] == "(total)"
    assert admin.compute.put(f"/os-hosts/{compute}", json={"status": "none"}).status_code == 400
    assert admin.compute.get("/os-hosts/none").status_code == 404
    assert demo.compute.get("/os-hosts").status_code == 403
    assert admin.compute.get("/os-hosts", microversion="2.43").status_code == 404


def test_an_external_event_finds_its_server(admin, demo):
    server = boot(demo)
    event = {"name": "network-changed", "server_uuid": server.id}
    path = "/os-server-external-events"
    assert admin.compute.post(path, json={"events": [event]}).json()["events"][0]["code"] == 200
    lost = {**event, "server_uuid": "00000000-1111-4222-8333-444444444444"}
    both = admin.compute.post(path, json={"events": [event, lost]})
    assert (both.status_code, [one["code"] for one in both.json()["events"]]) == (207, [200, 404])
    none = admin.compute.post(path, json={"events": [lost]})
    assert (none.status_code, none.json()["events"][0]["code"]) == (207, 404)
    assert demo.compute.post(path, json={"events": [event]}).status_code == 403


def test_what_is_gone_is_told_from_what_never_was(demo):
    for path, status in (("/os-cells", 410), ("/os-fping", 410), ("/os-none", 404)):
        assert demo.compute.get(path).status_code == status
