"""The OpenAPI description: valid, whole, and true of what the cloud answers."""

import json
import random
import re
import uuid

import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

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
                if (unsaid and operation.get("security") != []) or (answer.content and "content" not in told):
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
