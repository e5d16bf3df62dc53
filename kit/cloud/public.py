"""The URL by which clients reach a cloud that stands behind a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kit.errors import CloudError


@dataclass(frozen=True)
class Public:
    """Scheme, host and prefix of every URL that the cloud names: catalog, links, locations."""

    scheme: str
    host: str
    prefix: str

    @classmethod
    def read(cls, url: str) -> Public:
        """The parts of a URL such as `https://lab.example.org/os`.

        Raises
        ------
        CloudError
            When it is none that a client could use.
        """
        try:
            parts = urlsplit(url)
            wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment
            _ = parts.port  # one that is no number is an error
        except ValueError:
            wrong = True
        if wrong:
            raise CloudError(f"no public URL: {url!r}", todo="Give http(s)://HOST[:PORT][/PREFIX].")
        return cls(parts.scheme, parts.netloc, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        """The cloud's root."""
        return f"{self.scheme}://{self.host}{self.prefix}"

    def dress(self, environ: dict[str, Any]) -> None:
        """Let a request look as its client sent it; a proxy may have taken the prefix off its path, or left it."""
        environ["wsgi.url_scheme"], environ["HTTP_HOST"], environ["SCRIPT_NAME"] = self.scheme, self.host, self.prefix
        path = environ.get("PATH_INFO", "")
        if self.prefix and (path + "/").startswith(self.prefix + "/"):
            environ["PATH_INFO"] = path[len(self.prefix) :]


def of_address(host: str, port: int) -> str:
    """The URL of a cloud that clients on this machine reach at its own port."""
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host).replace("%", "%25")
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
