"""Trunks: parents, subports, and what stands against them."""

import pytest


@pytest.fixture
def net(demo):
    network = demo.network.create_network(name="n")
    demo.network.create_subnet(network_id=network.id, cidr="10.9.0.0/24", ip_version=4)
    return network


@pytest.fixture
def port(demo, net):
    return lambda: demo.network.create_port(network_id=net.id).id


def vlan(port_id, number):
    return {"port_id": port_id, "segmentation_type": "vlan", "segmentation_id": number}


def refusal(response):
    return response.status_code, response.json()["NeutronError"]["type"]


def test_a_trunk_carries_its_subports(demo, port):
    parent, child, late = port(), port(), port()
    trunk = demo.network.create_trunk(name="t", port_id=parent, sub_ports=[vlan(child, 10)])
    demo.network.add_trunk_subports(trunk, [vlan(late, 11)])
    found = demo.network.get_trunk_subports(trunk)["sub_ports"]
    assert [one["segmentation_id"] for one in found] == [10, 11]
    details = demo.network.get_port(parent).trunk_details
    assert details["trunk_id"] == trunk.id and details["sub_ports"][0]["mac_address"].startswith("fa:16:3e")
    demo.network.delete_trunk_subports(trunk, [{"port_id": late}])
    assert refusal(demo.network.delete(f"/ports/{child}")) == (409, "PortInUseAsSubPort")
    assert refusal(demo.network.delete(f"/ports/{parent}")) == (409, "PortInUseAsTrunkParent")
    demo.network.delete_trunk(trunk)
    assert demo.network.delete(f"/ports/{child}").status_code == 204


def test_what_makes_no_trunk(demo, net, port):
    parent, child = port(), port()
    trunk = demo.network.create_trunk(port_id=parent, sub_ports=[vlan(child, 10)])

    def add(*subports):
        return refusal(demo.network.put(f"/trunks/{trunk.id}/add_subports", json={"sub_ports": list(subports)}))

    assert add(vlan(port(), 10)) == (409, "DuplicateSubPort")
    assert add(vlan(child, 12)) == (409, "TrunkPortInUse")
    assert add(vlan(parent, 12)) == (409, "ParentPortInUse")
    assert add(vlan(port(), 4095)) == (400, "InvalidInput")
    assert add({"port_id": port()}) == (400, "InvalidInput")
    assert add({"port_id": port(), "segmentation_type": "inherit"}) == (400, "InvalidInput")  # a VXLAN network
    again = demo.network.post("/trunks", json={"trunk": {"port_id": parent}})
    assert refusal(again) == (409, "ParentPortInUse")
    demo.network.update_trunk(trunk, is_admin_state_up=False)
    assert add(vlan(port(), 12)) == (409, "TrunkDisabled")


def test_subports_follow_a_server(demo, port):
    parent, child = port(), port()
    trunk = demo.network.create_trunk(port_id=parent, sub_ports=[vlan(child, 10)])
    assert demo.network.get_trunk(trunk.id).status == "DOWN"
    server = demo.create_server(
        "s", image="cirros", flavor="m1.tiny", nics=[{"port-id": parent}], wait=True, auto_ip=False
    )
    assert demo.network.get_trunk(trunk.id).status == "ACTIVE"
    found = demo.network.get_port(child)
    assert found.status == "ACTIVE" and found.device_owner == "trunk:subport"
    assert refusal(demo.network.delete(f"/trunks/{trunk.id}")) == (409, "TrunkInUse")
    demo.delete_server(server.id, wait=True)
    assert demo.network.get_trunk(trunk.id).status == "DOWN" and demo.network.get_port(child).status == "DOWN"


def test_a_trunk_is_its_projects_own(cloud, demo, port):
    trunk = demo.network.create_trunk(port_id=port())
    other = cloud.connect("alt_demo", "alt_demo").network
    assert refusal(other.get(f"/trunks/{trunk.id}")) == (404, "TrunkNotFound")
    assert other.get("/trunks").json() == {"trunks": []}
