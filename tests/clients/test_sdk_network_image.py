"""openstacksdk and the network and image services, over a port."""

import hashlib

import pytest
from openstack import exceptions


def test_a_network_from_cable_to_the_outside(demo):
    network = demo.create_network("sky")
    subnet = demo.create_subnet("sky", cidr="10.9.0.0/24", subnet_name="low")
    router = demo.create_router("gate", ext_gateway_net_id=demo.get_network("public").id)
    assert router.external_gateway_info["network_id"] == demo.get_network("public").id
    made = demo.add_router_interface(router, subnet_id=subnet.id)
    assert made["subnet_id"] == subnet.id
    assert [one.fixed_ips[0]["ip_address"] for one in demo.list_router_interfaces(router, "internal")] == ["10.9.0.1"]
    assert {"sky", "private", "public"} <= {one.name for one in demo.list_networks()}
    with pytest.raises(exceptions.ConflictException):
        demo.delete_network("sky")
    demo.remove_router_interface(router, subnet_id=subnet.id)
    assert demo.delete_router("gate") and demo.delete_subnet("low") and demo.delete_network("sky")
    assert demo.get_network(network.id) is None


def test_security_groups(demo):
    group = demo.create_security_group("web", "ports")
    rule = demo.create_security_group_rule("web", port_range_min=80, port_range_max=80, protocol="tcp")
    assert rule.security_group_id == group.id
    assert {"default", "web"} == {one.name for one in demo.list_security_groups()}
    with pytest.raises(exceptions.ConflictException, match="already exists"):
        demo.create_security_group_rule("web", port_range_min=80, port_range_max=80, protocol="tcp")
    assert demo.delete_security_group_rule(rule.id) is True
    assert demo.update_security_group("web", description="doors").description == "doors"
    assert demo.delete_security_group("web") is True


def test_ports_and_floating_ips(demo):
    network = demo.get_network("private")
    port = demo.create_port(network.id, name="plug")
    assert [one.id for one in demo.list_ports({"name": "plug"})] == [port.id]
    floating = demo.create_floating_ip(network="public", fixed_address=None, port=port.id)
    assert floating.port_id == port.id and floating.router_id
    assert demo.delete_port("plug") is True
    assert demo.get_floating_ip(floating.id).port_id is None
    assert demo.delete_floating_ip(floating.id) is True


def test_networks_come_page_by_page(demo):
    for number in range(5):
        demo.create_network(f"n{number}")
    assert len([one for one in demo.network.networks(limit=2) if one.name.startswith("n")]) == 5


def test_tags_and_revisions(demo):
    network = demo.create_network("sky")
    demo.network.set_tags(network, ["blue", "high"])
    found = demo.network.get_network(network.id)
    assert found.tags == ["blue", "high"] and found.revision_number > network.revision_number
    assert [one.id for one in demo.network.networks(tags="blue,high")] == [network.id]
    with pytest.raises(exceptions.HttpException, match="current revision is"):
        demo.network.update_network(network.id, if_revision=1, name="sea")


def test_network_quotas(admin, demo):
    admin.set_network_quotas("demo", networks=1)
    assert admin.get_network_quotas("demo").networks == 1
    with pytest.raises(exceptions.ConflictException, match="Quota exceeded for resources"):
        demo.create_network("sky")
    admin.delete_network_quotas("demo")
    assert admin.get_network_quotas("demo").networks == 100


def test_an_external_network_takes_its_free_addresses_along(admin):
    outside = admin.create_network("outside", external=True)
    admin.create_subnet("outside", cidr="192.0.2.0/24", enable_dhcp=False)
    floating = admin.create_floating_ip(network="outside")
    assert admin.delete_network(outside.id) is True
    assert admin.get_floating_ip(floating.id) is None


def test_an_image_goes_up_and_comes_down(demo, tmp_path):
    data = tmp_path / "disk"
    data.write_bytes(bytes(range(256)) * 4096)
    image = demo.create_image("kite", filename=str(data), disk_format="raw", wait=True, wind="east")
    assert (image.status, image.size) == ("active", data.stat().st_size)
    assert image.hash_value == hashlib.sha512(data.read_bytes()).hexdigest()
    back = tmp_path / "back"
    demo.download_image("kite", output_path=str(back))
    assert back.read_bytes() == data.read_bytes()
    assert "kite" in {one.name for one in demo.list_images()}
    demo.update_image_properties(image=image, meta={"wind": "west"})
    assert demo.get_image("kite").properties["wind"] == "west"
    assert demo.delete_image("kite", wait=True) is True and demo.get_image("kite") is None


def test_an_image_is_switched_off_by_its_owner(demo):
    image = demo.image.create_image(name="kite", disk_format="raw", container_format="bare", data=b"x" * 10)
    demo.image.deactivate_image(image)
    assert demo.image.get_image(image.id).status == "deactivated"
    assert demo.image.get(f"/images/{image.id}/file").status_code == 403
    demo.image.reactivate_image(image)
    assert demo.image.download_image(image).content == b"x" * 10


def test_an_image_is_shared(admin, demo):
    image = demo.image.create_image(name="kite", disk_format="raw", container_format="bare", data=b"x")
    other = admin.get_project("alt_demo").id
    member = demo.image.add_member(image, member_id=other)
    assert member.status == "pending"
    assert [one.member_id for one in demo.image.members(image)] == [other]


def test_metadata_definitions(admin, demo):
    admin.image.create_metadef_namespace(namespace="wind", visibility="public")
    admin.image.create_metadef_object("wind", name="gust")
    assert [one.namespace for one in demo.image.metadef_namespaces()] == ["wind"]
    assert [one.name for one in demo.image.metadef_objects("wind")] == ["gust"]
    with pytest.raises(exceptions.ForbiddenException):
        demo.image.create_metadef_namespace(namespace="rain")
    admin.image.delete_metadef_namespace("wind")
    assert list(demo.image.metadef_namespaces()) == []


def test_what_a_project_would_lose_is_named_before(demo):
    from queue import Queue

    demo.create_network("sky")
    demo.create_security_group("web", "ports")
    found = Queue()
    demo.project_cleanup(dry_run=True, wait_timeout=30, status_queue=found)
    names = {found.get_nowait().name for _ in range(found.qsize())}
    assert {"sky", "web", "private"} <= names
    assert demo.get_network("sky") is not None
