"""What a stack costs on the mock cloud, from the request to CREATE_COMPLETE."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kit.cloud import Cloud
from tests.bench.test_hot import template

# Target: 1,000 resources created in 3 s (real Heat: 8.05 s before any create).


@pytest.mark.parametrize("resources", [10, 1000])
def test_create_a_stack(benchmark: Any, resources: int) -> None:
    body = yaml.load(template(resources), Loader=yaml.BaseLoader)  # its version is a text, no date

    def fresh() -> tuple[tuple[Any, Any], dict[str, Any]]:
        cloud = Cloud(clock="manual", random_seed=0)
        return (cloud, cloud.connect()), {}

    def create(cloud: Cloud, conn: Any) -> None:
        stack = conn.orchestration.create_stack(name="s", template=body)
        cloud.clock.advance(3600)
        assert conn.orchestration.get_stack(stack.id).status == "CREATE_COMPLETE"

    benchmark.pedantic(create, setup=fresh, rounds=3)


def test_create_eight_servers_by_a_stack(benchmark: Any) -> None:
    server = {
        "type": "OS::Nova::Server",
        "properties": {"flavor": "m1.tiny", "image": "cirros", "networks": [{"network": "private"}]},
    }
    body = {"heat_template_version": "2021-04-16", "resources": {f"s{n}": server for n in range(8)}}

    def fresh() -> tuple[tuple[Any, Any], dict[str, Any]]:
        cloud = Cloud.from_seed("devstack", clock="manual", random_seed=0)
        return (cloud, cloud.connect("demo", "demo")), {}

    def create(cloud: Cloud, conn: Any) -> None:
        stack = conn.orchestration.create_stack(name="s", template=body)
        cloud.clock.advance(3600)
        assert conn.orchestration.get_stack(stack.id).status == "CREATE_COMPLETE"

    benchmark.pedantic(create, setup=fresh, rounds=3)
