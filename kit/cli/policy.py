"""`kit policy`: audit a cloud, or tables in files, by policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.clouds import answers, connect, named_cloud
from kit.errors import KitError, PolicyError

if TYPE_CHECKING:
    from kit.policy import Engine
    from kit.policy.core import Key
    from kit.policy.files import Part

FILE = click.Path(dir_okay=False, path_type=Path)
VIOLATIONS = ("error", "violation", "warning")

_files = click.argument("files", metavar="POLICY...", nargs=-1, required=True, type=FILE)
_file = click.argument("file", metavar="POLICY", type=FILE)
_cloud = click.option(
    "--cloud", metavar="NAME", help="A cloud of your clouds.yaml, whose tables are read; default $OS_CLOUD."
)
_tables = click.option(
    "--tables", "folder", type=click.Path(file_okay=False, path_type=Path), help="Tables in files: nova/servers.csv."
)
_form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_kind = click.option(
    "--recursive", is_flag=True, help="Let tables be defined by themselves (negation must be stratified)."
)


@click.group()
def command() -> None:
    """Audit a cloud by policies in the Congress dialect of Datalog.

    POLICY is a text file of rules, or YAML with `rules` as Congress's library has them. The tables come
    from any cloud in clouds.yaml, or from files.

    \b
    Examples:
      kit policy check port80.policy --cloud mine
      kit policy explain port80.policy 'error("web-1")' --cloud mine
      kit policy lint port80.policy
      kit policy test port80.policy cases.yaml

    Exit codes: 0 fine, 1 violations, findings or failed tests, 2 error.
    """


def _engine(
    files: tuple[Path, ...], cloud: str | None, folder: Path | None, recursive: bool
) -> tuple[Engine, list[Part], set[Key]]:
    """An engine that knows the columns of all services, the policies, and the tables that files gave."""
    from kit.policy import SCHEMAS, Engine
    from kit.policy.core import Key
    from kit.policy.files import load_tables, read_policy

    if cloud and folder:
        raise KitError("--cloud and --tables are two sources", todo="Give one of them.")
    engine = Engine()
    if recursive:
        engine.policies[engine.home].kind = "recursive"
    parts = [part for file in files for part in read_policy(file)]
    given = [name.split(":", 1) for name in load_tables(engine, folder)] if folder else []
    for name, schema in SCHEMAS.items():
        if name not in engine.policies:
            engine.create(name, "datasource", schema=schema)
    return engine, parts, {Key(source, table) for source, table in given}


def _fill(engine: Engine, cloud: str | None, folder: Path | None, given: set[Key], *texts: str) -> None:
    """Read from the cloud what the policies and the texts name; a table that nobody gives is no empty one unnoticed."""
    from kit.policy import SCHEMAS

    wanted = {key for key in engine.model.readers if key.policy in SCHEMAS and key.kind != "execute"}
    services = {key.policy for key in wanted} | {name for name in SCHEMAS for text in texts if f"{name}:" in text}
    if folder is not None:
        for key in sorted({key._replace(kind="table", mark="") for key in wanted} - given):
            click.echo(f"Warning: {key} is not in {folder}; it is taken as empty.", err=True)
        return
    cloud = cloud or (named_cloud(None) if services else None)
    if cloud:
        for name in sorted(services - _read_cloud(engine, cloud, services)):
            click.echo(f"Warning: {cloud} has no service for {name}; its tables are taken as empty.", err=True)
    elif services:
        told = ", ".join(sorted(services))
        raise KitError(f"nothing gives the tables of {told}", todo="Give --cloud NAME or --tables DIRECTORY.")


def _read_cloud(engine: Engine, cloud: str, services: set[str]) -> set[str]:
    """Read the tables of these services; which of them the cloud has."""
    from tqdm import tqdm

    from kit.policy import add_cloud
    from kit.policy.sources import available

    connection = connect(cloud)
    with answers(cloud):
        names = [name for name in available(connection) if name in services]
        for name in tqdm(names, desc=f"reading {cloud}", unit="service", leave=False, disable=None):
            add_cloud(engine, connection, [name])
    return set(names)


def _load(engine: Engine, parts: list[Part], form: str) -> None:
    """Insert the policies; print every mistake and end with 2 when there is one."""
    from kit.policy.files import load_policy

    mistakes = load_policy(engine, parts)
    if not mistakes:
        return
    if form == "json":
        click.echo(json.dumps({"mistakes": [mistake.to_dict() for mistake in mistakes]}, indent=1))
    else:
        for mistake in mistakes:
            click.echo(str(mistake), err=True)
        click.echo(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}; nothing was evaluated.", err=True)
    raise SystemExit(2)


def _ask(engine: Engine, names: tuple[str, ...]) -> list[str]:
    """The tables to look at: those asked for, or those whose names say that something is wrong."""
    tables = engine.tables(engine.home)
    for name in names:
        if name not in tables:
            raise KitError(
                f"the policies define no table {name!r}", todo=f"They define: {', '.join(tables) or 'none'}."
            )
    found = list(names) or [name for name in tables if name in VIOLATIONS]
    if not found:
        raise KitError(
            f"the policies define none of {', '.join(VIOLATIONS)}",
            todo=f"Say which table holds the violations with --table: {', '.join(tables) or 'there is none'}.",
        )
    return found


def _known(engine: Engine, atom: str, place: str, changes: str = "") -> None:
    """Raise unless a text is an atom of a table that there is, or that changes make; `place` names its argument."""
    try:
        query = engine.query(atom)
    except PolicyError as error:
        raise KitError(error.what, where=f"{place} {error.where}".strip(), todo=error.todo) from None
    for key in query.keys:
        if key.policy == engine.home and key.table not in engine.tables(engine.home) and key.table not in changes:
            told = ", ".join(engine.tables(engine.home)) or "none"
            raise KitError(f"the policies have no table {key.table!r}", where=place, todo=f"They have: {told}.")


@command.command()
@_files
@_cloud
@_tables
@click.option(
    "--table", "names", multiple=True, metavar="NAME", help=f"May be repeated. Default: {', '.join(VIOLATIONS)}."
)
@_kind
@_form
def check(
    files: tuple[Path, ...], cloud: str | None, folder: Path | None, names: tuple[str, ...], recursive: bool, form: str
) -> None:
    """Find what violates the policies. Exit code 1 when something does.

    \b
    Examples:
      kit policy check port80.policy --cloud mine
      kit policy check rules/*.policy --tables dump --format json
    """
    engine, parts, given = _engine(files, cloud, folder, recursive)
    _load(engine, parts, form)
    asked = _ask(engine, names)
    _fill(engine, cloud, folder, given)
    found = {name: engine.rows(name) for name in asked}
    if form == "json":
        click.echo(json.dumps({name: rows.dicts() for name, rows in found.items()}, indent=1))
    else:
        for name, rows in found.items():
            click.echo(f"{name}: {len(rows)} row{'' if len(rows) == 1 else 's'}")
            if rows:
                click.echo(f"{rows!r}\n")
    if any(found.values()):
        raise SystemExit(1)


@command.command()
@_file
@click.argument("atom")
@_cloud
@_tables
@click.option("--repairs", is_flag=True, help="Also the smallest changes of facts that would turn it round.")
@_kind
@_form
def explain(
    file: Path, atom: str, cloud: str | None, folder: Path | None, repairs: bool, recursive: bool, form: str
) -> None:
    """Prove a row, or say what is missing for it. Exit code 1 when it does not hold.

    \b
    Example:
      kit policy explain port80.policy 'error("web-1")' --cloud mine
    """
    engine, parts, given = _engine((file,), cloud, folder, recursive)
    _load(engine, parts, form)
    _known(engine, atom, "ATOM")
    _fill(engine, cloud, folder, given, atom)
    proof = engine.why(atom)
    reason: Any = proof if proof is not None else engine.why_not(atom)
    ways = engine.repairs(atom) if repairs else None
    if form == "json":
        data = {"holds": proof is not None, "reason": reason.to_dict() if reason is not None else None}
        click.echo(json.dumps(data | ({"repairs": ways.to_dict()} if ways is not None else {}), indent=1))
    else:
        click.echo(repr(reason))
        if ways is not None:
            click.echo(repr(ways))
    if proof is None:
        raise SystemExit(1)


@command.command()
@_file
@click.option("--query", required=True, help="One atom: error(x).")
@click.option("--sequence", required=True, help="Signed facts and rules, calls of actions: p+(1) q-(2).")
@click.option("--actions", type=FILE, help="A policy that describes the actions.")
@click.option("--delta", is_flag=True, help="Only what is gained and lost.")
@_cloud
@_tables
@_kind
@_form
def simulate(
    file: Path, query: str, sequence: str, actions: Path | None, delta: bool, cloud: str | None, folder: Path | None,
    recursive: bool, form: str,
) -> None:  # fmt: skip
    """Answer a query as if a sequence of changes had happened; nothing is changed.

    With --delta, exit code 1 when something is gained.

    \b
    Example:
      kit policy simulate port80.policy --query 'error(x)' --delta --tables dump \\
        --sequence 'neutronv2:security_group_port_bindings+("p1", "old-web")'
    """
    from kit.policy import Difference
    from kit.policy.files import load_policy, read_policy

    engine, parts, given = _engine((file,), cloud, folder, recursive)
    _load(engine, parts, form)
    _known(engine, query, "--query", sequence)
    if actions is not None:
        engine.create("action", "action")
        for mistake in load_policy(engine, read_policy(actions), "action"):
            raise KitError(mistake.error.what, where=mistake.place, todo=mistake.error.todo)
    _fill(engine, cloud, folder, given, query, sequence)
    found = engine.simulate(query, sequence, action_policy="action" if actions else None, delta=delta)
    if form == "json":
        data: Any = found.to_dict() if isinstance(found, Difference) else {"rows": found.dicts()}
        click.echo(json.dumps(data, indent=1))
    else:
        click.echo(repr(found))
    if isinstance(found, Difference) and found.added:
        raise SystemExit(1)


@command.command()
@_files
@_cloud
@_tables
@_kind
@_form
def lint(files: tuple[Path, ...], cloud: str | None, folder: Path | None, recursive: bool, form: str) -> None:
    """Find what is legal but surely wrong. Exit code 1 when something is found.

    \b
    Example:
      kit policy lint library/*.yaml
    """
    from kit.policy.files import lint_parts

    engine, parts, _ = _engine(files, cloud, folder, recursive)
    _load(engine, parts, form)
    if cloud:
        _fill(engine, cloud, folder, set())
    found = lint_parts(engine, parts)
    if form == "json":
        click.echo(json.dumps([{"file": place, **finding.to_dict()} for place, finding in found], indent=1))
    else:
        for place, finding in found:
            where = finding.position
            click.echo(f"{place}:{where.line}:{where.column}: {finding.message} [{finding.code}]\n    {finding.todo}")
        click.echo(f"{len(found)} finding{'' if len(found) == 1 else 's'}." if found else "Nothing found.")
    if found:
        raise SystemExit(1)


@command.command()
@_file
@click.argument("cases", metavar="CASES", type=FILE)
@_kind
@_form
def test(file: Path, cases: Path, recursive: bool, form: str) -> None:
    """Run cases against a policy, and name the rules that no case exercises. Exit code 1 when a case fails.

    CASES is YAML: a list of cases, each with a name, tables, a query, and rows that must be `present`,
    `absent`, or the `only` ones.

    \b
    Example:
      kit policy test port80.policy cases.yaml

    \b
    - name: a closed port is fine
      tables: {"neutronv2:ports": [{id: p1, device_id: s1}]}
      query: error(x)
      only: []
    """
    from kit.policy import SCHEMAS, run_cases
    from kit.policy.files import read_cases

    engine, parts, _ = _engine((file,), None, None, recursive)
    _load(engine, parts, form)
    kind = "recursive" if recursive else "nonrecursive"
    report = run_cases("\n".join(part.text for part in parts), read_cases(cases), schemas=SCHEMAS, kind=kind)
    click.echo(json.dumps(report.to_dict(), indent=1) if form == "json" else repr(report))
    if not report.passed:
        raise SystemExit(1)
