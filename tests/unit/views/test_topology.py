"""The picture of a cloud's networks, and the text that says the same."""

from xml.etree import ElementTree

from kit.views import draw

NETWORKS = [
    {"id": "n1", "name": "front", "router:external": False},
    {"id": "n2", "name": "internet", "router:external": True},
]
ROUTERS = [{"id": "r", "name": "edge"}]
PORTS = [
    {"network_id": "n1", "device_id": "r", "fixed_ips": []},
    {"network_id": "n2", "device_id": "r", "fixed_ips": []},
    {"network_id": "n1", "device_id": "s1", "fixed_ips": [{"ip_address": "10.0.0.5"}]},
]


def servers(count=1, name="web"):
    return [{"id": f"s{number}", "name": f"{name}-{number}", "status": "ACTIVE"} for number in range(1, count + 1)]


def test_the_text_says_what_the_picture_shows():
    assert repr(draw(NETWORKS, PORTS, ROUTERS, servers())) == (
        "external network internet, router edge\nnetwork front, router edge\n  web-1  ACTIVE  10.0.0.5"
    )


def test_the_picture_is_svg_with_a_title_and_a_description():
    root = ElementTree.fromstring(draw(NETWORKS, PORTS, ROUTERS, servers())._repr_svg_())
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text and "web-1" in root.find(f"{space}desc").text


def test_names_cannot_break_the_picture():
    found = draw(NETWORKS, PORTS, ROUTERS, servers(name="<script>&"))._repr_svg_()
    assert "<script>" not in found
    ElementTree.fromstring(found)


def test_a_crowd_is_counted_not_drawn():
    ports = [{"network_id": "n1", "device_id": f"s{n}", "fixed_ips": []} for n in range(1, 41)]
    assert "and 26 more" in draw(NETWORKS, ports, ROUTERS, servers(40))._repr_svg_()


def test_no_networks_are_said():
    assert repr(draw([], [], [], [])) == "no networks"
