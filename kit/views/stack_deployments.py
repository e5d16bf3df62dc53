"""The picture of software deployments: which server, how it ended, and what the script said last."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from kit.hot.remote import Deployment, Deployments, Heat, read_deployments
from kit.views.stack_tree import COLOURS, WAITING

HEAD = ("config", "server", "state", "exit code", "last error line")
SIGNS = {"COMPLETE": "✓", "FAILED": "✗", "IN_PROGRESS": "◌"}


@dataclass
class DeploymentTable:
    """Deployments by server; the picture and the plain text say the same."""

    found: Deployments

    def __repr__(self) -> str:
        if not self.found:
            return "no deployments"
        cells = [HEAD, *map(_cells, self.found)]
        wide = [max(len(line[place]) for line in cells) for place in range(len(HEAD))]
        lines = ["  ".join(text.ljust(size) for text, size in zip(line, wide, strict=True)).rstrip() for line in cells]
        return "\n".join([lines[0], "  ".join("-" * size for size in wide), *lines[1:]])

    def _repr_html_(self) -> str:
        if not self.found:
            return "<p>No deployments.</p>"
        left = 'style="text-align:left;vertical-align:top"'
        head = "".join(f'<th scope="col" {left}>{name}</th>' for name in HEAD)
        body = ""
        for each in self.found:
            sign = "✗" if each.failed else SIGNS.get(each.status, "·")
            shown = [escape(text) for text in _cells(each)]
            shown[2] = f'<span style="color:{COLOURS.get(sign, WAITING)}">{sign} {shown[2]}</span>'
            shown[4] = f"<code>{shown[4]}</code>" if shown[4] else ""
            body += "<tr>" + "".join(f"<td {left}>{text}</td>" for text in shown) + "</tr>"
        return (
            f"<table><caption>Software deployments</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _cells(each: Deployment) -> tuple[str, ...]:
    last = each.stderr.strip().splitlines()[-1:]
    return (each.config, each.server, each.state, "" if each.code is None else str(each.code), "".join(last))


def deployments(conn: Any, stack: str | None = None, *, failed: bool = False) -> DeploymentTable:
    """The software deployments of a stack, or of a whole project, of any cloud.

    Parameters
    ----------
    failed : bool
        Only those that failed. The service has no such filter, so that all are read.

    Raises
    ------
    RemoteError
        There is no such stack, or the cloud does not answer.
    """
    found = read_deployments(Heat(conn), stack)
    return DeploymentTable(found.failed if failed else found)
