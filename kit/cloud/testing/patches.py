"""What leads unmodified code to the mock cloud: openstacksdk's configuration, keystoneauth's sessions, one host name.

The patches are made once, at the outermost mock, and undone when that ends; the innermost mock answers.
"""

from __future__ import annotations

import inspect
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

    from kit.cloud.cloud import Cloud
    from kit.cloud.testing.options import Options

# The mocks in force, the innermost last: each a cloud and what was asked of it.
active: list[tuple[Cloud, Options]] = []
_undo = ExitStack()
# What the auth plugins of a request without a name find.
NAMELESS = "mock"


def enter(cloud: Cloud, options: Options) -> None:
    """Let a mock be in force."""
    if not active:
        _install(_undo)
    active.append((cloud, options))


def leave(cloud: Cloud) -> None:
    """Let it be no longer; the last one takes the patches with it."""
    active[:] = [mock for mock in active if mock[0] is not cloud]
    if not active:
        _undo.pop_all().close()


def _install(stack: ExitStack) -> None:
    from kit.cloud import waiting

    try:
        stack.enter_context(waiting.installed())
        stack.enter_context(_sessions())
        stack.enter_context(_configuration())
    except BaseException:
        stack.pop_all().close()
        raise


@contextmanager
def _replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Put `make(original)` in a class's place of that name, for a while."""
    own = name in vars(owner)
    original = inspect.getattr_static(owner, name)
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        if own:
            setattr(owner, name, original)
        else:
            delattr(owner, name)


@contextmanager
def _sessions() -> Iterator[None]:
    """Let every keystoneauth session, and every request to the mock's own host, end at the mock cloud."""
    import requests
    from keystoneauth1.session import Session

    from kit.cloud.adapter import CloudAdapter
    from kit.cloud.testing.transport import MockAdapter, is_ours

    adapter = MockAdapter()
    ours: Any = OrderedDict((("https://", adapter), ("http://", adapter)))
    found: weakref.WeakKeyDictionary[requests.Session, Any] = weakref.WeakKeyDictionary()

    def catch(http: requests.Session) -> None:
        if http in found or any(isinstance(item, CloudAdapter) for item in http.adapters.values()):
            return  # caught before, or made for one certain cloud
        found[http] = http.adapters
        http.adapters = ours.copy()

    def request(original: Any) -> Any:
        def caught(self: Any, *args: Any, **kwargs: Any) -> Any:
            catch(self.session)
            return original(self, *args, **kwargs)

        return caught

    def get_adapter(original: Any) -> Any:
        def chosen(self: requests.Session, url: str) -> Any:
            own = is_ours(url) and not any(isinstance(a, CloudAdapter) for a in self.adapters.values())
            return adapter if own else original(self, url)

        return chosen

    with _replaced(Session, "request", request), _replaced(requests.Session, "get_adapter", get_adapter):
        try:
            yield
        finally:
            for http, adapters in list(found.items()):
                http.adapters = adapters


@contextmanager
def _configuration() -> Iterator[None]:
    """Let openstacksdk read no file and no variable, and find the mock cloud by any name."""
    from openstack.config import OpenStackConfig

    blind: dict[str, Any] = {
        "config_files": [], "vendor_files": [], "secure_files": [], "load_yaml_config": False, "load_envvars": False,
    }  # fmt: skip

    def init(original: Any) -> Any:
        signature = inspect.signature(original)

        def made(self: Any, *args: Any, **kwargs: Any) -> None:
            bound = signature.bind(self, *args, **kwargs)
            bound.arguments.update({name: value for name, value in blind.items() if name in signature.parameters})
            original(*bound.args, **bound.kwargs)
            names = active[-1][1].clouds
            # The SDK's own, where no file names a cloud.
            if self.cloud_config["clouds"].pop("defaults", None) is not None and self.default_cloud == "defaults":
                self.default_cloud = None
            for name in [NAMELESS] if names is None else names:
                self.cloud_config["clouds"][name] = entry(None if names is None else name)

        return made

    def get_one(original: Any) -> Any:
        def found(self: Any, cloud: str | None = None, *args: Any, **kwargs: Any) -> Any:
            name = cloud or kwargs.get("cloud") or getattr(kwargs.get("argparse"), "cloud", None)
            given = kwargs.get("auth") or kwargs.get("auth_url") or kwargs.get("session")
            clouds = active[-1][1].clouds
            if name is None and not given and not getattr(kwargs.get("argparse"), "auth_url", None):
                cloud = name = NAMELESS
            if name is not None and (clouds is None or name in clouds or name == NAMELESS):
                self.cloud_config["clouds"][name] = entry(None if name == NAMELESS else name)
            return original(self, cloud, *args, **kwargs)

        return found

    with _replaced(OpenStackConfig, "__init__", init), _replaced(OpenStackConfig, "get_one", get_one):
        yield


def entry(name: str | None) -> dict[str, Any]:
    """What clouds.yaml would hold of the mock cloud under a name."""
    from kit.cloud.address import HOST

    cloud, options = active[-1]
    user, project = options.who(cloud, name)
    own = options.own(name)
    host = next((host for host, other in options.hosts().items() if other is own), HOST)
    return (own or cloud).clouds_yaml(f"http://{host}/identity/v3", user, project)
