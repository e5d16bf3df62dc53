"""`kit stack` over a cloud's answers: trees, deployments, types, plans, and what goes wrong."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from keystoneauth1 import exceptions as auth
from openstack import exceptions

import kit.hot.remote
from kit.cli import stack_cloud
from kit.cli.stack_options import named_cloud
from kit.hot.remote import Heat, read_tree, types, watch
from kit.hot.remote.types import matches

from .stack_answers import Fake, event, resource, stack

NAMES = [
    "Deployment", "Deployments", "Heat", "Node", "Output", "RemoteError", "Request", "StackDetails", "Tree",
    "TypeSupport", "Types", "last_event", "offline_types", "plan_create", "plan_update", "read_deployments",
    "read_request", "read_stack", "read_tree", "read_types", "watch",
]  # fmt: skip
DEPLOYMENT = "OS::Heat::SoftwareDeployment"
ERROR = "Error: resources.setup: Deployment to server failed: deploy_status_code : 3"

RESOURCES = [
    resource("all", "OS::Heat::ResourceGroup", "CREATE_FAILED", "1", "resources.all", "not-its-stack", "2"),
    resource("net", "OS::Neutron::Net", "CREATE_COMPLETE", "1", id="n"),
    resource("10", "member.yaml", "INIT_COMPLETE", "2"),
    resource("2", "member.yaml", "CREATE_FAILED", "2", "resources.2", "3", "3"),
    resource("setup", DEPLOYMENT, "CREATE_FAILED", "3", ERROR, "d1"),
    resource("wait", DEPLOYMENT, "CREATE_FAILED", "3", "CREATE aborted (Timed out)", "d2"),
]
DEPLOYED = [
    {"id": "d1", "server_id": "s1", "config_id": "c1", "action": "CREATE", "status": "FAILED", "status_reason": "code 3",
     "output_values": {"deploy_status_code": "3", "deploy_stdout": "", "deploy_stderr": "a\nE: no package\n", "o": 1}},
    {"id": "d2", "server_id": "gone", "config_id": "c2", "action": "CREATE", "status": "IN_PROGRESS",
     "status_reason": "Deploy data available", "output_values": None},
    {"id": "other", "server_id": "s1", "config_id": "c1", "action": "UPDATE", "status": "COMPLETE",
     "status_reason": "Outputs received", "output_values": {"deploy_status_code": 0}},
]  # fmt: skip
SERVERS = (SimpleNamespace(id="s1", name="db"),)
CONFIGS = {None: [{"id": "c1", "name": "install"}], "c1": [{"id": "c2", "name": "join"}]}  # a page, by its marker
FAILED = {
    "/stacks/web": stack(), "/stacks/web/1/resources": {"resources": RESOURCES},
    "/software_deployments": {"software_deployments": DEPLOYED},
    "/software_deployments/d1": {"software_deployment": DEPLOYED[0]},
    "/software_configs": lambda query: {"software_configs": CONFIGS.get(query.get("marker"), [])},
    "/stacks": {"stacks": [{"stack_name": "web"}]},
}  # fmt: skip
TREE = f"""\
✗ web  CREATE_FAILED
├─ ✗ all  OS::Heat::ResourceGroup  CREATE_FAILED
│  ├─ ✗ 2  member.yaml  CREATE_FAILED
│  │  ├─ ✗ setup  {DEPLOYMENT}  CREATE_FAILED
│  │  │      {ERROR}
│  │  │      | a
│  │  │      | E: no package
│  │  └─ ✗ wait  {DEPLOYMENT}  CREATE_FAILED
│  │         CREATE aborted (Timed out)
│  └─ · 10  member.yaml  INIT_COMPLETE
└─ ✓ net  OS::Neutron::Net  CREATE_COMPLETE
2 failed: web.all.2.setup, web.all.2.wait
"""


@pytest.fixture
def cloud(kit, monkeypatch):
    """Run `kit stack ARGUMENTS` where openstacksdk connects to a table."""
    monkeypatch.delenv("OS_AUTH_URL", raising=False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def use(table, *arguments, name="mine", servers=SERVERS):
        fake = Fake(dict(table), servers)
        monkeypatch.setattr("openstack.connect", lambda cloud: fake)
        monkeypatch.setenv("OS_CLOUD", name)
        use.asked = fake.asked
        return kit("stack", *arguments)

    return use


def test_the_face_of_the_package():
    assert kit.hot.remote.__all__ == NAMES
    assert list(types.STATUSES) == stack_cloud.STATUSES


def test_the_tree_has_the_reason_under_the_leaf_and_what_its_script_said(cloud):
    assert cloud(FAILED, "tree", "web") == (1, TREE, "")
    code, out, _ = cloud(FAILED, "tree", "web", "--failed")
    assert code == 1 and "net" not in out and "10" not in out and "E: no package" in out
    found = json.loads(cloud(FAILED, "tree", "web", "--format", "json")[1])
    assert [each["path"] for each in found["failed"]] == ["web.all.2.setup", "web.all.2.wait"]
    assert found["failed"][0]["said"] == ["a", "E: no package"] and found["stack"]["children"][1]["name"] == "net"


def test_a_whole_stack_is_exit_code_0_and_the_depth_is_asked_for(cloud):
    whole = FAILED | {"/stacks/web": stack("CREATE_COMPLETE"), "/stacks/web/1/resources": {"resources": RESOURCES[1:2]}}
    assert cloud(whole, "tree", "web", "--depth", "3")[0] == 0
    assert cloud.asked[1][2] == {"nested_depth": 3}


def test_a_stack_that_failed_without_any_resource_tells_its_own_reason(cloud):
    alone = {"/stacks/web": stack(stack_status_reason="Create timed out"), "/stacks/web/1/resources": {"resources": []}}
    code, out, _ = cloud(alone, "tree", "web")
    assert code == 1 and "    Create timed out\n" in out and out.endswith("1 failed: web\n")


def test_a_rollback_tells_what_had_failed_in_that_action_only(cloud):
    events = [
        event("web", "CREATE_IN_PROGRESS", "1"), event("old", "CREATE_FAILED", "2", "long ago"),
        event("web", "UPDATE_IN_PROGRESS", "3"), event("a", "CREATE_FAILED", "4", "no host"),
        event("web", "UPDATE_FAILED", "5", "a"), event("web", "ROLLBACK_COMPLETE", "6"),
    ]  # fmt: skip
    table = {
        "/stacks/web": stack("ROLLBACK_COMPLETE"), "/stacks/web/1/resources": {"resources": RESOURCES[1:2]},
        "/stacks/web/1/events": {"events": events},
    }  # fmt: skip
    code, out, _ = cloud(table, "tree", "web")
    assert code == 1 and out.endswith("Rolled back because:\n  a  CREATE_FAILED  no host\n")


def test_the_deployments_of_a_stack_with_those_that_nobody_waits_for(cloud):
    code, out, _ = cloud(FAILED, "deployments", "web")
    assert code == 1 and out.splitlines() == [
        "resource         config   server  state               code",
        "---------------  -------  ------  ------------------  ----",
        "web.all.2.setup  install  db      CREATE_FAILED       3",
        "web.all.2.wait   join     gone    CREATE_IN_PROGRESS",
        "",
        "web.all.2.setup on db: code 3",
        "  stderr:",
        "  | a",
        "  | E: no package",
        "",
        "web.all.2.wait on gone: the server has not answered: CREATE aborted (Timed out)",
    ]
    found = json.loads(cloud(FAILED, "deployments", "web", "--failed", "--format", "json")[1])
    assert [(each["status_code"], each["outputs"], each["failed"]) for each in found] == [
        (3, {"o": 1}, True),
        (None, {}, True),
    ]


def test_the_deployments_of_a_project(cloud):
    code, out, _ = cloud(FAILED, "deployments", "--lines", "1")
    assert code == 1 and "resource" not in out and "UPDATE_COMPLETE" in out
    assert "stderr (the last 1 of 2 lines):\n  | E: no package" in out and "| a" not in out
    code, out, _ = cloud(FAILED, "deployments", "--failed")
    assert "UPDATE_COMPLETE" not in out and "IN_PROGRESS" not in out
    whole = FAILED | {"/software_deployments": {"software_deployments": DEPLOYED[2:]}}
    assert cloud(whole, "deployments", "--failed") == (0, "No failed deployments.\n", "")


def test_deployments_where_the_compute_service_does_not_tell(cloud):
    class Refusing(tuple):
        def __iter__(self):
            raise exceptions.ForbiddenException("not yours")

    code, out, _ = cloud(FAILED, "deployments", "web", servers=Refusing())
    assert code == 1 and "web.all.2.setup on s1: code 3" in out


def status(name, version=None, message=None, previous=None):
    return {"status": name, "version": version, "message": message, "previous_status": previous}


OLD = status(
    "DEPRECATED", "8.0.0", "Use OS::New::Thing, or OS::Other::Thing: see there.", status("SUPPORTED", "2014.2")
)
LISTS = {None: ["OS::New::Thing", {"resource_type": "OS::Old::Thing"}], "HIDDEN": ["OS::Gone::Thing"],
         "DEPRECATED": ["OS::Old::Thing"]}  # fmt: skip
TYPES = {
    "/resource_types": lambda query: {"resource_types": LISTS[query.get("support_status")]},
    "/resource_types/OS%3A%3ANew%3A%3AThing": {
        "support_status": status("SUPPORTED", "99.0.0"),
        "properties": {"good": {}, "bad": {"support_status": status("DEPRECATED", None, "Use good.")}},
    },
    "/resource_types/OS%3A%3AOld%3A%3AThing": {"support_status": OLD, "properties": {}},
    "/resource_types/OS%3A%3AGone%3A%3AThing": {"support_status": status("HIDDEN", "5.0.0", previous=OLD)},
}


def test_types_with_their_status_since_when_and_what_replaces_them(cloud):
    code, out, err = cloud(TYPES, "types")
    rows = [line.split(None, 2) for line in out.splitlines()[2:4]]
    assert (code, err) == (0, "") and rows == [
        ["OS::New::Thing", "SUPPORTED", "99.0.0"],
        ["OS::Old::Thing", "DEPRECATED", "8.0.0 (Ocata)  OS::New::Thing, OS::Other::Thing"],
    ]
    assert out.endswith("2 types: 1 SUPPORTED, 1 DEPRECATED.\n")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("thing",), ["Gone", "New", "Old"]),
        (("os::GONE::thing",), ["Gone"]),
        (("*old*",), ["Old"]),
        (("--status", "deprecated"), ["Old"]),
        (("--status", "HIDDEN", "--status", "DEPRECATED"), ["Gone", "Old"]),
        (("New", "--status", "HIDDEN"), []),
    ],
)
def test_patterns_and_statuses(cloud, arguments, names):
    code, out, _ = cloud(TYPES, "types", *arguments, "--format", "json")
    assert code == 0 and [each["type"].split("::")[1] for each in json.loads(out)] == names


def test_a_type_that_the_cloud_does_not_tell_spoils_no_list(cloud):
    table = TYPES | {"/resource_types/OS%3A%3ANew%3A%3AThing": (400, {"error": {"message": "no such service"}})}
    code, out, _ = cloud(table, "types")
    assert code == 0 and "OS::New::Thing  UNKNOWN" in out and "400: no such service" in out
    assert cloud(table, "types", "OS::New::Thing")[0] == 2


def test_one_type_is_told_in_full(cloud):
    assert cloud(TYPES, "types", "OS::Gone::Thing")[1].splitlines() == [
        "OS::Gone::Thing  HIDDEN since 5.0.0 (Liberty)",
        "  Use OS::New::Thing, or OS::Other::Thing: see there.",
        "  use OS::New::Thing, OS::Other::Thing",
        "  before: DEPRECATED since 8.0.0 (Ocata)",
        "  before: SUPPORTED since 2014.2 (Juno)",
    ]
    assert "  property bad: DEPRECATED: Use good.\n" in cloud(TYPES, "types", "OS::New::Thing")[1]


def test_without_a_cloud_the_kits_own_tables_answer(cloud):
    code, out, err = cloud({}, "types", "OS::Designate::Record", name="")
    assert code == 0 and "use OS::Designate::RecordSet" in out and "Heat 27.0.1" in err
    found = json.loads(cloud({}, "types", "--offline", "--status", "DEPRECATED", "--format", "json")[1])
    assert [each["type"] for each in found] == ["OS::Aodh::Alarm"] and cloud.asked == []
    assert len(json.loads(cloud({}, "types", "--offline", "--format", "json")[1])) > 150


def test_a_mistyped_type_is_offered_the_nearest(cloud):
    assert cloud({}, "types", "OS::Nova::Servr", "--offline")[2].endswith("Did you mean `OS::Nova::Server`?\n")
    code, _, err = cloud({}, "types", "servr", "--offline")
    assert code == 2 and "Did you mean `OS::Nova::Server`?" in err
    assert matches("OS::Nova::Server", "*server") and not matches("OS::Nova::ServerGroup", "*server")


def test_show_has_parameters_outputs_and_resources(cloud):
    outputs = [
        {"output_key": "url", "output_value": "http://x", "description": "d"}, {"output_key": "map", "output_value": {"a": 1}},
        {"output_key": "lines", "output_value": "a\nb"}, {"output_key": "bad", "output_value": None, "output_error": "no"},
    ]  # fmt: skip
    shown = stack(
        "CREATE_COMPLETE", parameters={"flavor": "m1"}, outputs=outputs, tags=["a", "b"], disable_rollback=True
    )
    whole = {"/stacks/web": shown, "/stacks/1": shown, "/stacks/web/1/resources": {"resources": RESOURCES[1:2]}}
    code, out, _ = cloud(whole, "show", "web")
    assert code == 1 and "tags:        a, b\nrollback:    off\n" in out and "  flavor: m1\n" in out
    assert '  url: http://x\n  map: {"a": 1}\n  lines:\n    a\n    b\n  bad: (no value: no)\n' in out
    assert out.endswith("└─ ✓ net  OS::Neutron::Net  CREATE_COMPLETE\n")
    found = json.loads(cloud(whole, "show", "web", "--format", "json")[1])
    assert (
        found["resources"][0]["id"] == "n"
        and found["outputs"][3]["error"] == "no"
        and found["state"] == "CREATE_COMPLETE"
    )
    outputs.pop()
    assert cloud(whole, "show", "web")[0] == 0


REFUSALS = [
    (FAILED, "tree", "wub", "mine: no stack 'wub'\nDid you mean `web`?"),
    ({"/stacks": {"stacks": []}}, "tree", "web", "There are none in this project."),
    ({"/stacks/web": (403, {"error": {"message": "not yours"}})}, "show", "web", "403: not yours\nAsk for the role"),
    ({"/stacks/web": (401, "<html>")}, "show", "web", "401: <html>\nCheck user, project and password"),
    ({"/stacks/web": (503, "")}, "show", "web", "the cloud answers 503: Reason"),
    ({"/stacks/web": "<html>a proxy</html>"}, "tree", "web", "is no JSON: '<html>a proxy</html>'"),
    ({"/stacks/web": {"versions": []}}, "tree", "web", "has no 'stack': {'versions': []}\nIs its orchestration"),
    ({"/stacks/web": auth.ConnectFailure("cannot connect: HTTPPool(x)")}, "tree", "web", "cannot ask the cloud: cannot connect\n"),
    ({"/stacks/web": auth.EndpointNotFound("x")}, "tree", "web", "the cloud has no orchestration service"),
    ({"/stacks/web": exceptions.ServiceDisabledException("x")}, "tree", "web", "the cloud has no orchestration service"),
    ({"/stacks/web": auth.Unauthorized("bad password")}, "tree", "web", "does not let you in: bad password"),
    ({"/software_deployments": OSError("broken pipe")}, "deployments", None, "cannot ask the cloud: broken pipe"),
    ({"/resource_types": (500, {"error": {"message": "oops"}})}, "types", None, "500: oops"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "command", "name", "text"), REFUSALS)
def test_what_goes_wrong_ends_as_a_message_and_exit_code_2(cloud, table, command, name, text):
    code, out, err = cloud(table, command, *([name] if name else []))
    assert (code, out) == (2, "") and err.startswith("Error: mine: ") and text in err


def test_a_cloud_must_be_named_and_known(kit, monkeypatch, tmp_path):
    (tmp_path / "clouds.yaml").write_text("clouds: {mine: {auth: {auth_url: 'http://x'}}, other: {}}\n")
    for name in ("OS_CLOUD", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    for arguments, text in (
        (("tree", "web"), "Error: which cloud?\nGive --cloud NAME"),
        (("tree", "web", "--cloud", "mien"), "clouds.yaml has no such cloud\nDid you mean `mine`?"),
        (("tree", "web", "--cloud", "other"), "cannot ask the cloud: "),
    ):
        code, out, err = kit("stack", *arguments)
        assert (code, out) == (2, "") and text in err


@pytest.mark.parametrize(
    ("given", "environment", "name"),
    [
        ("a", {"OS_CLOUD": "b", "OS_AUTH_URL": "http://x"}, "a"),
        (None, {"OS_CLOUD": "b", "OS_AUTH_URL": "http://x"}, "b"),
        (None, {"OS_AUTH_URL": "http://x"}, "envvars"),  # a sourced openrc file
        (None, {}, None),
    ],
)
def test_which_cloud_is_meant(monkeypatch, given, environment, name):
    for each in ("OS_CLOUD", "OS_AUTH_URL"):
        monkeypatch.delenv(each, raising=False)
        if each in environment:
            monkeypatch.setenv(each, environment[each])
    assert named_cloud(given) == name


def test_watching_does_not_end_before_the_action_has_begun():
    states = ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_FAILED"]
    pages = [
        [event("web", "CREATE_FAILED", "8", physical="a server")], [event("web", "UPDATE_IN_PROGRESS", "9")],
        [event("web", "UPDATE_FAILED", "10", physical="1")],
    ]  # fmt: skip
    fake = Fake({
        "/stacks/1": [stack(state) for state in states], "/stacks/web/1/resources": {"resources": []},
        "/stacks/web/1/events": [{"events": page} for page in pages],
    })  # fmt: skip
    found = [tree.root.state for tree in watch(Heat(fake), "web", "1", "7", poll_s=0)]
    assert found == states
    assert [params.get("marker") for _, path, params, _ in fake.asked if path.endswith("events")] == ["7", "8", "9"]


def test_watching_a_delete_ends_when_the_stack_is_gone():
    fake = Fake({"/stacks/1": (404, {}), "/stacks": {"stacks": []}})
    assert [tree.root.state for tree in watch(Heat(fake), "web", "1", poll_s=0)] == ["DELETE_COMPLETE"]


def test_the_live_tree_is_drawn_over_and_fits_the_terminal(monkeypatch, capsys):
    from kit.cli.stack_live import Live

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    tree = read_tree(Heat(Fake(FAILED)), "web")
    for high, cleared in ((40, 12), (6, 5)):
        monkeypatch.setattr("shutil.get_terminal_size", lambda high=high: (60, high))
        with Live() as live:
            live.show(tree)
        err = capsys.readouterr().err
        assert err.endswith(f"\x1b[{cleared}F\x1b[J") and max(map(len, err.splitlines())) < 75
    assert "1 of 7 done" in err and "net" not in err
