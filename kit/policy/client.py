"""A client for Congress, the policy service, over any openstacksdk Connection (which has none of its own)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

from kit.policy.errors import ServiceError, StatementError
from kit.policy.parser import parse
from kit.policy.rows import Rows
from kit.policy.values import to_row

HOME = "classification"


class Connection(Protocol):
    """What is needed of `openstack.connection.Connection`."""

    session: Any


@dataclass(frozen=True)
class Entry:
    """One line of the enforcement's journal.

    Attributes
    ----------
    kind : str
        `done`, `failed`, `denied` or `loop`.
    what, why, result : str
        The call, the rows that it rests on, what came of it.
    """

    at: str
    kind: str
    policy: str
    what: str
    why: str
    result: str


class Journal:
    """What the enforcement did, denied, tried in vain or stopped; oldest first."""

    def __init__(self, entries: list[Entry]) -> None:
        self.list = entries

    def __len__(self) -> int:
        return len(self.list)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.list)

    def __getitem__(self, place: int) -> Entry:
        return self.list[place]

    def __repr__(self) -> str:
        if not self.list:
            return "nothing was done or denied"
        return "\n".join(f"{entry.kind}: {entry.what}\n  because {entry.why}" for entry in self.list)

    def _repr_html_(self) -> str:
        if not self.list:
            return f"<p>{escape(repr(self))}</p>"
        signs = {"done": "✓", "denied": "⛔", "failed": "✗", "loop": "↻"}
        return "".join(
            f"<details><summary>{signs.get(entry.kind, '·')} <strong>{escape(entry.kind)}</strong> "
            f"<code>{escape(entry.what)}</code></summary><p>because</p><ul>"
            + "".join(f"<li><code>{escape(ground)}</code></li>" for ground in entry.why.split("; "))
            + "</ul></details>"
            for entry in self.list
        )


class Congress:
    """The policy service of a cloud.

    Parameters
    ----------
    connection : openstack.connection.Connection
        An administrator's.

    Examples
    --------
    >>> congress = Congress(connection)  # doctest: +SKIP
    >>> congress.insert('off(n) :- nova:servers(name=n, status="SHUTOFF")')  # doctest: +SKIP
    >>> congress.rows("off")  # doctest: +SKIP
    """

    def __init__(self, connection: Connection) -> None:
        self._session = connection.session

    def request(self, method: str, path: str, json: Any = None) -> Any:
        """Ask the service for `/v1/PATH`.

        Raises
        ------
        ServiceError
            With the service's own words, when it refuses.
        """
        options = {"json": json} if json is not None else {}
        answer = self._session.request(
            f"/v1/{path}", method, endpoint_filter={"service_type": "policy"}, raise_exc=False, **options
        )
        body = answer.json() if answer.content else None
        if answer.status_code >= 400:
            found = body.get("error", body) if isinstance(body, dict) else {}
            raise ServiceError(str(found.get("message", answer.text)), answer.status_code, found.get("error_data"))
        return body

    # Policies and rules

    def policies(self) -> list[str]:
        """The names of the policies."""
        return [item["name"] for item in self.request("GET", "policies")["results"]]

    def create(self, name: str, rules: Iterable[str] = (), *, kind: str = "nonrecursive") -> None:
        """Make a policy with its rules, all or none."""
        self.request("POST", "policies", {"name": name, "kind": kind, "rules": [{"rule": rule} for rule in rules]})

    def drop(self, name: str) -> None:
        """Delete a policy with its rules."""
        self.request("DELETE", f"policies/{name}")

    def insert(self, text: str, policy: str = HOME) -> None:
        """Add the facts and rules of a text, one call each."""
        for statement in parse(text):
            self.request("POST", f"policies/{policy}/rules", {"rule": str(statement)})

    def delete(self, text: str, policy: str = HOME) -> None:
        """Remove those very facts and rules."""
        gone = {statement.identity() for statement in parse(text)}
        for item in self.request("GET", f"policies/{policy}/rules")["results"]:
            if parse(item["rule"])[0].identity() in gone:
                self.request("DELETE", f"policies/{policy}/rules/{item['id']}")

    def rules(self, policy: str = HOME) -> list[str]:
        """The rules of a policy."""
        return [item["rule"] for item in self.request("GET", f"policies/{policy}/rules")["results"]]

    def rows(self, table: str, policy: str = HOME) -> Rows:
        """The rows of a table now."""
        found = self.request("GET", f"policies/{policy}/tables/{table}/rows")["results"]
        return Rows(sorted((to_row(item["data"]) for item in found), key=str), self._columns(table, policy))

    def _columns(self, table: str, policy: str) -> tuple[str, ...]:
        for rule in self.rules(policy):
            try:
                head = parse(rule)[0].head
            except StatementError:
                continue
            if head.table == table and not head.modal:
                return tuple(str(term) for term in head.args)
        return ()

    def simulate(self, query: str, sequence: str, policy: str = HOME, *, delta: bool = False) -> list[str]:
        """The answers to a query as if a sequence of changes had happened, as atoms."""
        body = {"query": query, "sequence": sequence, "action_policy": "action"}
        found = self.request("POST", f"policies/{policy}?action=simulate&delta={str(delta).lower()}", body)
        return list(found["result"])

    # Enforcement, the kit's own

    def enforce(self, *, deny: list[str] | None = None, react: bool | None = None) -> dict[str, Any]:
        """Set what is enforced: tables that deny (`classification:error`), and whether demands are met."""
        wanted = {name: value for name, value in (("deny", deny), ("react", react)) if value is not None}
        return dict(self.request("PUT", "enforcement", wanted) if wanted else self.request("GET", "enforcement"))

    def journal(self) -> Journal:
        """What the enforcement did and denied."""
        return Journal([Entry(**item) for item in self.request("GET", "enforcement/log")["results"]])
