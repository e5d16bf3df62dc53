"""Stacks as trees, and deployments as a table: read from any cloud, told by text and picture alike."""

import pytest

from kit.cloud import Cloud
from kit.hot.remote import Node, RemoteError, Tree
from kit.views.stack_deployments import deployments
from kit.views.stack_tree import StackTree, stack_tree

TOP = """
heat_template_version: 2021-04-16
resources:
  good: {type: inner.yaml, properties: {fail: false}}
  bad: {type: inner.yaml, properties: {fail: true}}
"""
INNER = """
heat_template_version: 2021-04-16
parameters: {fail: {type: boolean}}
resources:
  leaf: {type: OS::Heat::TestResource, properties: {value: x, fail: {get_param: fail}}}
  late: {type: OS::Heat::TestResource, depends_on: leaf}
"""
DEPLOYED = """
heat_template_version: 2021-04-16
resources:
  script: {type: OS::Heat::SoftwareConfig, properties: {group: script, config: run}}
  install: {type: OS::Heat::SoftwareDeployment, properties: {name: install, config: {get_resource: script}, server: s-1}}
"""


@pytest.fixture
def conn():
    return Cloud.from_seed({"clock": "manual"}).connect()


@pytest.fixture
def tree(conn):
    conn.orchestration.create_stack(name="top", template=TOP, files={"inner.yaml": INNER})
    return stack_tree(conn, "top")


def test_the_picture_nests_as_the_stacks_do(tree):
    assert sorted(node.name for node in tree.nodes) == ["bad", "good", "late", "late", "leaf", "leaf", "top"]
    assert tree._repr_html_().count("<li>") == 7 and repr(tree) == repr(tree.tree)
    assert not tree.busy


def test_only_the_leaf_is_blamed(tree):
    (leaf,) = tree.tree.culprits.values()
    html = tree._repr_html_()
    assert html.count("border-left:4px") == 1 and html.count(leaf.reason) == 1


def test_beside_a_failure_what_is_whole_is_folded(conn, tree):
    html = tree._repr_html_()
    assert html.count("<details open>") == 2 and html.count("<details>") == 1
    conn.orchestration.create_stack(name="whole", template=INNER, parameters={"fail": "false"})
    assert stack_tree(conn, "whole")._repr_html_().count("<details open>") == 1


def test_the_root_itself_is_blamed_when_nothing_inside_failed():
    assert "Timed out" in StackTree(Tree(Node("s", "stack", "CREATE_FAILED", "Timed out")))._repr_html_()


def test_why_a_stack_was_rolled_back_is_told_below():
    html = StackTree(Tree(Node("s", "stack", "ROLLBACK_COMPLETE"), ("a  CREATE_FAILED  too <large>",)))._repr_html_()
    assert "Rolled back because:" in html and "too &lt;large&gt;" in html


def test_names_are_escaped():
    assert "<b>" not in StackTree(Tree(Node("<b>", "stack", "CREATE_COMPLETE")))._repr_html_()


def test_an_unknown_stack_is_told_as_such(conn):
    with pytest.raises(RemoteError, match="no stack 'nosuch'"):
        stack_tree(conn, "nosuch")


def test_failed_deployments_are_told_with_their_last_error_line(conn):
    heat = conn.orchestration
    stack = heat.create_stack(name="one", template=DEPLOYED)
    assert [each.status for each in deployments(conn).found] == ["IN_PROGRESS"]
    assert repr(deployments(conn, failed=True)) == "no deployments"
    told = {"deploy_status_code": 3, "deploy_stderr": "first\nE: no such package\n"}
    heat.post(f"/stacks/one/{stack.id}/resources/install/signal", json=told)
    found = deployments(conn, "one", failed=True)
    assert repr(found).splitlines()[-1] == "install  s-1     CREATE_FAILED  3          E: no such package"
    assert "✗ CREATE_FAILED" in found._repr_html_() and "<code>E: no such package</code>" in found._repr_html_()
    assert "<code>E: no such package</code>" in stack_tree(conn, "one")._repr_html_()
    assert "no such package" not in stack_tree(conn, "one", said=False)._repr_html_()
