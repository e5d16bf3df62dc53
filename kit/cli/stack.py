"""`kit stack`: templates checked, drawn and planned, and the stacks of any cloud looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli import stack_change, stack_cloud
from kit.cli.stack_options import (
    FILE,
    cloud_plan,
    environment_option,
    form_option,
    parameter_option,
    template_argument,
    values,
)
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.hot import Template, Validation


@click.group()
def command() -> None:
    """Check, draw and plan Heat templates; look at the stacks of any cloud and change them.

    TEMPLATE is a file in any version of HOT or in CloudFormation's form. The files it names are read beside it;
    `lint`, `graph` and `plan` need no cloud. The others ask the cloud that --cloud or OS_CLOUD names.

    \b
    Examples:
      kit stack lint web.yaml
      kit stack graph web.yaml --format svg > web.svg
      kit stack plan new.yaml --from old.yaml
      kit stack plan new.yaml --stack web --cloud mine
      kit stack tree web --cloud mine
      kit stack deployments web --failed --cloud mine
      kit stack types 'OS::Nova::*' --cloud mine

    Exit codes: 0 fine, 1 findings, 2 error.
    """


for _each in (
    stack_cloud.tree, stack_cloud.deployments, stack_cloud.types, stack_cloud.show, stack_change.create,
    stack_change.update, stack_change.delete,
):  # fmt: skip
    command.add_command(_each)


def _inputs(file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...]) -> dict[str, Any]:
    from kit.hot.files import gather

    return {
        "files": gather(file, environments), "environment_files": [str(path) for path in environments],
        "parameters": values(parameters),
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
@environment_option
@parameter_option
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
@template_argument
@environment_option
@parameter_option
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
@template_argument
@environment_option
@parameter_option
@click.option("--from", "old", metavar="OLD", type=FILE, help="The template of today; default: there is no stack yet.")
@click.option("--from-parameter", "old_parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of today.")
@click.option("--stack", "name", metavar="NAME", help="A stack of the cloud that would be updated.")
@click.option("--existing", is_flag=True, help="With --stack: what is not given stays as it is.")
@click.option("--cloud", metavar="NAME", help="Ask this cloud. Default: none; with --stack, OS_CLOUD.")
@form_option
def plan(
    file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...], old: Path | None,
    old_parameters: tuple[str, ...], name: str | None, existing: bool, cloud: str | None, form: str,
) -> None:  # fmt: skip
    """Tell what a create or an update would do: + made, ~ changed in place, -/+ replaced, - deleted.

    Without --cloud or --stack it is worked out here. With them the cloud is asked, and changes nothing; with
    --cloud alone it tells what a create would make there. Exit code 1 when something would change.

    \b
    Examples:
      kit stack plan web.yaml -p flavor=m1.small
      kit stack plan new.yaml --from old.yaml
      kit stack plan new.yaml --cloud mine --stack web
    """
    from kit.hot import plan as preview
    from kit.hot.remote.planning import settled

    if old is not None and (cloud or name):
        raise KitError("--from and a cloud's stack are two stacks of today", todo="Give one of them.")
    if existing and not name:
        raise KitError("--existing is for an update", todo="Give --stack NAME, too.")
    if cloud or name:
        found = cloud_plan(cloud, name, file, environments, parameters, existing)
    elif old is None:
        found = preview(_read(file), **_inputs(file, environments, parameters))
    else:
        before = _inputs(old, environments, old_parameters or parameters)
        stack = settled(_read(old), **before)
        found = stack.preview_update(_read(file), **_inputs(file, environments, parameters))
    click.echo(json.dumps(found.to_dict(), indent=1) if form == "json" else repr(found))
    if not found.empty:
        raise SystemExit(1)
