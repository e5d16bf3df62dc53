"""`kit stack` and a cloud on a port."""

import json
import time

import pytest

from kit.cli.main import main
from kit.hot.remote import Heat, read_tree

MAIN = """
heat_template_version: 2021-04-16
parameters:
  size: {type: number, default: 1}
  secret: {type: string, default: hush, hidden: true}
resources:
  volume: {type: OS::Cinder::Volume, properties: {size: {get_param: size}}}
  config:
    type: OS::Heat::SoftwareConfig
    properties: {group: script, config: {get_file: run.sh}, outputs: [{name: answer}]}
  members:
    type: OS::Heat::ResourceGroup
    properties: {count: 2, resource_def: {type: member.yaml, properties: {config: {get_resource: config}}}}
outputs:
  size: {value: {get_attr: [volume, size]}}
"""
MEMBER = """
heat_template_version: 2021-04-16
parameters: {config: {type: string}}
resources:
  port: {type: OS::Neutron::Port, properties: {network: private}}
  server:
    type: OS::Nova::Server
    properties: {name: db, image: cirros, flavor: m1.tiny, networks: [{port: {get_resource: port}}]}
  setup:
    type: OS::Heat::SoftwareDeployment
    properties: {name: install, config: {get_param: config}, server: {get_resource: server}}
"""
LEAF = """
heat_template_version: 2021-04-16
parameters: {fail: {type: boolean, default: false}, wait: {type: number, default: 0}, value: {type: string, default: a}}
resources:
  leaf:
    type: OS::Heat::TestResource
    properties: {fail: {get_param: fail}, wait_secs: {get_param: wait}, value: {get_param: value}}
"""


@pytest.fixture
def kit(port, monkeypatch, capsys, tmp_path):
    """Run `kit stack ARGUMENTS` as the user demo, beside the templates."""
    for name, text in {"main.yaml": MAIN, "member.yaml": MEMBER, "leaf.yaml": LEAF, "run.sh": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OS_CLOUD", "demo")

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kit", "stack", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


@pytest.fixture
def still(port, monkeypatch):
    """The cloud's time passes while the command sleeps, and only then."""
    rate = port.cloud.clock.rate
    port.cloud.clock.rate = 0
    monkeypatch.setattr(time, "sleep", port.cloud.clock.advance)
    yield
    port.cloud.clock.rate = rate


@pytest.fixture
def signal(port, demo):
    """Let the servers of the stack web answer: exit code and error output by the member's number."""
    heat = Heat(demo)

    def answer(*told):
        for _ in range(100):
            every = {way[1:]: node for way, node in read_tree(heat, "web").walk()}
            waiting = [("members", str(number), "setup") for number in range(len(told))]
            if all(way in every and every[way].busy for way in waiting):
                break
            port.cloud.clock.advance(2)
        for way, (code, stderr) in zip(waiting, told, strict=True):
            path = f"/software_deployments/{every[way].id}"
            config = heat.get(f"/software_configs/{heat.get(path)['software_deployment']['config_id']}")
            url = next(
                each["value"] for each in config["software_config"]["inputs"] if each["name"] == "deploy_signal_id"
            )
            data = {"deploy_status_code": code, "deploy_stderr": stderr, "answer": "42"}
            heat.send("POST", url[url.index("/stacks/") :], data)

    return answer


def test_a_deployment_that_failed_deep_inside_is_found(kit, port, signal):
    assert kit("create", "web", "main.yaml")[0] == 0
    signal((0, ""), (3, "reading\nE: no package\n"))
    port.cloud.clock.advance(30)
    code, out, _ = kit("tree", "web")
    lines = out.splitlines()
    place = next(place for place, line in enumerate(lines) if "✗ setup" in line)
    assert code == 1 and lines[0] == "✗ web  CREATE_FAILED" and lines[-1] == "1 failed: web.members.1.setup"
    assert "exited with non-zero status code: 3" in lines[place + 1] and lines[place + 3].endswith("| E: no package")
    assert "✓ setup" in out and "✓ setup" not in kit("tree", "web", "--failed")[1]
    code, out, _ = kit("deployments", "web", "--failed", "--format", "json")
    (found,) = json.loads(out)
    assert code == 1 and (found["resource"], found["server"], found["status_code"], found["outputs"]) == (
        "web.members.1.setup", "db", 3, {"answer": "42"},
    )  # fmt: skip
    assert kit("deployments")[1].count("\ninstall  db") == 2
    assert kit("deployments", "--cloud", "alt_demo") == (0, "No deployments.\n", "")


def test_a_server_that_never_answers_counts_as_failed(kit, port):
    assert kit("create", "web", "main.yaml", "--timeout", "1")[0] == 0
    for _ in range(20):
        port.cloud.clock.advance(10)
        kit("tree", "web")
    code, out, _ = kit("deployments", "web")
    assert code == 1 and "CREATE_FAILED" in out and "Deployment cancelled." in out


def test_a_stack_is_created_shown_planned_changed_and_deleted(kit, demo, still):
    code, out, err = kit("create", "t", "leaf.yaml", "--wait", "-p", "wait=5", "--tag", "blue")
    assert (code, out) == (0, "✓ t  CREATE_COMPLETE\n└─ ✓ leaf  OS::Heat::TestResource  CREATE_COMPLETE\n")
    assert err.splitlines() == [
        "◌ t  CREATE_IN_PROGRESS", "◌ t.leaf  CREATE_IN_PROGRESS", "✓ t  CREATE_COMPLETE", "✓ t.leaf  CREATE_COMPLETE",
    ]  # fmt: skip
    code, out, _ = kit("show", "t", "--format", "json")
    found = json.loads(out)
    assert code == 0 and (found["state"], found["tags"], found["parameters"]["wait"]) == (
        "CREATE_COMPLETE",
        ["blue"],
        "5",
    )
    assert [each["name"] for each in found["resources"]] == ["leaf"]
    code, out, _ = kit("plan", "leaf.yaml", "--stack", "t", "--existing", "-p", "value=b")
    assert (
        code == 1
        and "value: 'a' -> 'b'" in out
        and out.endswith("0 added, 1 updated, 0 replaced, 0 deleted, 0 unchanged.\n")
    )
    assert "+ leaf" in kit("plan", "leaf.yaml", "--cloud", "demo")[1]
    code, out, _ = kit("update", "t", "leaf.yaml", "--existing", "-p", "value=b", "--wait")
    assert code == 0 and out.startswith("✓ t  UPDATE_COMPLETE\n")
    assert kit("plan", "leaf.yaml", "--stack", "t", "--existing")[0] == 0
    assert kit("delete", "t", "--yes", "--wait")[:2] == (0, "✓ t  DELETE_COMPLETE\n")
    assert demo.list_stacks() == []


def test_a_rollback_tells_what_had_failed(kit, still):
    assert kit("create", "t", "leaf.yaml", "--wait")[0] == 0
    code, out, _ = kit("update", "t", "leaf.yaml", "-p", "fail=true", "--rollback", "--wait")
    assert (
        code == 1
        and out.startswith("✓ t  ROLLBACK_COMPLETE\n")
        and "Rolled back because:\n  leaf  UPDATE_FAILED  " in out
    )


def test_outputs_and_hidden_parameters_are_shown(kit):
    assert kit("create", "web", "main.yaml", "-p", "size=2")[0] == 0
    _, out, _ = kit("show", "web")
    assert "  size: 2\n" in out and "  secret: ******\n" in out and "config  OS::Heat::SoftwareConfig" in out


def test_types_of_a_cloud_are_those_of_the_tables(kit):
    for arguments in (
        ("OS::Nova::Server*",),
        ("OS::Heat::*Deployment*",),
        ("--status", "DEPRECATED"),
        ("--status", "hidden"),
    ):
        code, out, _ = kit("types", *arguments, "--format", "json")
        assert code == 0 and json.loads(out) == json.loads(kit("types", *arguments, "--offline", "--format", "json")[1])
    _, out, _ = kit("types")
    assert "OS::Nova::Server" in out and "OS::Aodh::GnocchiAggregationByResourcesAlarm" in out and "HIDDEN" not in out
    assert "use OS::Designate::RecordSet" in kit("types", "OS::Designate::Record")[1]


def test_mistakes_end_with_2_and_one_message(kit):
    assert kit("create", "web", "main.yaml")[0] == 0
    for arguments, text in (
        (("tree", "wub"), "Did you mean `web`?"), (("deployments", "wub"), "no stack 'wub'"),
        (("tree", "web", "--cloud", "alt_demo"), "There are none in this project."),
        (("types", "OS::Nova::Servr"), "Did you mean `OS::Nova::Server`?"),
        (("create", "web", "main.yaml"), "409: The Stack (web) already exists."),
        (("plan", "leaf.yaml", "--stack", "web", "-p", "no=1"), "400: The Parameter (no) was not defined in template."),
        (("show", "web", "--cloud", "dmo"), "Did you mean `demo`?"),
    ):  # fmt: skip
        code, out, err = kit(*arguments)
        assert (code, out) == (2, "") and err.startswith("Error: ") and text in err and "Traceback" not in err
