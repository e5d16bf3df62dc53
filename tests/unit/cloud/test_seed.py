"""Seeds: what is wrong is told with its place."""

import pytest

from kit.cloud import Cloud
from kit.errors import SeedError


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("servers:\n  - name: a\n    flavour: x\n", "cloud.yaml:3: servers[0].flavour", "unknown field"),
        ("projects: [{name: 3}]\n", "cloud.yaml:1: projects[0].name", "not text"),
        ("flavors: [\n", "cloud.yaml:2", "not YAML"),
        ("servers: [{name: a, flavor: nosuch, image: i}]\n", "servers[0].flavor", "no flavor"),
        ("volumes: [{name: v, size: 1, server: nosuch}]\n", "volumes[0].server", "no server"),
        ("volumes: [{name: v, size: 1, type: nosuch}]\n", "volumes[0]", "nosuch"),
        (
            "volume_types: [{name: t, extra_specs: {no: such}}]\nvolumes: [{name: v, size: 1, type: t}]\n",
            "volumes[0]",
            "does not come to available",
        ),
        ("networks: [{name: n, subnets: [{cidr: 10.0.0.0/24}, {cidr: 10.0.0.0/25}]}]\n", "subnets[1]", "overlaps"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, where, what):
    file = tmp_path / "cloud.yaml"
    file.write_text(text)
    with pytest.raises(SeedError) as caught:
        Cloud.from_seed(file)
    assert where in caught.value.where and what in caught.value.what


def test_servers_come_to_the_states_asked_for():
    states = ["ACTIVE", "BUILD", "ERROR", "PAUSED", "SHELVED_OFFLOADED", "SHUTOFF", "SUSPENDED"]
    seed = {
        "flavors": [{"name": "f", "vcpus": 1, "ram": 512, "disk": 1}], "images": [{"name": "i"}],
        "servers": [{"name": state.lower(), "flavor": "f", "image": "i", "networks": [], "state": state} for state in states],
    }  # fmt: skip
    cloud = Cloud.from_seed(seed)
    cloud.clock.tick = 0  # a look takes no time, so that BUILD is still seen
    conn = cloud.connect()
    assert {server.name: server.status for server in conn.compute.servers()} == {
        state.lower(): state for state in states
    }


def test_volumes_come_with_their_types_snapshots_servers_and_states():
    seed = {
        "projects": [{"name": "p"}], "users": [{"name": "u", "roles": {"p": "member"}}],
        "flavors": [{"name": "f", "vcpus": 1, "ram": 512, "disk": 1}], "images": [{"name": "i"}],
        "quotas": [{"project": "p", "volume": {"volumes": 7}}],
        "volume_types": [{"name": "fast", "extra_specs": {"fast:iops": 9}, "projects": ["p"]}],
        "servers": [{"name": "s", "user": "u", "flavor": "f", "image": "i", "networks": []}],
        "volumes": [
            {"name": "data", "size": 2, "user": "u", "type": "fast", "server": "s", "metadata": {"k": 1}},
            {"name": "root", "size": 1, "user": "u", "image": "i", "snapshots": [{"name": "then"}]},
            {"name": "stuck", "size": 1, "user": "u", "state": "error_deleting"},
        ],
    }  # fmt: skip
    cloud = Cloud.from_seed(seed)
    conn = cloud.connect("u", "p")
    found = {volume.name: volume for volume in conn.block_storage.volumes()}
    assert {name: volume.status for name, volume in found.items()} == {
        "data": "in-use", "root": "available", "stuck": "error_deleting",
    }  # fmt: skip
    assert (found["data"].volume_type, found["data"].metadata, found["root"].is_bootable) == ("fast", {"k": "1"}, True)
    assert [one.name for one in conn.block_storage.snapshots()] == ["then"]
    assert [one.device for one in conn.compute.volume_attachments(conn.compute.find_server("s"))] == ["/dev/vdb"]
    assert cloud.connect().get_volume_quotas("p").volumes == 7


def test_growing_leaves_no_call_in_the_record():
    assert len(Cloud.from_seed("devstack").exchanges) == 0


def test_a_cloud_grown_twice_is_the_same_twice():
    one, two = (Cloud.from_seed("devstack", random_seed=3, clock="manual") for _ in range(2))
    assert one.snapshot() == two.snapshot()


def test_a_subnet_is_cut_from_a_pool_of_the_seed():
    plan = {
        "subnet_pools": [{"name": "p", "prefixes": ["10.0.0.0/16"], "default_prefixlen": 24, "default": True}],
        "networks": [{"name": "n", "subnets": [{"cidr": "10.0.1.0/24", "subnet_pool": "p"}]}],
    }
    conn = Cloud.from_seed(plan).connect()
    pool = next(conn.network.subnet_pools(is_default=True))
    assert [subnet.subnet_pool_id for subnet in conn.network.subnets()] == [pool.id]
    plan["networks"][0]["subnets"][0]["subnet_pool"] = "q"
    with pytest.raises(SeedError, match=r"networks.*subnet_pool.*no subnet pool 'q'"):
        Cloud.from_seed(plan)
