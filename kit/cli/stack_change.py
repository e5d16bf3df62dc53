"""`kit stack create`, `update`, `delete`: the stacks of any cloud, changed while the tree fills in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.stack_options import (
    cloud_option,
    environment_option,
    form_option,
    heat_of,
    parameter_option,
    tell,
    tell_lines,
    template_argument,
    values,
)
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.hot.remote import Heat, Tree

_wait = click.option("--wait", is_flag=True, help="Until it has ended; the tree fills in meanwhile.")
_poll = click.option(
    "--poll", type=click.FloatRange(0.1), default=2, show_default=True, help="Seconds between two looks."
)
_rollback = click.option("--rollback/--no-rollback", default=None, help="Whether a failure takes everything back.")
_timeout = click.option("--timeout", type=click.IntRange(1), metavar="MINUTES", help="After which Heat gives up.")
_tags = click.option("--tag", "tags", multiple=True, help="May be repeated.")


def _options(rollback: bool | None, timeout: int | None, tags: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {} if rollback is None else {"disable_rollback": not rollback}
    return given | ({"timeout_mins": timeout} if timeout else {}) | ({"tags": ",".join(tags)} if tags else {})


@click.command()
@click.argument("name")
@template_argument
@environment_option
@parameter_option
@cloud_option
@_rollback
@_timeout
@_tags
@_wait
@_poll
@form_option
def create(
    name: str, file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...], cloud: str | None,
    rollback: bool | None, timeout: int | None, tags: tuple[str, ...], wait: bool, poll: float, form: str,
) -> None:  # fmt: skip
    """Create the stack NAME from a template. Exit code 1 when it fails; without --wait that is not waited for.

    \b
    Example:
      kit stack create web web.yaml -p flavor=m1.small --cloud mine --wait
    """
    from kit.hot.remote import read_request

    request = read_request(file, environments, values(parameters))
    heat = heat_of(cloud)
    body = {"stack_name": name, "disable_rollback": True, **request.body, **_options(rollback, timeout, tags)}
    with _refused(file):
        made = heat.part("stack", "/stacks", "POST", body)
    _end(heat, name, made["id"], "", wait, poll, form)


@click.command()
@click.argument("name")
@template_argument
@environment_option
@parameter_option
@cloud_option
@click.option("--existing", is_flag=True, help="What is not given stays as it is.")
@_rollback
@_timeout
@_tags
@_wait
@_poll
@form_option
def update(
    name: str, file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...], cloud: str | None,
    existing: bool, rollback: bool | None, timeout: int | None, tags: tuple[str, ...], wait: bool, poll: float,
    form: str,
) -> None:  # fmt: skip
    """Bring the stack NAME to a template; `kit stack plan` tells beforehand what that does. Exit code 1 when it fails.

    \b
    Example:
      kit stack update web new.yaml --existing --cloud mine --wait
    """
    from kit.hot.remote import last_event, read_request
    from kit.hot.remote.client import path_of

    request = read_request(file, environments, values(parameters))
    heat = heat_of(cloud)
    stack = heat.stack(name)
    last = last_event(heat, stack) if wait else ""
    body = {**request.body, **_options(rollback, timeout, tags)}
    with _refused(file):
        heat.send("PATCH" if existing else "PUT", path_of(stack), body)
    _end(heat, stack["stack_name"], stack["id"], last, wait, poll, form)


@click.command()
@click.argument("name")
@cloud_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_wait
@_poll
@form_option
def delete(name: str, cloud: str | None, yes: bool, wait: bool, poll: float, form: str) -> None:
    """Delete the stack NAME with its resources. Exit code 1 when it fails.

    \b
    Example:
      kit stack delete web --cloud mine --yes --wait
    """
    from kit.hot.remote import last_event
    from kit.hot.remote.client import path_of

    heat = heat_of(cloud)
    stack = heat.stack(name)
    if not yes and not _confirmed(f"Delete the stack {stack['stack_name']} of {heat.cloud}?"):
        raise KitError("nothing was deleted", todo="Answer y, or give --yes.")
    last = last_event(heat, stack) if wait else ""
    heat.send("DELETE", path_of(stack))
    _end(heat, stack["stack_name"], stack["id"], last, wait, poll, form)


@contextmanager
def _refused(file: Path) -> Iterator[None]:
    """A cloud tells the first fault without a place: say who tells all of them."""
    from kit.hot.remote import RemoteError

    try:
        yield
    except RemoteError as error:
        if error.status == 400 and not error.todo:
            error.todo = f"`kit stack lint {file}` tells all faults of the template, with their lines."
        raise


def _confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # nobody is there to answer
        return False


def _end(heat: Heat, name: str, id: str, last: str, wait: bool, poll: float, form: str) -> None:
    """Tell what came of it, after the end where that is wanted."""
    from kit.hot.remote import watch

    found: Tree | None = None
    if wait:
        from kit.cli.stack_live import Live

        with Live() as live:
            for found in watch(heat, name, id, last, poll_s=poll):
                live.show(found)
    if found is None:
        told = {"name": name, "id": id}
        click.echo(f"{name}  {id}  asked for; `kit stack tree {name}` shows it.") if form == "text" else tell(told)
        return
    if form == "json":
        tell(found.to_dict())
    else:
        tell_lines(found.lines())
    if found.failed:
        raise SystemExit(1)
