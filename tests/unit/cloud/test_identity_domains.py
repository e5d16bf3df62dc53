"""What tokens of a domain are good for: its managers, its readers, its administrators; compared with Keystone 30."""

from types import SimpleNamespace

import pytest

from kit.cloud.adapter import BASE_URL, session


@pytest.fixture
def at(cloud, admin):
    """A domain with a project, a group and a user for each role, and a function that asks as one of them."""
    ident, http = admin.identity, session(cloud)
    domain = ident.create_domain(name="wind").id
    project = ident.create_project(name="p", domain_id=domain).id
    roles = {name: ident.find_role(name).id for name in ("reader", "member", "manager", "admin")}
    users = {"x": ident.create_user(name="x", domain_id=domain).id}
    tokens = {}
    for name, role in roles.items():
        users[name] = ident.create_user(name=name, password="secret", domain_id=domain).id
        ident.put(f"/domains/{domain}/users/{users[name]}/roles/{role}")
        auth = {"methods": ["password"], "password": {"user": {"id": users[name], "password": "secret"}}}
        body = {"auth": {"identity": auth, "scope": {"domain": {"id": domain}}}}
        tokens[name] = http.post(f"{BASE_URL}/identity/v3/auth/tokens", json=body).headers["X-Subject-Token"]
    names = {
        "dm": domain, "p": project, "g": ident.create_group(name="g", domain_id=domain).id,
        "op": ident.find_project("demo").id, "out": ident.find_user("demo").id,
        "role": ident.create_role(name="custom").id, **users, **{f"r-{name}": id for name, id in roles.items()},
    }  # fmt: skip

    def ask(who, method, path, body=None):
        for name, id in names.items():
            path = path.replace(f"{{{name}}}", id)
        headers = {"X-Auth-Token": tokens[who]} if who else {}
        return http.request(method, f"{BASE_URL}/identity/v3{path}", json=body, headers=headers)

    return SimpleNamespace(ask=ask, **names)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/projects/{p}/users/{x}/roles/{r-member}", 204), ("PUT", "/domains/{dm}/users/{x}/roles/{r-manager}", 204),
        ("PUT", "/projects/{p}/groups/{g}/roles/{r-reader}", 204), ("PUT", "/projects/{p}/users/{x}/roles/{r-admin}", 403),
        ("PUT", "/projects/{p}/users/{x}/roles/{role}", 403), ("PUT", "/projects/{op}/users/{x}/roles/{r-member}", 403),
        ("PUT", "/projects/{p}/users/{out}/roles/{r-member}", 403), ("PUT", "/system/users/{x}/roles/{r-member}", 403),
        ("PUT", "/groups/{g}/users/{x}", 204), ("PUT", "/groups/{g}/users/{out}", 403), ("PUT", "/projects/{p}/tags/t", 201),
        ("PUT", "/projects/{op}/tags/t", 403), ("DELETE", "/users/{x}", 204), ("DELETE", "/users/{out}", 403),
        ("DELETE", "/projects/{p}", 204), ("DELETE", "/domains/{dm}", 403), ("GET", "/roles", 200), ("GET", "/roles?domain_id={dm}", 403),
    ],
)  # fmt: skip
def test_a_manager_of_a_domain_manages_that_domain(at, method, path, status):
    assert at.ask("manager", method, path).status_code == status


@pytest.mark.parametrize(("kind", "path"), [("user", "/users"), ("project", "/projects"), ("group", "/groups")])
def test_a_manager_makes_things_in_the_domain_alone(at, kind, path):
    assert at.ask("manager", "POST", path, {kind: {"name": "new", "domain_id": at.dm}}).status_code == 201
    assert at.ask("manager", "POST", path, {kind: {"name": "new", "domain_id": "default"}}).status_code == 403
    assert at.ask("manager", "POST", path, {kind: {"name": "other"}}).status_code == 403
    assert at.ask("member", "POST", path, {kind: {"name": "third", "domain_id": at.dm}}).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/users/{x}", 200), ("/users/{out}", 403), ("/projects/{p}", 200), ("/projects/{op}", 403), ("/groups/{g}/users", 200),
        ("/projects/{p}/users/{x}/roles", 200), ("/domains/default/users/{x}/roles", 403), ("/roles", 403), ("/services", 403),
        ("/role_assignments", 200), ("/users/{x}/groups", 200), ("/users/{out}/projects", 403),
    ],
)  # fmt: skip
def test_a_reader_of_a_domain_sees_that_domain(at, path, status):
    assert at.ask("reader", "GET", path).status_code == status


def test_lists_show_a_domains_reader_the_domains_own(at):
    shown = at.ask("reader", "GET", "/users").json()["users"]
    assert {user["domain_id"] for user in shown} == {at.dm}
    assert [domain["id"] for domain in at.ask("reader", "GET", "/domains").json()["domains"]] == [at.dm]


@pytest.mark.parametrize(
    "path",
    [
        "/users/{x}/application_credentials", "/users/{x}/access_rules", "/users/{x}/credentials/OS-EC2", "/OS-TRUST/trusts",
        "/OS-TRUST/trusts?trustor_user_id={admin}", "/system/users/{x}/roles", "/roles?domain_id={dm}",
    ],
)  # fmt: skip
def test_an_administrator_of_a_domain_does_not_see_what_goes_beyond_it(at, path):
    assert at.ask("admin", "GET", path).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("POST", "/users/x/nothing", 404), ("PATCH", "/users", 405), ("GET", "/users", 401), ("HEAD", "/users", 401)],
)  # fmt: skip
def test_a_path_that_is_not_there_needs_no_token(at, method, path, status):
    answer = at.ask("", method, path)
    assert answer.status_code == status and ("WWW-Authenticate" in answer.headers) == (status == 401)
