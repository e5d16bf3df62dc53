"""Congress's own client, python-congressclient, beside today's openstackclient."""

from __future__ import annotations

import pytest

pytest.importorskip("congressclient")

RULE = 'off(x) :- nova:servers(name=x, status="SHUTOFF")'


@pytest.fixture
def congress(cli):
    def run(line: str):
        ran = cli(f"congress {line}", cloud="admin")
        assert ran.code == 0, ran.err
        return ran

    return run


def test_a_policy_from_start_to_end(congress):
    made = congress("policy create mine --description 'my own' -f json").json
    assert made["name"] == "mine" and made["kind"] == "nonrecursive"
    assert {row["name"] for row in congress("policy list -f json").json} >= {"action", "classification", "mine"}
    assert congress("policy show mine -f json").json["description"] == "my own"
    rule = congress(f"policy rule create mine '{RULE}' --name r --comment c -f json").json
    assert rule["rule"] == RULE and rule["name"] == "r"
    assert RULE in congress("policy rule list mine").out
    assert congress(f"policy rule show mine {rule['id']} -f json").json["comment"] == "c"
    assert [row["id"] for row in congress("policy table list mine -f json").json] == ["off"]
    assert congress("policy table show mine off -f json").json["id"] == "off"
    congress(f"policy rule delete mine {rule['id']}")
    assert congress("policy rule list mine").out.strip() == ""
    congress("policy delete mine")
    assert "mine" not in {row["name"] for row in congress("policy list -f json").json}


@pytest.fixture
def library(admin):
    """The client's library: some verbs of its command line do not run on Python 3 or with today's PyYAML."""
    from congressclient.v1.client import Client

    return Client(
        session=admin.session, auth=None, interface="publicURL", service_type="policy", region_name="RegionOne"
    )


def test_a_policy_with_its_rules(library):
    made = library.create_policy({"name": "filed", "rules": [{"rule": RULE, "name": "r"}]})
    assert [rule["rule"] for rule in made["rules"]] == [RULE]
    assert [rule["name"] for rule in library.list_policy_rules("filed")["results"]] == ["r"]


def test_a_policy_of_the_library(library):
    assert "OpenPort80" in {item["name"] for item in library.list_library_policy()["results"]}
    library.create_policy({}, library_policy_id="OpenPort80")
    assert {table["id"] for table in library.list_policy_tables("OpenPort80")["results"]} >= {"error"}


def test_what_may_be_done_and_what_is_known(library):
    assert "servers.pause" in {item["name"] for item in library.list_datasource_actions("nova")["results"]}
    tables = {table["table_id"] for table in library.show_datasource_schema("nova")["tables"]}
    assert {"servers", "flavors"} <= tables == {table["table_id"] for table in library.show_driver("nova")["tables"]}


def test_an_action(library, cli, admin):
    cli("server create web --image cirros --flavor m1.tiny --network private --wait")
    server = next(iter(admin.compute.servers(all_projects=True)))
    library.execute_datasource_action("nova", "execute", {"name": "servers.pause", "args": {"positional": [server.id]}})
    admin.compute.wait_for_server(server, status="PAUSED")


def test_rows_with_their_trace(congress, cli):
    cli("server create web --image cirros --flavor m1.tiny --network private --wait")
    congress("policy rule create classification 'named(x) :- nova:servers(name=x)'")
    assert congress("policy row list classification named -f json").json == [{"Col0": "web"}]
    assert 'name="web"' in congress("policy row list classification named --trace").out


def test_a_simulation(congress):
    congress("policy rule create classification 'q(x) :- p(x)'")
    assert congress("policy simulate classification 'q(x)' 'p+(1) p+(2)' action").out.split() == ["q(1)", "q(2)"]
    assert congress("policy simulate classification 'q(x)' 'p+(1)' action --delta").out.split() == ["q+(1)"]


def test_data_sources(congress):
    listed = {row["name"]: row["id"] for row in congress("datasource list -f json").json}
    assert {"nova", "neutronv2", "keystone"} <= set(listed)
    assert "servers" in {row["id"] for row in congress("datasource table list nova -f json").json}
    assert congress("datasource table show nova servers -f json").json["id"] == "servers"
    assert "status" in {row["name"] for row in congress("datasource table schema show nova servers -f json").json}
    assert congress("datasource status show nova -f json").json["initialized"] == "True"
    assert congress("datasource row list nova flavors -f json").json[0]["name"]
    congress("datasource request-refresh nova")


def test_a_source_that_rows_are_pushed_to(congress):
    congress("datasource create push cmdb --config persist_data=True")
    congress("""datasource row update cmdb owners '[["web", "alice"]]'""")
    assert congress("datasource row list cmdb owners -f json").json == [{"col0": "web", "col1": "alice"}]
    congress("datasource delete cmdb")


def test_drivers_and_versions(congress):
    assert "nova" in {row["id"] for row in congress("driver list -f json").json}
    assert congress("driver config show nova -f json") is not None
    assert congress("version list -f json").json[0]["id"] == "v1"


def test_a_refused_rule_says_why(cli):
    ran = cli("congress policy rule create classification 'p(x) :- nova:sevrers(id=x)'", cloud="admin")
    assert ran.code == 1 and "Did you mean `nova:servers`" in ran.err
