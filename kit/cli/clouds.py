"""Any cloud of clouds.yaml, as the commands of the engines reach it: with a time limit, and its troubles in plain words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kit.errors import KitError

if TYPE_CHECKING:
    from openstack.connection import Connection

# Seconds that a cloud has for one answer where clouds.yaml gives no api_timeout; the SDK itself would wait for ever.
TIMEOUT_S = 60.0
_LOOK = "Look at its entry in clouds.yaml, and whether it answers."
_REPEATED = re.compile(r"(: (HTTPS?ConnectionPool|\('Connection aborted)| \(Request-ID: ).*", re.DOTALL)
_HINTS = (
    "Could not find versioned identity endpoints when attempting to authenticate. "
    "Please check that your auth_url is correct. "
)


def named_cloud(cloud: str | None) -> str | None:
    """The cloud that is meant: the one that is named, that of OS_CLOUD, or that of a sourced openrc file."""
    return cloud or os.environ.get("OS_CLOUD") or ("envvars" if os.environ.get("OS_AUTH_URL") else None)


def connect(cloud: str, **settings: Any) -> Connection:
    """A connection to a cloud; `settings` are those of `openstack.connect`.

    Raises
    ------
    KitError
        clouds.yaml does not know it, or it lets nobody in.
    """
    import openstack

    with answers(cloud):
        connection = openstack.connect(cloud=cloud, **settings)
        if connection.session.timeout is None:
            connection.session.timeout = TIMEOUT_S
        return connection


@contextmanager
def answers(cloud: str) -> Iterator[None]:
    """Let what openstacksdk and keystoneauth raise end as an error of ours.

    Raises
    ------
    KitError
        The cloud is not known, does not answer, answers rubbish, or refuses.
    """
    from keystoneauth1 import exceptions as auth
    from openstack import exceptions

    try:
        yield
    except exceptions.ConfigException as error:
        known = "Give --cloud a name that clouds.yaml has."
        raise KitError(str(error), where=cloud, todo=known) from None
    except auth.Unauthorized as error:
        todo = "Check user, project and password of its entry in clouds.yaml."
        raise KitError(f"the cloud lets nobody in: {_short(error)}", where=cloud, todo=todo) from None
    except (auth.ConnectTimeout, auth.RequestTimeout) as error:
        todo = "See whether it hangs, or give its entry in clouds.yaml an api_timeout of more seconds."
        raise KitError(f"the cloud did not answer in time: {_short(error)}", where=cloud, todo=todo) from None
    except auth.ConnectFailure as error:
        raise KitError(f"cannot reach the cloud: {_short(error)}", where=cloud, todo=_LOOK) from None
    except exceptions.ForbiddenException as error:
        todo = "Is it an administrator's entry?"
        raise KitError(f"the cloud refuses: {_short(error)}", where=cloud, todo=todo) from None
    except (exceptions.SDKException, auth.ClientException, OSError, ValueError) as error:
        raise KitError(f"cannot ask the cloud: {_short(error)}", where=cloud, todo=_LOOK) from None


def _short(error: Exception) -> str:
    """What an exception says, without what urllib3 says once more."""
    return _REPEATED.sub("", str(error).replace(_HINTS, "")).strip() or type(error).__name__
