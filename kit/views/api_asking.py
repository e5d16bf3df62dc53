"""Raw requests to a cloud, tried on a copy of its state or kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from kit.views.api_answers import Answer, said
from kit.views.look import Watched, unseen

_HOLE = re.compile(r"{(\w+)}")


class Asker:
    """Sends requests of any form to a cloud, as one of several users.

    Parameters
    ----------
    people : mapping
        Users, each with a project.
    """

    def __init__(self, cloud: Watched, people: Mapping[str, str]) -> None:
        self.cloud = cloud
        with unseen(cloud):
            self._sessions = {name: cloud.connect(name, project).session for name, project in people.items()}
            for session in self._sessions.values():
                session.get_token()
        place = urlsplit(next(iter(self._sessions.values())).auth.auth_url)
        self._base = f"{place.scheme}://{place.netloc}"
        self._origin = cloud.snapshot()

    def project(self, user: str) -> str:
        """The id of a user's project."""
        return str(self._sessions[user].get_project_id())

    def reset(self) -> None:
        """The cloud as it was at first."""
        self.cloud.restore(self._origin)

    def ask(
        self,
        label: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        text: str,
        user: str,
        *,
        keep: bool = False,
    ) -> Answer:
        """Send a request; unless it is kept, the cloud forgets it."""
        if keep:
            return self._send(label, method, path, headers, text, user)
        before = self.cloud.snapshot()
        try:
            with unseen(self.cloud):
                return self._send(label, method, path, headers, text, user)
        finally:
            self.cloud.restore(before)

    def _send(self, label: str, method: str, path: str, headers: Mapping[str, str], text: str, user: str) -> Answer:
        more = {"Content-Type": "application/json"} if text else {}
        answered = self._sessions[user].request(
            self._base + path, method, headers={"Accept": "application/json", **more, **headers},
            data=text.encode() if text else None, raise_exc=False, redirect=False,
        )  # fmt: skip
        return said(label, method, path, answered, text)

    def filled(self, path: str, user: str) -> str:
        """A path whose parameters are filled with things that are there; what is not found stays as it is.

        The value for `{server_id}` in `/servers/{server_id}` is the first that a GET of `/servers` shows.
        """
        while match := _HOLE.search(path):
            found = self._project_of(match[1], user) or self._first(path[: match.start()].rstrip("/"), user)
            if found is None:
                return path
            path = path[: match.start()] + found + path[match.end() :]
        return path

    def _project_of(self, name: str, user: str) -> str | None:
        return self.project(user) if name in ("project_id", "tenant_id", "account") else None

    def _first(self, path: str, user: str) -> str | None:
        with unseen(self.cloud):
            answered = self._sessions[user].request(self._base + path, "GET", raise_exc=False, redirect=False)
        return (
            _first_of(answered.json()) if answered.ok and "json" in answered.headers.get("Content-Type", "") else None
        )


def _first_of(document: Any) -> str | None:
    """The id (or name, or key) of the first thing in the answer of a list."""
    for value in document.values() if isinstance(document, dict) else ():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            thing = value[0]
            thing = (
                next(iter(thing.values()))
                if len(thing) == 1 and isinstance(next(iter(thing.values())), dict)
                else thing
            )
            return next((str(thing[name]) for name in ("id", "uuid", "alias", "name") if thing.get(name)), None)
        if isinstance(value, dict) and value and _name_like(next(iter(value))):
            return str(next(iter(value)))
    return None


def _name_like(text: str) -> bool:
    """Whether a key could stand in a path."""
    return bool(re.fullmatch(r"[\w.:-]+", text))
