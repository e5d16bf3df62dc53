"""Long lists of servers are kept as text, and always say what is."""

import pytest

from kit.cloud.compute import serverlist


def shown(conn, version="2.100", **query):
    return conn.compute.get("/servers/detail", params=query, microversion=version).json()


def boot(conn, name, **more):
    return conn.create_server(
        name, image="cirros", flavor="m1.tiny", network="private", auto_ip=False, wait=True, **more
    )


@pytest.fixture(autouse=True)
def afresh():
    serverlist._texts.clear()


@pytest.mark.parametrize("version", ["2.1", "2.26", "2.79", "2.100"])
@pytest.mark.parametrize("who", ["demo", "admin"])
def test_a_list_says_the_same_as_its_servers(request, demo, who, version):
    conn = request.getfixturevalue(who)
    ids = [boot(conn, name).id for name in "ab"] if who == "demo" else [boot(demo, name).id for name in "ab"]
    query = {"all_tenants": "True"} if who == "admin" else {}
    for _ in range(2):  # made, and kept
        for listed in shown(conn, version, **query)["servers"]:
            single = conn.compute.get(f"/servers/{listed['id']}", microversion=version).json()["server"]
            single.pop("server_groups", None)
            assert listed == single and listed["id"] in ids
    assert len(serverlist._texts) >= 2


def test_whatever_changes_is_seen_at_once(cloud, admin, demo):
    server = boot(demo, "a")

    def one():
        return shown(demo)["servers"][0]

    assert one()["status"] == "ACTIVE"
    demo.compute.update_server(server.id, name="b")
    assert one()["name"] == "b"
    demo.compute.set_server_metadata(server, k="v")
    assert one()["metadata"] == {"k": "v"}
    demo.network.update_network(demo.network.find_network("private"), name="renamed")
    assert list(one()["addresses"]) == ["renamed"]
    group = demo.create_security_group("web", "")
    demo.compute.add_security_group_to_server(server, group)
    assert {"name": "web"} in one()["security_groups"]
    demo.update_security_group(group.id, name="www")
    assert {"name": "www"} in one()["security_groups"]
    floating = demo.create_floating_ip("public", server=server, wait=False)
    assert floating.floating_ip_address in str(one()["addresses"])
    volume = demo.create_volume(1, wait=True)
    demo.attach_volume(server, volume, wait=True)
    assert [v["id"] for v in one()["os-extended-volumes:volumes_attached"]] == [volume.id]
    admin.image.update_image(admin.get_image("cirros").id, os_distro="moon")
    assert one()["image"]["properties"] == {"hw_rng_model": "virtio"}  # what the server has kept of it


def test_an_operator_sees_a_host_die(cloud, admin, demo):
    boot(demo, "a")
    assert shown(admin, all_tenants="1")["servers"][0]["host_status"] == "UP"
    cloud.faults.add(host="compute-1")
    assert shown(admin, all_tenants="1")["servers"][0]["host_status"] == "DOWN"


def test_pages_follow_each_other(demo):
    ids = [boot(demo, name).id for name in "abc"][::-1]
    first = shown(demo, limit=2)
    assert [one["id"] for one in first["servers"]] == ids[:2]
    assert f"marker={ids[1]}" in first["servers_links"][0]["href"]
    assert [one["id"] for one in shown(demo, limit=2, marker=ids[1])["servers"]] == ids[2:]
    assert demo.compute.get("/servers/detail", params={"marker": "none"}).status_code == 400


def test_a_deleted_server_is_gone_from_the_list_and_from_the_quota(demo):
    server = boot(demo, "a")
    assert demo.get_compute_limits().total_instances_used == 1
    demo.compute.resize_server(server, demo.get_flavor("m1.medium").id)
    demo.compute.wait_for_server(server, status="VERIFY_RESIZE")
    assert demo.get_compute_limits().total_cores_used == demo.get_flavor("m1.medium").vcpus
    demo.compute.revert_server_resize(server)
    demo.compute.wait_for_server(server)
    assert demo.get_compute_limits().total_ram_used == demo.get_flavor("m1.tiny").ram
    demo.delete_server(server.id, wait=True)
    assert shown(demo)["servers"] == [] and demo.get_compute_limits().total_cores_used == 0


def test_a_quota_counts_servers_of_an_older_store(cloud, demo):
    server = boot(demo, "a")
    with cloud.write() as tx:
        from kit.cloud.compute.models import servers

        tx.update(servers, server.id, vcpus=None, ram=None)
    assert demo.get_compute_limits().total_ram_used == demo.get_flavor("m1.tiny").ram


def test_a_snapshot_of_an_attached_volume_is_taken_through_its_server(admin, demo):
    server, volume = boot(demo, "a"), demo.create_volume(1, wait=True)
    info = {"snapshot_id": "s", "type": "qcow2", "new_file": "f", "id": "i"}
    body = {"snapshot": {"volume_id": volume.id, "create_info": info}}
    path = "/os-assisted-volume-snapshots"
    assert demo.compute.post(path, json=body).status_code == 403
    assert "No volume Block Device Mapping" in admin.compute.post(path, json=body).json()["badRequest"]["message"]
    demo.attach_volume(server, volume, wait=True)
    assert admin.compute.post(path, json=body).json() == {"snapshot": {"id": "i", "volumeId": volume.id}}
    assert admin.compute.delete(f"{path}/s").status_code == 400
    deleted = admin.compute.delete(f"{path}/s", params={"delete_info": f'{{"volume_id": "{volume.id}"}}'})
    assert deleted.status_code == 204
