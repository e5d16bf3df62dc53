"""The tables of a cloud, read through a Connection."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kit.cloud import Cloud
from kit.policy import SCHEMAS, Engine, add_cloud
from kit.policy.errors import SourceError
from kit.policy.sources import available


class Proxy:
    """Answers GET from a table of paths."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get(self, path: str, **options: Any) -> Any:
        self.asked.append(path)
        body = self.answers.get(path)
        return SimpleNamespace(status_code=404 if body is None else body.pop("status", 200), json=lambda: body)


VOLUME = {
    "id": "vol1", "name": "data", "size": 2, "encrypted": False, "bootable": "false", "status": "in-use",
    "attachments": [{"volume_id": "vol1", "server_id": "s1", "attachment_id": "a1", "host_name": None, "device": "/dev/vdb"}],
}  # fmt: skip
STORAGE = {
    "/volumes/detail?all_tenants=1": {
        "volumes": [VOLUME],
        "volumes_links": [{"rel": "next", "href": "http://elsewhere/v3/volumes/detail?marker=vol1"}],
    },
    "/volumes/detail?all_tenants=1&marker=vol1": {"volumes": [{**VOLUME, "id": "vol2", "attachments": []}]},
    "/snapshots/detail?all_tenants=1": {"snapshots": [{"id": "sn1", "volume_id": "vol1", "size": 2, "name": "s"}]},
    "/os-services": {"services": [{"binary": "cinder-volume", "host": "h", "state": "up", "status": "enabled"}]},
}
LINK = {"rel": "self", "href": "http://heat/1"}
HEAT = {
    "/stacks?show_nested=True": {
        "stacks": [{"id": "st1", "stack_name": "web", "stack_status": "CREATE_COMPLETE", "links": [LINK]}]
    },
    "/stacks/web/st1/resources": {
        "resources": [{"physical_resource_id": "s1", "resource_name": "vm", "links": [LINK]}]
    },
    "/stacks/web/st1/events": {"events": [{"id": "e1", "resource_name": "vm", "resource_status": "CREATE_COMPLETE"}]},
    "/software_deployments": {
        "software_deployments": [
            {"id": "d1", "server_id": "s1", "status": "COMPLETE", "output_values": {"deploy_stdout": "hi"}}
        ]
    },
}


def connection(**proxies: Any) -> Any:
    types = {"block_storage": "volumev3"}
    catalog = [{"type": types.get(name, name), "name": name} for name in proxies]
    return SimpleNamespace(service_catalog=catalog, **proxies)


def test_cinder_s_tables_are_read_page_after_page() -> None:
    engine = Engine()
    source = add_cloud(engine, connection(block_storage=Proxy(STORAGE)))
    assert source.services == ("cinder",)
    assert engine.rows('cinder:volumes(id=x, encrypted="False")').dicts()[1]["id"] == "vol2"
    assert engine.rows("cinder:attachments") == [("vol1", "s1", "a1", "None", "/dev/vdb")]
    assert engine.tables("cinder") == {"attachments": 1, "services": 1, "snapshots": 1, "volumes": 2}


def test_heat_s_tables_are_read() -> None:
    engine = Engine()
    add_cloud(engine, connection(orchestration=Proxy(HEAT)), ["heat"])
    counts = {name: count for name, count in engine.tables("heat").items() if count}
    assert counts == {
        "deployment_output_values": 1, "deployments": 1, "events": 1, "resources": 1, "resources_links": 1, "stacks": 1,
        "stacks_links": 1,
    }  # fmt: skip
    assert engine.rows('heat:resources(stack_id="st1", resource_name="vm")')


def test_a_heat_without_deployments_has_empty_tables() -> None:
    engine = Engine()
    answers = {path: body for path, body in HEAT.items() if "deploy" not in path}
    add_cloud(engine, connection(orchestration=Proxy(answers)), ["heat"])
    assert engine.tables("heat")["deployments"] == 0


def test_a_service_that_the_cloud_has_not_is_skipped_unless_it_is_named() -> None:
    found = connection(block_storage=Proxy(STORAGE))
    assert available(found) == ("cinder",)
    with pytest.raises(SourceError, match="orchestration is not in its catalog"):
        add_cloud(Engine(), found, ["heat"])
    with pytest.raises(SourceError, match="Did you mean `cinder`"):
        add_cloud(Engine(), found, ["cindr"])


def test_a_refusal_says_what_to_do() -> None:
    refused = Proxy({"/volumes/detail?all_tenants=1": {"status": 403}})
    with pytest.raises(SourceError, match="403"):
        add_cloud(Engine(), connection(block_storage=refused))


def test_a_refresh_is_one_change_and_reads_one_service() -> None:
    proxy = Proxy({path: dict(body) for path, body in STORAGE.items()})
    engine = Engine()
    source = add_cloud(engine, connection(block_storage=proxy, orchestration=Proxy(HEAT)))
    engine.insert("""
        attached(v) :- cinder:attachments(volume_id=v)
        execute[cinder:volumes.delete(v)] :- cinder:volumes(id=v, encrypted="False"), not attached(v)
    """)
    assert [str(action) for action in engine.actions()] == ['cinder:volumes.delete("vol2")']
    proxy.answers["/volumes/detail?all_tenants=1"] = {"volumes": [{**VOLUME, "id": "vol3", "attachments": [
        {**VOLUME["attachments"][0], "volume_id": "vol3"}  # type: ignore[index]
    ]}]}  # fmt: skip
    source.refresh("cinder")
    assert engine.actions() == []  # a volume that came with its attachment was never without one
    assert [row["id"] for row in engine.rows("cinder:volumes").dicts()] == ["vol3"]


def test_every_schema_has_a_reader_and_users_have_an_email_last() -> None:
    assert set(SCHEMAS) == {"nova", "neutronv2", "keystone", "keystonev3", "glancev2", "cinder", "heat"}
    assert SCHEMAS["keystonev3"]["users"] == ("id", "name", "enabled", "default_project_id", "domain_id", "email")


def test_the_mock_cloud_s_own_services_are_the_default(cloud: Cloud, admin: Any) -> None:
    engine = Engine()
    source = add_cloud(engine, admin)
    assert {"nova", "neutronv2", "keystone", "keystonev3", "glancev2"} <= set(source.services)
    engine.insert("mail(n, m) :- keystonev3:users(name=n, email=m)")
    assert ("demo", "demo@example.com") in engine.rows("mail(n, m)")
    assert engine.rows("nova:services").columns == SCHEMAS["nova"]["services"]


def test_rules_by_position_of_five_columns_still_work_on_users() -> None:
    engine = Engine()
    engine.create("keystonev3", "datasource", schema=SCHEMAS["keystonev3"])
    engine.load("keystonev3", "users", [["u1", "ann", True, "p", "default", "ann@example.org"]])
    engine.insert("q(n) :- keystonev3:users(i, n, e, p, d)")
    assert engine.rows("q(n)") == [("ann",)]
