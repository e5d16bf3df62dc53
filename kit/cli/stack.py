"""`kit stack`: templates checked, drawn and planned, without a cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.errors import KitError

if TYPE_CHECKING:
    from kit.hot import Template, Validation

FILE = click.Path(dir_okay=False, path_type=Path)

_template = click.argument("file", metavar="TEMPLATE", type=FILE)
_environments = click.option(
    "-e", "--environment", "environments", multiple=True, metavar="FILE", type=FILE, help="May be repeated; later wins."
)
_parameters = click.option(
    "-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="May be repeated."
)


@click.group()
def command() -> None:
    """Check, draw and plan Heat templates; no cloud is needed.

    TEMPLATE is a file in any version of HOT or in CloudFormation's form. The files it names are read beside it.

    \b
    Examples:
      kit stack lint web.yaml
      kit stack graph web.yaml --format svg > web.svg
      kit stack plan web.yaml -p flavor=m1.small
      kit stack plan new.yaml --from old.yaml

    Exit codes: 0 fine, 1 findings, 2 error.
    """


def _values(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise KitError(f"{pair!r} is no parameter", todo="Write NAME=VALUE.")
        found[name] = value
    return found


def _inputs(file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...]) -> dict[str, Any]:
    from kit.hot.files import gather

    return {
        "files": gather(file, environments), "environment_files": [str(path) for path in environments],
        "parameters": _values(parameters),
    }  # fmt: skip


def _read(file: Path) -> Template:
    from kit.hot import Template
    from kit.hot.files import read_text

    return Template.read(read_text(file), str(file))


def _checked(file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...]) -> Validation:
    from kit.hot import inspect_template

    return inspect_template(_read(file), **_inputs(file, environments, parameters), need_values=False)


@command.command()
@click.argument("files", metavar="TEMPLATE...", nargs=-1, required=True, type=FILE)
@_environments
@_parameters
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option(
    "--level", type=click.Choice(["error", "warning", "note"]), default="warning", show_default=True,
    help="The least that is told.",
)  # fmt: skip
def lint(
    files: tuple[Path, ...], environments: tuple[Path, ...], parameters: tuple[str, ...], form: str, level: str
) -> None:
    """Tell all faults and traps of templates at once, with line and column. Exit code 1 when something is found.

    \b
    Example:
      kit stack lint templates/*.yaml --format sarif > lint.sarif
    """
    from kit.hot import lint as check
    from kit.hot.files import read_text
    from kit.hot.findings import SEVERITIES, Findings

    told = SEVERITIES[: SEVERITIES.index(level) + 1]
    found = Findings(
        finding
        for file in files
        for finding in check(read_text(file), name=str(file), **_inputs(file, environments, parameters))
        if finding.severity in told
    )
    if form == "text":
        for finding in found:
            click.echo(str(finding))
        click.echo(f"{len(found)} finding{'' if len(found) == 1 else 's'}." if found else "Nothing found.")
    else:
        click.echo(json.dumps(found.to_sarif() if form == "sarif" else found.to_dict(), indent=1, ensure_ascii=False))
    if found:
        raise SystemExit(1)


@command.command()
@_template
@_environments
@_parameters
@click.option("--format", "form", type=click.Choice(["text", "svg", "dot", "json"]), default="text", show_default=True)
def graph(file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...], form: str) -> None:
    """Draw which resource waits for which.

    \b
    Example:
      kit stack graph web.yaml --format dot | dot -Tpng > web.png
    """
    from kit.views.stack_graph import StackGraph

    checked = _checked(file, environments, parameters)
    checked.raise_first()
    found = checked.graph
    if form == "json":
        data = {"requires": [list(edge) for edge in found.edges], "waves": found.waves()}
        click.echo(json.dumps(data, indent=1))
        return
    picture = StackGraph(found, {name: each.type for name, each in checked.definition.resources.items()})
    click.echo({"text": repr, "svg": StackGraph.svg, "dot": StackGraph.dot}[form](picture))


@command.command()
@_template
@_environments
@_parameters
@click.option("--from", "old", metavar="OLD", type=FILE, help="The template of today; default: there is no stack yet.")
@click.option("--from-parameter", "old_parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of today.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def plan(
    file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...], old: Path | None,
    old_parameters: tuple[str, ...], form: str,
) -> None:  # fmt: skip
    """Tell what a create or an update would do: + made, ~ changed in place, -/+ replaced, - deleted.

    Exit code 1 when something would change.

    \b
    Examples:
      kit stack plan web.yaml -p flavor=m1.small
      kit stack plan new.yaml --from old.yaml
    """
    from kit.hot import MemoryBackend, Stack
    from kit.hot import plan as preview

    if old is None:
        found = preview(_read(file), **_inputs(file, environments, parameters))
    else:
        before = _inputs(old, environments, old_parameters or parameters)
        stack = Stack.create("plan", _read(old), MemoryBackend(), **before, wait=False)
        _settle(stack)
        found = stack.preview_update(_read(file), **_inputs(file, environments, parameters))
    click.echo(json.dumps(found.to_dict(), indent=1) if form == "json" else repr(found))
    if not found.empty:
        raise SystemExit(1)


def _settle(stack: Any) -> None:
    """Make the stack of today, in memory; what waits for signals gets them."""
    from kit.hot.resources.software import SoftwareDeployment
    from kit.hot.resources.wait import WaitConditionHandle

    sent: dict[str, int] = {}
    for _ in range(10_000):
        if not stack.step():
            return
        for name, each in list(stack.resources.items()):
            takes = isinstance(each.kind, WaitConditionHandle | SoftwareDeployment)
            if takes and each.action == "CREATE" and sent.get(name, 0) < 100:
                sent[name] = sent.get(name, 0) + 1
                stack.signal(name, None)
        stack.backend.wait(1.0)
