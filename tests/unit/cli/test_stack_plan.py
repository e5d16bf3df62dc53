"""`kit stack plan`, `create`, `update`, `delete` over a cloud's answers."""

from __future__ import annotations

import io
import json

import pytest

from .stack_answers import Fake, event, stack

OLD = {
    "heat_template_version": "2021-04-16", "parameters": {"v": {"type": "string", "default": "x"}},
    "resources": {
        "a": {"type": "OS::Heat::TestResource", "properties": {"value": {"get_param": "v"}}},
        "gone": {"type": "OS::Heat::RandomString"}, "same": {"type": "OS::Heat::RandomString"},
        "key": {"type": "OS::Heat::RandomString", "properties": {"length": 8}},
        "theirs": {"type": "OS::Heat::RandomString", "properties": {"length": 8}},
    },
}  # fmt: skip
NEW = """heat_template_version: 2021-04-16
parameters: {v: {type: string, default: x}}
resources:
  a: {type: OS::Heat::TestResource, properties: {value: {get_param: v}}}
  key: {type: OS::Heat::RandomString, properties: {length: 9}}
  new: {type: OS::Heat::Value, properties: {value: {get_file: text}}}
  same: {type: OS::Heat::RandomString}
  theirs: {type: OS::Heat::TestResource}
"""


def names(**changes):
    """Heat's own preview of an update: names and types."""
    lists = {word: [] for word in ("added", "deleted", "replaced", "unchanged", "updated")}
    for word, pairs in changes.items():
        lists[word] = [{"resource_name": name, "resource_type": f"OS::Heat::{type}"} for name, type in pairs]
    return {"resource_changes": lists}


CHANGES = names(
    added=[("new", "Value")], deleted=[("gone", "RandomString")], replaced=[("key", "RandomString"), ("theirs", "Own")],
    unchanged=[("same", "RandomString")], updated=[("a", "TestResource")],
)  # fmt: skip
TABLE = {
    "/stacks/web": stack("CREATE_COMPLETE"), "/stacks": {"stacks": []},
    "/stacks/web/1/template": OLD, "/stacks/web/1/environment": {"parameters": {"v": "y"}},
    "/stacks/web/1/files": {}, ("PUT", "/stacks/web/1/preview"): CHANGES, ("PATCH", "/stacks/web/1/preview"): CHANGES,
    ("POST", "/stacks"): (201, {"stack": {"id": "1", "links": []}}), ("PUT", "/stacks/web/1"): (202, ""),
    ("PATCH", "/stacks/web/1"): (202, ""), ("DELETE", "/stacks/web/1"): (204, ""),
}  # fmt: skip


@pytest.fixture
def cloud(kit, monkeypatch, tmp_path):
    """Run `kit stack ARGUMENTS` beside a template, over a table of answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OS_CLOUD", raising=False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers a question
    (tmp_path / "new.yaml").write_text(NEW)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "env.yaml").write_text("parameters: {v: z}\n")

    def use(*arguments, table=TABLE, name="mine"):
        fake = Fake(dict(table))
        monkeypatch.setattr("openstack.connect", lambda cloud: fake)
        use.asked = fake.asked
        return kit("stack", *arguments, *(["--cloud", name] if name else []))

    return use


def test_heats_names_get_their_properties_and_keep_its_classes(cloud):
    code, out, err = cloud("plan", "new.yaml", "--stack", "web", "-e", "env.yaml")
    assert (code, err) == (1, "") and out.splitlines() == [
        "-/+ key  OS::Heat::RandomString",
        "      length: 8 -> 9  # forces replacement",
        "-/+ theirs  OS::Heat::Own",  # the cloud knows a type that the engine does not: its word alone
        "  ~ a  OS::Heat::TestResource",
        "      value: 'y' -> 'z'",
        "  + new  OS::Heat::Value",
        "      value: 'hello'",
        "  - gone  OS::Heat::RandomString",
        "Plan: 1 added, 1 updated, 2 replaced, 1 deleted, 1 unchanged.",
    ]


def test_what_is_not_given_stays_only_with_existing(cloud):
    for more, method, value in (((), "PUT", "'y' -> 'x'"), (("--existing",), "PATCH", None)):
        out = cloud("plan", "new.yaml", "--stack", "web", *more)[1]
        assert method in [asked[0] for asked in cloud.asked]
        assert (value in out) if value else ("'y' ->" not in out)


def test_a_stack_that_the_engine_cannot_follow_is_told_by_name(cloud):
    table = TABLE | {
        "/stacks/web/1/template": {"heat_template_version": "2021-04-16", "resources": {"a": {"type": "X"}}}
    }
    code, out, _ = cloud("plan", "new.yaml", "--stack", "web", "--format", "json", table=table)
    found = json.loads(out)
    assert code == 1 and found["updated"] == ["a"] and not any(step["properties"] for step in found["steps"])


def test_a_cloud_that_tells_properties_is_believed(cloud):
    told = names(updated=[("a", "TestResource")])
    change = {"name": "value", "old": 1, "new": 2, "forces_replacement": False}
    told["resource_changes"]["updated"][0] |= {"property_changes": [change], "reason": "so"}
    out = cloud("plan", "new.yaml", "--stack", "web", table=TABLE | {("PUT", "/stacks/web/1/preview"): told})[1]
    assert out.startswith("  ~ a  OS::Heat::TestResource  (so)\n      value: 1 -> 2\n")
    nothing = TABLE | {("PUT", "/stacks/web/1/preview"): names(unchanged=[("same", "RandomString")])}
    assert cloud("plan", "new.yaml", "--stack", "web", table=nothing)[0] == 0


def test_the_plan_of_a_create_with_a_stack_inside(cloud):
    inner = {"resource_name": "leaf", "resource_type": "X", "properties": {}}
    resources = [{"resource_name": "a", "resource_type": "X", "properties": {"p": 1}}, [inner]]
    table = {("POST", "/stacks/preview"): {"stack": {"resources": resources}}}
    code, out, _ = cloud("plan", "new.yaml", "-p", "v=q", table=table)
    assert code == 1 and out.splitlines()[:3] == ["  + a  X", "      p: 1", "  + leaf  X"]
    sent = cloud.asked[0][3]
    assert (sent["stack_name"], sent["parameters"]) == ("new", {"v": "q"}) and list(sent["files"].values()) == ["hello"]


def test_mistakes(cloud, tmp_path):
    (tmp_path / "bad.yaml").write_text("heat_template_version: 2021-04-16\nresources: {a: {type: nosuch.yaml}}\n")
    (tmp_path / "env2.yaml").write_text("paramters: {}\n")
    for arguments, name, text in (
        (("plan", "new.yaml", "--stack", "web"), None, "which cloud?"),
        (("plan", "new.yaml", "--existing"), "mine", "--existing is for an update"),
        (("plan", "new.yaml", "--from", "new.yaml"), "mine", "two stacks of today"),
        (("plan", "bad.yaml", "--stack", "web"), "mine", "cannot read what it names"),
        (("plan", "none.yaml", "--stack", "web"), "mine", "none.yaml: cannot read it"),
        (("plan", "new.yaml", "-e", "env2.yaml"), "mine", 'wrong section "paramters"'),
        (("plan", "new.yaml", "-p", "v"), "mine", "Write NAME=VALUE."),
        (("create", "web", "bad.yaml"), "mine", "cannot read what it names"),
        (("update", "wub", "new.yaml"), "mine", "no stack 'wub'"),
        (("delete", "web"), "mine", "nothing was deleted"),
    ):
        code, out, err = cloud(*arguments, name=name)
        assert (code, out) == (2, "") and text in err, arguments


def test_changes_are_sent_and_not_waited_for(cloud):
    assert cloud("create", "web", "new.yaml", "--tag", "a", "--tag", "b", "--timeout", "5", "--rollback")[0] == 0
    sent = cloud.asked[0][3]
    assert (sent["tags"], sent["timeout_mins"], sent["disable_rollback"]) == ("a,b", 5, False)
    assert cloud("create", "web", "new.yaml")[0] == 0 and cloud.asked[0][3]["disable_rollback"] is True
    assert json.loads(cloud("update", "web", "new.yaml", "--format", "json")[1]) == {"name": "web", "id": "1"}
    assert cloud.asked[1][0] == "PUT" and "disable_rollback" not in cloud.asked[1][3]
    assert cloud("update", "web", "new.yaml", "--existing")[0] == 0 and cloud.asked[1][0] == "PATCH"
    assert cloud("delete", "web", "-y")[0] == 0 and cloud.asked[1][:2] == ("DELETE", "/stacks/web/1")


def test_a_change_that_is_waited_for_tells_its_end(cloud):
    states = ["CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_FAILED"]
    table = TABLE | {
        "/stacks/1": [stack(state) for state in states], "/stacks/web/1/resources": {"resources": []},
        "/stacks/web/1/events": [{"events": []}, {"events": [event("web", "CREATE_FAILED", "2", physical="1")]}],
    }  # fmt: skip
    code, out, err = cloud("create", "web", "new.yaml", "--wait", table=table)
    assert code == 1 and out == "✗ web  CREATE_FAILED\n    why\n1 failed: web\n"
    assert err == "◌ web  CREATE_IN_PROGRESS\n✗ web  CREATE_FAILED\n"
