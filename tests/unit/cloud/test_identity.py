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
