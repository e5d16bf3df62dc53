"""What Keystone refuses, in its words: bodies, hierarchies, immutable things, tokens of a domain, unknown paths."""

from typing import Any

import pytest


def ask(conn: Any, method: str, path: str, json: Any = None, **more: Any) -> Any:
    """What the identity service answers."""
    return conn.identity.request(path, method, json=json, raise_exc=False, **more)


def message(answer: Any) -> str:
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/domains", {}, 400, "'domain' is a required property"),
        (
            "POST",
            "/domains",
            {"domain": {}},
            400,
            "Invalid input for field/attribute domain. Value: {}. 'name' is a re",
        ),
        ("POST", "/domains", {"domain": {"name": ""}}, 400, "field/attribute name. Value: . '' should be non-empty"),
        ("POST", "/domains", {"domain": {"name": "Default"}}, 409, "two projects acting as domains with the same name"),
        ("POST", "/projects", {"project": {"name": "r", "parent_id": "x"}}, 400, "Could not find project: x."),
        ("POST", "/projects", {"project": {"name": "r", "domain_id": "x"}}, 400, "Could not find domain: x."),
        ("POST", "/projects", {"project": {"name": "r", "tags": ["a,b"]}}, 400, "field/attribute 0. Value: a,b."),
        ("POST", "/users", {"user": {"name": "r", "options": {"x": 1}}}, 400, "'x' was unexpected"),
        ("PATCH", "/users/{user}", {"user": {}}, 400, "{} should be non-empty"),
        ("PATCH", "/users/{user}", {"user": {"domain_id": "x"}}, 400, "Cannot change Domain ID"),
        ("PATCH", "/projects/{project}", {"project": {"parent_id": "x"}}, 403, "Update of `parent_id` is not allowed."),
        (
            "PATCH",
            "/projects/{project}",
            {"project": {"is_domain": True}},
            400,
            "Update of `is_domain` is not allowed.",
        ),
        ("GET", "/projects/{project}?subtree_as_ids&subtree_as_list", None, 400, "at the same time"),
        ("PUT", "/projects/{project}/tags/a%2Cb", None, 400, "does not match '^[^,/]*$'"),
        ("GET", "/role_assignments?include_subtree", None, 400, "is a dependency of 'include_subtree'"),
        ("GET", "/role_assignments?effective&group.id=x", None, 400, "always result in an empty list"),
        (
            "POST",
            "/endpoints",
            {"endpoint": {"service_id": "x", "interface": "public", "url": "http://x"}},
            400,
            "service_id",
        ),
        ("PUT", "/regions/a", {"region": {"id": "b"}}, 400, 'Conflicting region IDs specified: "a" != "b"'),
        (
            "PATCH",
            "/regions/RegionOne",
            {"region": {"parent_region_id": "RegionOne"}},
            400,
            "circular region hierarchy",
        ),
        ("POST", "/registered_limits", {"registered_limits": []}, 400, "[] should be non-empty"),
        ("GET", "/limits/x", None, 404, "Could not find limit for x."),
        ("POST", "/policies", {"policy": {}}, 400, "Failed validating 'required' in schema:"),
        ("GET", "/OS-OAUTH1/consumers/x", None, 404, "Consumer not found"),
    ],
)
def test_the_words_of_a_refusal(
    admin: Any, demo: Any, method: str, path: str, body: Any, status: int, text: str
) -> None:
    path = path.replace("{user}", demo.current_user_id).replace("{project}", demo.current_project_id)
    answer = ask(admin, method, path, body)
    assert (answer.status_code, text in message(answer)) == (status, True), answer.text


@pytest.mark.parametrize(
    ("auth", "status", "text"),
    [
        ({"identity": {"methods": []}}, 401, "requires authentication"),
        ({"identity": {"methods": ["retina"]}}, 400, "Expecting to find retina in identity."),
        ({"identity": {"methods": ["retina"], "retina": {}}}, 401, "unsupported method"),
        ({"identity": {"methods": ["token"], "token": {"id": "x"}}}, 404, "Could not recognize Fernet token"),
        (
            {"identity": {"methods": ["application_credential"], "application_credential": {"id": "x"}}},
            404,
            "Credential: x.",
        ),
        ({"scope": {"project": {"id": "x"}, "domain": {"id": "x"}}}, 400, "Expecting to find system, project, domain"),
        ({"scope": {"project": {}}}, 400, "Invalid input for field scope/project: id or name must be present."),
    ],
)
def test_who_cannot_log_in_is_told_why(cloud: Any, admin: Any, auth: dict[str, Any], status: int, text: str) -> None:
    user = {"name": "demo", "password": cloud.passwords.get("demo", "secret"), "domain": {"id": "default"}}
    whole = {"identity": {"methods": ["password"], "password": {"user": user}}, **auth}
    answer = ask(admin, "POST", "/auth/tokens", {"auth": whole}, authenticated=False)
    assert (answer.status_code, text in message(answer)) == (status, True), answer.text


def test_a_path_that_nothing_answers_is_a_page_and_a_wrong_method_is_told_the_right_ones(admin: Any) -> None:
    page = ask(admin, "GET", "/nothing")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    wrong = ask(admin, "PUT", "/projects", {})
    assert wrong.json() == {"message": "The method is not allowed for the requested URL."}
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_role_of_the_operator_is_immutable_until_it_is_made_mutable(admin: Any) -> None:
    role = admin.identity.find_role("member").id
    for method, body in (("DELETE", None), ("PATCH", {"role": {"name": "x"}})):
        answer = ask(admin, method, f"/roles/{role}", body)
        assert answer.status_code == 403 and 'Set resource option "immutable" to false first.' in message(answer)
    assert ask(admin, "PATCH", f"/roles/{role}", {"role": {"options": {"immutable": False}}}).status_code == 200
    assert ask(admin, "PATCH", f"/roles/{role}", {"role": {"name": "worker"}}).json()["role"]["name"] == "worker"


def test_relatives_are_shown_to_whom_they_are_open(admin: Any, demo: Any) -> None:
    top = admin.identity.create_project(name="top", domain_id="default")
    low = admin.identity.create_project(name="low", domain_id="default", parent_id=top.id)
    path = f"/projects/{low.id}?parents_as_list"
    assert ask(admin, "GET", path).json()["project"]["parents"] == []
    admin.grant_role("member", user="admin", project=top.id)
    found = ask(admin, "GET", path).json()["project"]["parents"]
    assert [one["project"]["name"] for one in found] == ["top"]
    off = ask(admin, "PATCH", f"/projects/{top.id}", {"project": {"enabled": False}})
    assert "since its subtree contains enabled projects" in message(off)


def test_a_token_of_a_domain_reaches_as_far_as_the_domain(cloud: Any, admin: Any) -> None:
    domain = admin.identity.create_domain(name="d")
    admin.identity.create_user(name="boss", password="secret", domain_id=domain.id)
    admin.identity.create_project(name="inside", domain_id=domain.id)
    admin.grant_role("admin", user="boss", domain=domain.id)
    user = {"name": "boss", "password": "secret", "domain": {"id": domain.id}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"domain": {"id": domain.id}}}
    token = ask(admin, "POST", "/auth/tokens", {"auth": auth}, authenticated=False).headers["X-Subject-Token"]

    def look(path: str) -> Any:
        return ask(admin, "GET", path, headers={"X-Auth-Token": token}, authenticated=False)

    assert [one["name"] for one in look("/projects").json()["projects"]] == ["inside"]
    assert [one["name"] for one in look("/users").json()["users"]] == ["boss"]
    assert [one["name"] for one in look("/domains").json()["domains"]] == ["d"]
    assert {next(iter(one["scope"])) for one in look("/role_assignments").json()["role_assignments"]} == {"domain"}
    for path in ("/services", "/endpoints", "/policies", "/OS-FEDERATION/mappings", "/auth/catalog"):
        assert look(path).status_code == 403, path


def test_what_an_inherited_role_comes_to_says_where_it_comes_from(admin: Any, demo: Any) -> None:
    role, user = admin.identity.find_role("reader").id, demo.current_user_id
    path = f"/OS-INHERIT/domains/default/users/{user}/roles/{role}/inherited_to_projects"
    assert ask(admin, "PUT", path).status_code == 204
    query = f"user.id={user}&effective&role.id={role}&scope.project.id={admin.current_project_id}"
    found = ask(admin, "GET", f"/role_assignments?{query}").json()["role_assignments"]
    assert [one["scope"]["OS-INHERIT:inherited_to"] for one in found] == ["projects"]
    assert found[0]["links"]["assignment"].endswith(path)


def test_a_credential_without_a_key_is_no_ec2_credential(admin: Any, demo: Any) -> None:
    body = {"type": "ec2", "user_id": demo.current_user_id, "project_id": demo.current_project_id}
    for blob, text in (("zz", "Invalid blob in credential"), ("{}", "Expecting to find blob in credential")):
        answer = ask(admin, "POST", "/credentials", {"credential": {**body, "blob": blob}})
        assert answer.status_code == 400 and text in message(answer)
    made = ask(admin, "POST", "/credentials", {"credential": {**body, "blob": '{"access": "a", "secret": "s"}'}})
    listed = ask(demo, "GET", f"/users/{demo.current_user_id}/credentials/OS-EC2").json()["credentials"]
    assert made.status_code == 201 and [one["access"] for one in listed] == ["a"]
