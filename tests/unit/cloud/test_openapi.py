"""The OpenAPI description: valid, whole, and true of what the cloud answers."""

import json
import random
import re
import uuid

import pytest
import sqlalchemy as sa
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from kit.cli.cloud.openapi import command
from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session
from kit.cloud.openapi import document
from kit.cloud.registry import SERVICES
from kit.cloud.tables import metadata

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
# These end what the walk needs.
SPARED = re.compile(r"auth/tokens|/users/\{user_id\}/password$")


@pytest.fixture(scope="module")
def described():
    return document(SERVICES)


def operations(described):
    return [
        (path, method, item[method], [p["name"] for p in item.get("parameters", ())])
        for path, item in described["paths"].items() for method in METHODS if method in item
    ]  # fmt: skip


def test_every_route_is_described_once(described):
    found = operations(described)
    assert {operation["tags"][0] for _, _, operation, _ in found} == set(SERVICES)
    names = [operation["operationId"] for _, _, operation, _ in found]
    assert len(names) == len(set(names)) > 500
    routes = {(service.path + op.template, op.method) for service in SERVICES.values() for op in service.operations}
    for path, method in routes:
        plain = re.sub(r"{(\w+):[^}]*}", r"{\1}", path).rstrip("/")
        item = described["paths"][plain]
        assert method.lower() in item or method in item["x-methods"]


def test_it_is_valid(described):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(json.loads(json.dumps(described)))


def test_paths_parameters_statuses_and_schemas_are_there(described):
    item = described["paths"]["/compute/v2.1/servers/{server_id}"]
    assert item["parameters"][0]["name"] == "server_id" and item["parameters"][0]["required"]
    create = described["paths"]["/compute/v2.1/servers"]["post"]
    server = create["requestBody"]["content"]["application/json"]["schema"]["properties"]["server"]
    assert "flavorRef" in server["required"] and {"202", "400", "403"} <= set(create["responses"])
    network = described["paths"]["/network/v2.0/subnets"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert "network_id" in network["anyOf"][0]["properties"]["subnet"]["required"]
    listing = described["paths"]["/compute/v2.1/servers/detail"]["get"]
    assert any(parameter["name"] == "OpenStack-API-Version" for parameter in listing["parameters"])
    assert described["paths"]["/compute"]["get"]["security"] == []


def test_every_schema_is_one(described):
    for _, _, operation, _ in operations(described):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            Draft202012Validator.check_schema(content["schema"])


def test_every_query_parameter_says_what_it_means(described):
    bare = [
        (path, parameter["name"])
        for path, _, operation, _ in operations(described) for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and not parameter.get("description")
    ]  # fmt: skip
    assert bare == []


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/compute/v2.1/servers/detail", {"limit", "marker", "sort_key", "sort_dir", "changes-since", "all_tenants"}),
        (
            "/network/v2.0/ports",
            {"limit", "marker", "page_reverse", "sort_key", "fields", "device_id", "fixed_ips", "tags"},
        ),
        ("/identity/v3/role_assignments", {"effective", "include_names", "scope.project.id"}),
        ("/image/v2/images", {"limit", "marker", "sort", "visibility", "size_min", "tag"}),
        ("/volume/v3/volumes/detail", {"limit", "offset", "marker", "sort", "with_count", "all_tenants"}),
        ("/volume/v3/{project_id}/volumes/detail", {"limit", "offset", "marker", "sort", "with_count", "all_tenants"}),
        (
            "/placement/allocation_candidates",
            {"resources", "required", "member_of", "in_tree", "limit", "group_policy"},
        ),
        ("/object-store/v1/{account}/{container}", {"limit", "marker", "end_marker", "prefix", "delimiter", "path"}),
        ("/orchestration/v1/{tenant}/stacks", {"limit", "marker", "sort_keys", "sort_dir", "show_nested", "tags_any"}),
    ],
)
def test_lists_tell_their_filters_and_pages(described, path, names):
    operation = described["paths"][path]["get"]
    assert names <= {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}


# Values that are right where the type of a parameter, and its name alone, do not tell one.
FITTING = {
    "sort_key": None, "sort_keys": "created_at", "sort": "id:asc", "sort_dir": None, "name": "in:HW_CPU_X86_VMX",
    "visibility": "public", "member_status": "all", "fields": "id", "fixed_ips": "ip_address=10.0.0.9",
    "format": "json", "resources": "VCPU:1", "required": "HW_CPU_X86_VMX", "root_required": "HW_CPU_X86_VMX",
    "group_policy": "none", "in_tree": str(uuid.UUID(int=7)), "member_of": str(uuid.UUID(int=7)),
    "same_subtree": "_A", "uuid": str(uuid.UUID(int=7)), "metadata": "{'a': 'b'}", "extra_specs": "{'a': 'b'}",
    "consumer_type": "all", "os_hidden": "true", "is_public": "true", "support_status": "SUPPORTED",
    "volume_type": None, "end": None, "nocatalog": None, "hypervisor_hostname_pattern": "o", "ip_version": "4",
    "type": "import", "status": "success", "prefer": None, "group.id": None, "marker": None, "changes-since": "2026-01-01T00:00:00Z",
    "changes-before": "2040-01-01T00:00:00Z", "changed_since": "2026-01-01T00:00:00Z",
    "created_at": "gt:2026-01-01T00:00:00", "updated_at": "gt:2026-01-01T00:00:00", "start": "2026-01-01T00:00:00",
    "with_servers": "true", "ip": "10.", "ip6": "fd", "detailed": "1", "multipart-manifest": None,
}  # fmt: skip
BESIDE = {"same_subtree": {"resources_A": "VCPU:1"}, "sort_key": {"sort_dir": "asc"}}


def test_what_a_list_is_said_to_take_it_takes(described):
    cloud = furnished()
    conn = cloud.connect()
    http, wrong = session(cloud), []
    own = {"{project_id}": conn.current_project_id, "{tenant}": conn.current_project_id}
    for path, method, operation, _ in operations(described):
        url = path
        for mark, value in own.items():
            url = url.replace(mark, value)
        if method != "get" or "{" in url or "/auto-allocated-topology/" in url:
            continue
        heads = [p for p in operation.get("parameters", ()) if p["in"] == "header" and "example" in p]
        headers = {"X-Auth-Token": conn.auth_token, **{p["name"]: p["example"] for p in heads}}
        until = [item["until"] for item in operation.get("x-openstack-microversions", ()) if item["until"]]
        if until:
            headers["OpenStack-API-Version"] = f"{operation['tags'][0]} {until[-1]}"
        asked = [p for p in operation.get("parameters", ()) if p["in"] == "query"]
        needed = {"resources": "VCPU:1"} if url.endswith("/allocation_candidates") else {}
        needed |= {"project_id": "x"} if url.endswith("/placement/usages") else {}
        for parameter in asked:
            name = parameter["name"]
            usual = {"integer": "1", "boolean": "true"}.get(parameter["schema"]["type"], "x")
            state = name == "status" and ("/servers" in url or "os-volumes_boot" in url)
            value = "ACTIVE" if state else FITTING.get(name, usual)
            if value is None:
                continue
            query = {**needed, name: value, **BESIDE.get(name, {})}
            answer = http.get(BASE_URL + url, headers=headers, params=query)
            if answer.status_code != 200 and "is not an integer" not in answer.text:
                wrong.append(f"{answer.status_code} {url}?{name}={value} {answer.text[:150]}")
    cloud.close()
    assert not wrong, "\n".join(wrong)


def test_in_yaml_nothing_is_an_anchor():
    answer = CliRunner().invoke(command, ["--service", "placement", "--format", "yaml"])
    assert answer.exit_code == 0 and not re.search(r"[&*]id\d", answer.output)
    assert yaml.safe_load(answer.output) == json.loads(CliRunner().invoke(command, ["--service", "placement"]).output)


class Maker:
    """Values that fit a schema, more or less."""

    def __init__(self, dice: random.Random, ids: list[str]) -> None:
        self.dice, self.ids = dice, ids

    def text(self, schema: dict) -> str:
        made = self.dice.choice([self.dice.choice(self.ids), "x", "né 世界", "10.0.0.0/24", "2040-01-01T00:00:00"])
        if schema.get("format") == "uuid":
            made = self.dice.choice(self.ids)
        return made.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 300)]

    def value(self, schema: object, depth: int = 0) -> object:
        if not isinstance(schema, dict) or depth > 6:
            return self.dice.choice([None, "x", 1, True, [], {}])
        for word in ("oneOf", "anyOf", "allOf"):
            if word in schema:
                return self.value(self.dice.choice(schema[word]), depth + 1)
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema else None)
        kind = self.dice.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            fields = schema.get("properties", {})
            chosen = {name for name in fields if name in schema.get("required", ()) or self.dice.random() < 0.4}
            return {name: self.value(fields[name], depth + 1) for name in sorted(chosen)}
        if kind == "array":
            return [self.value(schema.get("items"), depth + 1) for _ in range(self.dice.choice([1, 1, 2, 0]))]
        simple = {"string": self.text(schema), "integer": schema.get("minimum", 1), "number": 1.5, "boolean": True}
        return simple.get(kind, self.dice.choice(["x", 7, None, {}, [], self.dice.choice(self.ids)]))

    def spoilt(self, found: object) -> object:
        """The same with one thing wrong somewhere."""
        if isinstance(found, dict) and found and self.dice.random() < 0.8:
            name = self.dice.choice(sorted(found))
            return {**found, name: self.spoilt(found[name])}
        if isinstance(found, list) and found and self.dice.random() < 0.7:
            return [self.spoilt(found[0]), *found[1:]]
        return self.dice.choice([None, -1, 2**70, "", "\x00", [], {}, [None], {"x": None}, "z" * 300, True, 1e300])


def walk(described, make, rounds=1, seed=0):
    """Call every operation; what answered 500, or a status that is not described."""
    dice = random.Random(seed)
    cloud = make()
    wrong = []
    http = session(cloud)
    conn = cloud.connect()
    token = conn.auth_token
    start = cloud.snapshot()
    pools = ids_of(cloud)
    everything = [id for pool in pools.values() for id in pool] + [str(uuid.UUID(int=7))]
    maker = Maker(dice, everything)
    found = operations(described)
    for _ in range(rounds):
        dice.shuffle(found)
        for number, (path, method, operation, names) in enumerate(found):
            if SPARED.search(path):
                continue
            url = path
            for name in names:
                pool = next((pools[t] for t in pools if t.endswith(name.removesuffix("_id") + "s")), everything)
                url = url.replace("{" + name + "}", dice.choice([dice.choice(pool), dice.choice(everything), "näme"]))
            headers = {"X-Auth-Token": token, "Content-Type": "application/json"}
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "header" and dice.random() < 0.7:
                    headers[parameter["name"]] = parameter.get("example", "x")
            query = {
                p["name"]: dice.choice(["x", "1", "-1", "", dice.choice(everything)])
                for p in operation.get("parameters", ()) if p["in"] == "query" and dice.random() < 0.3
            }  # fmt: skip
            content = operation.get("requestBody", {}).get("content", {})
            schema = next((item["schema"] for item in content.values()), None)
            body = maker.value(schema) if schema is not None else None
            if body is not None and dice.random() < 0.4:
                body = maker.spoilt(body)
            data = b"" if body is None else json.dumps(body).encode()
            answer = http.request(
                method, BASE_URL + url, headers=headers, params=query, data=data, allow_redirects=False
            )
            if answer.status_code == 500 or str(answer.status_code) not in operation["responses"]:
                wrong.append(f"{answer.status_code} {method} {url} {query} {data[:300]!r} {operation['operationId']}")
            elif answer.status_code < 300:
                told = operation["responses"][str(answer.status_code)]
                heads = {name.lower() for name in told.get("headers", {})}
                unsaid = [
                    name
                    for name in ("location", "cache-control", "vary", "openstack-api-version")
                    if name in answer.headers and name not in heads
                ]
                if unsaid or (answer.content and "content" not in told):
                    wrong.append(
                        f"{answer.status_code} {method} {url} has {unsaid or 'a body'}, which is not described"
                    )
            if answer.status_code == 401 or number % 200 == 199:
                cloud.restore(start)
    cloud.close()
    return wrong


def ids_of(cloud):
    """Ids that are there, by table."""
    found = {}
    with cloud.read() as tx:
        for table in metadata.sorted_tables:
            key = next(iter(table.primary_key))
            rows = tx.connection.execute(sa.select(key).limit(5)).scalars().all()
            if rows and table.name not in ("tokens", "kit_store"):
                found[table.name] = [str(row) for row in rows]
    return found


def furnished():
    """A cloud that has one of the things that the walk looks at."""
    cloud = Cloud.from_seed("devstack", clock="manual")
    conn = cloud.connect("demo", "demo")
    server = conn.create_server("a", image="cirros", flavor="m1.tiny", network="private", wait=True)
    conn.create_keypair("k")
    conn.compute.create_server_group(name="g", policies=["affinity"])
    conn.network.create_ip(floating_network_id=conn.network.find_network("public").id)
    volume = conn.create_volume(1, name="v", wait=True)
    conn.attach_volume(server, volume)
    conn.block_storage.create_snapshot(volume_id=volume.id, name="s", is_forced=True)
    cloud.connect().create_project("p", domain_id="default")
    return cloud


def test_no_operation_fails_and_none_answers_what_is_not_described(described):
    wrong = walk(described, furnished, rounds=2)
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:40])
