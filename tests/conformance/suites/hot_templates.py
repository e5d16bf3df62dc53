"""Public templates on the mock cloud: a folder of them, with `corpus/hot/templates.json` beside it.

The HOT templates that real Heat calls valid are created as stacks through the cloud's own API. Parameters without
a default, and files that are not in the folder, get made-up values of the right kind; where one stands for an
image, a network, a key, a flavor it is a real one of the cloud, and what a template names itself is made first.
Servers that would signal are played by the suite. The other templates are judged by the engine alone: valid ones
must be created over records, those with a fault of their own refused; each is listed only when it fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.cloud import Cloud
from kit.hot import MemoryBackend, Stack, Template, find_type
from kit.hot.files import gather
from kit.hot.parameters import Parameter
from kit.hot.properties import PropertySchema
from kit.hot.resources.software import SoftwareDeployment
from kit.hot.resources.wait import WaitConditionHandle

REFUSED = ("invalid", "unknown-type", "missing-file", "cycle")
ABSENT = (
    (re.compile(r"The (Image|Flavor|Key) \(([^)]+)\) could not be found"), {"Image": "image", "Flavor": "flavor", "Key": "key"}),
    (re.compile(r"Unable to find (network|subnet|security_group) with name or id '([^']+)'"),
     {"network": "network", "subnet": "network", "security_group": "group"}),
)  # fmt: skip


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each template's name, and what is wrong or None."""
    folder, table = _places(path)
    for row in json.loads(table.read_text(encoding="utf-8"))["templates"]:
        file = folder / row["name"]
        if not file.is_file() or row["verdict"] not in ("valid", *REFUSED):
            continue
        on_cloud = row["kind"] == "hot" and row["verdict"] == "valid"
        try:
            wrong = (created if on_cloud else judge)(file, row)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        if on_cloud or wrong is not None:
            yield row["name"], wrong


def _places(path: Path) -> tuple[Path, Path]:
    if path.is_dir():
        return path, path.parent / "corpus" / "hot" / "templates.json"
    return path.parents[2] / "heat-templates", path


# On the mock cloud

SEED = {
    "projects": [{"name": "demo"}],
    "users": [{"name": "demo", "roles": {"demo": "admin"}}],
    "flavors": [{"name": "m1.small", "ram": 512, "vcpus": 1, "disk": 10}],
    "images": [{"name": "cirros"}],
    "networks": [
        {"name": "public", "external": True, "subnets": [{"name": "public-subnet", "cidr": "172.24.4.0/24"}]},
        {"name": "private", "project": "demo", "subnets": [{"name": "private-subnet", "cidr": "10.0.0.0/24"}]},
    ],
    "routers": [{"name": "router1", "project": "demo", "external": "public", "subnets": ["private-subnet"]}],
}  # fmt: skip


class Place:
    """One cloud for one template."""

    def __init__(self) -> None:
        self.cloud = Cloud.from_seed(SEED, random_seed=1, clock="manual")
        self.conn = self.cloud.connect("demo", "demo")
        self.make("key", "demo-key")
        self.values = {
            "glance.image": "cirros", "nova.flavor": "m1.small", "nova.keypair": "demo-key",
            "neutron.network": self.conn.network.find_network("private").id,
            "neutron.subnet": self.conn.network.find_subnet("private-subnet").id,
            "external": self.conn.network.find_network("public").id, "neutron.security_group": "default",
        }  # fmt: skip

    def make(self, kind: str, name: str) -> None:
        """Make a thing that a template names."""
        if kind == "image":
            self.conn.image.create_image(
                name=name, disk_format="raw", container_format="bare", data=b"x", visibility="public"
            )
        elif kind == "flavor":
            self.conn.compute.create_flavor(name=name, ram=512, vcpus=1, disk=5)
        elif kind == "key":
            self.conn.compute.create_keypair(name=name)
        elif kind == "network":
            made = self.conn.network.create_network(name=name)
            self.conn.network.create_subnet(name=name, network_id=made.id, ip_version=4, cidr="10.77.0.0/24")
        elif kind == "group":
            self.conn.network.create_security_group(name=name)

    def provide(self, use: str, name: Any) -> None:
        """Make the image or flavor that a parameter's default names, unless it is there."""
        kind = {"glance.image": "image", "nova.flavor": "flavor", "nova.keypair": "key"}.get(use)
        there = {
            "image": self.conn.image.find_image, "flavor": self.conn.compute.find_flavor,
            "key": self.conn.compute.find_keypair,
        }  # fmt: skip
        if kind and isinstance(name, str) and name and there[kind](name) is None:
            self.make(kind, name)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Ask the orchestration service."""
        asked = {"service_type": "orchestration"}
        return self.conn.session.request(path, method, endpoint_filter=asked, raise_exc=False, **options)


def created(file: Path, row: dict[str, Any]) -> str | None:
    """Create a stack on a cloud of its own; what is wrong, or None."""
    place = Place()
    text = file.read_text(encoding="utf-8")
    template = Template.read(text, str(file))
    declared = template.parameters([])
    uses = dict(_uses(template))
    values = {
        name: _value(place, each, uses.get(name, "")) for name, each in declared.items() if each.default is None
    }  # fmt: skip
    for name, each in declared.items():
        place.provide(uses.get(name) or _own(each), each.default)
    files = gather(file)
    files |= {name: "made up" for name in row.get("files", ()) if name not in files}
    body = {"stack_name": "made", "template": text, "parameters": values, "files": files, "timeout_mins": 240}
    for _ in range(10):
        answer = place.call("POST", "/stacks", json=body)
        if answer.status_code == 201:
            break
        missing = _missing(answer.json()["error"]["message"])
        if missing is None:
            return f"expected 201, got {answer.status_code}: {answer.json()['error']['message']}"
        place.make(*missing)
    return _followed(place, f"/stacks/made/{answer.json()['stack']['id']}")


def _missing(said: str) -> tuple[str, str] | None:
    for pattern, kinds in ABSENT:
        found = pattern.search(said)
        if found:
            return kinds[found[1]], found[2]
    return None


def _followed(place: Place, path: str) -> str | None:
    for _ in range(400):
        stack = place.call("GET", path).json()["stack"]
        if stack["stack_status"] != "CREATE_IN_PROGRESS":
            break
        for each in place.call("GET", f"{path}/resources?nested_depth=5").json()["resources"]:
            _play(place, each)
        place.cloud.clock.advance(5)
    if stack["stack_status"] != "CREATE_COMPLETE":
        return f"expected CREATE_COMPLETE, got {stack['stack_status']}: {stack['stack_status_reason']}"
    place.call("DELETE", path)
    place.cloud.clock.advance(600)
    gone = place.call("GET", path).json()["stack"]
    if gone["stack_status"] != "DELETE_COMPLETE":
        return f"expected DELETE_COMPLETE, got {gone['stack_status']}: {gone['stack_status_reason']}"
    return None


def _play(place: Place, resource: dict[str, Any]) -> None:
    """Signal as the server would on which the resource waits."""
    handle = resource["resource_type"].endswith("WaitConditionHandle")
    waiting = resource["resource_type"].endswith("Deployment") and resource["resource_status"] == "CREATE_IN_PROGRESS"
    if (handle and resource["physical_resource_id"]) or waiting:
        place.call("POST", resource["links"][0]["href"].split(f"{place.conn.current_project_id}")[1] + "/signal")


def _uses(template: Template) -> Iterator[tuple[str, str]]:
    """Parameters with the kind of thing that the property wants in which they stand."""
    for resource in template.section("resources").values():
        type = find_type(str(resource.get("type")))
        if type is None:
            continue
        for name, value in (resource.get("properties") or {}).items():
            if name in type.properties:
                yield from _within(type.properties[name], value, name, str(resource.get("type")))


def _within(schema: PropertySchema, value: Any, name: str, type: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and set(value) == {"get_param"} and isinstance(value["get_param"], str):
        for constraint in schema.constraints:
            if constraint.name == "custom_constraint":
                outside = type == "OS::Neutron::FloatingIP" and constraint.value == "neutron.network"
                yield value["get_param"], "external" if outside else str(constraint.value)
        if name == "security_groups":
            yield value["get_param"], "neutron.security_group"
    elif isinstance(value, dict) and schema.schema:
        for key, each in value.items():
            if key in schema.schema:
                yield from _within(schema.schema[key], each, key, type)
    elif isinstance(value, list) and schema.schema:
        for each in value:
            yield from _within(schema.schema.get("*", schema), each, name, type)


WORDS = (
    ("security_group", "neutron.security_group"),
    ("public", "external"), ("external", "external"), ("image", "glance.image"), ("flavor", "nova.flavor"),
    ("instance_type", "nova.flavor"), ("key", "nova.keypair"), ("subnet", "neutron.subnet"), ("net", "neutron.network"),
)  # fmt: skip


def _own(parameter: Parameter) -> str:
    return next((str(each.value) for each in parameter.constraints if each.name == "custom_constraint"), "")


def _value(place: Place, parameter: Parameter, use: str) -> Any:
    own = _own(parameter)
    word = next((kind for word, kind in WORDS if word in parameter.name), "")
    for kind in (use, own, word):
        value = place.values.get(kind)
        if value is not None and parameter.kind == "string" and parameter.wrong(value) is None:
            return value
    return made_up(parameter)


# By the engine alone


def judge(file: Path, row: dict[str, Any]) -> str | None:
    """What is wrong with the engine's view of a template."""
    try:
        stack = make(file, row)
    except Exception as error:
        if row["verdict"] == "valid":
            return f"expected it to be valid, got {type(error).__name__}: {error}"
        return None
    if row["verdict"] in REFUSED:
        return f"expected a refusal ({row['verdict']}: {row.get('message')}), got {stack.state}"
    if stack.state != "CREATE_COMPLETE":
        return f"expected CREATE_COMPLETE, got {stack.state}: {stack.reason}"
    return None


def make(file: Path, row: dict[str, Any]) -> Stack:
    """The stack of a template, with made-up values, over records."""
    text = file.read_text(encoding="utf-8")
    template = Template.read(text, str(file))
    declared = template.parameters([])
    values = {name: made_up(each) for name, each in declared.items() if each.default is None}
    files = gather(file)
    if row["verdict"] == "valid":
        files |= {name: "made up" for name in row.get("files", ()) if name not in files}
    stack = Stack.create("made", template, MemoryBackend(), parameters=values, files=files, wait=False)
    settle(stack)
    return stack


TEXTS = ("x", "made-up", "10.0.0.0/24", "10.0.0.5", "Abcdef12345", "Abc-defgh-12345_!", "ABCDEFGH", "a" * 40, "1")


def made_up(parameter: Parameter) -> Any:
    """A value of the right kind that the constraints accept."""
    allowed = [item for each in parameter.constraints if each.name == "allowed_values" for item in each.value]
    numbers = [
        n for each in parameter.constraints if each.name == "range" for n in each.value.values() if n is not None
    ]
    usual = {"string": TEXTS, "number": (1, 8, 80), "boolean": (True,), "list": ("a,b",), "map": ({},)}[parameter.kind]
    tried = [*allowed, *numbers, *usual]
    return next((value for value in tried if parameter.wrong(value) is None), tried[0])


def settle(stack: Stack) -> None:
    """Go on to the end; what waits for a signal gets it."""
    for _ in range(2_000):
        if not stack.step():
            return
        _signal(stack)
        stack.backend.wait(1)


def _signal(stack: Stack) -> None:
    for name, each in list(stack.resources.items()):
        if each.action == "CREATE" and (
            isinstance(each.kind, WaitConditionHandle)
            or (isinstance(each.kind, SoftwareDeployment) and each.status == "IN_PROGRESS")
        ):
            stack.signal(name, None)
    for child in list(stack.children.values()):
        _signal(child)
