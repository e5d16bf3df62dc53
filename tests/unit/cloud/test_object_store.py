"""The object store: accounts, containers, objects small and large, and who may see them."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session


class Store:
    """A user's way to an account, in plain HTTP."""

    def __init__(self, cloud: Cloud, user: str, project: str, account: str | None = None) -> None:
        conn = cloud.connect(user, project)
        self.token, self.project_id = conn.auth_token, conn.current_project_id
        self.account = account or f"AUTH_{self.project_id}"
        self.url = f"{BASE_URL}/object-store/v1/{self.account}"
        self.http = session(cloud)

    def __call__(
        self, method: str, path: str = "", data: bytes | str = b"", token: bool = True, **headers: str
    ) -> requests.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"X-Auth-Token": self.token or ""} if token else {}
        return self.http.request(method, self.url + path, data=data, headers=given)

    def names(self, query: str = "") -> list[str]:
        return self("GET", f"/c{query}").text.splitlines()


@pytest.fixture
def store(cloud: Cloud) -> Store:
    made = Store(cloud, "demo", "demo")
    made("PUT", "/c")
    return made


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


# Accounts and containers


def test_an_account_counts_what_is_in_it(store: Store) -> None:
    store("PUT", "/c/o", b"12345")
    store("PUT", "/d")
    headers = store("HEAD").headers
    assert [headers[f"X-Account-{name}"] for name in ("Container-Count", "Object-Count", "Bytes-Used")] == [
        "2",
        "1",
        "5",
    ]
    assert store("GET").text == "c\nd\n"
    assert [row["name"] for row in store("GET", "?format=json").json()] == ["c", "d"]
    assert store("POST", X_Account_Meta_Colour="blue").status_code == 204
    assert store("HEAD").headers["X-Account-Meta-Colour"] == "blue"
    store("POST", X_Remove_Account_Meta_Colour="x")
    assert "X-Account-Meta-Colour" not in store("HEAD").headers


def test_a_container_is_made_described_and_removed_when_empty(store: Store) -> None:
    assert store("PUT", "/n", X_Container_Meta_A="1").status_code == 201
    assert store("PUT", "/n", X_Container_Meta_B="2").status_code == 202
    headers = store("HEAD", "/n").headers
    assert (headers["X-Container-Meta-A"], headers["X-Container-Meta-B"]) == ("1", "2")
    store("PUT", "/n/o", b"x")
    refused = store("DELETE", "/n")
    assert refused.status_code == 409
    assert refused.text == (
        "<html><h1>Conflict</h1><p>There was a conflict when trying to complete your request.</p></html>"
    )
    store("DELETE", "/n/o")
    assert store("DELETE", "/n").status_code == 204
    assert store("GET", "/n").status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["a", "b/1", "b/2", "b/c/3", "d"]), ("?limit=2", ["a", "b/1"]), ("?marker=b/1", ["b/2", "b/c/3", "d"]),
        ("?end_marker=b/2", ["a", "b/1"]), ("?prefix=b/", ["b/1", "b/2", "b/c/3"]), ("?delimiter=/", ["a", "b/", "d"]),
        ("?prefix=b/&delimiter=/", ["b/1", "b/2", "b/c/"]), ("?reverse=true&limit=2", ["d", "b/c/3"]),
        ("?reverse=true&delimiter=/", ["d", "b/", "a"]), ("?path=b", ["b/1", "b/2"]), ("?marker=z", []),
    ],
)  # fmt: skip
def test_a_listing_is_cut_as_asked(store: Store, query: str, names: list[str]) -> None:
    for name in ("d", "b/c/3", "a", "b/2", "b/1"):
        store("PUT", f"/c/{name}", b"x")
    assert store.names(query) == names


def test_a_listing_has_three_forms(store: Store) -> None:
    assert store("GET", "/c").status_code == 204
    store("PUT", "/c/x/o", b"hi", Content_Type="text/x")
    store("PUT", "/c/p", b"hi", Content_Type="text/x")
    found = store("GET", "/c?format=json&delimiter=/").json()
    assert found[0]["hash"] == md5(b"hi") and found[0]["bytes"] == 2 and found[0]["content_type"] == "text/x"
    assert found[1] == {"subdir": "x/"}
    assert '<subdir name="x/"><name>x/</name></subdir>' in store("GET", "/c?format=xml&delimiter=/").text
    assert store("GET", "/c", Accept="application/json").json()[0]["name"] == "p"
    assert store("GET", "/c?limit=10001").status_code == 412


# Objects


def test_an_object_goes_up_and_comes_down(store: Store) -> None:
    answer = store("PUT", "/c/o.txt", b"hello", X_Object_Meta_Colour="red")
    assert (answer.status_code, answer.headers["Etag"]) == (201, md5(b"hello"))
    answer = store("GET", "/c/o.txt")
    assert answer.content == b"hello" and answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["X-Object-Meta-Colour"] == "red"
    head = store("HEAD", "/c/o.txt")
    assert head.headers["Content-Length"] == "5" and head.content == b""


def test_a_large_object_is_kept_in_parts(store: Store) -> None:
    data = b"".join(number.to_bytes(4, "big") for number in range(2_500_000))
    store("PUT", "/c/big", data)
    assert store("GET", "/c/big").content == data
    assert store("GET", "/c/big", Range="bytes=4194300-4194310").content == data[4194300:4194311]


def test_describing_an_object_forgets_what_was_said_before(store: Store) -> None:
    store("PUT", "/c/o", b"x", X_Object_Meta_A="1", Content_Type="text/a")
    assert store("POST", "/c/o", X_Object_Meta_B="2").status_code == 202
    headers = store("HEAD", "/c/o").headers
    assert "X-Object-Meta-A" not in headers and headers["X-Object-Meta-B"] == "2"
    assert headers["Content-Type"] == "text/a"


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=0-4", 206, b"01234"), ("bytes=7-", 206, b"789"), ("bytes=-2", 206, b"89"), ("bytes=5-99", 206, b"56789"),
        ("bytes=10-", 416, None), ("bytes=5-2", 200, b"0123456789"), ("lines=1-2", 200, b"0123456789"),
    ],
)  # fmt: skip
def test_a_range_gives_a_part(store: Store, wanted: str, status: int, content: bytes | None) -> None:
    store("PUT", "/c/o", b"0123456789")
    answer = store("GET", "/c/o", Range=wanted)
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content


def test_several_ranges_come_in_one_answer(store: Store) -> None:
    store("PUT", "/c/o", b"0123456789")
    answer = store("GET", "/c/o", Range="bytes=0-1,8-9")
    assert answer.headers["Content-Type"].startswith("multipart/byteranges;boundary=")
    assert b"Content-Range: bytes 8-9/10\r\n\r\n89\r\n" in answer.content


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", md5(b"x"), 304), ("If-None-Match", "other", 200), ("If-Match", "other", 412),
        ("If-Match", md5(b"x"), 200), ("If-Modified-Since", "Wed, 25 Nov 2099 22:16:39 GMT", 304),
        ("If-Unmodified-Since", "Wed, 25 Nov 2009 22:16:39 GMT", 412),
    ],
)  # fmt: skip
def test_conditions_decide(store: Store, header: str, value: str, status: int) -> None:
    store("PUT", "/c/o", b"x")
    assert store("GET", "/c/o", **{header: value}).status_code == status


def test_what_cannot_be_kept_is_refused(store: Store) -> None:
    assert store("PUT", "/none/o", b"x").status_code == 404
    assert store("PUT", "/c/o", b"x", ETag="0" * 32).status_code == 422
    store("PUT", "/c/o", b"x")
    assert store("PUT", "/c/o", b"y", If_None_Match="*").status_code == 412
    assert store("PUT", f"/c/{'n' * 1025}", b"x").text == "Object name length of 1025 longer than 1024"
    assert store("PUT", f"/{'n' * 257}").text == "Container name length of 257 longer than 256"
    assert store("PUT", "/c/o", b"x", X_Object_Meta_A="v" * 257).status_code == 400
    assert store("PUT", "/q", X_Container_Meta_Quota_Bytes="3").status_code == 201
    assert store("PUT", "/q/o", b"1234").text == "Upload exceeds quota."


def test_a_name_may_end_with_a_slash(store: Store) -> None:
    store("PUT", "/c/dir/", b"", Content_Type="application/directory")
    assert store("GET", "/c/dir/").status_code == 200
    assert store("GET", "/c/dir").status_code == 404
    assert store.names() == ["dir/"]


def test_an_object_goes_when_its_time_has_come(cloud: Cloud, store: Store) -> None:
    store("PUT", "/c/o", b"x", X_Delete_After="100")
    store("PUT", "/c/kept", b"x", X_Delete_After="100")
    store("POST", "/c/kept", X_Object_Meta_A="1")  # describes it anew: the end is forgotten, too
    assert int(store("HEAD", "/c/o").headers["X-Delete-At"]) > 0
    cloud.clock.advance(101)
    assert store("GET", "/c/o").status_code == 404
    assert store.names() == ["kept"]
    assert store("HEAD", "/c").headers["X-Container-Object-Count"] == "1"
    assert store("PUT", "/c/o", b"x", X_Delete_At="1").text == "X-Delete-At in past"
    assert store("PUT", "/c/o", b"x", X_Delete_After="soon").text == "Non-integer X-Delete-After"


def test_objects_are_copied(store: Store) -> None:
    store("PUT", "/c/o", b"x", X_Object_Meta_A="1")
    answer = store("COPY", "/c/o", Destination="c/p")
    assert (answer.status_code, answer.headers["X-Copied-From"]) == (201, "c/o")
    assert store("PUT", "/c/q", X_Copy_From="/c/o", X_Fresh_Metadata="true").status_code == 201
    assert store("HEAD", "/c/p").headers["X-Object-Meta-A"] == "1"
    assert "X-Object-Meta-A" not in store("HEAD", "/c/q").headers
    assert store("COPY", "/c/o").status_code == 412
    assert store("COPY", "/c/o", Destination="c").status_code == 412
    assert store("COPY", "/c/none", Destination="c/p").status_code == 404


# Large objects


def test_a_dynamic_large_object_is_what_begins_so(store: Store) -> None:
    for number in range(3):
        store("PUT", f"/c/seg-{number}", f"part{number}.".encode())
    store("PUT", "/c/whole", b"", X_Object_Manifest="c/seg-")
    answer = store("GET", "/c/whole")
    assert answer.content == b"part0.part1.part2."
    etags = "".join(md5(f"part{number}.".encode()) for number in range(3))
    assert answer.headers["Etag"] == f'"{md5(etags.encode())}"'
    assert store("GET", "/c/whole", Range="bytes=4-7").content == b"0.pa"
    store("PUT", "/c/seg-3", b"part3.")
    assert store("HEAD", "/c/whole").headers["Content-Length"] == "24"


def test_a_static_large_object_is_what_its_manifest_lists(store: Store) -> None:
    parts = [b"first.", b"second."]
    for number, part in enumerate(parts):
        store("PUT", f"/c/s{number}", part)
    manifest = [
        {"path": f"/c/s{number}", "etag": md5(part), "size_bytes": len(part)} for number, part in enumerate(parts)
    ]
    answer = store("PUT", "/c/whole?multipart-manifest=put", json.dumps(manifest))
    assert answer.status_code == 201
    answer = store("GET", "/c/whole")
    assert answer.content == b"first.second." and answer.headers["X-Static-Large-Object"] == "True"
    shown = store("GET", "/c/whole?multipart-manifest=get").json()
    assert [item["name"] for item in shown] == ["/c/s0", "/c/s1"]
    listed = {row["name"]: row["bytes"] for row in store("GET", "/c?format=json").json()}
    assert listed["whole"] == 13
    bad = [{"path": "/c/none"}, {"path": "/c/s0", "etag": "x"}]
    refused = store("PUT", "/c/bad?multipart-manifest=put", json.dumps(bad))
    assert (refused.status_code, refused.text) == (400, "Errors:\n/c/none, 404 Not Found\n/c/s0, Etag Mismatch\n")
    gone = store("DELETE", "/c/whole?multipart-manifest=delete", Accept="application/json").json()
    assert gone["Number Deleted"] == 3
    assert store.names() == []


def test_many_are_deleted_at_once(store: Store) -> None:
    for name in ("a", "b"):
        store("PUT", f"/c/{name}", b"x")
    answer = store(
        "POST", "?bulk-delete", "c/a\nc/b\nc/none\nc\n", Content_Type="text/plain", Accept="application/json"
    )
    assert answer.json() == {
        "Number Deleted": 3, "Number Not Found": 1, "Response Status": "200 OK", "Response Body": "", "Errors": [],
    }  # fmt: skip


# Who may


def test_nobody_enters_another_projects_account(cloud: Cloud, store: Store) -> None:
    store("PUT", "/c/o", b"x")
    for user, project in (("alt_demo", "alt_demo"), ("admin", "admin")):
        other = Store(cloud, user, project, account=store.account)
        for method, path in (
            ("GET", ""),
            ("GET", "/c"),
            ("GET", "/c/o"),
            ("PUT", "/x"),
            ("DELETE", "/c/o"),
            ("POST", "/c"),
        ):
            assert other(method, path).status_code == 403, (user, method, path)
    answer = store("GET", "/c/o", token=False)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith(f'Swift realm="{store.account}"')


def test_a_reader_of_a_project_has_no_part_in_its_account(cloud: Cloud, admin: Any, store: Store) -> None:
    admin.identity.create_user(name="looker", password="secret", domain_id="default")
    admin.grant_role("reader", user="looker", project="demo")
    looker = Store(cloud, "looker", "demo")
    assert looker("GET").status_code == 403
    assert looker("PUT", "/x").status_code == 403


def test_a_container_opens_to_all_or_to_some(cloud: Cloud, store: Store) -> None:
    store("PUT", "/c/o", b"x")
    other = Store(cloud, "alt_demo", "alt_demo", account=store.account)
    store("POST", "/c", X_Container_Read=".r:*")
    assert other("GET", "/c/o").status_code == 200
    assert store("GET", "/c/o", token=False).status_code == 200
    assert store("GET", "/c", token=False).status_code == 401
    store("POST", "/c", X_Container_Read=".r:*, .rlistings")
    assert store("HEAD", "/c").headers["X-Container-Read"] == ".r:*,.rlistings"
    listing = store("GET", "/c", token=False)
    assert listing.text == "o\n" and "X-Container-Read" not in listing.headers
    store("POST", "/c", X_Container_Read="", X_Container_Write=f"{other.project_id}:*")
    assert other("GET", "/c/o").status_code == 403
    assert other("PUT", "/c/theirs", b"y").status_code == 201
    assert store("POST", "/c", X_Container_Write=".r:*").status_code == 400


def test_a_signed_url_opens_one_object_for_a_while(cloud: Cloud, store: Store) -> None:
    store("PUT", "/c/o", b"x", X_Object_Meta_A="1")
    store("POST", X_Account_Meta_Temp_URL_Key="secret")
    expires = int(cloud.clock.now().timestamp()) + 10**6
    text = f"GET\n{expires}\n/v1/{store.account}/c/o"
    signature = hmac.new(b"secret", text.encode(), "sha256").hexdigest()
    query = urlencode({"temp_url_sig": signature, "temp_url_expires": expires})
    answer = store("GET", f"/c/o?{query}", token=False)
    assert answer.content == b"x" and "X-Object-Meta-A" not in answer.headers
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"o\"; filename*=UTF-8''o"
    assert store("GET", f"/c/p?{query}", token=False).status_code == 401
    cloud.clock.advance(2 * 10**6)
    assert store("GET", f"/c/o?{query}", token=False).status_code == 401


@pytest.mark.parametrize(
    ("digest", "named", "status"), [("sha512", "sha512", 200), ("sha256", "sha256", 200), ("sha256", "sha1", 401)]
)
def test_a_signature_may_be_named_and_in_base64(
    cloud: Cloud, store: Store, digest: str, named: str, status: int
) -> None:
    store("PUT", "/c/o", b"x")
    store("POST", X_Account_Meta_Temp_URL_Key="secret")
    expires = int(cloud.clock.now().timestamp()) + 10**6
    made = hmac.new(b"secret", f"GET\n{expires}\n/v1/{store.account}/c/o".encode(), digest).digest()
    signature = f"{named}:{urlsafe_b64encode(made).rstrip(b'=').decode()}"
    query = urlencode({"temp_url_sig": signature, "temp_url_expires": expires})
    assert store("GET", f"/c/o?{query}", token=False).status_code == status


def test_a_signed_url_writes_and_removes_an_object(cloud: Cloud, store: Store) -> None:
    store("POST", X_Account_Meta_Temp_URL_Key="secret")
    expires = int(cloud.clock.now().timestamp()) + 10**6

    def signed(method: str) -> str:
        text = f"{method}\n{expires}\n/v1/{store.account}/c/o"
        signature = hmac.new(b"secret", text.encode(), "sha256").hexdigest()
        return f"/c/o?{urlencode({'temp_url_sig': signature, 'temp_url_expires': expires})}"

    assert store("PUT", "/c/o", b"x", token=False).status_code == 401
    assert store("PUT", signed("DELETE"), b"x", token=False).status_code == 401
    assert store("PUT", signed("PUT"), b"x", token=False).status_code == 201
    assert store("GET", "/c/o").content == b"x"
    assert store("DELETE", signed("DELETE"), token=False).status_code == 204


def test_it_tells_what_it_can(cloud: Cloud) -> None:
    for path in ("/object-store/info", "/info"):
        found = session(cloud).get(BASE_URL + path).json()
        assert {"swift", "slo", "tempurl", "bulk_delete"} <= set(found)


def test_a_snapshot_brings_objects_back(cloud: Cloud, store: Store) -> None:
    store("PUT", "/c/o", b"x" * 1000)
    taken = cloud.snapshot()
    store("DELETE", "/c/o")
    cloud.restore(taken)
    assert store("GET", "/c/o").content == b"x" * 1000


def test_what_is_written_over_is_kept_and_comes_back_on_a_delete(store: Store) -> None:
    store("PUT", "/old")
    store("POST", "/c", X_Versions_Location="old")
    for body in ("one", "two", "three"):
        store("PUT", "/c/o", body)
    names = store("GET", "/old").text.splitlines()
    assert len(names) == 2 and all(name.startswith("001o/") for name in names)
    found = [(store("GET", "/c/o").text, store("DELETE", "/c/o").status_code) for _ in range(3)]
    assert found == [("three", 204), ("two", 204), ("one", 204)]
    assert store("GET", "/c/o").status_code == 404 and store("GET", "/old").text == ""
    store("POST", "/c", X_Versions_Location="nowhere")
    assert [store("PUT", "/c/o", "four").status_code for _ in range(2)] == [201, 412]
