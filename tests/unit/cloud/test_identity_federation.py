"""Identity providers, protocols, mappings and service providers."""

from typing import Any

import pytest

RULES = [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "UserName"}]}]
TOP = "/OS-FEDERATION"
IDP, PROTOCOL = f"{TOP}/identity_providers/idp", f"{TOP}/identity_providers/idp/protocols/saml2"


@pytest.fixture
def put(admin: Any) -> Any:
    """Send one thing under its name; the status and the answer."""

    def send(path: str, name: str, body: Any, method: str = "PUT") -> tuple[int, Any]:
        answer = admin.identity.request(path, method, json={name: body}, raise_exc=False)
        return answer.status_code, answer.json().get(name) or answer.json()["error"]["message"]

    return send


def test_a_provider_has_protocols_which_have_mappings(admin: Any, put: Any) -> None:
    status, idp = put(IDP, "identity_provider", {"remote_ids": ["https://idp"], "enabled": True})
    assert (status, idp["remote_ids"]) == (201, ["https://idp"])
    assert admin.identity.get_domain(idp["domain_id"]).name == idp["domain_id"]
    assert put(PROTOCOL, "protocol", {"mapping_id": "m"}) == (400, "Invalid mapping id: m")
    assert put(f"{TOP}/mappings/m", "mapping", {"rules": RULES})[1]["schema_version"] == "1.0"
    assert put(PROTOCOL, "protocol", {"mapping_id": "m"})[0] == 201
    listed = admin.identity.get(f"{IDP}/protocols").json()["protocols"]
    assert [(one["id"], one["mapping_id"], one["idp_id"]) for one in listed] == [("saml2", "m", "idp")]
    assert admin.identity.delete(IDP).status_code == 204
    assert admin.identity.get(PROTOCOL).status_code == 404


@pytest.mark.parametrize(
    ("path", "name", "body", "refusal"),
    [
        (IDP, "identity_provider", {"colour": "red"}, (400, "'colour' was unexpected")),
        (IDP, "identity_provider", {"domain_id": "x"}, (404, "Could not find domain: x.")),
        (PROTOCOL, "protocol", {"mapping_id": "m"}, (404, "Could not find Identity Provider: idp.")),
        (f"{TOP}/mappings/m", "mapping", {"rules": []}, (400, "[] should be non-empty")),
        (f"{TOP}/mappings/m", "mapping", {"rules": [{"local": []}]}, (400, "'remote' is a required property")),
        (
            f"{TOP}/service_providers/s",
            "service_provider",
            {"auth_url": "x", "sp_url": "http://x"},
            (400, "does not match"),
        ),
    ],
)
def test_what_makes_no_sense_is_refused(put: Any, path: str, name: str, body: Any, refusal: tuple[int, str]) -> None:
    status, text = put(path, name, body)
    assert (status, refusal[1] in text) == (refusal[0], True), text


def test_two_of_one_name_are_a_conflict(put: Any) -> None:
    for path, name, body in (
        (IDP, "identity_provider", {"remote_ids": ["a"]}),
        (f"{TOP}/mappings/m", "mapping", {"rules": RULES}),
        (f"{TOP}/service_providers/s", "service_provider", {"auth_url": "http://x", "sp_url": "http://x"}),
    ):
        assert [put(path, name, body)[0] for _ in range(2)] == [201, 409]
    assert put(f"{TOP}/identity_providers/other", "identity_provider", {"remote_ids": ["a"]})[0] == 409


def test_a_service_provider_changes_and_goes(admin: Any, put: Any, demo: Any) -> None:
    path = f"{TOP}/service_providers/s"
    _, made = put(path, "service_provider", {"auth_url": "http://x", "sp_url": "http://x"})
    assert (made["enabled"], made["relay_state_prefix"]) == (False, "ss:mem:")
    assert put(path, "service_provider", {"enabled": True}, "PATCH")[1]["enabled"] is True
    assert demo.identity.get(path).status_code == 403
    assert admin.identity.delete(path).status_code == 204 and admin.identity.get(path).status_code == 404
