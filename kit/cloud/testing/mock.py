"""`mock_openstack`: a context manager and a decorator in which OpenStack is a mock cloud."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
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
        self._entered: list[tuple[Cloud, ExitStack]] = []
        self._prepared: dict[Any, ExitStack] = {}

    def __enter__(self) -> Cloud:
        cloud = self._given or self._options.make(self._folder)
        try:
            from kit.cloud import waiting

            if any(mock[0] is cloud for mock in patches.active):
                raise CloudError("this cloud is being mocked already", todo="Leave out the inner mock_openstack.")
            for name in (None, *(self._options.clouds or ())):
                self._options.who(cloud, name)  # a wrong name is told here, not at the first connection
            sleepers = ExitStack()
            sleepers.enter_context(waiting.sleepers(self._options.modules()))
            with sleepers:
                patches.enter(cloud, self._options)
                self._entered.append((cloud, sleepers.pop_all()))
        except BaseException:
            self._let_go(cloud)
            raise
        return cloud

    def __exit__(self, *_: object) -> None:
        cloud, sleepers = self._entered.pop()
        sleepers.close()
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
        for name in dir(found):
            if name.startswith("test"):
                self._method(found, name)
        if hasattr(found, "setup_method"):
            self._set_up(found)
        return found

    def _method(self, found: Any, name: str) -> None:
        """Let one test of a class run with the mock cloud, unless its `setup_method` has met it already."""
        static = inspect.getattr_static(found, name)
        wrapper = type(static) if isinstance(static, staticmethod | classmethod) else None
        function = static.__func__ if wrapper else static
        if not inspect.isfunction(function):
            return
        mocked = self._function(function)

        @functools.wraps(function)
        def chosen(*args: Any, **kwargs: Any) -> Any:
            ready = bool(args) and args[0] in self._prepared
            return (function if ready else mocked)(*args, **kwargs)

        whole = mocked if wrapper or inspect.iscoroutinefunction(function) else chosen
        setattr(found, name, wrapper(whole) if wrapper else whole)

    def _set_up(self, found: Any) -> None:
        """Let `setup_method` and `teardown_method` of a class of pytest's meet the cloud of their test."""
        before, after = found.setup_method, getattr(found, "teardown_method", None)

        def call(function: Any, test: Any, method: Any) -> None:
            function(test, method) if len(inspect.signature(function).parameters) > 1 else function(test)

        @functools.wraps(before)
        def set_up(test: Any, method: Any = None) -> None:
            with ExitStack() as stack:
                stack.enter_context(self)
                call(before, test, method)
                self._prepared[test] = stack.pop_all()

        def tear_down(test: Any, method: Any = None) -> None:
            with self._prepared.pop(test):
                if after is not None:
                    call(after, test, method)

        found.setup_method, found.teardown_method = set_up, tear_down


def mock_openstack(
    seed: Any = "devstack", *, user: str = "admin", project: str | None = None, clock: str | float = "manual",
    random_seed: int | None = None, faults: Iterable[Mapping[str, Any]] = (),
    clouds: Mapping[str, Any] | None = None, sleepers: Iterable[str | ModuleType] = (), cloud: Cloud | None = None,
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
        Names for `openstack.connect(cloud=NAME)`, each with a user, a `(user, project)`, or a `Cloud` of its own,
        alone or before these; default any name.
    sleepers : iterable of str or module, optional
        Modules of the code under test that sleep between two looks at the cloud; their sleep moves its clock.
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
        "sleepers": sleepers,
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
