"""The cloud under the API guidelines: every finding is a wart that is listed, and every wart listed is found."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from click.testing import CliRunner

from kit.cli.api import command
from kit.cloud.adapter import BASE_URL, session
from kit.cloud.openapi import document
from kit.cloud.openapi.warts import warts
from kit.cloud.registry import SERVICES
from kit.guidelines import Config, Finding, audit, judge_traffic, recorded
from tests.unit.cloud.test_openapi import furnished, ids_of, operations

NEWEST = [f"{s.microversions.header_type} {s.microversions.high}" for s in SERVICES.values() if s.microversions]


@cache
def described() -> dict[str, Any]:
    return document(SERVICES)


def tour() -> list[Any]:
    """What a cloud records while things are made, all that can be read is read, and some of it is not there."""
    cloud = furnished()
    cloud.exchanges.__init__(100_000)
    conn = cloud.connect("admin", "demo")
    conn.create_aggregate("a")
    conn.create_flavor("f", 64, 1, 1)
    conn.compute.create_keypair(name="k")
    conn.create_volume(1, name="made", wait=True)
    conn.network.set_tags(conn.network.create_network(name="n"), ["red"])
    conn.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"x")
    conn.identity.create_user(name="u", domain_id="default", password="secret")
    conn.create_container("c")
    conn.delete_aggregate("a")
    http, token, pools = session(cloud), conn.auth_token, ids_of(cloud)
    for path, method, operation, names in operations(described()):
        if method not in ("get", "head") or operation["operationId"].endswith(".head"):
            continue
        url = path
        for name in names:
            pool = next((pools[t] for t in pools if t.endswith(name.removesuffix("_id") + "s")), ["nothing"])
            url = url.replace(
                "{" + name + "}", conn.current_project_id if name in ("project_id", "tenant") else pool[0]
            )
        headers = {"X-Auth-Token": token, "OpenStack-API-Version": ", ".join(NEWEST)}
        http.request(method, BASE_URL + url, headers=headers)
    for url in ("/compute/v2.1/servers", "/volume/v3/volumes", "/placement/resource_providers"):
        http.get(
            BASE_URL + url,
            headers={"X-Auth-Token": token, "OpenStack-API-Version": "compute 2.999, volume 3.999, placement 1.999"},
        )
        http.get(BASE_URL + url)
    found = [exchange.to_json() for exchange in cloud.exchanges]
    cloud.close()
    return found


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    every = Config()
    return [*audit(described(), every), *judge_traffic(recorded(tour()), every)]


@pytest.mark.parametrize("service", SERVICES)
def test_one_service_alone_has_no_other_warts(service):
    assert not audit(document({service: SERVICES[service]}), warts())


def told(each: Finding) -> str:
    return f"{each.rule} {each.target or each.place}: {each.why}"


def test_each_finding_is_mended_or_a_wart_that_is_listed(found):
    strange = sorted({told(each) for each in found if not any(wart.covers(each) for wart in warts().excuses)})
    say = "Mend it, or list it in kit/cloud/openapi/warts.yaml with the reason of the real service:\n"
    assert not strange, f"{len(strange)}. {say}" + "\n".join(strange[:60])


def test_each_wart_that_is_listed_is_found(found):
    stale = [f"{wart.rule} {wart.place}" for wart in warts().excuses if not any(map(wart.covers, found))]
    assert not stale, "No longer there, so take them from the list:\n" + "\n".join(stale)


def test_each_wart_says_which_service_does_so_and_where_that_is_told():
    for wart in warts().excuses:
        assert re.match(r"https://", wart.source), wart
        assert re.search(r"\b(Nova|Keystone|Glance|Neutron|Cinder|Swift|Placement|Congress|Heat)\b", wart.reason), wart
        assert wart.place != "*" and wart.rule != "*"


def test_the_list_is_shown_and_an_audit_leaves_it_out(tmp_path):
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(command, arguments)

    shown = run("warts", "rc-1").output
    assert "POST /compute/v2.1/flavors\n" in shown and "RC-01 MUST" in shown and "RC-05" not in shown
    assert {row["rule"] for row in json.loads(run("warts", "ER-01", "--format", "json").output)} == {"ER-01"}
    cloud, config = tmp_path / "cloud.json", tmp_path / "known.yaml"
    cloud.write_text(json.dumps(document({"compute": SERVICES["compute"]})))
    config.write_text(run("warts", "--format", "yaml").output)
    assert run("audit", str(cloud)).exit_code == 1
    for option in (["--warts"], ["--config", str(config)]):
        answer = run("audit", str(cloud), *option)
        assert answer.exit_code == 0 and answer.output.startswith("nothing found (") and "excused" in answer.output
