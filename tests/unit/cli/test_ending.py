"""How a command ends: exit codes, messages, pipes that nobody reads, and terminals without our signs."""

import json
import os
import subprocess
import sys

import click
import pytest

from kit.cli.ending import code_of
from kit.errors import KitError


def kit_in_a_process(*arguments: str, **settings):
    environment = {**os.environ, **settings.pop("environment", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "kit.cli.main", *arguments], stderr=subprocess.PIPE, env=environment, **settings
    )


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (KitError("it is wrong", where="here", todo="Mend it."), 2, "Error: here: it is wrong\nMend it."),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (click.Abort(), 130, "Interrupted"),
        (click.FileError("a.txt", "no such file"), 2, "no such file"),
        (ModuleNotFoundError("No module named 'numpy'", name="numpy"), 2, 'pip install "openstack-labkit[migration]"'),
        (ModuleNotFoundError("No module named 'kit.x'", name="kit.x"), 2, "kit itself failed"),
        (ZeroDivisionError("by nothing"), 2, "kit itself failed: ZeroDivisionError: by nothing\nPlease report it"),
        (SystemExit(1), 1, ""),
        (SystemExit(None), 0, ""),
    ],
)
def test_each_error_has_its_code_and_one_message(capsys, monkeypatch, raised, code, says):
    monkeypatch.setattr("sys.argv", ["kit"])

    def fail():
        raise raised

    assert code_of(fail) == code
    out, err = capsys.readouterr()
    assert says in err and "Traceback" not in err and out == ""


def test_a_fault_of_ours_shows_its_traceback_where_that_is_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("KIT_DEBUG", "1")
    assert code_of(lambda: 1 / 0) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate", "simulate", "--memory", "-1", "--format", "json"],
        ["migrate", "simulate", "--memory", "much", "--format=json"],
        ["policy", "check", "nosuch", "--format", "json"],
        ["api", "audit", "nosuch", "--format", "json"],
        ["api", "diff", "nosuch", "--format", "json"],
        ["stack", "tree", "x", "--cloud", "nosuch", "--format", "json"],
    ],
    ids=" ".join,
)
def test_machines_get_errors_as_json_too(kit, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, err = kit(*arguments)
    assert code == 2 and json.loads(out)["error"]["what"] and err


def test_a_reader_that_goes_away_is_no_finding_and_no_traceback():
    lines = "for n in range(10_000): click.echo(f'{n}' * 100)"
    code = (
        "import sys, click; from kit.cli.main import COMMANDS, kit, main\n"
        f"def tell():\n    {lines}\n"
        "kit.get_command = lambda ctx, name: click.command(tell)\n"
        "sys.argv = ['kit', 'tell']; main()"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout.read(1) == b"0"
    child.stdout.close()
    assert (child.stderr.read(), child.wait()) == (b"", 141)
    child.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_told():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        child = kit_in_a_process("api", "rules", stdout=full)
        _, err = child.communicate()
    assert child.returncode == 2 and b"cannot be written: No space left" in err and b"Traceback" not in err


def test_a_terminal_without_our_signs_gets_plain_ones():
    child = kit_in_a_process("doctor", stdout=subprocess.PIPE, environment={"PYTHONIOENCODING": "latin-1"})
    out, err = child.communicate()
    assert b"+ Python 3.11 or newer" in out and b"Traceback" not in err


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_json_stays_json_there(tmp_path, form):
    path = {"/端口": {"post": {"responses": {"501": {"description": "ß"}}}}}
    (tmp_path / "a.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": path})
    )
    plain, full = (
        kit_in_a_process(
            "api", "audit", "a.json", "--format", form, stdout=subprocess.PIPE, cwd=tmp_path,
            environment={"PYTHONIOENCODING": encoding},
        ).communicate()[0]
        for encoding in ("latin-1", "utf-8")
    )  # fmt: skip
    assert plain != full and json.loads(plain.decode("latin-1")) == json.loads(full)
