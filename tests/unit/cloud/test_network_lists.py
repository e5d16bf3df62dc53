"""Lists of the network service: markers, filters, sorting, and the format in a path."""

from unittest.mock import ANY

import pytest


def test_a_marker_counts_with_a_limit_only(admin, demo):
    admin.network.create_flavor(name="f", service_type="L3_ROUTER_NAT")
    for name in ("a", "b"):
        demo.network.create_router(name=name)
    nowhere = "00000000-0000-4000-8000-000000000000"

    def ask(path, **query):
        return demo.network.get(path, params=query)

    assert len(ask("/routers", marker=nowhere).json()["routers"]) == 3
    for path, type in (("/routers", "RouterNotFound"), ("/networks", "NetworkNotFound"), ("/ports", "PortNotFound")):
        answer = ask(path, marker=nowhere, limit=1)
        assert (answer.status_code, answer.json()["NeutronError"]["type"]) == (404, type)
    first = ask("/security-group-rules", limit=1).json()["security_group_rules"]
    assert first and ask("/security-group-rules", limit=1, marker=nowhere).json()["security_group_rules"] == first
    assert ask("/flavors", limit=1, marker=nowhere).json() == {"flavors": [], "flavors_links": ANY}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("limit=x", "Bad limit request: Limit must be an integer 0 or greater and not 'x'."),
        ("limit=", "Bad limit request: Limit must be an integer 0 or greater and not ''."),
        ("shared=x", "Invalid input for operation: 'x' cannot be converted to boolean."),
        ("admin_state_up=x", "Invalid input for operation: 'x' cannot be converted to boolean."),
        ("sort_key=name", "The number of sort_keys and sort_dirs must be same"),
        ("sort_key=created_at&sort_dir=asc", "['created_at'] is invalid attribute for sort_keys"),
        ("sort_key=name&sort_dir=up", "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'"),
        ("dns_domain=x&size=1", "['dns_domain', 'size'] is invalid attribute for filtering"),
    ],
)
def test_a_list_refuses_what_it_cannot_be_cut_sorted_or_filtered_by(demo, query, text):
    answer = demo.network.get(f"/networks?{query}")
    assert (answer.status_code, answer.json()["NeutronError"]["message"]) == (400, text)


def test_a_path_may_name_its_format(demo):
    assert demo.network.get("/networks.json").json() == demo.network.get("/networks").json()
    details = demo.network.get(f"/quotas/{demo.current_project_id}/details.json")
    assert details.status_code == 200 and "network" in details.json()["quota"]


def test_subnets_are_filtered_by_what_their_network_is(admin):
    assert admin.network.get("/subnets", params={"shared": "x"}).status_code == 400
    assert all(admin.network.get("/subnets", params={"shared": word}).ok for word in ("true", " False ", "1"))
