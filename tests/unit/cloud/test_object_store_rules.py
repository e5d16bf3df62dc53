"""The object store beside a real Swift 2.38.3, whose answers are told here: forms, ranges, lists of who may, versions."""

import hmac
import io
import json
import tarfile
from urllib.parse import urlencode

import pytest

from kit.cloud import Cloud
from tests.unit.cloud.test_object_store import Store, md5


@pytest.fixture
def store(cloud: Cloud) -> Store:
    made = Store(cloud, "demo", "demo")
    made("PUT", "/c")
    return made


def _tar(mode: str = "w", **files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("application/*", 200, "application/json"), ("application/json;q=0.1, text/plain", 200, "text/plain"),
        ("text/xml", 200, "text/xml"), ("image/png", 406, "text/html"), ("garbage", 400, "text/html"),
    ],
)  # fmt: skip
def test_a_listing_takes_the_form_that_suits_best(store: Store, accept: str, status: int, kind: str) -> None:
    answer = store("GET", "", Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, kind)


@pytest.mark.parametrize("name", ["marker", "prefix", "delimiter", "end_marker"])
def test_what_is_not_utf8_is_refused(store: Store, name: str) -> None:
    assert store("GET", f"/c?{name}=%FF").text == f'"{name}" parameter not valid UTF-8'
    assert store("PUT", "/c/%FF", b"x").text == "Invalid UTF8 or contains NULL"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("BYTES=0-1", 206), ("bytes=" + ",".join(["0-1"] * 51), 416), ("bytes=0-4,2-6", 206),
        ("bytes=0-4,1-5,2-6,3-7", 416), ("bytes=" + ",".join(f"{n}-{n}" for n in range(10)), 206),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(9, -1, -1)), 416),
    ],
)  # fmt: skip
def test_ranges_that_ask_too_much_get_nothing(store: Store, wanted: str, status: int) -> None:
    store("PUT", "/c/o", b"0123456789")
    assert store("GET", "/c/o", Range=wanted).status_code == status


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({"X_Container_Meta_Quota_Bytes": "x"}, 400, "Invalid bytes quota."),
        ({"X_Container_Meta_Quota_Count": "-5"}, 400, "Invalid count quota."),
        ({"X_Versions_Location": "a", "X_History_Location": "b"}, 400, "Only one of x-versions-location or x-hist"),
        ({"X_Versions_Location": "a/b"}, 412, "Container name cannot contain slashes"),
        ({"X_Container_Sync_To": "http://x/y"}, 400, "Invalid host 'x' in X-Container-Sync-To"),
        ({"X_Container_Sync_To": "//realm/cluster/a/c"}, 400, "No realm key for 'realm'"),
    ],
)  # fmt: skip
def test_a_container_refuses_what_it_cannot_keep(store: Store, headers: dict[str, str], status: int, text: str) -> None:
    answer = store("POST", "/c", **headers)
    assert (answer.status_code, answer.text[: len(text)]) == (status, text)


def test_only_a_reseller_sets_an_accounts_quota(cloud: Cloud, admin, store: Store) -> None:
    admin.identity.create_role(name="ResellerAdmin")
    admin.grant_role("ResellerAdmin", user="alt_demo", project="alt_demo")
    reseller = Store(cloud, "alt_demo", "alt_demo", account=store.account)
    assert store("POST", X_Account_Meta_Quota_Bytes="3").status_code == 403
    assert reseller("POST", X_Account_Meta_Quota_Bytes="x").status_code == 400
    assert reseller("POST", X_Account_Meta_Quota_Bytes="3").status_code == 204
    assert store("HEAD").headers["X-Account-Quota-Bytes"] == "3"
    assert store("PUT", "/c/o", b"1234").text == "Upload exceeds quota."
    assert reseller("PUT", "/c/o", b"1234").status_code == 201


@pytest.mark.parametrize(
    ("read", "who", "status"),
    [
        (".r:*", "nobody", 200), (".r:*", "a bad token", 200), ("", "a bad token", 401), ("member", "own", 200),
        ("member", "alt_demo", 403), ("*:alt_demo", "alt_demo", 200), ("*:*", "alt_demo", 200), ("*:*", "nobody", 401),
    ],
)  # fmt: skip
def test_lists_open_to_whom_they_name(cloud: Cloud, store: Store, read: str, who: str, status: int) -> None:
    store("PUT", "/c/o", b"x")
    store("POST", "/c", X_Container_Read=read)
    other = Store(cloud, "alt_demo", "alt_demo", account=store.account) if who == "alt_demo" else store
    if who == "a bad token":
        other = Store(cloud, "alt_demo", "alt_demo", account=store.account)
        other.token = "nonsense"
    assert other("GET", "/c/o", token=who != "nobody").status_code == status


@pytest.mark.parametrize(("ending", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tar.bz2", "w:bz2")])
def test_an_archive_becomes_objects(store: Store, ending: str, mode: str) -> None:
    data = _tar(mode, new__a=b"one", new__b__c=b"two", top=b"three")
    answer = store("PUT", f"?extract-archive={ending}", data, Accept="application/json").json()
    assert (answer["Number Files Created"], answer["Response Status"]) == (2, "201 Created")
    assert store("GET", "/new").text == "a\nb/c\n"
    assert store("PUT", f"/c/up?extract-archive={ending}", data).status_code == 200
    assert store.names() == ["up/new/a", "up/new/b/c", "up/top"]


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [("tar", b"garbage", "Invalid Tar File: truncated header"), ("tar", _tar(), "Invalid Tar File: No Valid Files")],
)
def test_what_is_no_archive_is_told(store: Store, kind: str, data: bytes, text: str) -> None:
    answer = store("PUT", f"/c?extract-archive={kind}", data, Accept="application/json").json()
    assert (answer["Response Status"], answer["Response Body"]) == ("400 Bad Request", text)
    assert store("PUT", "/c?extract-archive=zip", data).text == "Unsupported archive format"


def test_many_are_deleted_by_whoever_may_each(cloud: Cloud, store: Store) -> None:
    store("PUT", "/c/a", b"x")
    other = Store(cloud, "alt_demo", "alt_demo", account=store.account)
    told = other("POST", "?bulk-delete", "c/a\n", Accept="application/json").json()
    assert (told["Number Deleted"], told["Errors"]) == (0, [["c/a", "403 Forbidden"]])
    told = store("POST", "/c/any?bulk-delete", "c/a\n/\nc/%FF\n", Accept="application/xml").text
    assert "<number_deleted>1</number_deleted>" in told and "<status>405 Method Not Allowed</status>" in told
    assert "<name>c/%FF</name><status>412 Precondition Failed</status>" in told


def test_history_keeps_what_was_deleted_and_that_it_was(store: Store) -> None:
    store("PUT", "/h")
    store("POST", "/c", X_History_Location="h")
    store("PUT", "/c/o", "one")
    store("COPY", "/c/o", Destination="c/o")
    assert [store("DELETE", "/c/o").status_code for _ in range(2)] == [204, 404]
    kinds = [row["content_type"] for row in store("GET", "/h?format=json").json()]
    assert kinds.count("application/x-deleted;swift_versions_deleted=1") == 2 and len(kinds) == 4
    store("POST", "/c", X_Versions_Location="h")  # a stack, over what the history has left
    store("DELETE", "/c/o")
    assert store("GET", "/c/o").status_code == 404


def _signed(store: Store, method: str, path: str, **query: str) -> str:
    store("POST", X_Account_Meta_Temp_URL_Key="k")
    text = f"{method}\n9999999999\n/v1/{store.account}{path}"
    start = f"ip={query['temp_url_ip_range']}\n" if "temp_url_ip_range" in query else ""
    signature = hmac.new(b"k", (start + text).encode(), "sha256").hexdigest()
    return f"{path}?{urlencode({'temp_url_sig': signature, 'temp_url_expires': 9999999999, **query})}"


@pytest.mark.parametrize(
    ("query", "status", "disposition"),
    [
        ({}, 200, "attachment; filename=\"o\"; filename*=UTF-8''o"), ({"inline": ""}, 200, "inline"),
        ({"filename": "ä b"}, 200, "attachment; filename=\"%C3%A4 b\"; filename*=UTF-8''%C3%A4%20b"),
        ({"temp_url_ip_range": "127.0.0.0/8"}, 200, "attachment; filename=\"o\"; filename*=UTF-8''o"),
        ({"temp_url_ip_range": "10.0.0.0/8"}, 401, None), ({"temp_url_prefix": "o"}, 401, None),
    ],
)  # fmt: skip
def test_a_signed_url_says_how_to_save(
    store: Store, query: dict[str, str], status: int, disposition: str | None
) -> None:
    store("PUT", "/c/o", b"x", X_Object_Meta_A="1", X_Object_Meta_Public_B="2")
    answer = store("GET", _signed(store, "GET", "/c/o", **query), token=False)
    assert (answer.status_code, answer.headers.get("Content-Disposition")) == (status, disposition)
    assert ("X-Object-Meta-Public-B" in answer.headers) == (status == 200)
    assert "X-Object-Meta-A" not in answer.headers


def test_a_bad_signature_is_refused_even_with_a_token(store: Store) -> None:
    store("PUT", "/c/o", b"x")
    answer = store("GET", "/c/o?temp_url_sig=bad&temp_url_expires=9999999999")
    assert (answer.status_code, answer.text) == (401, "401 Unauthorized: Temp URL invalid\n")
    pointing = store("PUT", _signed(store, "PUT", "/c/o"), token=False, X_Copy_From="c/o")
    assert pointing.text == "The header 'X-Copy-From' is not allowed in this tempurl"


def test_parts_of_a_large_object_are_read_by_number(store: Store) -> None:
    manifest = []
    for number, data in enumerate((b"first.", b"second.")):
        store("PUT", f"/c/s{number}", data)
        manifest.append({"path": f"/c/s{number}", "etag": md5(data)})
    store("PUT", "/c/whole?multipart-manifest=put", json.dumps(manifest))
    answer = store("GET", "/c/whole?part-number=2")
    assert (answer.status_code, answer.content, answer.headers["X-Parts-Count"]) == (206, b"second.", "2")
    assert answer.headers["Content-Range"] == "bytes 6-12/13"
    assert [store("GET", f"/c/whole?part-number={n}").status_code for n in ("0", "3")] == [400, 416]
    beaten = store("PUT", "/c/whole?multipart-manifest=put&heartbeat=on", json.dumps(manifest))
    assert beaten.status_code == 202 and "Response Status: 201 Created" in beaten.text
    assert store("DELETE", "/c/whole?multipart-manifest=delete&async=on").status_code == 204
    assert store.names() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_Match": "x"}, 412), ({"If_None_Match": "*"}, 304), ({"Range": "bytes=99-"}, 416),
        ({"Destination_Account": "a/b"}, 412), ({"Destination_Account": ""}, 412),
        ({"X_Fresh_Metadata": "yes"}, 201),
    ],
)  # fmt: skip
def test_a_copy_reads_as_the_request_says(store: Store, headers: dict[str, str], status: int) -> None:
    store("PUT", "/c/o", b"x", X_Object_Meta_A="1")
    assert store("COPY", "/c/o", Destination="c/p", **headers).status_code == status
    assert "X-Object-Meta-A" not in store("HEAD", "/c/p").headers


def test_paths_that_are_none_are_told_apart(cloud: Cloud, store: Store) -> None:
    base = store.url.removesuffix(f"/v1/{store.account}")
    ask = {"X-Auth-Token": store.token or ""}
    assert store.http.get(f"{base}/nothing", headers=ask).text == "Bad URL"
    assert store.http.get(f"{base}/healthcheck").text == "OK"
    assert store.http.get(f"{base}/v1.0/{store.account}/c", headers=ask).status_code == 204
    assert set(store("OPTIONS", "/c/o").headers["Allow"].split(", ")) >= {"COPY", "PUT"}
    assert store("PUT", "").status_code == 405
