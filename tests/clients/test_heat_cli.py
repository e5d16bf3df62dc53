"""The `openstack stack`, `orchestration` and `software` commands."""

import json

import pytest

WEB = """
heat_template_version: 2021-04-16
description: A server with a volume
parameters:
  flavor: {type: string, default: m1.tiny}
  secret: {type: string, default: hush, hidden: true}
resources:
  port: {type: OS::Neutron::Port, properties: {network: private}}
  server:
    type: OS::Nova::Server
    properties:
      {image: cirros, flavor: {get_param: flavor}, networks: [{port: {get_resource: port}}],
       user_data: {get_file: boot.sh}}
  volume: {type: OS::Cinder::Volume, properties: {size: 1}, metadata: {role: data}}
  inner: {type: inner.yaml}
outputs:
  address: {value: {get_attr: [server, first_address]}, description: Where it is}
"""
INNER = """
heat_template_version: 2021-04-16
resources:
  word: {type: OS::Heat::RandomString, properties: {length: 8}}
"""
TEST = """
heat_template_version: 2021-04-16
parameters: {fail: {type: boolean, default: false}, wait: {type: number, default: 0}, value: {type: string, default: a}}
resources:
  leaf:
    type: OS::Heat::TestResource
    properties: {fail: {get_param: fail}, wait_secs: {get_param: wait}, value: {get_param: value}}
outputs: {value: {value: {get_attr: [leaf, output]}}}
"""
DEPLOY = """
heat_template_version: 2021-04-16
resources:
  config: {type: OS::Heat::SoftwareConfig, properties: {group: script, config: "#!/bin/sh", outputs: [{name: answer}]}}
  deployment:
    type: OS::Heat::SoftwareDeployment
    properties: {config: {get_resource: config}, server: 5b2a6b5c-0000-4000-8000-000000000001, input_values: {a: b}}
outputs: {answer: {value: {get_attr: [deployment, answer]}}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in {
        "web.yaml": WEB, "inner.yaml": INNER, "test.yaml": TEST, "deploy.yaml": DEPLOY, "boot.sh": "#!/bin/sh\n",
        "group.yaml": "heat_template_version: 2021-04-16\nresources:\n  all: {type: OS::Heat::ResourceGroup, "
        "properties: {count: 2, resource_def: {type: inner2.yaml}}}\n",
        "inner2.yaml": TEST.replace("default: false", "default: true"),
        "env.yaml": "parameters: {value: from-env}\n",
        "hooks.yaml": "resource_registry: {resources: {leaf: {hooks: pre-create}}}\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stack(folder, cli):
    """Makes a stack and waits; gives what the command printed."""

    def make(name, template="test.yaml", *options):
        made = cli(f"stack create {name} -t {template} --wait --poll 1 -f json {' '.join(options)}")
        assert made.code == 0, made.err
        return json.loads(made.out[made.out.index("{\n") :])

    return make


def until(cli, port, name, wanted):
    for _ in range(100):
        state = cli(f"stack show {name} -f value -c stack_status").out.strip()
        if state == wanted:
            return
        port.cloud.clock.advance(2)
    raise AssertionError(f"{name} is {state}, not {wanted}: {cli(f'stack show {name}').out}")


def test_a_stack_of_real_things_from_its_creation_to_its_end(cli, port, stack):
    made = stack("web", "web.yaml", "--tag blue,green --enable-rollback")
    assert (made["stack_status"], made["stack_name"], made["description"]) == (
        "CREATE_COMPLETE", "web", "A server with a volume",
    )  # fmt: skip
    servers = cli("server list -f json").json
    assert servers[0]["Name"].startswith("web-server-") and servers[0]["Status"] == "ACTIVE"
    assert cli("volume list -f json").json[0]["Name"].startswith("web-volume-")
    listed = cli("stack list -f json").json
    assert [(row["Stack Name"], row["Stack Status"]) for row in listed] == [("web", "CREATE_COMPLETE")]
    nested = cli("stack list --nested -f json").json
    assert {row["Parent"] for row in nested} == {None, listed[0]["ID"]}
    shown = cli("stack show web -f json").json
    assert shown["tags"] == ["blue", "green"] and shown["disable_rollback"] is False
    assert shown["parameters"]["secret"] == "******"
    assert shown["outputs"][0]["output_value"] == servers[0]["Networks"]["private"][0]
    assert cli("stack output show web address -f value -c output_value").out.strip().startswith("10.0.0.")
    assert cli("stack output list web -f json").json[0]["output_key"] == "address"
    assert "output_value" in cli("stack output show --all web -f json").out
    assert "heat_template_version" in cli("stack template show web").out
    assert "parameters" in cli("stack environment show web").out
    assert "boot.sh" in cli("stack file list web").out
    ran = cli("stack delete web --yes --wait")
    assert ran.code == 0, ran.err
    assert cli("server list -f json").json == [] and cli("volume list -f json").json == []
    assert cli("stack list -f json").json == []
    again = cli("stack show web")
    assert again.code == 1 and "Stack not found: web" in again.err


def test_resources_are_listed_shown_and_marked(cli, stack):
    stack("web", "web.yaml")
    rows = cli("stack resource list web -f json").json
    assert {row["resource_name"]: row["resource_status"] for row in rows} == dict.fromkeys(
        ("port", "server", "volume", "inner"), "CREATE_COMPLETE"
    )
    deep = cli("stack resource list -n 5 web -f json").json
    assert ("word", "inner") in {(row["resource_name"], row.get("parent_resource")) for row in deep} or any(
        row["resource_name"] == "word" for row in deep
    )
    assert "digraph" in cli("stack resource list web -f dot").out
    shown = cli("stack resource show web server -f json").json
    assert shown["attributes"]["first_address"].startswith("10.0.0.") and shown["required_by"] == []
    assert "show" in cli("stack resource show web server --with-attr show -f json").json["attributes"]
    assert cli("stack resource metadata web volume").out.replace("\n", "").replace(" ", "") == '{"role":"data"}'
    filtered = cli("stack resource list web --filter type=OS::Nova::Server -f json").json
    assert [row["resource_name"] for row in filtered] == ["server"]
    assert cli("stack resource mark unhealthy web volume it-smokes").code == 0
    assert cli("stack resource show web volume -f json").json["resource_status"] == "CHECK_FAILED"
    assert cli("stack resource mark unhealthy web volume --reset").code == 0
    absent = cli("stack resource show web nosuch")
    assert absent.code == 1 and "Stack or resource not found" in absent.err


def test_updates_are_previewed_made_and_rolled_back(cli, port, stack):
    stack("t")
    plan = cli("stack update t -t test.yaml --parameter value=b --dry-run -f json")
    assert plan.code == 0, plan.err
    assert [row["resource_name"] for row in plan.json["updated"]] == ["leaf"] and plan.json["replaced"] == []
    assert cli("stack update t -t test.yaml --parameter value=b --wait").code == 0
    assert cli("stack output show t value -f value -c output_value").out.strip() == "b"
    assert cli("stack update t --existing --wait").code == 0
    assert cli("stack output show t value -f value -c output_value").out.strip() == "b"
    assert cli("stack update t -t test.yaml -e env.yaml --wait").code == 0
    assert cli("stack output show t value -f value -c output_value").out.strip() == "from-env"
    cli("stack update t -t test.yaml --parameter value=c --parameter fail=true --rollback enabled --wait")
    until(cli, port, "t", "ROLLBACK_COMPLETE")
    assert cli("stack output show t value -f value -c output_value").out.strip() == "from-env"


def test_an_update_is_cancelled(cli, port, stack):
    stack("t")
    assert cli("stack update t -t test.yaml --parameter value=b --parameter wait=3000").code == 0
    assert "UPDATE_IN_PROGRESS" in cli("stack show t").out
    assert cli("stack cancel t --wait").code == 0
    until(cli, port, "t", "ROLLBACK_COMPLETE")
    assert cli("stack cancel t").code == 1


def test_a_failed_leaf_is_found(cli, folder):
    made = cli("stack create bad -t group.yaml --wait")
    assert made.code == 1 and "CREATE_FAILED" in made.out + made.err
    found = cli("stack failures list bad")
    assert "bad.all.0.leaf" in found.out and "Test Resource failed leaf" in found.out
    events = cli("stack event list bad --nested-depth 3 -f json").json
    assert any(
        row["resource_name"] == "leaf" and "Test Resource failed" in row["resource_status_reason"] for row in events
    )


def test_events_come_in_order_and_by_id(cli, stack):
    stack("t")
    rows = cli("stack event list t -f json").json
    assert [(row["resource_name"], row["resource_status"]) for row in rows] == [
        ("t", "CREATE_IN_PROGRESS"), ("leaf", "CREATE_IN_PROGRESS"), ("leaf", "CREATE_COMPLETE"),
        ("t", "CREATE_COMPLETE"),
    ]  # fmt: skip
    assert "CREATE_COMPLETE" in cli("stack event list t --resource leaf").out
    shown = cli(f"stack event show t leaf {rows[1]['id']} -f json").json
    assert shown["resource_properties"]["value"] == "a" and shown["resource_type"] == "OS::Heat::TestResource"
    assert len(cli("stack event list t --limit 2 -f json").json) == 2
    assert cli("stack event list t --sort event_time:desc -f json").json[0]["resource_name"] == "t"
    marked = cli(f"stack event list t --marker {rows[1]['id']} -f json").json
    assert [row["id"] for row in marked] == [row["id"] for row in rows[2:]]


def test_actions_on_a_stack(cli, port, stack):
    stack("web", "web.yaml")
    for command, wanted in (
        ("suspend", "SUSPEND_COMPLETE"), ("resume", "RESUME_COMPLETE"), ("check", "CHECK_COMPLETE")
    ):  # fmt: skip
        ran = cli(f"stack {command} web --wait")
        assert ran.code == 0, ran.err
        until(cli, port, "web", wanted)
        if command == "suspend":
            assert cli("server list -f json").json[0]["Status"] == "SUSPENDED"
    assert cli("server list -f json").json[0]["Status"] == "ACTIVE"


def test_hooks_hold_a_resource_until_they_are_cleared(cli, port, folder):
    assert cli("stack create t -t test.yaml -e hooks.yaml").code == 0
    held = cli("stack hook poll t -f json").json
    assert "leaf" in str(held) and "paused until Hook pre-create is cleared" in str(held)
    cleared = cli("stack hook clear t leaf --pre-create")
    assert cleared.code == 0, cleared.err
    until(cli, port, "t", "CREATE_COMPLETE")


def test_breakpoints_of_the_command_line(cli, port, folder):
    made = cli("stack create t -t test.yaml --pre-create leaf")
    assert made.code == 0, made.err
    assert "CREATE_IN_PROGRESS" in cli("stack show t").out
    assert cli("stack hook clear t leaf").code == 0
    until(cli, port, "t", "CREATE_COMPLETE")


def test_snapshots_are_taken_listed_restored_and_deleted(cli, port, stack):
    stack("web", "web.yaml")
    made = cli("stack snapshot create web --name before -f json")
    assert made.code == 0, made.err
    until(cli, port, "web", "SNAPSHOT_COMPLETE")
    id = made.json["ID"]
    rows = cli("stack snapshot list web -f json").json
    assert (rows[0]["id"], rows[0]["name"], rows[0]["status"]) == (id, "before", "COMPLETE")
    assert '"resources"' in cli(f"stack snapshot show web {id} -f json").out
    assert len(cli("image list -f json").json) == 2
    assert cli(f"stack snapshot restore web {id}").code == 0
    until(cli, port, "web", "RESTORE_COMPLETE")
    ran = cli(f"stack snapshot delete web {id} -y")
    assert ran.code == 0, ran.err
    assert cli("stack snapshot list web -f json").json == [] and len(cli("image list -f json").json) == 1


def test_a_stack_is_exported_abandoned_and_adopted(cli, port, folder, stack):
    stack("web", "web.yaml")
    server = cli("server list -f json").json[0]["ID"]
    assert cli("stack export web --output-file export.json").code == 0
    kept = json.loads((folder / "export.json").read_text())
    assert kept["resources"]["server"]["resource_id"] == server
    assert cli("stack abandon web --output-file data.json").code == 0
    assert cli("stack list -f json").json == [] and cli("server list -f json").json[0]["ID"] == server
    ran = cli("stack adopt web --adopt-file data.json --wait")
    assert ran.code == 0, ran.err
    until(cli, port, "web", "ADOPT_COMPLETE")
    assert cli("stack resource show web server -f json").json["physical_resource_id"] == server
    assert cli("stack delete web --yes --wait").code == 0 and cli("server list -f json").json == []


def test_dry_run_of_a_create(cli, folder):
    shown = cli("stack create web -t web.yaml --dry-run -f json")
    assert shown.code == 0, shown.err
    # A stack inside is the list of what it would hold.
    flat = [row for each in shown.json["resources"] for row in (each if isinstance(each, list) else [each])]
    names = {(row["resource_name"], row.get("parent_resource")) for row in flat}
    assert names == {("port", None), ("server", None), ("volume", None), ("word", "inner")}
    assert cli("stack list -f json").json == []


def test_refusals_are_told(cli, folder):
    (folder / "wrong.yaml").write_text(WEB.replace("image: cirros", "image: nosuch"))
    told = cli("stack create web -t wrong.yaml")
    assert told.code == 1 and "The Image (nosuch) could not be found." in told.err
    assert cli("stack create t -t test.yaml").code == 0
    assert "The Stack (t) already exists." in cli("stack create t -t test.yaml").err
    missing = cli("stack create u -t test.yaml --parameter nosuch=1")
    assert missing.code == 1 and "The Parameter (nosuch) was not defined in template." in missing.err


def test_deployments_wait_for_the_server_and_are_listed(cli, port, folder):
    assert cli("stack create d -t deploy.yaml").code == 0
    row = cli("software deployment list -f json").json[0]
    assert row["status"] == "IN_PROGRESS" and row["server_id"].endswith("0001")
    shown = cli(f"software deployment show {row['id']} -f json").json
    assert shown["input_values"] == {"a": "b"} and shown["action"] == "CREATE"
    told = cli(f"software deployment metadata show {row['server_id']}")
    assert "deploy_signal_id" in told.out
    assert cli("""stack resource signal d deployment --data '{"answer": "42", "deploy_status_code": 0}'""").code == 0
    until(cli, port, "d", "CREATE_COMPLETE")
    assert cli("stack output show d answer -f value -c output_value").out.strip() == "42"
    outputs = cli(f"software deployment show {row['id']} --long -f json").json["output_values"]
    assert outputs == {"answer": "42", "deploy_status_code": 0}
    assert cli(f"software deployment output show {row['id']} answer").code == 0
    assert cli(f"software deployment output show {row['id']} nosuch").code == 1


def test_configs_and_deployments_by_hand(cli, folder):
    made = cli("software config create tool --config-file boot.sh -f json")
    assert made.code == 0, made.err
    id = made.json["id"]
    assert cli("software config list -f json").json[0]["id"] == id
    assert cli(f"software config show {id} --config-only").out.startswith("#!/bin/sh")
    deployed = cli(
        f"software deployment create run --config {id} --server 5b2a6b5c-0000-4000-8000-000000000002 "
        "--signal-transport NO_SIGNAL -f json"
    )
    assert deployed.code == 0, deployed.err
    assert cli(f"software deployment delete {deployed.json['id']}").code == 0
    assert cli(f"software config delete {id}").code == 0
    assert cli("software config list -f json").json == []


def test_types_versions_functions_and_the_service(cli, folder):
    names = [row["Resource Type"] for row in cli("orchestration resource type list -f json").json]
    assert "OS::Nova::Server" in names and "OS::Heat::HARestarter" not in names
    assert "OS::Neutron::Net" in cli("orchestration resource type list --filter name=Net").out
    described = cli("orchestration resource type list --long -f json").json
    assert {row["Description"] for row in described if row["Resource Type"] == "OS::Nova::Server"} == {
        "Makes the real thing in this cloud."
    }
    shown = cli("orchestration resource type show OS::Cinder::Volume -f json").json
    assert shown["support_status"]["status"] == "SUPPORTED" and shown["properties"]["size"]["update_allowed"]
    assert "get_param" in cli("orchestration resource type show OS::Cinder::Volume --template-type hot").out
    versions = {row["Version"]: row for row in cli("orchestration template version list -f json").json}
    assert versions["heat_template_version.2021-04-16"]["Aliases"] == ["heat_template_version.wallaby"]
    assert "not real Heat" in versions["heat_template_version.kit-2015-05-18"]["Type"]
    functions = cli("orchestration template function list heat_template_version.2015-10-15 -f json").json
    assert "str_split" in {row["Functions"] for row in functions}
    checked = cli("orchestration template validate -t web.yaml --show-nested -f json")
    assert checked.code == 0 and "inner" in checked.out, checked.err
    assert cli("orchestration build info -f json").json["api"]
    assert cli("orchestration service list -f json", cloud="admin").json[0]["Status"] == "up"
    assert cli("orchestration service list").code == 1


def test_lists_are_filtered(cli, stack):
    stack("one", "test.yaml", "--tag a")
    stack("two", "test.yaml", "--tag a,b")
    names = lambda options: [row["Stack Name"] for row in cli(f"stack list {options} -f json").json]  # noqa: E731
    assert names("") == ["two", "one"] and names("--sort stack_name:asc") == ["one", "two"]
    assert names("--tags a,b") == ["two"] and names("--tags b --tag-mode not") == ["one"]
    assert names("--property name=one") == ["one"] and names("--limit 1") == ["two"]
    assert names("--property status=FAILED") == [] and set(names("--short")) == {"one", "two"}
    everywhere = cli("stack list --all-projects -f json", cloud="admin").json
    assert {row["Stack Name"] for row in everywhere} == {"one", "two"}
    assert cli("stack list --all-projects").code == 1
    assert cli("stack list -f json", cloud="alt_demo").json == []
    assert cli("stack show one", cloud="alt_demo").code == 1
    cli("stack delete one --yes --wait")
    assert set(names("--deleted")) == {"one", "two"}
