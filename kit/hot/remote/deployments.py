"""Software deployments: on which server, how they ended, and what the scripts said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kit.hot.remote.client import Heat, RemoteError, told
from kit.hot.remote.tree import DEPLOYMENTS, LINES, Node, read_tree

OWN = ("deploy_stdout", "deploy_stderr", "deploy_status_code")
HEAD = ("resource", "config", "server", "state", "code")


@dataclass(frozen=True)
class Deployment:
    """A config on a server.

    Attributes
    ----------
    resource : str
        Its way in the stack, `web.members.1.setup`; "" where no stack was asked for.
    config, server : str
        Their names; the ids where they cannot be told.
    code : int or None
        The script's exit code; None before it has ended.
    stdout, stderr : str
        What the script said.
    outputs : dict
        The outputs that its config declares.
    given_up : str
        Why the stack no longer waits for it, although the server never answered.
    """

    id: str
    config: str
    server: str
    server_id: str
    action: str
    status: str
    reason: str = ""
    code: int | None = None
    stdout: str = ""
    stderr: str = ""
    outputs: dict[str, Any] | None = None
    resource: str = ""
    given_up: str = ""

    @property
    def failed(self) -> bool:
        """Whether it failed, or nobody waits for it any more."""
        return self.status == "FAILED" or bool(self.given_up)

    @property
    def state(self) -> str:
        """`CREATE_FAILED` and the like."""
        return f"{self.action}_{self.status}"

    def to_dict(self) -> dict[str, Any]:
        """The deployment as plain data."""
        return {
            "id": self.id, "resource": self.resource, "config": self.config, "server": self.server,
            "server_id": self.server_id, "state": self.state, "failed": self.failed,
            "reason": self.given_up or self.reason, "status_code": self.code, "stdout": self.stdout,
            "stderr": self.stderr, "outputs": self.outputs or {},
        }  # fmt: skip

    def lines(self, most: int = LINES) -> Iterator[str]:
        """Why it failed, and the end of what it said."""
        yield f"{self.resource or self.config} on {self.server}: {self.given_up or self.reason or self.state}"
        for word, text in (("stdout", self.stdout), ("stderr", self.stderr)):
            told = text.rstrip().splitlines()
            if told:
                short = f" (the last {most} of {len(told)} lines)" if len(told) > most else ""
                yield f"  {word}{short}:"
                yield from (f"  | {line}" for line in told[-most:])


class Deployments(list[Deployment]):
    """Deployments by server; the text is a table, with the output of those that failed below."""

    @property
    def failed(self) -> Deployments:
        """Those that failed."""
        return Deployments(each for each in self if each.failed)

    def text(self, most: int = LINES) -> str:
        """The table, and at most so many lines of what each failed script said."""
        if not self:
            return "No deployments."
        rows = [
            (each.resource, each.config, each.server, each.state, "" if each.code is None else str(each.code))
            for each in self
        ]
        kept = [place for place in range(len(HEAD)) if place or any(row[0] for row in rows)]
        cells = [[row[place] for place in kept] for row in (HEAD, *rows)]
        wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, wide)).rstrip() for row in cells]
        lines.insert(1, "  ".join("-" * size for size in wide))
        for each in self.failed:
            lines += ["", *each.lines(most)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.text()


def read_deployments(heat: Heat, stack: str | None = None) -> Deployments:
    """The software deployments of a stack with the stacks inside it, or of a whole project.

    Parameters
    ----------
    stack : str, optional
        Name or id. With it each deployment tells its way in the stack, and one that the stack has given up counts
        as failed; the service itself leaves that IN_PROGRESS.

    Raises
    ------
    RemoteError
        There is no such stack, or the cloud does not answer.
    """
    wanted: dict[str, tuple[str, Node]] | None = None
    if stack is not None:
        walked = read_tree(heat, stack, said=False).walk()
        wanted = {node.id: (".".join(way), node) for way, node in walked if node.type in DEPLOYMENTS and node.id}
    found = heat.part("software_deployments", "/software_deployments") if wanted is None or wanted else []
    if wanted is not None:
        found = [each for each in found if each["id"] in wanted]
    if not found:
        return Deployments()
    configs, servers = _configs(heat), _servers(heat)
    made = [
        _read(each, configs, servers, *((wanted or {}).get(each["id"]) or ("", None)))
        for each in found
    ]  # fmt: skip
    return Deployments(sorted(made, key=lambda each: (each.server, each.resource, each.config, each.id)))


def _read(
    given: dict[str, Any], configs: dict[str, str], servers: dict[str, str], way: str, node: Node | None
) -> Deployment:
    values = given.get("output_values") or {}
    code = values.get("deploy_status_code")
    waits = given["status"] == "IN_PROGRESS" and node is not None and node.failed
    return Deployment(
        given["id"], configs.get(given["config_id"]) or given["config_id"],
        servers.get(given["server_id"]) or given["server_id"], given["server_id"], given["action"], given["status"],
        given.get("status_reason") or "", int(str(code)) if str(code).lstrip("-").isdigit() else None,
        str(values.get("deploy_stdout") or ""), str(values.get("deploy_stderr") or ""),
        {name: value for name, value in values.items() if name not in OWN}, way,
        f"the server has not answered: {node.reason}" if waits and node is not None else "",
    )  # fmt: skip


def _configs(heat: Heat) -> dict[str, str]:
    """Id to name, page by page."""
    found: dict[str, str] = {}
    query: dict[str, Any] = {}
    while True:
        page = heat.part("software_configs", "/software_configs", **query)
        fresh = {each["id"]: each.get("name") or "" for each in page if each["id"] not in found}
        if not fresh:
            return found
        found |= fresh
        query = {"marker": page[-1]["id"]}


def _servers(heat: Heat) -> dict[str, str]:
    """Id to name; nothing where the compute service does not tell."""
    try:
        with told(heat.cloud):
            return {each.id: each.name for each in heat.connection.compute.servers(details=False)}
    except RemoteError:
        return {}
