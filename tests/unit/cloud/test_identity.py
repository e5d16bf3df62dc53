"""Projects, users, roles, application credentials, and who may do what."""

import pytest
from openstack import exceptions

from kit.cloud import Cloud


def test_a_member_lists_no_users(demo):
    with pytest.raises(exceptions.ForbiddenException, match="identity:list_users"):
        list(demo.identity.users())


def test_two_projects_of_one_name_are_a_conflict(admin):
    with pytest.raises(exceptions.ConflictException, match="not permitted to have two projects"):
        admin.create_project("demo", "default")


def test_a_role_taken_away_ends_the_access(cloud, admin):
    conn = cloud.connect("demo", "demo")
    list(conn.compute.servers())
    admin.revoke_role("member", user="demo", project="demo")
    with pytest.raises(Exception, match="401"):
        list(conn.compute.servers())


def test_a_group_gives_its_members_its_roles(cloud, admin):
    admin.create_user(name="eve", password="secret", domain_id="default")
    admin.create_group("team", "them", "default")
    admin.add_user_to_group("eve", "team")
    admin.grant_role("reader", group="team", project="demo")
    assert cloud.connect("eve", "demo", "secret").current_project.name == "demo"


def test_an_application_credential_logs_in_and_shows_its_secret_once(cloud, demo):
    made = demo.identity.create_application_credential(demo.current_user_id, name="ci")
    assert made.secret
    shown = demo.identity.get_application_credential(demo.current_user_id, made.id)
    assert shown.secret is None


def test_a_disabled_user_is_out(cloud, admin):
    conn = cloud.connect("demo", "demo")
    list(conn.compute.servers())
    admin.identity.update_user(admin.identity.find_user("demo"), is_enabled=False)
    with pytest.raises(Exception, match="401"):
        list(conn.compute.servers())


def test_an_enabled_domain_cannot_be_deleted(admin):
    domain = admin.identity.create_domain(name="d")
    with pytest.raises(exceptions.ForbiddenException, match="disable it first"):
        admin.identity.delete_domain(domain)


def test_a_wrong_password_is_a_401():
    with pytest.raises(Exception, match="401"):
        list(Cloud().connect(password="wrong").identity.projects())


def test_filters_and_effective_assignments(admin):
    assert [user.name for user in admin.identity.users(name="demo")] == ["demo"]
    user = admin.identity.find_user("demo")
    roles = admin.identity.get(f"/role_assignments?user.id={user.id}&effective&include_names").json()[
        "role_assignments"
    ]
    assert sorted(item["role"]["name"] for item in roles) == ["member", "reader"]


# Trusts, and what else lies beside the core


@pytest.fixture
def trust(demo, admin):
    """A maker of trusts from demo to alt_demo."""
    role = next(role for role in admin.list_roles() if role.name == "member")
    other = admin.get_user("alt_demo").id

    def make(**more):
        body = {
            "trustor_user_id": demo.current_user_id, "trustee_user_id": other, "project_id": demo.current_project_id,
            "impersonation": True, "roles": [{"id": role.id}], **more,
        }  # fmt: skip
        return demo.identity.post("/OS-TRUST/trusts", json={"trust": body})

    return make


def use(cloud, user, trust_id):
    conn = cloud.connect(user, None)
    scope = {"OS-TRUST:trust": {"id": trust_id}}
    identity = {"methods": ["token"], "token": {"id": conn.auth_token}}
    return conn.identity.post("/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})


def test_a_trust_gives_its_trustee_the_trustors_place(cloud, demo, trust):
    made = trust().json()["trust"]
    token = use(cloud, "alt_demo", made["id"]).json()["token"]
    assert (token["user"]["name"], token["project"]["name"]) == ("demo", "demo")
    assert token["OS-TRUST:trust"]["id"] == made["id"]
    assert use(cloud, "admin", made["id"]).json()["error"]["message"] == "User is not a trustee."


def test_a_trust_ends_with_its_time_its_uses_or_its_trustor(cloud, demo, admin, trust):
    ends = (cloud.clock.now()).replace(microsecond=0).isoformat()
    assert trust(expires_at=ends + "Z").status_code == 400
    once = trust(remaining_uses=1).json()["trust"]["id"]
    assert use(cloud, "alt_demo", once).status_code == 201
    assert use(cloud, "alt_demo", once).status_code == 401
    other = trust().json()["trust"]["id"]
    admin.delete_user("demo")
    assert use(cloud, "alt_demo", other).status_code == 401


def test_only_the_trustor_makes_a_trust(cloud, demo, admin, trust):
    refused = trust(trustor_user_id=admin.current_user_id)
    assert refused.json()["error"]["message"].endswith("identity:create_trust.")
    assert trust(roles=[{"name": "admin"}]).json()["error"]["message"] == "Could not find role: admin."


def test_a_trust_is_seen_by_its_parties_only(cloud, demo, trust):
    made = trust().json()["trust"]["id"]
    cloud.connect("admin").create_user("eve", password="secret", domain_id="default")
    listed = demo.identity.get("/OS-TRUST/trusts", params={"trustor_user_id": demo.current_user_id}).json()
    assert [one["id"] for one in listed["trusts"]] == [made] and "roles" not in listed["trusts"][0]
    assert cloud.connect("alt_demo", "alt_demo").identity.get(f"/OS-TRUST/trusts/{made}").status_code == 200
    assert cloud.connect("eve", None, "secret").identity.get(f"/OS-TRUST/trusts/{made}").status_code == 403


def test_ec2_credentials_are_ones_own(cloud, demo):
    path = f"/users/{demo.current_user_id}/credentials/OS-EC2"
    made = demo.identity.post(path, json={"tenant_id": demo.current_project_id})
    access = made.json()["credential"]["access"]
    assert made.status_code == 201 and made.json()["credential"]["secret"]
    assert cloud.connect("alt_demo", "alt_demo").identity.get(f"{path}/{access}").status_code == 403
    assert demo.identity.delete(f"{path}/{access}").status_code == 204
    assert demo.identity.get(f"{path}/{access}").status_code == 404


def test_a_domain_has_a_configuration_of_its_own(admin):
    domain = admin.identity.create_domain(name="d").id
    path = f"/domains/{domain}/config"
    config = {"ldap": {"url": "ldap://d", "password": "hidden"}}
    assert admin.identity.put(path, json={"config": config}).status_code == 201
    assert admin.identity.put(path, json={"config": config}).status_code == 200
    assert admin.identity.get(f"{path}/ldap").json() == {"config": {"ldap": {"url": "ldap://d"}}}
    assert admin.identity.get(f"{path}/ldap/user").status_code == 404
    assert admin.identity.put(path, json={"config": {"token": {"x": 1}}}).status_code == 403
    assert admin.identity.get("/domains/config/identity/driver/default").json() == {"config": {"driver": "sql"}}


def test_a_projects_catalog_shows_the_endpoints_it_was_given(cloud, admin, demo):
    endpoint = next(one for one in admin.identity.endpoints() if one.url.endswith("/identity/v3"))
    path = f"/OS-EP-FILTER/projects/{demo.current_project_id}/endpoints/{endpoint.id}"
    assert admin.identity.put(path).status_code == 204
    shown = demo.identity.get("/auth/catalog").json()["catalog"]
    assert [end["id"] for service in shown for end in service["endpoints"]] == [endpoint.id]
    admin.identity.delete(path)
    assert sum(len(service["endpoints"]) for service in demo.identity.get("/auth/catalog").json()["catalog"]) > 1


def test_a_domains_role_only_stands_for_what_it_implies(admin):
    domain = admin.identity.create_domain(name="d").id
    own = admin.identity.post("/roles", json={"role": {"name": "own", "domain_id": domain}}).json()["role"]["id"]
    shared = admin.create_role("shared").id
    assert admin.identity.put(f"/roles/{own}/implies/{shared}").status_code == 201
    assert admin.identity.put(f"/roles/{shared}/implies/{own}").status_code == 403
    project, user = admin.create_project("p", domain), admin.create_user("u", domain_id=domain)
    admin.identity.put(f"/projects/{project.id}/users/{user.id}/roles/{own}")
    query = {"user.id": user.id, "effective": "true"}
    found = admin.identity.get("/role_assignments", params=query).json()["role_assignments"]
    assert [one["role"]["id"] for one in found] == [shared]


def test_nobody_becomes_administrator_by_implication(admin):
    roles = {role.name: role.id for role in admin.list_roles()}
    assert admin.identity.put(f"/roles/{roles['member']}/implies/{roles['admin']}").status_code == 403


def test_a_project_that_is_a_domain_is_disabled_before_it_is_deleted(admin):
    made = admin.identity.post("/projects", json={"project": {"name": "d", "is_domain": True}}).json()["project"]["id"]
    assert admin.identity.delete(f"/projects/{made}").status_code == 403
    admin.identity.patch(f"/projects/{made}", json={"project": {"enabled": False}})
    assert admin.identity.delete(f"/projects/{made}").status_code == 204


def test_head_answers_wherever_get_does_and_a_wrong_method_is_told(admin):
    assert admin.identity.head("/users").status_code == 200
    refused = admin.identity.post("/auth/catalog")
    assert refused.status_code == 405


@pytest.mark.parametrize("path", ["policies", "OS-OAUTH1/consumers"])
def test_what_keystone_keeps_for_others(admin, path):
    noun = "policy" if path == "policies" else "consumer"
    made = admin.identity.post(f"/{path}", json={noun: {"blob": "b", "type": "t", "description": "d"}})
    one = made.json()[noun]
    assert made.status_code == 201 and ("secret" in one) == (noun == "consumer")
    assert (
        admin.identity.patch(f"/{path}/{one['id']}", json={noun: {"description": "e"}}).json()[noun]["description"]
        == "e"
    )
    assert admin.identity.delete(f"/{path}/{one['id']}").status_code == 204
    assert admin.identity.get(f"/{path}/{one['id']}").status_code == 404


def test_access_rules_outlive_their_credential(demo):
    path = f"/users/{demo.current_user_id}"
    rule = {"path": "/v2.1/servers", "service": "compute", "method": "GET"}

    def make(name, *rules):
        body = {"application_credential": {"name": name, "access_rules": list(rules)}}
        return demo.identity.post(f"{path}/application_credentials", json=body).json()["application_credential"]

    first, second = make("a", rule), make("b", rule)
    kept = first["access_rules"][0]["id"]
    assert second["access_rules"] == first["access_rules"] == [{"id": kept, **rule}]
    assert demo.identity.delete(f"{path}/access_rules/{kept}").status_code == 403
    for one in (first, second):
        demo.identity.delete(f"{path}/application_credentials/{one['id']}")
    assert demo.identity.get(f"{path}/access_rules/{kept}").json()["access_rule"]["path"] == "/v2.1/servers"
    assert make("c", {"id": kept})["access_rules"][0]["method"] == "GET"
    assert demo.identity.get(f"{path}/access_rules/{'0' * 32}").status_code == 404


def test_after_a_snapshot_nobody_gets_the_token_of_another():
    cloud = Cloud.from_seed("devstack", random_seed=1, clock="manual")
    kept = cloud.snapshot()
    old = cloud.connect().auth_token
    cloud.restore(kept)
    assert cloud.connect("demo", "demo").auth_token != old
    cloud.restore(kept)
    assert cloud.connect().auth_token == old
