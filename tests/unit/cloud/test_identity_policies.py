"""Who may look and who may act in Keystone: the policies of a real one (30.0.0), told by trying; what endpoints go by."""

from typing import Any

import pytest

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session


class Callers:
    """Users of each reach and role, with a token of it."""

    def __init__(self, cloud: Cloud, admin: Any) -> None:
        self.http, self.admin, self.tokens, self.ids = session(cloud), admin, dict[str, str](), dict[str, str]()
        identity = admin.identity
        if identity.find_role("manager") is None:
            identity.create_role(name="manager")
        self.ids["domain"] = identity.create_domain(name="d").id
        self.ids["project"] = identity.create_project(name="p", domain_id="default").id
        self.ids["service"] = identity.create_service(name="n", type="t").id
        self.ids["endpoint"] = identity.create_endpoint(
            service_id=self.ids["service"], interface="public", url="http://x", region_id="RegionOne"
        ).id
        self.ids["role"] = identity.create_role(name="r").id
        self.ids |= {"fake": "f" * 32, "member": identity.find_role("member").id}
        reaches = {
            "project": (f"/projects/{self.ids['project']}", {"project": {"id": self.ids["project"]}}),
            "domain": (f"/domains/{self.ids['domain']}", {"domain": {"id": self.ids["domain"]}}),
            "system": ("/system", {"system": {"all": True}}),
        }
        for reach, (path, scope) in reaches.items():
            for role in ("manager", "member", "reader"):
                name = f"{reach} {role}"
                user = identity.create_user(name=name, domain_id="default", password="x").id
                self.ids[name.replace(" ", "_")] = user
                identity.put(f"{path}/users/{user}/roles/{identity.find_role(role).id}")
                self.tokens[name] = self._login(user, scope)

    def _login(self, user: str, scope: dict[str, Any]) -> str:
        password = {"methods": ["password"], "password": {"user": {"id": user, "password": "x"}}}
        answer = self.http.post(
            f"{BASE_URL}/identity/v3/auth/tokens", json={"auth": {"identity": password, "scope": scope}}
        )
        return str(answer.headers["X-Subject-Token"])

    def __call__(self, who: str, method: str, path: str, json: Any = None, **headers: str) -> Any:
        token = self.tokens.get(who) or self.admin.auth_token
        url = f"{BASE_URL}/identity/v3{path.format_map(self.ids)}"
        return self.http.request(method, url, json=json, headers={"X-Auth-Token": token, **headers})


@pytest.fixture
def callers(cloud: Cloud, admin: Any) -> Callers:
    return Callers(cloud, admin)


def test_readers_of_the_system_look_at_what_is_others(callers: Callers) -> None:
    owner = "/users/{project_member}"
    made = callers("project member", "POST", f"{owner}/credentials/OS-EC2", {"tenant_id": callers.ids["project"]})
    callers.ids["access"] = made.json()["credential"]["access"]
    trust = {
        "trustor_user_id": callers.ids["project_member"], "trustee_user_id": callers.ids["project_reader"],
        "project_id": callers.ids["project"], "impersonation": False, "roles": [{"name": "member"}],
    }  # fmt: skip
    made = callers("project member", "POST", "/OS-TRUST/trusts", {"trust": trust})
    callers.ids["trust"] = made.json()["trust"]["id"]
    for path in (
        f"{owner}/application_credentials", f"{owner}/credentials/OS-EC2", f"{owner}/credentials/OS-EC2/{{access}}",
        "/OS-TRUST/trusts/{trust}", "/OS-TRUST/trusts/{trust}/roles", "/OS-TRUST/trusts/{trust}/roles/{member}",
        "/domains/config/default",
    ):  # fmt: skip
        told = {who: callers(who, "GET", path).status_code for who in ("system reader", "domain reader")}
        assert told == {"system reader": 200, "domain reader": 403}, path
    subject = {"X-Subject-Token": callers.tokens["project member"]}
    assert callers("system reader", "GET", "/auth/tokens", **subject).status_code == 200
    assert callers("domain reader", "GET", "/auth/tokens", **subject).status_code == 403


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status"),
    [
        ("project manager", "GET", "/roles/{role}", None, 403),
        ("project manager", "GET", "/roles/{member}", None, 200),
        ("project member", "GET", "/roles/{fake}", None, 404),
        ("project member", "PATCH", "/roles/{fake}", {"role": {"name": "x"}}, 404),
        ("project member", "DELETE", "/domains/{fake}", None, 404),
        ("project member", "GET", "/groups/{fake}", None, 403),
        ("system reader", "GET", "/groups/{fake}", None, 404),
        ("project member", "GET", "/limits/{fake}", None, 403),
        ("project reader", "POST", "/users/{project_reader}/credentials/OS-EC2", {"tenant_id": "x"}, 403),
        ("project member", "GET", "/domains/default/config/security_compliance", None, 200),
        ("project member", "GET", "/domains/default/config/security_compliance/lockout_duration", None, 403),
        ("domain reader", "GET", "/role_assignments?scope.project.id={project}&include_subtree", None, 403),
        ("system reader", "GET", "/role_assignments?scope.project.id={project}&include_subtree", None, 200),
        ("administrator", "PATCH", "/credentials/{fake}", {"credential": {"type": "x", "blob": "y"}}, 400),
    ],
)
def test_a_rule_is_asked_of_what_is_there(
    callers: Callers, who: str, method: str, path: str, body: Any, status: int
) -> None:
    assert callers(who, method, path, body).status_code == status


def test_an_endpoint_goes_by_the_nearest_policy(callers: Callers) -> None:
    policies = []
    for end in ("services/{service}", "services/{service}/regions/RegionOne", "endpoints/{endpoint}"):
        made = callers("administrator", "POST", "/policies", {"policy": {"blob": end, "type": "text/plain"}})
        path = f"/policies/{made.json()['policy']['id']}/OS-ENDPOINT-POLICY/{end}"
        assert callers("administrator", "GET", path).status_code == 404
        assert callers("system reader", "PUT", path).status_code == 403
        assert callers("administrator", "PUT", path).status_code == 204
        assert callers("system reader", "GET", path).status_code == 204
        told = callers("system reader", "GET", "/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy").json()["policy"]
        assert told["blob"] == end
        policies.append(path)
    listed = callers("administrator", "GET", f"{policies[1].split('/services')[0]}/endpoints").json()["endpoints"]
    assert [row["id"] for row in listed] == [callers.ids["endpoint"]]
    for path in policies:
        assert callers("administrator", "DELETE", path).status_code == 204
    gone = callers("administrator", "GET", "/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy")
    assert gone.json()["error"]["message"] == f"No policy is associated with endpoint {callers.ids['endpoint']}."
