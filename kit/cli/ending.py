"""How a command ends: the exit code and the message of each kind of error, and output that any terminal can show."""

from __future__ import annotations

import codecs
import contextlib
import errno
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from itertools import pairwise

import click

from kit.errors import KitError

FINE, FINDINGS, ERROR = 0, 1, 2
TERMINATED = 128 + signal.SIGTERM
INTERRUPTED = 128 + signal.SIGINT
# As a shell reports a program that wrote into a pipe which nobody reads any more.
UNREAD = 128 + 13
DEBUG = "KIT_DEBUG"
# A package that `pip install openstack-labkit` leaves out -> the extra that brings it.
EXTRAS = {
    "numpy": "migration", "matplotlib": "lab", "IPython": "lab", "anywidget": "lab", "ipywidgets": "lab", "nbformat": "lab",
    "nbclient": "lab", "papermill": "lab", "voila": "lab", "psycopg": "postgresql", "heatclient": "lab",
}  # fmt: skip
# Signs of ours for a terminal that has none of them.
PLAIN = {
    "✓": "+", "✗": "x", "◌": "o", "●": "*", "→": "->", "←": "<-", "↻": "@", "…": "...", "·": ".", "×": "x", "≤": "<=", "≥": ">=",
    "├": "|", "└": "`", "│": "|", "─": "-", "┌": ",", "┐": ".", "┘": "'", "┤": "|", "█": "#", "–": "-", "—": "-", "’": "'",
}  # fmt: skip


class Unread(Exception):
    """Nobody reads the output any more; not an OSError, since click has an end of its own for that."""


def speak_plainly() -> None:
    """Let both outputs write what their encoding lacks as ASCII, in JSON as an escape, and only what kit itself says."""
    # keystoneauth tells there, too, what its exceptions say
    logging.getLogger("keystoneauth").setLevel(logging.CRITICAL)
    codecs.register_error("kit.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream of a test, or one that is closed
            stream.reconfigure(errors="kit.plain")  # type: ignore[union-attr]


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_escape(sign) if wants_json("json", "sarif") else PLAIN.get(sign, "?") for sign in text), error.end


def _escape(sign: str) -> str:
    return json.dumps(sign)[1:-1]


def wants_json(*forms: str) -> bool:
    """Whether the command line asks for JSON, or for one of these forms."""
    words, known = sys.argv[1:], forms or ("json",)
    return any(
        word.removeprefix("--format=") in known
        if word.startswith("--format=")
        else word == "--format" and after in known
        for word, after in pairwise([*words, ""])
    )


def code_of(command: Callable[[], object]) -> int:
    """Run a command to its end, tell what went wrong, and give the exit code.

    SIGTERM ends it as Ctrl-C does: a server is closed, a QEMU is ended, a folder is removed.
    """
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _terminate)
    try:
        try:
            code = _ended(command)
        finally:
            sys.stdout.flush()
        return code
    except (BrokenPipeError, Unread):
        # Python flushes once more at its end; let that go nowhere.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG):
            raise
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        told = KitError(f"the output cannot be written: {error.strerror}", todo="Make room there, or write elsewhere.")
        click.echo(f"Error: {told}", err=True)
        return ERROR


def _terminate(*_: object) -> None:
    raise SystemExit(TERMINATED)


def _ended(command: Callable[[], object]) -> int:
    try:
        code = command()
    except KitError as error:
        return _tell(error)
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else FINDINGS if error.code else FINE
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted.", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        _tell_json(error.format_message(), "", "")
        return ERROR
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            return _fault(error)
        return _tell(KitError(f"this needs {error.name}", todo=f'Install it: pip install "openstack-labkit[{extra}]"'))
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG):
            raise
        return _fault(error)
    except Unread:
        raise
    except Exception as error:
        return _fault(error)
    return code if isinstance(code, int) else FINE


def _tell(error: KitError) -> int:
    click.echo(f"Error: {error}", err=True)
    _tell_json(error.what, error.where, error.todo)
    return ERROR


def _tell_json(what: str, where: str, todo: str) -> None:
    if wants_json():
        click.echo(json.dumps({"error": {"what": what, "where": where, "todo": todo}}, indent=1))


def _fault(error: Exception) -> int:
    """A mistake of ours: never findings, and its traceback only where it is asked for."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    told = f"{type(error).__name__}: {error}".rstrip(": ")
    return _tell(
        KitError(f"kit itself failed: {told}", todo=f"Please report it with what {DEBUG}=1 kit ... prints beside it.")
    )
