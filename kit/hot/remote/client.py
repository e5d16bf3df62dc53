"""A cloud's orchestration service, asked through openstacksdk's session; what goes wrong becomes one error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kit.errors import HotError
from kit.hot.suggest import did_you_mean

if TYPE_CHECKING:
    from openstack.connection import Connection

LOOK = "Look at its entry in clouds.yaml, and whether it answers."
LONGEST = 300  # characters of an answer that is no JSON
TIMEOUT_S = 60.0  # seconds that the cloud has for one answer; the SDK itself would wait for ever
LISTED = 200  # stacks that are looked through for the nearest name


class RemoteError(HotError):
    """A cloud's service refuses, is missing, or does not answer.

    Attributes
    ----------
    status : int
        Of the HTTP answer; 0 where there was none.
    """

    def __init__(self, what: str, *, status: int = 0, where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.status = status


@contextmanager
def told(where: str) -> Iterator[None]:
    """Let what openstacksdk and keystoneauth raise end as `RemoteError`."""
    from keystoneauth1 import exceptions as auth
    from openstack import exceptions

    try:
        yield
    except (exceptions.ServiceDisabledException, exceptions.EndpointNotFound, auth.EndpointNotFound):
        todo = "Ask its operator for Heat, name another cloud, or look at the region in clouds.yaml."
        raise RemoteError("the cloud has no orchestration service", where=where, todo=todo) from None
    except auth.Unauthorized as error:
        todo = "Check user, project and password in clouds.yaml."
        raise RemoteError(f"the cloud does not let you in: {error}", status=401, where=where, todo=todo) from None
    except (exceptions.SDKException, auth.ClientException, OSError) as error:
        text = str(error).split(": HTTP", 1)[0]  # what follows repeats it, in the words of urllib3
        raise RemoteError(f"cannot ask the cloud: {text}", where=where, todo=LOOK) from None


class Heat:
    """A cloud's orchestration service.

    Parameters
    ----------
    connection : openstack.connection.Connection
        Whose stacks are meant.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cloud = str(getattr(getattr(connection, "config", None), "name", "") or "cloud")

    @classmethod
    def connect(cls, cloud: str) -> Heat:
        """Reach a cloud by its name in clouds.yaml.

        Raises
        ------
        RemoteError
            There is no such entry, or it is wrong.
        """
        import openstack
        from openstack import exceptions

        try:
            with told(cloud):
                connection = openstack.connect(cloud=cloud)
                session = getattr(connection, "session", None)
                if session is not None and session.timeout is None:  # clouds.yaml gives no api_timeout
                    session.timeout = TIMEOUT_S
                return cls(connection)
        except RemoteError as error:
            known = _entries()
            if isinstance(error.__context__, exceptions.ConfigException) and cloud not in known:
                todo = did_you_mean(cloud, known, "It names") or "There is no clouds.yaml here; see its documentation."
                raise RemoteError("clouds.yaml has no such cloud", where=cloud, todo=todo) from None
            raise

    def get(self, path: str, **query: Any) -> Any:
        """The JSON that a path answers.

        Raises
        ------
        RemoteError
            It refuses, or does not answer.
        """
        return self.send("GET", path, **query)

    def part(self, name: str, path: str, method: str = "GET", body: Any = None, **query: Any) -> Any:
        """One part of the JSON object that a path answers.

        Raises
        ------
        RemoteError
            It refuses, does not answer, or is not Heat.
        """
        found = self.send(method, path, body, **query)
        if not isinstance(found, dict) or name not in found:
            what = f"the answer to {method} {path} has no {name!r}: {str(found)[:LONGEST]}"
            raise RemoteError(what, status=200, where=self.cloud, todo="Is its orchestration endpoint that of Heat?")
        return found[name]

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Ask a path by another method; None where the answer is empty.

        Raises
        ------
        RemoteError
            It refuses, or does not answer.
        """
        with told(self.cloud):
            asked: Callable[..., Any] = self.connection.orchestration.request
            answer = asked(path, method, params=query, raise_exc=False, **({} if body is None else {"json": body}))
        if answer.status_code >= 400:
            raise _refusal(answer, self.cloud)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            what = f"the answer to {method} {path} is no JSON: {answer.text[:LONGEST]!r}"
            raise RemoteError(what, status=answer.status_code, where=self.cloud, todo=LOOK) from None

    def stack(self, name: str, outputs: bool = False) -> dict[str, Any]:
        """A stack by name or id, as Heat shows it.

        Raises
        ------
        RemoteError
            There is none; the nearest name is offered.
        """
        try:
            found: dict[str, Any] = self.part("stack", f"/stacks/{quote(name, safe='')}", resolve_outputs=outputs)
            return found
        except RemoteError as error:
            if error.status != 404:
                raise
            names = [each["stack_name"] for each in self.part("stacks", "/stacks", limit=LISTED)]
            todo = did_you_mean(name, names, "There are") or "There are none in this project."
            raise RemoteError(f"no stack {name!r}", status=404, where=self.cloud, todo=todo) from None


def path_of(stack: dict[str, Any]) -> str:
    """The path of a stack by name and id, which needs no redirect."""
    return f"/stacks/{quote(stack['stack_name'], safe='')}/{stack['id']}"


def _refusal(answer: Any, where: str) -> RemoteError:
    try:
        body = answer.json()
        error = body.get("error") or {}
        text = error.get("message") or body.get("explanation") or ""
    except (ValueError, AttributeError):
        text = str(answer.text)[:LONGEST]
    todo = {
        401: "Check user, project and password in clouds.yaml.", 403: "Ask for the role, or use another entry.",
    }.get(answer.status_code, "")  # fmt: skip
    told = f"{answer.status_code}: {text or answer.reason}"
    return RemoteError(f"the cloud answers {told}", status=answer.status_code, where=where, todo=todo)


def _entries() -> list[str]:
    """The clouds of clouds.yaml."""
    from openstack.config import OpenStackConfig

    try:
        return [name for name in OpenStackConfig().get_cloud_names() if name != "defaults"]
    except Exception:  # only a hint rests on it, and whatever is wrong with the file is told already
        return []
