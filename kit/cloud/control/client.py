"""A served cloud as its command sees it: asked over the control path, found by its name or its URL."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from kit.cloud.control.app import PREFIX
from kit.errors import CloudError

# A restore of a large cloud takes its time.
TIMEOUT = 120


class Unreachable(CloudError):
    """Nothing answers where the cloud was."""


class Remote:
    """A cloud on a port.

    Parameters
    ----------
    url : str
        Its root, or any URL of it, such as its `auth_url`.
    token : str
        What `kit cloud serve --control-token` was given.
    """

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise CloudError("this is no URL of a cloud", where=url, todo="Give http://127.0.0.1:35357, say.")
        self.root = f"{parts.scheme}://{parts.netloc}"
        self._token = token
        # A proxy in the environment is not meant for a cloud of this machine.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    @classmethod
    def find(cls, name: str, token: str = "") -> Remote:
        """The cloud of that name in clouds.yaml.

        Raises
        ------
        CloudError
            When no file has it.
        """
        files = [path for path in _files(name) if path.is_file()]
        for path in files:
            try:
                found = yaml.safe_load(path.read_text(encoding="utf-8"))
                url = found["clouds"][name]["auth"]["auth_url"]
            except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
                continue
            return cls(str(url), token)
        seen = ", ".join(map(str, files)) or "there is no clouds.yaml here"
        raise CloudError(
            f"no cloud {name!r} in clouds.yaml ({seen})",
            todo="Start one with kit cloud serve, or give its --url.",
        )

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the cloud answers: JSON read, or bytes.

        Raises
        ------
        CloudError
            When it does not answer, or refuses.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.root}{PREFIX}/{path}", data=data, method=method)
        request.add_header("X-Kit-Token", self._token)
        try:
            with self._open(request, timeout=TIMEOUT) as answer:
                payload = answer.read()
                binary = answer.headers.get_content_type() != "application/json"
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(
                f"the cloud does not answer: {reason}",
                where=self.root,
                todo="Is it served? kit cloud serve starts one.",
            ) from None
        return payload if binary else json.loads(payload)

    def _refusal(self, error: urllib.error.HTTPError) -> CloudError:
        try:
            said = json.loads(error.read())
            return CloudError(str(said["error"]), where=self.root, todo=str(said.get("todo", "")))
        except (ValueError, KeyError, TypeError):
            return CloudError(
                f"this is no mock cloud that can be steered ({error.code} {error.reason})", where=self.root,
                todo="kit cloud steers what kit cloud serve has started.",
            )  # fmt: skip


def _files(name: str) -> list[Path]:
    """Where a clouds.yaml may be, as OpenStack's clients look for it, and where the kit writes beside it."""
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    folders = [Path.cwd(), Path.home() / ".config" / "openstack", Path("/etc/openstack")]
    found = [Path(named)] if named else []
    found += [Path.cwd() / f"clouds-{name}.yaml"]
    return found + [folder / file for folder in folders for file in ("clouds.yaml", "clouds.yml")]
