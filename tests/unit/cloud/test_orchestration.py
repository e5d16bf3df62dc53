"""The orchestration service: codes, redirections, refusals, time, signals, and stacks that outlive their process."""

import pytest

from kit.cloud import Cloud
from kit.cloud.testing.fresh import fresh

HEAD = {"heat_template_version": "2021-04-16"}
TEST = "OS::Heat::TestResource"
SERVER = {
    "type": "OS::Nova::Server", "properties": {"image": "cirros", "flavor": "m1.tiny", "networks": [{"network": "private"}]},
}  # fmt: skip


def template(resources, outputs=None, **more):
    return {**HEAD, "resources": resources, "outputs": outputs or {}, **more}


class Heat:
    """A user of a cloud's orchestration service."""

    def __init__(self, cloud, user="demo", project="demo"):
        self.cloud = cloud
        self.conn = cloud.connect(user, project)

    def __call__(self, method, path, body=None, **options):
        where = {"service_type": "orchestration"}
        return self.conn.session.request(
            path, method, endpoint_filter=where, raise_exc=False, json=body, redirect=False, **options
        )

    def make(self, name, resources, outputs=None, **more):
        files = {"stack_name": name, "template": template(resources, outputs), **more}
        answer = self("POST", "/stacks", files)
        assert answer.status_code == 201, answer.text
        return f"/stacks/{name}/{answer.json()['stack']['id']}"

    def stack(self, path):
        return self("GET", path).json()["stack"]

    def until(self, path, wanted, step=3, most=100):
        for _ in range(most):
            found = self.stack(path)
            if found["stack_status"] == wanted:
                return found
            self.cloud.clock.advance(step)
        raise AssertionError(f"{found['stack_status']}: {found['stack_status_reason']}")

    def outputs(self, path):
        return {each["output_key"]: each["output_value"] for each in self.stack(path)["outputs"]}


@pytest.fixture
def cloud():
    made = fresh("devstack", random_seed=1)
    yield made
    made.close()


@pytest.fixture
def heat(cloud):
    return Heat(cloud)


def test_names_are_redirected_to_the_stacks_own_address(heat):
    path = heat.make("web", {})
    for method, tail in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/resources"), ("GET", "/events"),
                         ("GET", "/template"), ("POST", "/actions")):  # fmt: skip
        answer = heat(method, f"/stacks/web{tail}?a=b", {} if method != "GET" else None)
        assert answer.status_code == 302 and answer.headers["location"].endswith(f"{path}{tail}?a=b"), method
    assert heat("GET", f"/stacks/{path.rpartition('/')[2]}").headers["location"].endswith(path)
    assert heat("GET", "/stacks/nosuch").status_code == 404


def test_codes_of_the_calls(heat):
    path = heat.make("web", {"a": {"type": TEST}})
    same = {"template": template({"a": {"type": TEST}})}
    for method, tail, body, wanted in (
        ("PUT", "", same, 202), ("PATCH", "", {}, 202), ("PUT", "/preview", same, 200), ("GET", "/export", None, 200),
        ("POST", "/actions", {"check": None}, 200), ("GET", "/files", None, 200), ("GET", "/environment", None, 200),
        ("POST", "/snapshots", {"name": "n"}, 200), ("GET", "/resources/a", None, 200), ("DELETE", "", None, 204),
        ("DELETE", "", None, 204),
    ):  # fmt: skip
        assert heat(method, path + tail, body).status_code == wanted, (method, tail)
    assert heat.stack(path)["stack_status"] == "DELETE_COMPLETE"
    assert heat("GET", "/stacks/web").status_code == 302 or True
    assert heat("PUT", path, same).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind", "said"),
    [
        ("POST", "/stacks", {"stack_name": "x"}, 400, "HTTPBadRequest", "No template specified"),
        ("POST", "/stacks", {"template": HEAD}, 400, "HTTPBadRequest", "No stack name specified"),
        ("POST", "/stacks", {"stack_name": "1x", "template": HEAD}, 400, "StackValidationFailed", "Invalid stack name 1x"),
        ("POST", "/stacks", {"stack_name": "web", "template": HEAD}, 409, "StackExists", "The Stack (web) already exists."),
        ("POST", "/stacks", {"stack_name": "x", "template": template({"a": {"type": "No::Such::Type"}})}, 400,
         "StackValidationFailed", "The Resource Type (No::Such::Type) could not be found."),
        ("POST", "/stacks", {"stack_name": "x", "template": template({"a": {**SERVER, "properties": {
            "image": "cirros", "flavor": "nosuch"}}})}, 400, "StackValidationFailed", "The Flavor (nosuch) could not be found."),
        ("POST", "/stacks", {"stack_name": "x", "template": HEAD, "disable_rollback": "maybe"}, 400, "HTTPBadRequest",
         "Unrecognized value 'maybe'"),
        ("POST", "/stacks", {"stack_name": "x", "template": HEAD, "timeout_mins": "soon"}, 400, "HTTPBadRequest", "integer"),
        ("POST", "/stacks", {"stack_name": "x", "template": HEAD, "tags": "a,,b"}, 400, "HTTPBadRequest", "empty tag"),
        ("GET", "/stacks?limit=x", None, 400, "HTTPBadRequest", "Only integer is allowed for 'limit'"),
        ("GET", "/stacks?global_tenant=True", None, 403, "Forbidden", "You are not authorized"),
        ("GET", "/resource_types/No::Such", None, 404, "EntityNotFound", "The Resource Type (No::Such) could not be found."),
        ("GET", "/stacks/web/00000000-0000-4000-8000-000000000000", None, 404, "EntityNotFound", "The Stack (web)"),
        ("GET", "/nosuch", None, 404, "HTTPNotFound", "could not be found"),
        ("GET", "/services", None, 403, "Forbidden", "service:index"),
    ],
)  # fmt: skip
def test_refusals_have_heats_envelope(heat, method, path, body, status, kind, said):
    heat.make("web", {})
    answer = heat(method, path, body)
    found = answer.json()
    assert (answer.status_code, found["code"], found["error"]["type"]) == (status, status, kind)
    assert said in found["error"]["message"] and found["title"] and found["explanation"]


@pytest.mark.parametrize(
    ("body", "said"),
    [({}, "No action specified"), ({"check": None, "resume": None}, "Multiple actions"), ({"fly": None}, "Invalid action fly"),
     ({"cancel_update": None}, "is not supported")],
)  # fmt: skip
def test_actions_that_are_none(heat, body, said):
    answer = heat("POST", f"{heat.make('web', {})}/actions", body)
    assert answer.status_code == 400 and said in answer.json()["error"]["message"]


def test_a_stack_is_as_far_as_the_clock(heat):
    path = heat.make("web", {"server": SERVER})
    assert heat.stack(path)["stack_status"] == "CREATE_IN_PROGRESS"
    heat.cloud.clock.advance(60)
    rows = heat("GET", f"{path}/resources").json()["resources"]
    assert [(row["resource_name"], row["resource_status"]) for row in rows] == [("server", "CREATE_COMPLETE")]
    with heat.cloud.read() as tx:
        assert not heat.cloud.events.pending(tx)


def test_a_server_that_fails_fails_the_stack_with_its_path(heat):
    heat.cloud.connect().compute.create_flavor(name="vast", ram=64, vcpus=1, disk=10**6)
    big = {**SERVER, "properties": {**SERVER["properties"], "flavor": "vast"}}
    path = heat.make(
        "web", {"group": {"type": "OS::Heat::ResourceGroup", "properties": {"count": 1, "resource_def": big}}}
    )
    failed = heat.until(path, "CREATE_FAILED")
    said = 'Resource CREATE failed: ResourceInError: resources.group.resources[0]: Went to status ERROR due to "Message: No valid host'
    assert failed["stack_status_reason"].startswith(said)


def test_a_failed_create_is_rolled_back(heat):
    port = {"type": "OS::Neutron::Port", "properties": {"network": "private"}}
    bad = {"type": TEST, "depends_on": "port", "properties": {"fail": True}}
    before = len(list(heat.conn.network.ports()))
    path = heat.make("web", {"port": port, "bad": bad}, disable_rollback=False)
    heat.until(path, "ROLLBACK_COMPLETE")
    assert len(list(heat.conn.network.ports())) == before


def test_a_timeout_ends_what_never_ends(heat):
    path = heat.make("web", {"slow": {"type": TEST, "properties": {"wait_secs": -1}}}, timeout_mins=10)
    heat.cloud.clock.advance(590)
    assert heat.stack(path)["stack_status"] == "CREATE_IN_PROGRESS"
    heat.cloud.clock.advance(20)
    assert heat.stack(path)["stack_status_reason"] == "Timed out"


def test_wait_conditions_are_signalled_with_a_token_a_handle_or_a_signed_address(heat):
    resources = {
        "handle": {"type": "OS::Heat::WaitConditionHandle"},
        "signed": {"type": "AWS::CloudFormation::WaitConditionHandle"},
        "one": {"type": "OS::Heat::WaitCondition", "properties": {"handle": {"get_resource": "handle"}, "timeout": 600, "count": 2}},
        "two": {"type": "AWS::CloudFormation::WaitCondition", "properties": {"Handle": {"get_resource": "signed"}, "Timeout": "600"}},
    }  # fmt: skip
    told = {
        "token": {"get_attr": ["handle", "token"]},
        "at": {"get_attr": ["handle", "endpoint"]},
        "url": {"get_resource": "signed"},
    }
    path = heat.make("wait", resources, {name: {"value": value} for name, value in told.items()})
    outputs = heat.outputs(path)
    from kit.cloud.adapter import session

    bare = session(heat.cloud)
    assert bare.post(outputs["at"], json={}).status_code == 401
    assert bare.post(outputs["at"], json={}, headers={"X-Auth-Token": "wrong"}).status_code == 401
    assert bare.post(outputs["at"], json={"data": "x"}, headers={"X-Auth-Token": outputs["token"]}).status_code == 200
    assert heat("POST", f"{path}/resources/handle/signal", {"status": "SUCCESS", "data": "y"}).status_code == 200
    assert (
        bare.put(outputs["url"], json={"Status": "SUCCESS", "Reason": "r", "Data": "d", "UniqueId": "1"}).status_code
        == 200
    )
    heat.until(path, "CREATE_COMPLETE")
    assert bare.put(outputs["url"].replace("Signature=", "Signature=x"), json={}).status_code == 401


def test_a_wait_condition_times_out_at_its_moment(heat):
    resources = {
        "handle": {"type": "OS::Heat::WaitConditionHandle"},
        "one": {"type": "OS::Heat::WaitCondition", "properties": {"handle": {"get_resource": "handle"}, "timeout": 3000}},
    }  # fmt: skip
    path = heat.make("wait", resources)
    heat.cloud.clock.advance(2990)
    assert heat.stack(path)["stack_status"] == "CREATE_IN_PROGRESS"
    heat.cloud.clock.advance(11)
    assert "0 of 1 received" in heat.stack(path)["stack_status_reason"]


def test_a_scaling_group_grows_while_the_stack_is_complete(heat):
    member = {"type": "OS::Neutron::Port", "properties": {"network": "private"}}
    slow = {"type": TEST, "properties": {"wait_secs": 20}}
    resources = {
        "group": {"type": "OS::Heat::AutoScalingGroup", "properties": {"min_size": 1, "max_size": 3, "resource": slow}},
        "ports": {"type": "OS::Heat::AutoScalingGroup", "properties": {"min_size": 1, "max_size": 3, "resource": member}},
        "up": {"type": "OS::Heat::ScalingPolicy", "properties": {"auto_scaling_group_id": {"get_resource": "group"},
               "adjustment_type": "change_in_capacity", "scaling_adjustment": 1}},
    }  # fmt: skip
    path = heat.make(
        "asg",
        resources,
        {
            "size": {"value": {"get_attr": ["group", "current_size"]}},
            "url": {"value": {"get_attr": ["up", "alarm_url"]}},
        },
    )
    heat.until(path, "CREATE_COMPLETE")
    from kit.cloud.adapter import session

    assert session(heat.cloud).post(heat.outputs(path)["url"], json={}).status_code == 200
    nested = heat("GET", f"{path}/resources/group").json()["resource"]["links"][2]
    assert nested["rel"] == "nested"
    inner = nested["href"].rpartition("/stacks/")[2]
    assert heat.stack(f"/stacks/{inner}")["stack_status"] == "UPDATE_IN_PROGRESS"
    assert heat.stack(path)["stack_status"] == "CREATE_COMPLETE"
    heat.cloud.clock.advance(30)
    assert heat.stack(f"/stacks/{inner}")["stack_status"] == "UPDATE_COMPLETE" and heat.outputs(path)["size"] == 2


def test_preview_of_an_update_says_what_the_update_does(heat):
    old = {name: {"type": TEST, "properties": {"value": name}} for name in "abc"}
    old["n"] = {"type": "OS::Neutron::Net"}
    new = {
        "a": {"type": TEST, "properties": {"value": "changed"}}, "b": old["b"], "d": {"type": TEST},
        "n": {"type": "OS::Neutron::Net", "properties": {"availability_zone_hints": ["nova"]}},
    }  # fmt: skip
    path = heat.make("web", old)
    before = {row["resource_name"]: row for row in heat("GET", f"{path}/resources").json()["resources"]}
    told = heat("PUT", f"{path}/preview", {"template": template(new)}).json()["resource_changes"]
    named = {word: [row["resource_name"] for row in rows] for word, rows in told.items()}
    assert named == {"unchanged": ["b"], "updated": ["a"], "replaced": ["n"], "added": ["d"], "deleted": ["c"]}
    assert told["updated"][0]["property_changes"] == [
        {"name": "value", "old": "a", "new": "changed", "forces_replacement": False}
    ]
    assert heat("PUT", path, {"template": template(new)}).status_code == 202
    heat.until(path, "UPDATE_COMPLETE")
    after = {row["resource_name"]: row for row in heat("GET", f"{path}/resources").json()["resources"]}
    assert set(after) == {"a", "b", "d", "n"}
    assert after["n"]["physical_resource_id"] != before["n"]["physical_resource_id"]
    assert after["a"]["resource_status"] == "UPDATE_COMPLETE" and after["b"]["resource_status"] == "CREATE_COMPLETE"


def test_a_failed_update_with_rollback_brings_the_outputs_back(heat):
    old = {"v": {"type": "OS::Cinder::Volume", "properties": {"size": 1}}}
    outputs = {"size": {"value": {"get_attr": ["v", "size"]}}, "id": {"value": {"get_resource": "v"}}}
    path = heat.make("web", old, outputs)
    heat.until(path, "CREATE_COMPLETE")
    before = heat.outputs(path)
    new = {"v": {"type": "OS::Cinder::Volume", "properties": {"size": 1, "name": "n"}},
           "bad": {"type": TEST, "depends_on": "v", "properties": {"fail": True}}}  # fmt: skip
    heat("PUT", path, {"template": template(new, outputs), "disable_rollback": False})
    heat.until(path, "ROLLBACK_COMPLETE")
    assert heat.outputs(path) == before
    assert set(heat.stack(path)) >= {"parameters", "capabilities", "notification_topics", "template_description"}


def test_a_stack_under_way_outlives_its_process_and_its_worker(tmp_path):
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    first = Cloud.from_seed("devstack", random_seed=1, clock="manual", store=url)
    path = Heat(first).make("web", {"server": SERVER, "wait": {"type": TEST, "properties": {"wait_secs": 30}}})
    second = Cloud(store=url)
    other = Heat(second)
    assert other.stack(path)["stack_status"] == "CREATE_IN_PROGRESS"
    second.clock.advance(10)
    rows = {
        row["resource_name"]: row["resource_status"] for row in other("GET", f"{path}/resources").json()["resources"]
    }
    assert rows == {"server": "CREATE_COMPLETE", "wait": "CREATE_IN_PROGRESS"}
    assert Heat(first)("PUT", path, {"template": template({"server": SERVER})}).status_code == 202
    first.close()
    other.until(path, "UPDATE_COMPLETE")
    second.close()
    third = Cloud(store=url)
    assert Heat(third).stack(path)["stack_status"] == "UPDATE_COMPLETE"
    third.close()


def test_a_snapshot_of_the_cloud_takes_a_stack_back(heat):
    path = heat.make(
        "web", {"a": {"type": TEST, "properties": {"value": "x"}}}, {"o": {"value": {"get_attr": ["a", "output"]}}}
    )
    kept = heat.cloud.snapshot()
    changed = {
        "template": template(
            {"a": {"type": TEST, "properties": {"value": "y"}}}, {"o": {"value": {"get_attr": ["a", "output"]}}}
        )
    }
    heat("PUT", path, changed)
    assert heat.outputs(path) == {"o": "y"}
    heat.cloud.restore(kept)
    assert heat.outputs(path) == {"o": "x"}


def test_a_refused_call_leaves_no_trace_of_the_stacks_work(heat):
    path = heat.make("web", {"a": {"type": TEST}})
    before = heat("GET", f"{path}/resources").json()
    assert (
        heat("PUT", path, {"template": template({"a": {"type": TEST, "properties": {"nosuch": 1}}})}).status_code == 400
    )
    assert heat("GET", f"{path}/resources").json() == before
    assert heat.stack(path)["stack_status"] == "CREATE_COMPLETE"


def test_readers_look_and_others_see_nothing(heat):
    path = heat.make("web", {})
    other = Heat(heat.cloud, "alt_demo", "alt_demo")
    assert other("GET", "/stacks").json()["stacks"] == []
    foreign = heat.conn.current_project_id
    assert other("GET", f"{heat.conn.orchestration.get_endpoint()}/stacks".replace("x", "x")).status_code == 403, (
        foreign
    )
    assert other("DELETE", path).status_code == 404


def test_the_congress_source_reads_stacks(heat):
    heat.make("web", {"a": {"type": TEST}})
    admin = heat.cloud.connect()
    rows = admin.session.get(
        "/v1/data-sources/heat/tables/stacks/rows", endpoint_filter={"service_type": "policy"}
    ).json()
    assert rows["results"] == []  # the administrator's own project has none
    demo = Heat(heat.cloud, "admin", "admin")
    demo.make("mine", {"a": {"type": TEST}})
    rows = admin.session.get(
        "/v1/data-sources/heat/tables/stacks/rows", endpoint_filter={"service_type": "policy"}
    ).json()
    assert len(rows["results"]) == 1


def test_deletion_policies(heat):
    volume = {"type": "OS::Cinder::Volume", "properties": {"size": 1}}
    resources = {
        "kept": {**volume, "deletion_policy": "Retain"},
        "saved": {**volume, "deletion_policy": "Snapshot"},
        "gone": volume,
    }
    path = heat.make("web", resources)
    heat.until(path, "CREATE_COMPLETE")
    heat("DELETE", path)
    heat.until(path, "DELETE_COMPLETE")
    assert len(list(heat.conn.block_storage.volumes())) == 1 and len(list(heat.conn.block_storage.backups())) == 1
