"""A server's life, and what Nova refuses."""

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
