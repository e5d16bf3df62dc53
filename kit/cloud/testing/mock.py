"""`mock_openstack`: a context manager and a decorator in which OpenStack is a mock cloud."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kit.cloud.testing import patches
from kit.cloud.testing.options import Options
from kit.errors import CloudError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Mock:
    """OpenStack replaced by a mock cloud for a block, a function, or a class of tests.

    Each entry has a fresh cloud, unless one was given. Mocks nest: the innermost answers, and
    the outermost undoes all patches, also when the block raises.
    """

    def __init__(self, options: Options, cloud: Cloud | None = None, folder: Path | None = None) -> None:
        self._options = options
        self._given = cloud
        self._folder = folder
        self._clouds: list[Cloud] = []

    def __enter__(self) -> Cloud:
        cloud = self._given or self._options.make(self._folder)
        try:
            if any(mock[0] is cloud for mock in patches.active):
                raise CloudError("this cloud is being mocked already", todo="Leave out the inner mock_openstack.")
            self._options.who(cloud)  # a wrong name is told here, not at the first connection
            patches.enter(cloud, self._options)
        except BaseException:
            self._let_go(cloud)
            raise
        self._clouds.append(cloud)
        return cloud

    def __exit__(self, *_: object) -> None:
        cloud = self._clouds.pop()
        patches.leave(cloud)
        self._let_go(cloud)

    def _let_go(self, cloud: Cloud) -> None:
        if cloud is not self._given:
            cloud.close()

    def __call__(self, decorated: Decorated) -> Decorated:
        """Let a function, or every test of a class, run with the mock cloud."""
        if inspect.isclass(decorated):
            return self._class(decorated)
        return self._function(decorated)

    def _function(self, function: Any) -> Any:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def later(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return later

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return called

    def _class(self, found: Any) -> Any:
        if hasattr(found, "setUp") and hasattr(found, "addCleanup"):  # unittest: `setUp` is to meet the mock, too
            before = found.setUp

            @functools.wraps(before)
            def set_up(test: Any) -> None:
                self.__enter__()
                test.addCleanup(self.__exit__)
                before(test)

            found.setUp = set_up
            return found
        for name, method in list(vars(found).items()):
            if name.startswith("test") and callable(method):
                setattr(found, name, self._function(method))
        return found


def mock_openstack(
    seed: Any = "devstack", *, user: str = "admin", project: str | None = None, clock: str | float = "manual",
    random_seed: int | None = None, faults: Iterable[Mapping[str, Any]] = (),
    clouds: Mapping[str, Any] | None = None, cloud: Cloud | None = None,
) -> Any:  # fmt: skip
    """Let unmodified code meet a mock cloud: `openstack.connect`, `Connection`, `from_config`, keystoneauth sessions.

    Neither clouds.yaml nor a variable of the environment is read, and nothing leaves the process.

    Parameters
    ----------
    seed : str or Path or mapping
        What the cloud begins with: a YAML file, `devstack`, `empty`, or a mapping of that form.
    user, project : str
        Who code that gives no credentials speaks for; the project is the user's own unless given.
    clock : str or float
        `manual`: waiting takes no time. Or `real`, or a factor on real time.
    random_seed : int, optional
        Another stream of identifiers.
    faults : iterable of mapping
        Faults in force from the start: `[{"service": "compute", "status": 503, "times": 1}]`.
    clouds : mapping, optional
        Names for `openstack.connect(cloud=NAME)`, each with a user or a `(user, project)`; default any name.
    cloud : Cloud, optional
        This cloud instead of a fresh one.

    Raises
    ------
    CloudError
        When an option makes no sense.

    Examples
    --------
    >>> import openstack
    >>> with mock_openstack(user="demo") as cloud:
    ...     openstack.connect(cloud="production").current_project.name
    'demo'
    """
    bare = inspect.isfunction(seed) or inspect.isclass(seed)
    options = Options.read({
        "seed": "devstack" if bare else seed, "user": user, "project": project, "clock": clock,
        "random_seed": random_seed, "faults": faults, "clouds": clouds,
    })  # fmt: skip
    mock = Mock(options, cloud)
    return mock(seed) if bare else mock


def current_cloud() -> Cloud:
    """The cloud of the innermost mock, for code below a decorator.

    Raises
    ------
    CloudError
        Outside of any.
    """
    if not patches.active:
        raise CloudError("no mock cloud is in force", todo="Call this inside mock_openstack().")
    return patches.active[-1][0]
