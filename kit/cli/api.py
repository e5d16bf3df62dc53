"""`kit api`: judge an API by the OpenStack guidelines."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.errors import GuidelineError

if TYPE_CHECKING:
    from kit.guidelines import Config, Exchange, Findings

FILE = click.Path(dir_okay=False, path_type=Path)

_config = click.option("--config", "settings", metavar="FILE", type=FILE, help="Default kit-api.yaml, if it is here.")
_baseline = click.option("--baseline", metavar="FILE", type=FILE, help="Findings that are known, and not told again.")
_write_baseline = click.option("--write-baseline", metavar="FILE", type=FILE, help="Write what is found as a baseline.")
_form = click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif", "junit"]), default="text", show_default=True
)
_output = click.option("--output", metavar="FILE", type=FILE, help="Write there, and print only the summary.")
_warts = click.option("--warts", is_flag=True, help="Leave out what the mock cloud copies on purpose: `kit api warts`.")
_only = click.option(
    "--rule", "only", metavar="ID", multiple=True, help="Judge by this rule only; `RC-*` too. May be repeated."
)
_fail_on = click.option(
    "--fail-on", type=click.Choice(["error", "warning", "advice"]), default="advice", show_default=True,
    help="The least severity that gives exit code 1.",
)  # fmt: skip


@click.group()
def command() -> None:
    """Judge an API by the OpenStack guidelines.

    \b
    Examples:
      kit api audit compute.yaml
      kit api audit http://localhost:8774/
      kit api audit traffic.har --format sarif --output findings.sarif
      kit api diff old.yaml new.yaml
      kit api rules RC-01
      kit api warts RC-01

    Exit codes: 0 fine, 1 findings, 2 error.
    """


def _settings(
    settings: Path | None, baseline: Path | None, only: tuple[str, ...], warts: bool = False, anew: bool = False
) -> Config:
    """The configuration; `anew` leaves out its own baseline, which is about to be written."""
    from kit.guidelines import Config, find_config, read_config

    path = settings or find_config(Path.cwd())
    config = read_config(path, baseline=not anew) if path is not None else Config()
    if warts:
        from kit.cloud.openapi.warts import warts as listed

        config = replace(config, excuses=config.excuses + listed().excuses)
    if baseline is not None:
        config = config.with_baseline(baseline)
    if only:
        from kit.guidelines.config import known_pattern

        config = replace(config, only=frozenset(known_pattern(each.upper(), "--rule") for each in only))
    return config


def _tell(found: Findings, form: str, output: Path | None, write_baseline: Path | None, fail_on: str) -> None:
    """Print findings, and end with the exit code they earn."""
    from kit.guidelines import baseline_text, render

    if write_baseline is not None:
        _write(write_baseline, baseline_text(found))
        click.echo(f"{len(found)} finding{'' if len(found) == 1 else 's'} written to {write_baseline}.", err=True)
        return
    text = render(found, form)
    if not found.looked:
        click.echo("Warning: there is no operation and no exchange in it; nothing was judged.", err=True)
    if output is not None:
        _write(output, text + "\n")
        click.echo(found.summary)
    else:
        click.echo(text)
    if found.at_least(fail_on):
        raise SystemExit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"It cannot be written: {error.strerror}."
        raise GuidelineError(what, where=str(path), todo="Give another path.") from None


@command.command()
@click.argument("target", metavar="DOCUMENT|URL|HAR")
@_config
@_baseline
@_write_baseline
@_warts
@_only
@_form
@_output
@_fail_on
@click.option(
    "--description", metavar="FILE", type=FILE, help="For a URL: its description, which tells paths and parameters."
)
@click.option(
    "--path", "paths", metavar="PATH", multiple=True, help="For a URL: a collection to look at. May be repeated."
)
@click.option(
    "--header", "headers", metavar="NAME:VALUE", multiple=True, help="For a URL: sent along. May be repeated."
)
@click.option("--token", envvar="OS_TOKEN", metavar="TOKEN", help="For a URL: sent as X-Auth-Token; default $OS_TOKEN.")
@click.option("--service-type", default="", metavar="TYPE", help="For a URL: the service's type, such as compute.")
@click.option("--write", is_flag=True, help="For a URL: send probes that may write, too.")
@click.option("--timeout", default=10.0, show_default=True, help="For a URL: seconds for one request.")
@click.option("--deadline", default=120.0, show_default=True, help="For a URL: seconds for the whole visit.")
def audit(
    target: str,
    settings: Path | None,
    baseline: Path | None,
    write_baseline: Path | None,
    warts: bool,
    only: tuple[str, ...],
    form: str,
    output: Path | None,
    fail_on: str,
    **live: Any,
) -> None:
    """Judge a description, a live service, or recorded traffic.

    DOCUMENT is OpenAPI 3.0 or 3.1 in JSON or YAML, or a record of exchanges in JSON; `-` is what comes through a pipe.
    A URL is probed by requests that change nothing, unless --write; when it answers an OpenAPI document, that is judged.

    \b
    Examples:
      kit api audit compute.yaml --rule 'RC-*'
      kit api audit http://localhost:8774/ --path servers --token "$TOKEN"
      kit api audit old.yaml --write-baseline known.json
      kit api audit old.yaml --baseline known.json
    """
    config = _settings(settings, baseline, only, warts, anew=write_baseline is not None)
    scheme, colon, _ = target.partition("://")
    if colon and scheme.lower() not in ("http", "https"):
        raise GuidelineError(f"{scheme}:// is not spoken here.", where=target, todo="Give http://, https:// or a path.")
    found = _live(target, config, **live) if colon else _file(Path(target), config)
    _tell(found, form, output, write_baseline, fail_on)


def _file(path: Path, config: Config) -> Findings:
    from kit.guidelines import audit as judge
    from kit.guidelines import judge_traffic, load, make_session, recorded
    from kit.guidelines.description.document import parse, read_file, read_stream
    from kit.guidelines.report import source_name
    from kit.guidelines.traffic.har import LIMIT, har_sessions, is_har

    if str(path) == "-":
        name = "standard input"
        data = parse(read_stream(sys.stdin.buffer, LIMIT, name), name)
    else:
        name = source_name(path)
        data = parse(read_file(path, LIMIT if path.suffix == ".har" else LIMIT // 4), name)
    if is_har(data) or path.suffix == ".har":
        return judge_traffic(har_sessions(data, name), config, source=name)
    if isinstance(data, dict) and isinstance(data.get("exchanges"), list):
        session = make_session(data["exchanges"], data.get("context"), name)
        return judge_traffic([session], config, source=name)
    if isinstance(data, list) and data and all(isinstance(each, dict) and "status" in each for each in data):
        return judge_traffic(recorded(data, name), config, source=name)
    return judge(load(data, name), config, where=name)


def _live(
    url: str,
    config: Config,
    *,
    description: Path | None,
    paths: tuple[str, ...],
    headers: tuple[str, ...],
    token: str | None,
    service_type: str,
    write: bool,
    timeout: float,
    deadline: float,
) -> Findings:
    from tqdm import tqdm

    from kit.guidelines import Description, load, probe
    from kit.guidelines import audit as judge

    sent = dict(_pair(each) for each in headers) | ({"X-Auth-Token": token} if token else {})
    described = None
    if description is not None:
        described = Description(load(description))
    elif not paths:
        document = _document(url, sent, timeout)
        if document is not None:
            return judge(load(document, url), config, where=url)
    refused: list[Exchange] = []
    with tqdm(desc=f"asking {url}", unit="request", leave=False, disable=None) as bar:

        def see(exchange: Exchange) -> None:
            bar.update()
            if exchange.status in (401, 403):
                refused.append(exchange)

        found = probe(
            url, config, headers=sent, service_type=service_type, described=described, paths=paths, write=write,
            timeout=timeout, deadline=deadline, told=see,
        )  # fmt: skip
    if refused:
        first = refused[0]
        told = f"{len(refused)} of {found.looked} requests were refused, {first.method} {first.uri} with {first.status}"
        click.echo(f"Warning: {told}; what is behind was not judged. Give --token.", err=True)
    return found


def _document(url: str, headers: dict[str, str], timeout: float) -> dict[str, Any] | None:
    """The OpenAPI document that a URL answers, if it does."""
    from urllib.parse import urlsplit

    from kit.guidelines.description.document import parse
    from kit.guidelines.errors import DescriptionError
    from kit.guidelines.probe import http_sender

    send = http_sender(url, timeout)
    parts = urlsplit(url)
    uri = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = send("GET", uri, headers, None).response_body
    if isinstance(body, str) and "openapi" in body[:2000]:
        try:
            body = parse(body, url)
        except DescriptionError:
            return None
    return body if isinstance(body, dict) and "openapi" in body else None


def _pair(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise GuidelineError(f"--header {text!r} is no header.", todo="Write --header 'Name: value'.")
    return name.strip(), value.strip()


@command.command()
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@click.option(
    "--raised/--not-raised", default=None, help="Whether AFTER has a new microversion; default by info.version."
)
@click.option(
    "--said", default="", metavar="TEXT", help="What is said of the change; a grave security fix needs no version."
)
@_config
@_baseline
@_write_baseline
@_only
@_form
@_output
@_fail_on
def diff(
    before: Path,
    after: Path,
    raised: bool | None,
    said: str,
    settings: Path | None,
    baseline: Path | None,
    write_baseline: Path | None,
    only: tuple[str, ...],
    form: str,
    output: Path | None,
    fail_on: str,
) -> None:
    """Find what needed a new microversion between two descriptions, and got none.

    \b
    Example:
      kit api diff old.yaml new.yaml
    """
    from kit.guidelines import diff as compare
    from kit.guidelines.report import source_name

    config = _settings(settings, baseline, only, anew=write_baseline is not None)
    found = compare(before, after, config, raised=raised, words=said, where=source_name(after))
    _tell(found, form, output, write_baseline, fail_on)


@command.command()
@click.argument("id", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(id: str | None, form: str) -> None:
    """Show the rules, or one of them.

    \b
    Example:
      kit api rules RC-01
    """
    from kit.guidelines import all_rules, find_rule

    found = [find_rule(id)] if id else all_rules()
    if form == "json":
        rows = [rule.to_dict() for rule in found]
        click.echo(json.dumps(rows[0] if id else rows, indent=1, ensure_ascii=False))
    elif id:
        click.echo(str(found[0]))
    else:
        for rule in found:
            judged = ", ".join(rule.sides) or "people"
            click.echo(f"{rule.id:8} {rule.level:6} {rule.statement} [{judged}]")


@command.command()
@click.argument("rule", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True)
def warts(rule: str | None, form: str) -> None:
    """Show where the mock cloud breaks the guidelines because the real service does, and why that stays.

    YAML is the list as a configuration of `kit api audit`, with all its places.

    \b
    Example:
      kit api warts RC-01
    """
    from importlib.resources import files

    from kit.cloud.openapi.warts import warts_of
    from kit.guidelines import find_rule

    if form == "yaml":
        click.echo(files("kit.cloud.openapi").joinpath("warts.yaml").read_text(encoding="utf-8").rstrip())
        return
    wanted = find_rule(rule).id if rule else "*"
    found = warts_of(wanted)
    if form == "json":
        rows = [{"rule": w.rule, "place": w.place, "reason": w.reason, "source": w.source} for w in found]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for wart in found:
        grouped.setdefault((wart.rule, wart.reason, wart.source), []).append(wart.place)
    if not grouped:
        click.echo(f"The mock cloud has no wart that breaks {wanted}.")
    for (id, reason, source), places in grouped.items():
        click.echo(f"{id} {find_rule(id).level}: {find_rule(id).statement}")
        click.echo("\n".join(f"    {line}" for line in (*places, reason, source)))
