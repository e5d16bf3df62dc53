"""The stack studio: findings, graph, plan before apply, and the stack as it fills in."""

import pytest

from kit.cloud import Cloud
from kit.views import StackStudio, StackWatch
from kit.views.stack_plan import StackPlan, from_changes, from_preview

DISK = """heat_template_version: 2021-04-16
parameters: {size: {type: number, default: 1}}
resources:
  disk: {type: OS::Cinder::Volume, properties: {size: {get_param: size}, name: a}}
  word: {type: OS::Heat::RandomString, depends_on: disk}
outputs: {size: {value: {get_attr: [disk, size]}}}
"""
GROUP = """heat_template_version: 2021-04-16
resources:
  crew: {type: OS::Heat::AutoScalingGroup, properties: {min_size: 1, max_size: 5, resource: {type: OS::Heat::RandomString}}}
  more:
    type: OS::Heat::ScalingPolicy
    properties: {auto_scaling_group_id: {get_resource: crew}, adjustment_type: change_in_capacity, scaling_adjustment: 2}
"""
FAULTY = DISK.replace("size: {get_param: size}", "sise: 1")
SAMPLES = {"disk": DISK, "group": GROUP, "faulty": FAULTY}


@pytest.fixture
def cloud():
    return Cloud.from_seed(
        {"clock": "manual", "projects": [{"name": "p"}], "users": [{"name": "u", "roles": {"p": "member"}}]}
    )


@pytest.fixture
def studio(cloud):
    return StackStudio(cloud, SAMPLES, user="u", project="p")


def test_the_page_opens_with_the_first_sample_judged_drawn_and_planned(studio):
    assert "Nothing found" in studio.findings.value
    assert "2 resources in 2 waves; an arrow leads to what waits." in studio.graph.value
    assert "<desc>wave 1" in studio.graph.value
    assert "2 added, 0 updated" in studio.plan.value


def test_faults_are_told_with_line_and_column_and_no_plan(studio):
    studio.sample.value = "faulty"
    assert (
        f"<code>4:{FAULTY.splitlines()[3].index('sise') + 1}</code>" in studio.findings.value
        and "Unknown Property sise" in studio.findings.value
    )
    assert "The cloud would refuse it" in studio.plan.value
    studio.text.value = "a: ["
    assert "cannot be read" in studio.graph.value and "error" in studio.findings.value
    studio.apply.click()
    assert "The cloud refuses" in studio.said.value and studio.watch.found is None


def test_apply_creates_then_updates_as_the_plan_said(studio, cloud):
    studio.apply.click()
    assert studio.part.value == "stack" and studio.watch.play.value and studio.watch.busy
    assert "busy" in studio.plan.value and "◌ disk" in studio.graph.value
    assert studio.watch.finish().root.state == "CREATE_COMPLETE" and not studio.watch.play.value
    assert "✓ CREATE_COMPLETE" in studio.said.value
    assert "✓ disk" in studio.graph.value and "2 unchanged" in studio.plan.value
    assert "<code>&#x27;1&#x27;</code>" in studio.outputs.value
    studio.parameters.value = "size=3"
    assert "1 updated" in studio.plan.value and "size: <code>1</code> → <code>3</code>" in studio.plan.value
    studio.apply.click()
    assert studio.watch.finish().root.state == "UPDATE_COMPLETE"
    assert [each.size for each in cloud.connect("u", "p").block_storage.volumes()] == [3]


def test_looking_leaves_no_trace(studio, cloud):
    before = cloud.clock.now()
    studio.text.value = GROUP
    studio.watch.refresh()
    calls = cloud.exchanges.count
    studio.watch.refresh()
    assert cloud.clock.now() == before and cloud.exchanges.count == calls
    assert cloud.connect("u", "p").list_stacks() == []


def test_a_policy_is_signalled_and_the_group_grows(studio):
    assert studio.signals.layout.display == "none"
    studio.sample.value = "group"
    studio.apply.click()
    studio.watch.finish()
    assert studio.resource.options == ("more",) and studio.signals.layout.display == ""
    studio._signal()
    studio.watch.finish()
    crew = next(node for node in studio.watch.found.nodes if node.name == "crew")
    assert len(crew.children) == 3


def test_rollback_is_asked_for_by_the_box(studio):
    studio.text.value = DISK.replace("RandomString", "TestResource, properties: {fail: true}")
    studio.back.value = True
    studio.apply.click()
    assert studio.watch.finish().root.state == "ROLLBACK_COMPLETE"


def test_the_leaf_that_failed_is_told_beside_the_buttons(studio):
    studio.text.value = DISK.replace("RandomString", "TestResource, properties: {fail: true}")
    studio.apply.click()
    studio.watch.finish()
    assert "✗ CREATE_FAILED at studio.word: " in studio.said.value


def test_the_stack_is_deleted_and_planned_from_nothing_again(studio):
    studio.apply.click()
    studio.watch.finish()
    studio.delete.click()
    studio.watch.finish()
    assert studio.watch.found is None and "2 added" in studio.plan.value
    studio.delete.click()
    assert "no stack to delete" in studio.said.value


def test_parameters_of_a_wrong_form_are_told(studio):
    studio.parameters.value = "size 3"
    assert "is no parameter" in studio.findings.value and "is no parameter" in studio.plan.value


def test_time_is_played_and_the_servers_work(cloud):
    worked = []
    conn = cloud.connect("u", "p")
    watch = StackWatch(cloud, "s", "u", "p", pace=2, beat=lambda: worked.append(1))
    assert "no stack s yet" in repr(watch)
    conn.orchestration.create_stack(name="s", template=DISK)
    watch.refresh()
    before = cloud.clock.now()
    assert watch.busy and worked == []
    watch.play.value = True
    watch.refresh()
    assert (cloud.clock.now() - before).seconds == 2 and worked == [1]


def test_a_plan_of_real_heat_names_resources_only():
    answer = {"replaced": [{"resource_name": "a", "resource_type": "T"}], "added": [], "updated": []}
    plan = from_changes(answer)
    assert plan.names("replaced") == ["a"] and "1 replaced" in StackPlan(plan)._repr_html_()


def test_a_plan_is_told_without_ids_and_without_what_is_not_set():
    changes = [
        {
            "name": "net",
            "old": "d3adfb24-9f1a-49ce-adcd-23df4b9d2ea4",
            "new": "known after creation",
            "forces_replacement": True,
        },
        {
            "name": "ports",
            "old": [{"port": "d3adfb24-9f1a-49ce-adcd-23df4b9d2ea4", "tag": None}],
            "new": [],
            "forces_replacement": False,
        },
    ]
    found = StackPlan(
        from_changes({"replaced": [{"resource_name": "a", "resource_type": "T", "property_changes": changes}]})
    )
    assert "net: (an id) -> (known after creation)  # forces replacement" in repr(found)
    assert "ports: [{'port': (an id)}] -> []" in repr(found)
    html = found._repr_html_()
    assert "<code>known after creation</code> <strong" in html and "d3adfb24" not in html


def test_a_preview_with_a_nested_stack_is_one_list():
    def told(name):
        return {"resource_name": name, "resource_type": "OS::Heat::Value", "properties": {}}

    plan = from_preview({"resources": [told("a"), [told("b"), [told("c")]]]})
    assert [step.name for step in plan.steps] == ["a", "b", "c"]


def test_a_preview_leaves_out_what_is_not_set():
    given = {"name": "web", "tags": None, "value_specs": {}, "subnets": [], "shared": False}
    plan = from_preview({"resources": [{"resource_name": "a", "resource_type": "T", "properties": given}]})
    assert [each.name for each in plan.steps[0].properties] == ["name", "shared"]


def test_a_sample_can_be_chosen_again_after_it_was_edited(studio):
    first = studio.sample.options[0]
    studio.text.value = "resources: {}"
    assert studio.sample.value is None and "error" in studio.findings.value
    studio.sample.value = first
    assert studio.text.value == studio.samples[first] and "Nothing found" in studio.findings.value
