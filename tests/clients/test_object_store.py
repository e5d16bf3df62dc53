"""openstacksdk, the openstack command and the object store, over a port."""

import hashlib
import http.client

import pytest
import requests
from openstack import exceptions


def test_a_container_and_an_object(demo):
    made = demo.object_store.create_container(name="box", metadata={"colour": "blue"})
    assert [one.name for one in demo.object_store.containers()] == ["box"]
    demo.object_store.set_container_metadata("box", colour="red")
    assert demo.object_store.get_container_metadata("box").metadata["colour"] == "red"
    demo.object_store.upload_object(container="box", name="note", data=b"hello", content_type="text/plain")
    assert demo.object_store.download_object("note", container="box") == b"hello"
    assert b"".join(demo.object_store.stream_object("note", container="box")) == b"hello"
    assert [(one.name, one.content_length) for one in demo.object_store.objects("box")] == [("note", 5)]
    demo.object_store.set_object_metadata("note", container="box", mood="calm")
    assert demo.object_store.get_object_metadata("note", container="box").metadata["mood"] == "calm"
    with pytest.raises(exceptions.ConflictException):
        demo.object_store.delete_container("box")
    demo.object_store.delete_object("note", container="box")
    demo.object_store.delete_container(made, ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        demo.object_store.get_container_metadata("box")


def test_the_account_counts(demo):
    demo.object_store.create_container(name="box")
    demo.create_object("box", "a", data=b"12345")
    account = demo.object_store.get_account_metadata()
    assert (account.account_container_count, account.account_object_count, account.account_bytes_used) == (1, 1, 5)


@pytest.mark.parametrize("slo", [True, False])
def test_a_file_goes_up_in_segments(demo, tmp_path, slo):
    path = tmp_path / "big"
    path.write_bytes(bytes(range(256)) * 12000)
    demo.create_container("box")
    demo.create_object("box", "big", filename=str(path), segment_size=2**20, use_slo=slo)
    shown = demo.object_store.get_object_metadata("big", container="box")
    assert demo.object_store.download_object("big", container="box") == path.read_bytes()
    assert (bool(shown.is_static_large_object), bool(shown.object_manifest)) == (slo, not slo)
    assert demo.delete_object("box", "big") is True
    # Only a static large object takes its segments along.
    assert (demo.list_objects("box") == []) == slo


def test_a_container_opens_to_all(demo):
    demo.create_container("box", public=True)
    demo.create_object("box", "note", data=b"hello")
    assert demo.get_container_access("box") == "public"
    assert requests.get(f"{demo.object_store.get_endpoint()}/box/note", timeout=10).text == "hello"
    demo.set_container_access("box", "private")
    assert requests.get(f"{demo.object_store.get_endpoint()}/box/note", timeout=10).status_code == 401


def test_a_temporary_url(demo):
    demo.create_container("box")
    demo.create_object("box", "note", data=b"hello")
    demo.object_store.set_account_temp_url_key("secret")
    endpoint = demo.object_store.get_endpoint()
    base, _, account = endpoint.partition("/v1/")
    signed = demo.object_store.generate_temp_url(f"/v1/{account}/box/note", 3600, "GET", temp_url_key="secret")
    assert requests.get(base + signed, timeout=10).text == "hello"


def test_each_project_has_its_own(admin, demo):
    demo.create_container("box")
    assert admin.list_containers() == []
    refused = admin.object_store.get(f"{demo.object_store.get_endpoint()}/box")
    assert refused.status_code == 403


def test_what_the_store_can(demo):
    info = demo.object_store.get_info()
    assert info.slo["max_manifest_segments"] == 1000 and info.swift["container_listing_limit"] == 10000


def test_an_object_without_a_length_is_refused(demo, port):
    demo.create_container("box")
    endpoint = demo.object_store.get_endpoint()
    host, _, path = endpoint.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.putrequest("PUT", f"/{path}/box/note")
    connection.putheader("X-Auth-Token", demo.auth_token)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (411, b"Missing Content-Length header.")
    connection.close()


def test_the_command(cli, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("hello")
    assert cli("container create box").code == 0
    made = cli(f"object create box {path} --name note -f json").json
    assert made[0]["etag"] == hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    assert [row["Name"] for row in cli("object list box -f json").json] == ["note"]
    assert cli("object show box note -f json").json["content-length"] == "5"
    assert cli(f"object save box note --file {tmp_path / 'again'}").code == 0
    assert (tmp_path / "again").read_text() == "hello"
    assert cli("object store account show -f json").json["Objects"] == "1"
    assert cli("container delete box").code != 0
    assert cli("container delete --recursive box").code == 0
    assert cli("container list -f json").json == []
