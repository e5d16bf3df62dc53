"""Laws of stacks on the cloud: what a preview says is done, what is made goes, what is refused leaves nothing."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.cloud.tables import metadata
from kit.cloud.testing.fresh import fresh

OWN = ("orchestration_", "tokens", "due_events", "kit_store", "compute_actions")
NAMES = st.sampled_from("abcd")
KINDS = st.one_of(
    st.builds(
        lambda value: {"type": "OS::Heat::TestResource", "properties": {"value": value}}, st.sampled_from(["x", "y"])
    ),
    st.builds(
        lambda name, zones: {
            "type": "OS::Neutron::Net", "properties": {"name": name, "availability_zone_hints": zones}
        },
        st.sampled_from(["m", "n"]), st.sampled_from([[], ["nova"]]),
    ),
    st.builds(lambda size: {"type": "OS::Cinder::Volume", "properties": {"size": size}}, st.sampled_from([1, 2])),
    st.just({"type": "OS::Neutron::Port", "properties": {"network": "private"}}),
)  # fmt: skip
RESOURCES = st.dictionaries(NAMES, KINDS, max_size=4)


def counts(cloud):
    found = {}
    with cloud.read() as tx:
        for table in metadata.sorted_tables:
            if not table.name.startswith(OWN):
                query = sa.select(sa.func.count()).select_from(table)
                there = [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
                found[table.name] = tx.connection.execute(query.where(*there)).scalar()
    return found


class Heat:
    def __init__(self):
        self.cloud = fresh("devstack", random_seed=1)
        self.session = self.cloud.connect("demo", "demo").session
        self("GET", "/stacks")

    def __call__(self, method, path, body=None):
        where = {"service_type": "orchestration"}
        answer = self.session.request(path, method, endpoint_filter=where, raise_exc=False, json=body)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def settled(self, path):
        for _ in range(40):
            self.cloud.clock.advance(5)
            stack = self("GET", path)["stack"]
            if not stack["stack_status"].endswith("IN_PROGRESS"):
                return stack["stack_status"]
        raise AssertionError(stack)

    def resources(self, path):
        return {row["resource_name"]: row for row in self("GET", f"{path}/resources")["resources"]}


def template(resources):
    return {"heat_template_version": "2021-04-16", "resources": resources}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(RESOURCES, RESOURCES)
def test_a_preview_says_what_the_update_does_and_nothing_stays(old, new):
    heat = Heat()
    before = counts(heat.cloud)
    path = f"/stacks/s/{heat('POST', '/stacks', {'stack_name': 's', 'template': template(old)})['stack']['id']}"
    assert heat.settled(path) == "CREATE_COMPLETE"
    first = heat.resources(path)
    told = heat("PUT", f"{path}/preview", {"template": template(new)})["resource_changes"]
    heat("PUT", path, {"template": template(new)})
    assert heat.settled(path) in ("UPDATE_COMPLETE", "UPDATE_FAILED")
    last = heat.resources(path)
    ids = lambda rows, name: rows[name]["physical_resource_id"]  # noqa: E731
    if heat("GET", path)["stack"]["stack_status"] == "UPDATE_COMPLETE":
        named = {word: {row["resource_name"] for row in rows} for word, rows in told.items()}
        assert named["added"] == set(last) - set(first) and named["deleted"] == set(first) - set(last)
        both = set(first) & set(last)
        assert named["replaced"] == {name for name in both if ids(first, name) != ids(last, name)}
        assert named["updated"] == {name for name in both if last[name]["resource_status"] == "UPDATE_COMPLETE"}
    heat("DELETE", path)
    assert heat.settled(path) == "DELETE_COMPLETE"
    assert counts(heat.cloud) == before
    heat.cloud.close()


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "OS::Nova::Server", "properties": {"image": "cirros", "flavor": "m1.tiny", "security_groups": ["nosuch"],
         "networks": [{"network": "private", "subnet": "private-subnet"}]}},
        {"type": "OS::Neutron::Port", "properties": {"network": "private", "fixed_ips": [{"ip_address": "10.9.9.9"}]}},
        {"type": "OS::Cinder::Volume", "properties": {"size": 100000}},
        {"type": "OS::Neutron::Net", "properties": {"shared": True}},
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(bad):
    heat = Heat()
    before = counts(heat.cloud)
    path = f"/stacks/s/{heat('POST', '/stacks', {'stack_name': 's', 'template': template({'it': bad})})['stack']['id']}"
    assert heat.settled(path) == "CREATE_FAILED"
    heat("DELETE", path)
    assert heat.settled(path) == "DELETE_COMPLETE" and counts(heat.cloud) == before
    heat.cloud.close()


def test_the_sdk_waits_in_no_time_on_a_standing_clock():
    heat = Heat()
    conn = heat.cloud.connect("demo", "demo")
    resources = {"v": {"type": "OS::Cinder::Volume", "properties": {"size": 1}}}
    import json
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(template(resources), file)
        file.flush()
        assert conn.create_stack("s", template_file=file.name, wait=True).status == "CREATE_COMPLETE"
        assert conn.delete_stack("s", wait=True)
    heat.cloud.close()


def test_same_seed_same_steps_same_answers():
    def told():
        heat = Heat()
        body = {
            "stack_name": "s",
            "template": template({"r": {"type": "OS::Heat::RandomString"}, "n": {"type": "OS::Neutron::Net"}}),
        }
        path = f"/stacks/s/{heat('POST', '/stacks', body)['stack']['id']}"
        heat.settled(path)
        return heat("GET", path), heat("GET", f"{path}/events"), heat("GET", f"{path}/resources")

    assert told() == told()
