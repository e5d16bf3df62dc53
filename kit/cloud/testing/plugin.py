"""The pytest plugin: a cloud for every test that asks for one.

It loads neither openstacksdk nor the cloud until a test does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from kit.errors import KitError

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kit.cloud.cloud import Cloud
    from kit.cloud.testing.options import Options

MARKER = "openstack"
USE = (
    "openstack(seed='devstack', user='admin', project=None, clock='manual', random_seed=None, faults=(), clouds=None, "
    "sleepers=()): "
    "the mock cloud of a test that uses openstack_cloud, openstack_connection or openstack_mocked."
)
# How many of the last calls a failed test shows.
SHOWN = 20


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", USE)


@pytest.fixture
def openstack_options(request: pytest.FixtureRequest) -> Options:
    """What the test's markers ask for; the nearest marker has the last word."""
    from kit.cloud.testing.options import Options

    given: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(MARKER))):
        if mark.args:
            pytest.fail(f"@pytest.mark.{MARKER} takes names: seed={mark.args[0]!r}", pytrace=False)
        given |= mark.kwargs
    return _told(lambda: Options.read(given, f"@pytest.mark.{MARKER}"))


@pytest.fixture
def openstack_cloud(request: pytest.FixtureRequest, openstack_options: Options) -> Iterator[Cloud]:
    """A fresh mock cloud with a standing clock."""
    from kit.cloud import waiting

    with waiting.sleepers(_told(openstack_options.modules)):
        cloud = _told(lambda: openstack_options.make(request.path.parent))
        yield cloud
        cloud.close()


@pytest.fixture
def openstack_connection(openstack_cloud: Cloud, openstack_options: Options) -> Iterator[Connection]:
    """An unmodified openstacksdk Connection to it, for the user and the project of the marker."""
    user, project = _told(lambda: openstack_options.who(openstack_cloud))
    with openstack_cloud.connect(user, project) as connection:
        yield connection


@pytest.fixture
def openstack_mocked(openstack_cloud: Cloud, openstack_options: Options) -> Iterator[Cloud]:
    """The same cloud in place of OpenStack: `openstack.connect` and keystoneauth sessions meet it."""
    from kit.cloud.testing.mock import Mock

    mock = Mock(openstack_options, openstack_cloud)
    cloud = _told(mock.__enter__)
    try:
        yield cloud
    finally:
        mock.__exit__()


def _told(make: Any) -> Any:
    """What `make` makes; a mistake in the options is one message, without a traceback."""
    try:
        return make()
    except KitError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the last calls to the cloud beside a failure."""
    report = yield
    cloud = getattr(item, "funcargs", {}).get("openstack_cloud")
    if report.when == "call" and report.failed and cloud is not None and len(cloud.exchanges):
        kept = cloud.exchanges[-SHOWN:]
        lines = [f"{call}{f'  (fault: {call.fault})' if call.fault else ''}" for call in kept]
        report.sections.append((f"The last {len(kept)} calls to the mock cloud", "\n".join(lines)))
    return report
