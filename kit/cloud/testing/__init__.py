"""A cloud of its own for every test of somebody's code: a pytest plugin, a decorator, a context manager.

    from kit.cloud.testing import mock_openstack

    with mock_openstack(user="demo") as cloud:
        openstack.connect(cloud="production").create_network("net")  # meets the mock cloud

Importing this loads neither openstacksdk nor the cloud; the first use does.
"""

from kit.cloud.testing.mock import current_cloud, mock_openstack

__all__ = ["current_cloud", "mock_openstack"]
