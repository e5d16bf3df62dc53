"""The `openstack` command and the identity service."""

import pytest


def test_a_token_is_issued_for_the_project(cli):
    token = cli("token issue -f json").json
    project = cli("project show demo -f json", cloud="admin").json
    assert token["project_id"] == project["id"] and token["id"].startswith("gAAAAA")


def test_the_catalog_names_every_service(cli):
    found = {row["Name"]: row["Endpoints"] for row in cli("catalog list -f json").json}
    assert {"keystone", "nova", "neutron", "glance"} <= set(found)
    assert {endpoint["interface"] for endpoint in found["nova"]} == {"public", "internal", "admin"}


def test_a_catalog_entry_can_be_shown(cli):
    assert cli("catalog show compute -f json").json["name"] == "nova"


def test_a_project_with_a_user_who_may_work_in_it(cli):
    project = cli("project create sky --description high -f json", cloud="admin").json
    user = cli("user create lark --project sky --password feather -f json", cloud="admin").json
    assert cli("role add --project sky --user lark member", cloud="admin").code == 0
    names = cli("role assignment list --user lark --project sky --names -f json", cloud="admin").json
    assert [(row["Role"], row["User"], row["Project"]) for row in names] == [("member", "lark@Default", "sky@Default")]
    as_lark = "--os-username lark --os-password feather --os-project-name sky"
    token = cli(f"{as_lark} token issue -f json").json
    assert (token["user_id"], token["project_id"]) == (user["id"], project["id"])


def test_what_was_made_can_be_listed_changed_and_deleted(cli):
    cli("project create sky", cloud="admin")
    assert cli("project set sky --description deep", cloud="admin").code == 0
    assert cli("project show sky -f value -c description", cloud="admin").out == "deep\n"
    cli("user create lark", cloud="admin")
    assert "lark" in {row["Name"] for row in cli("user list -f json", cloud="admin").json}
    assert cli("user delete lark", cloud="admin").code == 0
    assert cli("project delete sky", cloud="admin").code == 0
    assert cli("project show sky", cloud="admin").err.strip() == "No Project found for sky"


def test_a_second_project_of_one_name_is_a_conflict(cli):
    cli("project create sky", cloud="admin")
    again = cli("project create sky", cloud="admin")
    assert again.code == 1 and "it is not permitted to have two projects" in again.err


def test_only_the_administrator_makes_projects(cli):
    refused = cli("project create sky")
    assert refused.code == 1
    assert "You are not authorized to perform the requested action: identity:create_project." in refused.err


def test_a_wrong_password_is_refused(cli):
    refused = cli("--os-password wrong token issue")
    assert refused.code == 1 and "The request you have made requires authentication." in refused.err


def test_a_role_is_made_and_taken_away_again(cli):
    cli("role create pilot", cloud="admin")
    assert cli("role add --project demo --user demo pilot", cloud="admin").code == 0
    assert cli("role remove --project demo --user demo pilot", cloud="admin").code == 0
    left = cli("role assignment list --user demo --project demo --names -f json", cloud="admin").json
    assert "pilot" not in {row["Role"] for row in left}
    assert cli("role delete pilot", cloud="admin").code == 0


def test_an_application_credential_opens_the_project(cli, port):
    made = cli("application credential create robot --role member -f json").json
    assert {role["name"] for role in made["Roles"]} == {"member", "reader"}
    with_it = (
        f"--os-auth-type v3applicationcredential --os-auth-url {port.auth_url} "
        f"--os-application-credential-id {made['ID']} --os-application-credential-secret {made['Secret']}"
    )
    assert cli(f"{with_it} network list", cloud="").code == 0
    assert [row["Name"] for row in cli("application credential list -f json").json] == ["robot"]
    assert cli("application credential delete robot").code == 0
    refused = cli(f"{with_it} token issue", cloud="")
    assert refused.code == 1 and "Could not find Application Credential" in refused.err


def test_a_trust_lets_another_user_act(cli, port):
    mine, other = (cli("token issue -f json", cloud=user).json for user in ("demo", "alt_demo"))
    role = cli("role show member -f value -c id", cloud="admin").out.strip()
    made = cli(
        f"trust create --impersonate --project {mine['project_id']} --role {role} {mine['user_id']} {other['user_id']} -f json"
    )
    assert made.code == 0, made.err
    trust_id = made.json["id"]
    used = cli(
        f"--os-auth-type v3password --os-auth-url {port.auth_url} --os-username alt_demo --os-password "
        f"{port.cloud.passwords['alt_demo']} --os-user-domain-name Default --os-trust-id {trust_id} token issue -f json",
        cloud="",
    )
    assert used.code == 0, used.err
    assert (used.json["project_id"], used.json["user_id"]) == (mine["project_id"], mine["user_id"])
    assert cli(f"trust delete {trust_id}").code == 0


def test_ec2_credentials(cli):
    made = cli("ec2 credentials create -f json").json
    assert [row["Access"] for row in cli("ec2 credentials list -f json").json] == [made["access"]]
    assert cli(f"ec2 credentials delete {made['access']}").code == 0
    assert cli("ec2 credentials list -f json").json == []


@pytest.mark.parametrize("noun", ["region", "service", "endpoint", "role", "domain", "user", "group", "project"])
def test_every_kind_can_be_listed(cli, noun):
    assert cli(f"{noun} list -f json", cloud="admin").code == 0


def test_a_service_and_its_endpoint_join_the_catalog(cli):
    cli("service create --name kite wind", cloud="admin")
    assert cli("endpoint create --region RegionOne wind public http://wind.example/v1", cloud="admin").code == 0
    assert "kite" in {row["Name"] for row in cli("catalog list -f json").json}
