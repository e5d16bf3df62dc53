"""The policy service: Congress's API, and policies that deny and repair."""

import pytest
from openstack import exceptions

from kit.cloud import Cloud
from kit.cloud.policy.follow import follow
from kit.policy import Engine

SEED = {
    "projects": [{"name": "shop"}],
    "users": [{"name": "alice", "email": "alice@shop.example", "roles": {"shop": "member"}}],
    "flavors": [{"name": "small", "vcpus": 1, "ram": 512, "disk": 1}],
    "images": [{"name": "cirros"}],
    "networks": [
        {"name": "internet", "external": True, "subnets": [{"cidr": "203.0.113.0/24"}]},
        {"name": "inner", "project": "shop", "subnets": [{"name": "inner-subnet", "cidr": "10.0.0.0/24"}]},
    ],
    "routers": [{"name": "edge", "project": "shop", "external": "internet", "subnets": ["inner-subnet"]}],
    "security_groups": [{"name": "web", "project": "shop", "rules": [{"port": 443}]}],
    "servers": [
        {
            "name": "web-1",
            "project": "shop",
            "flavor": "small",
            "image": "cirros",
            "network": "inner",
            "security_groups": ["web"],
            "floating_ip": "internet",
        }
    ],
}
REPAIR = (
    "execute[neutronv2:delete_security_group_rule(rule)] :- "
    "neutronv2:security_group_rules(id=rule, port_range_min=low, port_range_max=high, direction='ingress'), "
    "lteq(low, 80), gteq(high, 80)"
)


@pytest.fixture
def cloud():
    made = Cloud.from_seed(SEED)
    yield made
    made.close()


@pytest.fixture
def conn(cloud):
    return cloud.connect()


@pytest.fixture
def ask(conn):
    def call(method, path, **options):
        return conn.session.request(
            f"/v1/{path}", method, endpoint_filter={"service_type": "policy"}, raise_exc=False, **options
        )

    return call


@pytest.fixture
def open_port(conn):
    def call(low=80, high=80):
        group = conn.network.find_security_group("web").id
        rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
        return conn.network.post(
            "/security-group-rules",
            json={"security_group_rule": {**rule, "port_range_min": low, "port_range_max": high}},
        )

    return call


def log(ask, kind=None):
    return [line for line in ask("GET", "enforcement/log").json()["results"] if kind in (None, line["kind"])]


def violators(ask):
    return [row["data"][2] for row in ask("GET", "policies/OpenPort80/tables/error/rows").json()["results"]]


@pytest.fixture
def policy(ask):
    assert ask("POST", "policies?library_policy=OpenPort80", json={}).status_code == 201


def test_two_policies_are_always_there(ask):
    found = ask("GET", "policies").json()["results"]
    assert [(item["name"], item["kind"]) for item in found] == [
        ("action", "action"),
        ("classification", "nonrecursive"),
    ]
    for item in found:
        assert ask("DELETE", f"policies/{item['id']}").status_code == 404


def test_it_is_in_the_catalog(conn):
    assert conn.session.get_endpoint(service_type="policy").endswith("/policy")


def test_only_administrators_are_let_in(cloud):
    alice = cloud.connect("alice", "shop")
    answer = alice.session.get("/v1/policies", endpoint_filter={"service_type": "policy"}, raise_exc=False)
    assert answer.status_code == 403


def test_a_policy_lives_with_its_rules(ask):
    made = ask("POST", "policies", json={"name": "p", "description": "d"}).json()
    assert made["abbreviation"] == "p" and made["owner_id"] == "user"
    rule = ask("POST", "policies/p/rules", json={"rule": "q(x) :- nova:servers(name=x)", "name": "r"})
    assert rule.status_code == 201 and rule.headers["Location"].endswith(rule.json()["id"])
    assert ask("GET", f"policies/p/rules/{rule.json()['id']}").json()["name"] == "r"
    assert [row["id"] for row in ask("GET", "policies/p/tables").json()["results"]] == ["q"]
    assert ask("GET", "policies/p/tables/q/rows").json() == {"results": [{"data": ["web-1"]}]}
    assert ask("DELETE", f"policies/p/rules/{rule.json()['id']}").status_code == 200
    assert ask("GET", "policies/p/tables/q/rows").status_code == 404
    assert ask("DELETE", "policies/p").status_code == 200
    assert ask("GET", "policies/p").status_code == 404


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ("p(x :- q(x)", 400, 1002),
        ("p(x) :- q(y)", 400, 1002),
        ("p(x) :- nova:sevrers(id=x)", 400, 1002),
        ("p(x) :- p(x)", 400, 1002),
        ("p(1) p(2)", 400, 1003),
        ("q(x) :- nova:servers(id=x)", 409, 1008),
    ],
)
def test_a_bad_rule_has_congresss_number_and_leaves_nothing(ask, rule, status, code):
    ask("POST", "policies/classification/rules", json={"rule": "q(x) :- nova:servers(id=x)"})
    answer = ask("POST", "policies/classification/rules", json={"rule": rule})
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (status, code)
    assert len(ask("GET", "policies/classification/rules").json()["results"]) == 1


def test_a_mistake_comes_with_its_position_and_a_suggestion(ask):
    error = ask("POST", "policies/classification/rules", json={"rule": "p(x) :- nova:sevrers(id=x)"}).json()["error"]
    found = error["error_data"][0]
    assert (found["line"], found["column"], found["todo"]) == (1, 9, "Did you mean `nova:servers`?")


def test_an_unknown_policy_is_1020(ask):
    answer = ask("GET", "policies/nosuch/rules")
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (404, 1020)


def test_a_policy_with_one_bad_rule_is_not_made(ask):
    rules = [{"rule": "p(x) :- nova:servers(id=x)"}, {"rule": "q(x) :- r(y)"}]
    assert ask("POST", "policies", json={"name": "half", "rules": rules}).status_code == 400
    assert ask("GET", "policies/half").status_code == 404


def test_the_library_is_copied_kept_and_changed(ask):
    names = [item["name"] for item in ask("GET", "librarypolicies").json()["results"]]
    assert "OpenPort80" in names
    assert "rules" not in ask("GET", "librarypolicies?include_rules=False").json()["results"][0]
    made = ask("POST", "librarypolicies", json={"name": "mine", "rules": [{"rule": "p(1)"}]}).json()
    ask("PUT", f"librarypolicies/{made['id']}", json={"name": "mine", "rules": [{"rule": "p(2)"}]})
    assert ask("GET", f"librarypolicies/{made['id']}").json()["rules"] == [{"rule": "p(2)"}]
    assert ask("DELETE", f"librarypolicies/{made['id']}").status_code == 200


def test_every_policy_of_the_library_is_accepted(ask):
    for item in ask("GET", "librarypolicies").json()["results"]:
        answer = ask("POST", f"policies?library_policy={item['name']}", json={})
        assert answer.status_code == 201, answer.text


def test_monitoring_follows_the_cloud(ask, policy, open_port):
    assert violators(ask) == []
    open_port()
    assert violators(ask) == ["web-1"]


def test_rows_come_with_their_proof(ask, policy, open_port):
    open_port()
    trace = ask("GET", "policies/OpenPort80/tables/error/rows?trace=true").json()["trace"]
    assert "neutronv2:floating_ips" in trace and "port_range_min=80" in trace


def test_simulating_changes_nothing(ask, conn, policy):
    group = conn.network.find_security_group("web").id
    rule = f'neutronv2:security_group_rules+("{group}", "x", "t", "None", "ingress", "IPv4", "tcp", 80, 80, "None")'
    body = {"query": "error(u, e, n, p)", "sequence": rule, "action_policy": "action"}
    found = ask("POST", "policies/OpenPort80?action=simulate&delta=true", json=body).json()["result"]
    assert len(found) == 1 and found[0].startswith("error+(") and '"web-1"' in found[0]
    assert violators(ask) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query": "error(u,e,n,p)", "sequence": "x+(1)"}, 400, 1004),
        ({"query": "error(u,", "sequence": "x+(1)", "action_policy": "action"}, 400, 1002),
        ({"query": "error(u,e,n,p)", "sequence": "x+(", "action_policy": "action"}, 400, 1006),
        ({"query": "error(u,e,n,p)", "sequence": "x(1)", "action_policy": "action"}, 500, 1007),
        ({"query": "error(u,e,n,p)", "sequence": "x+(1)", "action_policy": "nosuch"}, 404, 1020),
    ],
)
def test_a_simulation_that_makes_no_sense(ask, policy, body, status, code):
    answer = ask("POST", "policies/OpenPort80?action=simulate", json=body)
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (status, code)


def test_a_denied_request_gets_403_with_the_explanation_and_changes_nothing(ask, conn, policy, open_port):
    ask("PUT", "enforcement", json={"deny": ["OpenPort80:error"]})
    before = len(list(conn.network.security_group_rules()))
    answer = open_port()
    assert answer.status_code == 403
    error = answer.json()["NeutronError"]
    assert (
        error["type"] == "PolicyNotAuthorized"
        and "web-1" in error["message"]
        and "port_range_min=80" in error["message"]
    )
    assert len(list(conn.network.security_group_rules())) == before
    assert [line["what"] for line in log(ask, "denied")] == ["POST /network/v2.0/security-group-rules"]
    assert open_port(8443, 8443).status_code == 201


def test_what_was_wrong_before_denies_nothing(ask, conn, policy, open_port):
    open_port()
    ask("PUT", "enforcement", json={"deny": ["OpenPort80:error"]})
    assert open_port(8443, 8443).status_code == 201


def test_a_server_that_would_violate_is_not_made(ask, cloud, policy):
    ask(
        "POST",
        "policies/classification/rules",
        json={"rule": 'forbidden(id) :- nova:servers(id=id, name="evil")'},
    )
    ask("PUT", "enforcement", json={"deny": ["classification:forbidden"]})
    alice = cloud.connect("alice", "shop")
    with pytest.raises(exceptions.ForbiddenException, match="classification denies this"):
        alice.create_server("evil", image="cirros", flavor="small", network="inner")
    assert [server.name for server in alice.compute.servers()] == ["web-1"]
    assert len([port for port in alice.network.ports() if port.device_owner.startswith("compute")]) == 1


def test_a_repair_happens_by_itself_and_says_why(ask, conn, open_port):
    ask("POST", "policies/classification/rules", json={"rule": REPAIR})
    made = open_port().json()["security_group_rule"]["id"]
    assert made not in [rule.id for rule in conn.network.security_group_rules()]
    line = log(ask, "done")[-1]
    assert made in line["what"] and "port_range_min=80" in line["why"] and line["policy"] == "classification"


def test_a_repair_finds_what_was_there_before_its_rule(ask, conn, open_port):
    made = open_port().json()["security_group_rule"]["id"]
    ask("POST", "policies/classification/rules", json={"rule": REPAIR})
    assert made not in [rule.id for rule in conn.network.security_group_rules()]


def test_repairs_wait_while_reacting_is_off(ask, conn, open_port):
    ask("PUT", "enforcement", json={"react": False})
    ask("POST", "policies/classification/rules", json={"rule": REPAIR})
    made = open_port().json()["security_group_rule"]["id"]
    assert made in [rule.id for rule in conn.network.security_group_rules()]
    ask("PUT", "enforcement", json={"react": True})
    assert made not in [rule.id for rule in conn.network.security_group_rules()]


def test_a_denied_request_demands_nothing(ask, open_port):
    ask("POST", "policies/classification/rules", json={"rule": REPAIR})
    ask(
        "POST",
        "policies/classification/rules",
        json={"rule": "bad(r) :- neutronv2:security_group_rules(id=r, port_range_min=80)"},
    )
    ask("PUT", "enforcement", json={"deny": ["classification:bad"]})
    assert open_port().status_code == 403
    assert log(ask, "done") == []


def test_an_action_that_the_cloud_refuses_is_written_down(ask):
    ask(
        "POST", "policies/classification/rules", json={"rule": "execute[nova:servers.unpause(s)] :- nova:servers(id=s)"}
    )
    assert "Cannot 'unpause' instance" in log(ask, "failed")[0]["result"]


def test_actions_that_undo_each_other_are_stopped_and_reported(ask, cloud, conn):
    for state, action in (("ACTIVE", "pause"), ("PAUSED", "unpause")):
        rule = f'execute[nova:servers.{action}(s)] :- nova:servers(id=s, status="{state}")'
        ask("POST", "policies/classification/rules", json={"rule": rule})
    for _ in range(10):
        cloud.clock.advance(30)
        list(conn.compute.servers())
    assert len(log(ask, "done")) <= 3
    stopped = log(ask, "loop")
    assert len(stopped) == 1 and "pause" in stopped[0]["why"] and "unpause" in stopped[0]["why"]


def test_an_action_is_executed_by_request(ask, cloud, conn):
    server = next(iter(conn.compute.servers(all_projects=True)))
    body = {"name": "nova:servers.pause", "args": {"positional": [server.id]}}
    assert ask("POST", "policies/classification?action=execute", json=body).json() == {}
    cloud.clock.advance(30)
    assert conn.compute.get_server(server.id).status == "PAUSED"
    assert (
        ask("POST", "policies/classification?action=execute", json={"name": "pause"}).json()["error"]["error_code"]
        == 1017
    )
    assert (
        ask("POST", "policies/classification?action=execute", json=body | {"args": 3}).json()["error"]["error_code"]
        == 1018
    )
    assert ask("POST", "policies/classification?action=execute", json=body).json()["error"]["error_code"] == 1016


def test_data_sources_show_schema_tables_rows_and_actions(ask):
    names = [item["name"] for item in ask("GET", "data-sources").json()["results"]]
    assert {"nova", "neutronv2", "keystone", "keystonev3", "glancev2"} <= set(names)
    schema = ask("GET", "data-sources/nova/schema").json()["tables"]
    assert "servers" in [table["table_id"] for table in schema]
    assert ask("GET", "data-sources/nova/tables/servers/spec").json()["columns"][1]["name"] == "name"
    assert ask("GET", "data-sources/nova/tables/servers/rows").json()["results"][0]["data"][1] == "web-1"
    assert ask("POST", "data-sources/nova?action=request-refresh", json={}).json() == {}
    assert "servers.pause" in [item["name"] for item in ask("GET", "data-sources/nova/actions").json()["results"]]
    assert ask("GET", "data-sources/nosuch/schema").status_code == 404
    assert ask("POST", "policies/nova/rules", json={"rule": "p(1)"}).json()["error"]["error_code"] == 1019


def test_rows_are_pushed_to_a_source_of_ones_own(ask):
    ask("POST", "data-sources", json={"name": "cmdb", "driver": "push"})
    assert ask("PUT", "data-sources/cmdb/tables/owners/rows", json=[["web-1", "alice"]]).status_code == 200
    ask(
        "POST",
        "policies/classification/rules",
        json={"rule": "owned(s) :- cmdb:owners(n, o), nova:servers(id=s, name=n)"},
    )
    assert len(ask("GET", "policies/classification/tables/owned/rows").json()["results"]) == 1
    ask("PUT", "data-sources/cmdb/tables/owners/rows", json=[["web-9", "bob"]])
    assert ask("GET", "policies/classification/tables/owned/rows").json()["results"] == []


def test_a_snapshot_brings_policies_back(ask, cloud, policy):
    before = cloud.snapshot()
    ask("DELETE", "policies/OpenPort80")
    cloud.restore(before)
    assert violators(ask) == []


def test_an_unsupported_method_is_501(ask):
    assert ask("PUT", "policies").status_code == 501


def test_an_engine_of_ones_own_follows_the_cloud(cloud, conn, open_port):
    engine = Engine()
    end = follow(cloud, engine, ["nova", "neutronv2"])
    engine.insert("open(r) :- neutronv2:security_group_rules(id=r, port_range_min=80)")
    engine.watch("classification", "open")
    made = open_port().json()["security_group_rule"]["id"]
    assert [row for event in engine.events() for row in event.added] == [(made,)]
    calls = len(cloud.exchanges)
    conn.network.delete_security_group_rule(made)
    assert [row for event in engine.events() for row in event.removed] == [(made,)]
    assert len(cloud.exchanges) == calls + 1  # its own looks are not recorded
    end()
    open_port()
    assert not engine.rows("open")
