"""The hosts of a cloud, read from Nova and Placement, and asked of the engine as of the cloud itself."""

import pytest

from kit.cloud import Cloud
from kit.scheduling import Flavor, Request, Scheduler, SourceError, read_hosts

SEED = {
    "clock": "manual",
    "hosts": [
        {"name": "c1", "vcpus": 4, "memory_mb": 8192, "local_gb": 100},
        {"name": "c2", "vcpus": 8, "memory_mb": 4096, "local_gb": 100},
        {"name": "c3", "vcpus": 8, "memory_mb": 65536, "local_gb": 100},
    ],
    "flavors": [{"name": "small", "vcpus": 2, "ram": 2048, "disk": 10}, {"name": "large", "vcpus": 2, "ram": 7000, "disk": 10}],
    "images": [{"name": "i"}],
    "servers": [{"name": "web", "flavor": "small", "image": "i", "networks": [], "host": "c1"}],
}  # fmt: skip


@pytest.fixture
def cloud():
    return Cloud.from_seed(SEED)


@pytest.fixture
def conn(cloud):
    return cloud.connect("admin", "admin")


def test_a_host_has_what_nova_and_placement_tell_of_it(conn):
    aggregate = conn.compute.create_aggregate(name="fast")
    conn.compute.add_host_to_aggregate(aggregate, "c1")
    conn.compute.set_aggregate_metadata(aggregate, {"ssd": "true"})
    first, second, _ = sorted(read_hosts(conn), key=lambda host: host.name)
    assert (first.vcpus, first.memory_mb, first.local_gb) == (4, 8192, 100)
    assert (first.instance_vcpus, first.instance_memory_mb, first.instance_disk_mb) == (2, 2048, 10 * 1024)
    assert first.num_instances == len(first.instances) == 1 and first.aggregates[0].metadata == {"ssd": "true"}
    assert second.instance_memory_mb == 0 and not second.aggregates and second.service.up and second.traits


def test_the_engine_decides_as_the_cloud_and_says_why(cloud, conn):
    service = next(row for row in conn.compute.services() if row.host == "c3")
    conn.compute.disable_service(service, "c3", "nova-compute", "maintenance")
    hosts = read_hosts(conn)
    decision = Scheduler(hosts).select(Request(flavor=Flavor(vcpus=2, memory_mb=7000, root_gb=10)))
    assert not decision.ok and "asks 7000 MB" in decision.why_not("c1") and "asks 7000 MB" in decision.why_not("c2")
    assert "disabled" in decision.why_not("c3").lower()
    server = conn.compute.create_server(
        name="big",
        flavor_id=conn.compute.find_flavor("large").id,
        image_id=conn.image.find_image("i").id,
        networks="none",
    )
    cloud.clock.advance(60)
    assert conn.compute.get_server(server.id).status == "ERROR"


def test_a_user_who_may_not_look_is_told_so():
    with pytest.raises(SourceError, match="refuses to show /os-"):
        read_hosts(Cloud.from_seed("devstack").connect("demo", "demo"))
