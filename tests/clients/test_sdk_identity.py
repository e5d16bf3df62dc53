"""openstacksdk and the identity service, over a port."""

import openstack
import pytest
from openstack import exceptions


def test_a_project_with_a_user_who_has_a_role(admin, port):
    project = admin.create_project("sky", domain_id="default", description="high")
    user = admin.create_user("lark", password="feather", default_project=project.id, domain_id="default")
    assert admin.grant_role("member", user="lark", project="sky") is True
    assert admin.grant_role("member", user="lark", project="sky") is False
    found = admin.list_role_assignments({"user": user.id})
    assert [(one.scope["project"]["id"], one.user["id"]) for one in found] == [(project.id, user.id)]
    auth = {"auth_url": port.auth_url, "username": "lark", "password": "feather", "project_name": "sky"}
    with openstack.connect(auth={**auth, "user_domain_id": "default", "project_domain_id": "default"}) as lark:
        assert lark.current_project_id == project.id
    assert admin.revoke_role("member", user="lark", project="sky") is True
    assert admin.delete_user("lark") is True and admin.delete_project("sky") is True
    assert admin.get_user("lark") is None and admin.get_project("sky") is None


def test_people_and_projects_are_listed(admin):
    assert {"admin", "demo", "alt_demo"} <= {one.name for one in admin.list_users()}
    assert {"admin", "demo", "alt_demo"} <= {one.name for one in admin.list_projects()}
    assert {"admin", "member", "reader"} <= {one.name for one in admin.list_roles()}
    assert [one.name for one in admin.list_domains()] == ["Default"]


def test_groups(admin):
    admin.create_group("crew", "who sails")
    admin.add_user_to_group("demo", "crew")
    assert admin.is_user_in_group("demo", "crew") is True
    admin.grant_role("reader", group="crew", project="alt_demo")
    demo = admin.get_user("demo").id
    found = admin.identity.role_assignments(
        user_id=demo, effective=True, scope_project_id=admin.get_project("alt_demo").id
    )
    assert [one.user["id"] for one in found] == [demo]
    assert admin.delete_group("crew") is True


def test_an_application_credential_opens_the_project(demo, port):
    made = demo.identity.create_application_credential(demo.current_user_id, name="robot", roles=[{"name": "member"}])
    with openstack.connect(
        auth_type="v3applicationcredential", auth_url=port.auth_url, region_name="RegionOne",
        application_credential_id=made.id, application_credential_secret=made.secret,
    ) as robot:  # fmt: skip
        assert robot.current_project_id == demo.current_project_id
        assert robot.list_servers() == []
        with pytest.raises(exceptions.ForbiddenException):
            robot.identity.create_application_credential(demo.current_user_id, name="more")
    assert [one.name for one in demo.identity.application_credentials(demo.current_user_id)] == ["robot"]


def test_a_token_ends_when_it_is_revoked(demo, port):
    token = demo.auth_token
    demo.identity.delete("/auth/tokens", headers={"X-Subject-Token": token})
    refused = demo.session.get(
        f"{port.auth_url}/auth/projects", headers={"X-Auth-Token": token}, authenticated=False,
        raise_exc=False,
    )  # fmt: skip
    assert refused.status_code == 401


def test_a_service_with_its_endpoints(admin):
    made = admin.create_service("kite", type="wind")
    admin.create_endpoint(made.id, public_url="http://wind.example/v1", region="RegionOne")
    assert [one.url for one in admin.search_endpoints(filters={"service_id": made.id})] == ["http://wind.example/v1"]
    assert admin.delete_service("kite") is True


def test_a_role_that_implies_another_and_limits(admin):
    upper, lower = (admin.create_role(name) for name in ("upper", "lower"))
    base = admin.identity
    assert base.put(f"/roles/{upper.id}/implies/{lower.id}").status_code == 201
    shown = base.get(f"/roles/{upper.id}/implies").json()["role_inference"]["implies"]
    assert [one["name"] for one in shown] == ["lower"]
    service = next(one for one in admin.list_services() if one.type == "compute")
    admin.identity.create_registered_limit(service_id=service.id, resource_name="class:VCPU", default_limit=10)
    found = {one.resource_name: one.default_limit for one in admin.identity.registered_limits()}
    assert found == {"class:VCPU": 10}


def test_who_may_not_look_is_told_so(demo):
    with pytest.raises(exceptions.ForbiddenException, match="identity:list_users"):
        list(demo.identity.users())
    with pytest.raises(exceptions.ForbiddenException, match="identity:get_project"):
        demo.identity.get_project("0" * 32)
