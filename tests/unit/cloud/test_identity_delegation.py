"""What a program may do in somebody's name: access rules of application credentials, and signed requests."""

import base64
import hashlib
import hmac
import json

import pytest
import requests

from kit.cloud.adapter import BASE_URL, session
from kit.cloud.identity import signing


@pytest.fixture
def http(cloud):
    return session(cloud)


@pytest.fixture
def restricted(demo, http):
    """A session with a token of an application credential that has these rules."""

    def make(*rules):
        body = {
            "name": "c",
            "access_rules": [dict(zip(("method", "service", "path"), rule, strict=True)) for rule in rules],
        }
        path = f"/users/{demo.current_user_id}/application_credentials"
        made = demo.identity.post(path, json={"application_credential": body}).json()["application_credential"]
        given = {"id": made["id"], "secret": made["secret"]}
        identity = {"methods": ["application_credential"], "application_credential": given}
        answer = http.post(f"{BASE_URL}/identity/v3/auth/tokens", json={"auth": {"identity": identity}})
        token = answer.headers["X-Subject-Token"]
        return (
            answer.json()["token"],
            lambda method, path: (
                http.request(
                    method, BASE_URL + path, headers={"X-Auth-Token": token, "X-Subject-Token": token}
                ).status_code
            ),
        )

    return make


@pytest.mark.parametrize(("given", "status", "text"), [
    ({"roles": [{"name": "admin"}]}, 400, "Invalid application credential: Cannot create an application credential with unassigned role"),
    ({"roles": [{"name": "cook"}]}, 404, "Role cook is not defined"),
    ({"roles": [{}]}, 400, "{} should be non-empty"),
    ({"expires_at": "2000-01-01T00:00:00Z"}, 400, "The 'expires_at' must not be before now."),
    ({"expires_at": "tomorrow"}, 400, "Timestamp not in expected format."),
    ({"expires_at": "2999-01-01T00:00:00+02:00"}, 400, "Timestamp not in expected format."),
])  # fmt: skip
def test_a_credential_that_makes_no_sense_is_refused(demo, given, status, text):
    path = f"/users/{demo.current_user_id}/application_credentials"
    answer = demo.identity.post(path, json={"application_credential": {"name": "c", **given}})
    assert answer.status_code == status and text in answer.json()["error"]["message"]


def test_a_credential_carries_what_its_roles_imply(demo):
    made = demo.identity.create_application_credential(demo.current_user_id, name="c", roles=[{"name": "member"}])
    assert {role["name"] for role in made.roles} == {"member", "reader"}


def test_a_credential_is_good_for_the_requests_of_its_rules_only(restricted):
    token, ask = restricted(("GET", "compute", "/v2.1/servers"), ("GET", "network", "/v2.0/**"))
    assert [rule["path"] for rule in token["application_credential"]["access_rules"]] == ["/v2.1/servers", "/v2.0/**"]
    assert ask("GET", "/compute/v2.1/servers") == 200
    assert ask("POST", "/compute/v2.1/servers") == 401
    assert ask("GET", "/compute/v2.1/servers/detail") == 401
    assert ask("GET", "/network/v2.0/networks") == 200 and ask("GET", "/image/v2/images") == 401
    assert ask("GET", "/identity/v3/auth/tokens") == 200  # a token may always be looked at


def test_words_of_a_path_may_be_left_open(restricted):
    _, ask = restricted(("GET", "compute", "/v2.1/servers/{server_id}"), ("GET", "compute", "/v2.1/*/detail"))
    assert ask("GET", "/compute/v2.1/servers/none") == 404 and ask("GET", "/compute/v2.1/flavors/detail") == 200
    assert ask("GET", "/compute/v2.1/servers/none/ips") == 401


def test_without_rules_a_credential_is_good_for_all(restricted):
    _, ask = restricted()
    assert ask("GET", "/compute/v2.1/servers") == 200 and ask("GET", "/image/v2/images") == 200


@pytest.fixture
def key(demo):
    path = f"/users/{demo.current_user_id}/credentials/OS-EC2"
    return demo.identity.post(path, json={"tenant_id": demo.current_project_id}).json()["credential"]


def signed(key, **params):
    request = {
        "access": key["access"], "verb": "GET", "host": "cloud:8773", "path": "/",
        "params": {"SignatureVersion": "2", "Action": "DescribeInstances", **params},
    }  # fmt: skip
    return {**request, "signature": signing.ec2(key["secret"], request)}


def ask(conn, body, path="/ec2tokens") -> requests.Response:
    return conn.identity.post(path, json=body)


def test_a_signed_request_gets_its_users_token(cloud, admin, demo, key):
    answer = ask(admin, {"ec2Credentials": signed(key)})
    token = answer.json()["token"]
    assert token["methods"] == ["ec2credential"] and token["user"]["id"] == demo.current_user_id
    with cloud.read() as tx:
        context = cloud.authenticate(tx, answer.headers["X-Subject-Token"])
    assert context.project_id == demo.current_project_id and "member" in context.roles


def test_a_signature_may_leave_the_port_out(admin, key):
    request = signed(key)
    request["signature"] = signing.ec2(key["secret"], {**request, "host": "cloud"})
    assert ask(admin, {"credentials": request}).status_code == 200


def test_what_is_signed_wrongly_or_long_ago_is_refused(cloud, admin, demo, key):
    request = signed(key)
    assert ask(admin, {"credentials": {**request, "path": "/other"}}).status_code == 401
    assert ask(admin, {"credentials": {**request, "signature": ""}}).status_code == 401
    assert ask(admin, {"credentials": {**request, "access": "nobody"}}).status_code == 404
    assert ask(admin, {}).status_code == 400
    assert ask(admin, {"credentials": {"x": 1}}).status_code == 401
    now = cloud.clock.now()
    assert ask(admin, {"credentials": signed(key, Timestamp=now.isoformat())}).status_code == 200
    assert ask(admin, {"credentials": signed(key, Timestamp="yesterday")}).status_code == 401
    cloud.clock.advance(3000)
    assert ask(admin, {"credentials": signed(key, Timestamp=now.isoformat())}).status_code == 401
    assert ask(demo, {"credentials": signed(key)}).status_code == 403


def test_an_s3_request_gets_a_token_too(admin, demo, key):
    text = base64.urlsafe_b64encode(b"GET\n\n\nWed, 01 Jan 2040 00:00:00 GMT\n/bucket").decode()
    mac = hmac.new(key["secret"].encode(), base64.urlsafe_b64decode(text), hashlib.sha1).digest()
    body = {"access": key["access"], "token": text, "signature": base64.b64encode(mac).decode()}
    answer = ask(admin, {"credentials": body}, "/s3tokens")
    assert answer.status_code == 200 and answer.json()["token"]["project"]["id"] == demo.current_project_id
    assert ask(admin, {"credentials": {**body, "signature": "x"}}, "/s3tokens").status_code == 401


def test_version_4_signs_headers_and_body(admin, key):
    scope = "20400102/RegionOne/ec2/aws4_request"
    request = {
        "access": key["access"], "verb": "POST", "host": "cloud", "path": "/", "params": {}, "body_hash": "0" * 64,
        "headers": {
            "Host": "cloud", "X-Amz-Date": "20400102T080000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={key['access']}/{scope},SignedHeaders=host;x-amz-date",
        },
    }  # fmt: skip
    right = {**request, "signature": signing.ec2(key["secret"], request)}
    assert ask(admin, {"credentials": right}).status_code == 200
    changed = json.loads(json.dumps(right))
    changed["body_hash"] = "1" * 64
    assert ask(admin, {"credentials": changed}).status_code == 401
    changed["headers"]["X-Amz-Date"] = "20400103T080000Z"
    assert ask(admin, {"credentials": changed}).status_code == 401
