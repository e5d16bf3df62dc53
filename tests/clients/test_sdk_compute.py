"""openstacksdk and the compute service, over a port."""

import pytest
from openstack import exceptions


@pytest.fixture
def server(demo):
    """A server of demo's, running."""
    return demo.create_server("kite", image="cirros", flavor="m1.tiny", network="private", auto_ip=False, wait=True)


def reach(conn, server, status):
    """Wait until the server has a status."""
    return conn.compute.wait_for_server(conn.compute.get_server(server.id), status=status, interval=2, wait=120)


def test_a_server_gets_an_address_of_its_own_outside(demo):
    server = demo.create_server("kite", image="cirros", flavor="m1.tiny", network="private", wait=True, auto_ip=True)
    server = demo.get_server("kite")
    assert server.status == "ACTIVE" and server.public_v4.startswith("172.24.4.")
    assert server.private_v4.startswith("10.0.0.")


def test_a_server_is_found_by_name_and_by_id(demo, server):
    assert demo.get_server("kite").id == demo.get_server(server.id).id == server.id
    assert demo.compute.find_server("kite").id == server.id
    assert demo.get_server("none") is None
    with pytest.raises(exceptions.NotFoundException):
        demo.compute.find_server("none", ignore_missing=False)


def test_servers_are_listed_with_their_addresses(demo, server):
    assert [(one.name, one.status) for one in demo.list_servers()] == [("kite", "ACTIVE")]
    assert [one.name for one in demo.compute.servers(details=False)] == ["kite"]
    assert [one.id for one in demo.compute.servers(name="kit")] == [server.id]
    assert [one.id for one in demo.search_servers(filters={"status": "SHUTOFF"})] == []


def test_many_servers_come_page_by_page(demo):
    demo.compute.create_server(
        name="k", image_id=demo.get_image("cirros").id, flavor_id="1", networks="none", min_count=5, max_count=5
    )
    assert len(list(demo.compute.servers(limit=2))) == 5


def test_stop_start_and_reboot(demo, server):
    demo.compute.stop_server(server)
    reach(demo, server, "SHUTOFF")
    demo.compute.start_server(server)
    reach(demo, server, "ACTIVE")
    demo.compute.reboot_server(server, "HARD")
    assert demo.compute.get_server(server.id).status in ("HARD_REBOOT", "ACTIVE")
    reach(demo, server, "ACTIVE")


def test_resize_and_confirm(demo, server):
    demo.compute.resize_server(server, demo.get_flavor("m1.small").id)
    reach(demo, server, "VERIFY_RESIZE")
    demo.compute.confirm_server_resize(server)
    assert demo.compute.get_server(server.id).flavor.original_name == "m1.small"


def test_what_is_written_on_a_server(demo, server):
    demo.set_server_metadata("kite", {"wind": "east", "sea": "calm"})
    demo.delete_server_metadata("kite", ["sea"])
    assert demo.compute.get_server(server.id).metadata == {"wind": "east"}
    demo.compute.add_tag_to_server(demo.compute.get_server(server.id), "tall")
    assert demo.compute.get_server(server.id).tags == ["tall"]
    demo.update_server(server.id, name="hawk")
    assert demo.get_server("hawk").id == server.id


def test_the_console_and_its_log(demo, server):
    assert "login:" in demo.get_server_console(server)
    assert demo.compute.create_server_remote_console(server, protocol="vnc", type="novnc").url.startswith("http")


def test_a_snapshot_becomes_an_image(demo, server):
    image = demo.create_image_snapshot("kept", server, wait=True)
    assert demo.get_image("kept").status == image.status == "active"


def test_an_address_is_put_on_and_taken_off(demo, server):
    demo.add_auto_ip(server, wait=True)
    floating = demo.list_floating_ips()[0]
    assert floating.floating_ip_address in str(demo.get_server(server.id).addresses)
    assert demo.detach_ip_from_server(server.id, floating.id) is True
    assert demo.available_floating_ip().id == floating.id


def test_an_interface_comes_and_goes(demo, server):
    made = demo.compute.create_server_interface(server, net_id=demo.get_network("private").id)
    assert len(list(demo.compute.server_interfaces(server))) == 2
    demo.compute.delete_server_interface(made, server)
    assert len(list(demo.compute.server_interfaces(server))) == 1


def test_a_deleted_server_leaves_nothing(demo, server):
    demo.add_auto_ip(server, wait=True)
    assert demo.delete_server("kite", wait=True, delete_ips=True) is True
    assert demo.list_servers() == [] and demo.list_floating_ips() == []
    assert [port for port in demo.list_ports() if port.device_id == server.id] == []
    assert demo.delete_server("kite") is False


def test_what_was_done_is_on_record(demo, server):
    assert [one.action for one in demo.compute.server_actions(server)] == ["create"]


def test_key_pairs(demo):
    made = demo.create_keypair("kite")
    assert "PRIVATE KEY" in made.private_key
    assert [one.name for one in demo.list_keypairs()] == ["kite"]
    assert demo.get_keypair("kite").fingerprint == made.fingerprint
    again = demo.create_keypair("hawk", public_key=made.public_key)
    assert again.fingerprint == made.fingerprint and again.private_key is None
    assert demo.delete_keypair("kite") is True and demo.delete_keypair("kite") is False
    with pytest.raises(exceptions.BadRequestException, match="failed to generate fingerprint"):
        demo.create_keypair("owl", public_key="ssh-rsa none")


def test_flavors(admin, demo):
    assert demo.get_flavor("m1.tiny").ram == 512
    assert demo.get_flavor_by_ram(600).name == "m1.small"
    made = admin.create_flavor("tall", ram=256, vcpus=1, disk=1)
    admin.set_flavor_specs(made.id, {"wind": "east"})
    assert demo.get_flavor("tall").extra_specs == {"wind": "east"}
    admin.unset_flavor_specs(made.id, ["wind"])
    assert admin.delete_flavor("tall") is True and demo.get_flavor("tall") is None


def test_server_groups_and_aggregates(admin, demo):
    group = demo.create_server_group("apart", policy="anti-affinity")
    assert demo.get_server_group("apart").id == group.id
    assert demo.delete_server_group("apart") is True
    host = admin.list_hypervisors()[0].name
    made = admin.create_aggregate("fast", availability_zone="upper")
    admin.add_host_to_aggregate("fast", host)
    assert admin.get_aggregate("fast").hosts == [host] and "upper" in demo.list_availability_zone_names()
    admin.remove_host_from_aggregate("fast", host)
    assert admin.delete_aggregate(made.id) is True


def test_quotas_limits_and_usage(admin, demo, server):
    admin.set_compute_quotas("demo", instances=3)
    assert admin.get_compute_quotas("demo").instances == 3
    limits = demo.get_compute_limits()
    assert (limits.instances, limits.instances_used) == (3, 1)
    admin.delete_compute_quotas("demo")
    assert admin.get_compute_quotas("demo").instances == 10
    assert admin.get_compute_usage("demo").project_id == demo.current_project_id


def test_hosts(admin):
    names = [one.name for one in admin.list_hypervisors()]
    assert names and admin.compute.find_hypervisor(names[0]).state == "up"
    assert {one.binary for one in admin.compute.services()} >= {"nova-compute", "nova-scheduler", "nova-conductor"}


def test_an_old_clients_addresses(demo, server):
    """Before 2.36 and 2.44 Nova itself gave floating IPs out, and clients of that age still ask it."""
    compute = demo.compute
    pools = compute.get("/os-floating-ip-pools", microversion="2.1").json()["floating_ip_pools"]
    assert [pool["name"] for pool in pools] == ["public"]
    made = compute.post("/os-floating-ips", json={"pool": "public"}, microversion="2.1").json()["floating_ip"]
    action = {"addFloatingIp": {"address": made["ip"]}}
    assert compute.post(f"/servers/{server.id}/action", json=action, microversion="2.1").status_code == 202
    assert made["ip"] in str(compute.get_server(server.id).addresses)
    assert compute.get("/os-floating-ips", microversion="2.36").status_code == 404
    refused = compute.post(f"/servers/{server.id}/action", json=action, microversion="2.44")
    assert refused.json()["itemNotFound"]["message"] == "The resource could not be found."
