"""A small cloud for every test that wants one."""

from collections.abc import Iterator
from typing import Any

import pytest

from kit.cloud import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud.from_seed("devstack", random_seed=1, clock="manual")
    yield made
    made.close()


@pytest.fixture
def admin(cloud: Cloud) -> Any:
    return cloud.connect()


@pytest.fixture
def demo(cloud: Cloud) -> Any:
    return cloud.connect("demo", "demo")
