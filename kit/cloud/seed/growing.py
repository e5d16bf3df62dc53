"""A cloud while its seed grows: who asks, the names known so far, and the cloud's own API to ask."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit.cloud.address import HOST
from kit.cloud.identity import models as identity
from kit.cloud.identity import tokens
from kit.cloud.seed.reader import Place, Plan, did_you_mean

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# The newest APIs, so that every field a seed may give is understood.
_VERSIONS = "compute 2.100,volume 3.71"
_HEADERS = {"HTTP_HOST": HOST, "HTTP_OPENSTACK_API_VERSION": _VERSIONS, "HTTP_USER_AGENT": "seed"}

# Growing turns the clock ahead, hours at times; its tokens are revoked at its end.
NEVER = "9999-12-31T00:00:00.000000"


class Growing:
    """What the sections share while they are worked through.

    Attributes
    ----------
    names : dict
        Kind (`images`) to name to id, of all that the seed has made and the cloud began with.
    """

    def __init__(self, cloud: Cloud, plan: Plan, progress: Callable[[str], None] | None = None) -> None:
        self.cloud = cloud
        self._progress = progress
        self.plan = plan
        self.names: dict[str, dict[str, str]] = {}
        self.homes: dict[str, str] = {}  # user -> the project its servers go to
        self.members: dict[str, str] = {}  # project -> its first user
        self._tokens: dict[tuple[str, str], str] = {}
        with cloud.read() as tx:
            for kind, table in (("users", identity.users), ("roles", identity.roles)):
                self.names[kind] = {row["name"]: row["id"] for row in tx.rows(table)}
            self.names["projects"] = {row["name"]: row["id"] for row in tx.rows(identity.projects, is_domain=False)}
            self.admin_roles = [[row["id"], row["name"]] for row in tx.rows(identity.roles)]

    def know(self, kind: str, name: str, id: str) -> None:
        """Remember a thing's id by its name."""
        self.names.setdefault(kind, {})[name] = id
        if self._progress is not None:
            self._progress(kind)

    def find(self, kind: str, name: str, place: Place) -> str:
        """The id of a thing that the seed has named before.

        Raises
        ------
        SeedError
            When nothing has that name; the text suggests one.
        """
        known = self.names.get(kind, {})
        if name not in known:
            word = kind.rstrip("s").replace("_", " ")
            if not known:
                todo = f"This seed has no {kind} (before this line)."
            else:
                todo = did_you_mean(name, sorted(key.rpartition("/")[2] for key in known))
            raise self.plan.error(place, f"no {word} {name.rpartition('/')[2]!r}", todo)
        return known[name]

    def token(self, user: str = "admin", project: str = "admin") -> str:
        """A token for a user in a project, with the administrator's powers: a seed may place things freely."""
        kept = self._tokens.get((user, project))
        if kept is None:
            with self.cloud.write() as tx:
                row = tx.get(identity.users, self.names["users"][user])
                assert row is not None
                scope = {"project_id": self.names["projects"][project], "project_name": project}
                kept = tokens.issue(tx, row, scope, ["password"], roles=self.admin_roles, expires_at=NEVER)["id"]
            self._tokens[user, project] = kept
        return kept

    def forget_tokens(self) -> None:
        """End the tokens that the growing has used."""
        with self.cloud.write() as tx:
            for token in self._tokens.values():
                tokens.revoke(tx, id=token)

    def ask(
        self, method: str, path: str, body: Any = None, *, place: Place, as_: tuple[str, str] = ("admin", "admin"),
        media: str = "application/json",
    ) -> Any:  # fmt: skip
        """The JSON that one of the cloud's services answers.

        Raises
        ------
        SeedError
            When it refuses: with the service's own words, and the place of the thing in the seed.
        """
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": HOST, "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_TYPE": media,
            "CONTENT_LENGTH": str(len(data)), "HTTP_X_AUTH_TOKEN": self.token(*as_), "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(data), "wsgi.errors": io.StringIO(), **_HEADERS,
        }  # fmt: skip
        status: list[str] = []
        payload = b"".join(self.cloud.app(environ, lambda line, headers, error=None: status.append(line)))
        if int(status[0][:3]) >= 400:
            raise self.plan.error(place, f"the cloud refuses it ({status[0]}): {_message(payload)}")
        return json.loads(payload) if payload else None


def _message(payload: bytes) -> str:
    """The sentence inside a service's error envelope, whichever it is."""
    try:
        found = json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
    while isinstance(found, dict):
        inner = found.get("message") or next((v for v in found.values() if isinstance(v, dict)), None)
        if inner is None:
            return json.dumps(found)
        found = inner
    return str(found)
