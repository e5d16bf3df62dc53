"""openstacksdk and the orchestration service."""

import pytest
from openstack import exceptions

TEMPLATE = """
heat_template_version: 2021-04-16
parameters:
  size: {type: number, default: 1}
resources:
  config: {type: OS::Heat::SoftwareConfig, properties: {config: {get_file: run.sh}}}
  volume: {type: OS::Cinder::Volume, properties: {size: {get_param: size}}}
  members:
    type: OS::Heat::ResourceGroup
    properties: {count: 2, resource_def: {type: member.yaml}}
outputs:
  size: {value: {get_attr: [volume, size]}}
  words: {value: {get_attr: [members, word]}}
"""
MEMBER = """
heat_template_version: 2021-04-16
resources: {word: {type: OS::Heat::RandomString, properties: {length: 4}}}
outputs: {word: {value: {get_attr: [word, value]}}}
"""


@pytest.fixture
def file(tmp_path):
    for name, text in {"main.yaml": TEMPLATE, "member.yaml": MEMBER, "run.sh": "#!/bin/sh\necho hi\n"}.items():
        (tmp_path / name).write_text(text)
    return str(tmp_path / "main.yaml")


@pytest.fixture
def stack(demo, file):
    return demo.create_stack("web", template_file=file, wait=True, timeout=600, size=2)


def test_the_cloud_layer_creates_with_wait_and_files(demo, stack):
    assert stack.status == "CREATE_COMPLETE" and stack.parameters["size"] == "2"
    outputs = {each["output_key"]: each["output_value"] for each in stack.outputs}
    assert outputs["size"] == "2" and [len(word) for word in outputs["words"]] == [4, 4]
    assert [volume.size for volume in demo.block_storage.volumes()] == [2]
    assert [each.name for each in demo.list_stacks()] == ["web"]
    assert demo.search_stacks(filters={"status": "CREATE_COMPLETE"})[0].id == stack.id


def test_the_proxy_finds_shows_and_lists(demo, stack):
    proxy = demo.orchestration
    assert proxy.find_stack("web").id == proxy.get_stack(stack.id).id == stack.id
    names = {resource.name: resource.status for resource in proxy.resources(stack)}
    assert names == dict.fromkeys(("config", "volume", "members"), "CREATE_COMPLETE")
    assert proxy.get_stack_template(stack).outputs.keys() == {"size", "words"}
    assert proxy.get_stack_environment(stack).parameters == {"size": 2}
    files = proxy.get_stack_files(stack)
    assert any(name.endswith("run.sh") and text.startswith("#!/bin/sh") for name, text in files.items())
    events = [event.resource_status for event in proxy.stack_events(stack)]
    assert events[0] == "CREATE_IN_PROGRESS" and events[-1] == "CREATE_COMPLETE"
    assert [event.resource_name for event in proxy.stack_events(stack, "config")] == ["config", "config"]
    assert proxy.find_stack("nosuch") is None
    with pytest.raises(exceptions.NotFoundException):
        proxy.get_stack("nosuch")


def test_updates_actions_and_the_end(demo, file, stack):
    changed = demo.update_stack("web", template_file=file, wait=True, size=3)
    assert changed.status == "UPDATE_COMPLETE" and changed.parameters["size"] == "3"
    assert [volume.size for volume in demo.block_storage.volumes()] == [3]
    proxy = demo.orchestration
    for act, wanted in (
        (proxy.suspend_stack, "SUSPEND_COMPLETE"), (proxy.resume_stack, "RESUME_COMPLETE"),
        (proxy.check_stack, "CHECK_COMPLETE"),
    ):  # fmt: skip
        act(changed)
        assert proxy.wait_for_status(changed, wanted, ["CHECK_FAILED"], interval=1).status == wanted
    assert proxy.export_stack(changed)["resources"]["volume"]["type"] == "OS::Cinder::Volume"
    assert demo.delete_stack("web", wait=True)
    assert list(demo.block_storage.volumes()) == [] and demo.get_stack("web") is None


def test_stacks_are_previewed_abandoned_and_validated(demo, file):
    proxy = demo.orchestration
    checked = proxy.validate_template(TEMPLATE.replace("member.yaml", "OS::Heat::None"))
    assert checked.parameters["size"]["Type"] == "Number"
    resources = {"v": {"type": "OS::Heat::Value", "properties": {"value": 1}}}
    simple = {"heat_template_version": "2021-04-16", "resources": resources}
    shown = proxy.create_stack(preview=True, name="p", template=simple)
    assert shown.name == "p" and demo.list_stacks() == []
    made = proxy.create_stack(name="p", template=simple)
    proxy.wait_for_status(made, "CREATE_COMPLETE", interval=1)
    assert proxy.abandon_stack(made)["action"] == "CREATE"
    assert demo.list_stacks() == []


def test_configs_and_deployments(demo):
    proxy = demo.orchestration
    config = proxy.create_software_config(name="c", group="script", config="echo", outputs=[{"name": "o"}])
    assert proxy.get_software_config(config).config == "echo" and [one.id for one in proxy.software_configs()] == [
        config.id
    ]
    made = proxy.create_software_deployment(
        config_id=config.id, server_id="s", action="CREATE", status="IN_PROGRESS", status_reason="Wait"
    )
    proxy.update_software_deployment(made, status="COMPLETE", output_values={"o": "1"}, status_reason="Done")
    found = proxy.get_software_deployment(made)
    assert (found.status, found.output_values) == ("COMPLETE", {"o": "1"})
    with pytest.raises(exceptions.BadRequestException, match="referenced"):
        proxy.delete_software_config(config)
    proxy.delete_software_deployment(made)
    proxy.delete_software_config(config)
    assert list(proxy.software_deployments()) == [] and list(proxy.software_configs()) == []


def test_others_see_nothing_and_readers_change_nothing(port, demo, admin, stack):
    import openstack

    with openstack.connect(cloud="alt_demo") as other:
        assert other.list_stacks() == [] and other.orchestration.find_stack(stack.id) is None
    assert admin.orchestration.get_stack(f"web/{stack.id}").id == stack.id
    reader = port.cloud
    user = admin.identity.create_user(name="eve", password="x")
    role = admin.identity.find_role("reader")
    admin.identity.assign_project_role_to_user(admin.identity.find_project("demo"), user, role)
    eve = reader.connect("eve", "demo", "x")
    assert [each.name for each in eve.list_stacks()] == ["web"]
    with pytest.raises(exceptions.ForbiddenException, match="You are not authorized to use"):
        eve.orchestration.delete_stack(stack.id)
