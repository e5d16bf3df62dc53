"""`kit stack`: lint, graph and plan over files."""

import json

import pytest

from kit.cli.main import main

GOOD = """heat_template_version: 2021-04-16
parameters: {v: {type: string, default: x}}
resources:
  a: {type: OS::Heat::TestResource, properties: {value: {get_param: v}}}
  b: {type: child.yaml, properties: {text: {get_attr: [a, output]}}}
"""
CHILD = """heat_template_version: 2021-04-16
parameters: {text: {type: string}}
resources: {c: {type: OS::Heat::Value, properties: {value: {get_param: text}}}}
"""


@pytest.fixture
def kit(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "child.yaml").write_text(CHILD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("value:", "valu:"))

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kit", "stack", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


def test_a_clean_template_is_exit_code_0(kit):
    assert kit("lint", "good.yaml") == (0, "Nothing found.\n", "")


def test_findings_are_exit_code_1_with_their_places(kit):
    code, out, _ = kit("lint", "good.yaml", "bad.yaml")
    assert code == 1 and out.startswith("bad.yaml:4:50: error: Unknown Property valu [property-unknown]")
    assert out.endswith("1 finding.\n")


def test_machines_get_json_and_sarif(kit):
    code, out, _ = kit("lint", "bad.yaml", "--format", "json")
    assert code == 1 and json.loads(out)[0]["line"] == 4
    _, out, _ = kit("lint", "bad.yaml", "--format", "sarif")
    assert json.loads(out)["version"] == "2.1.0"


def test_a_missing_file_is_exit_code_2(kit):
    code, _, err = kit("lint", "nosuch.yaml")
    assert code == 2 and "nosuch.yaml" in err
    assert kit("graph", "bad.yaml")[0] == 2


def test_the_graph_in_its_forms(kit):
    assert kit("graph", "good.yaml")[1].splitlines()[-1] == "  b  child.yaml  needs a"
    assert kit("graph", "good.yaml", "--format", "svg")[1].startswith("<svg")
    assert kit("graph", "good.yaml", "--format", "dot")[1].startswith("digraph")
    assert json.loads(kit("graph", "good.yaml", "--format", "json")[1]) == {
        "requires": [["b", "a"]],
        "waves": [["a"], ["b"]],
    }


def test_plans_of_a_create_and_of_an_update(kit):
    code, out, _ = kit("plan", "good.yaml", "-p", "v=y")
    assert code == 1 and "  + a  OS::Heat::TestResource\n      value: 'y'" in out
    code, out, _ = kit("plan", "good.yaml", "--from", "good.yaml", "--from-parameter", "v=x", "-p", "v=z")
    assert code == 1 and "value: 'x' -> 'z'" in out
    code, out, _ = kit("plan", "good.yaml", "--format", "json")
    assert json.loads(out)["added"] == ["a", "b"]


def test_environment_files_count(kit, tmp_path):
    (tmp_path / "env.yaml").write_text("parameters: {v: from-env}\n")
    assert "'from-env'" in kit("plan", "good.yaml", "-e", "env.yaml")[1]
