"""Which API a path is of, and the project that it may name: `/v2/PROJECT/servers`, `/v2.1/servers`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# Nova takes a project's id, 32 hexadecimal digits or a UUID; other first parts are resources.
_SLASHES = re.compile("//+")
_PROJECT = re.compile(r"^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class Place(NamedTuple):
    """Where a request comes in.

    Attributes
    ----------
    api : str
        `v2` or `v2.1`.
    project : str
        The project's id in the path, or empty.
    rest : str
        What follows: `/servers`; empty at the root of the API.
    """

    api: str = "v2.1"
    project: str = ""
    rest: str = ""

    @property
    def legacy(self) -> bool:
        """Whether it is below `/v2`."""
        return self.api == "v2"

    @property
    def prefix(self) -> str:
        """What links have before the resource: `v2/PROJECT`."""
        return f"{self.api}/{self.project}" if self.project else self.api


def single(path: str) -> str:
    """The path with each run of slashes as one: what a client gets by joining an address that ends in one."""
    return _SLASHES.sub("/", path) if "//" in path else path


@lru_cache(maxsize=1024)
def place_of(path: str) -> Place:
    """The place of a path of the compute service, with the service's own prefix.

    Examples
    --------
    >>> place_of("/compute/v2/servers").rest
    '/servers'
    >>> place_of("/compute/v2.1/" + "a" * 32 + "/servers/1").prefix == "v2.1/" + "a" * 32
    True
    """
    api, *parts = single(path).split("/")[2:] or [""]
    if api not in ("v2", "v2.1"):
        return Place(rest=path)
    project = parts.pop(0) if parts and _PROJECT.match(parts[0]) else ""
    return Place(api, project, "".join(f"/{part}" for part in parts) if any(parts) else "")
