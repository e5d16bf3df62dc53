"""What every command has: help with an example, exit codes, and no traceback for a user's mistake."""

import subprocess
import sys

import pytest

from kit.cli.cloud import COMMANDS as CLOUD
from kit.cli.main import COMMANDS


@pytest.mark.parametrize(
    "command",
    [
        [],
        *([name] for name in sorted(COMMANDS)),
        *(["cloud", name] for name in sorted(CLOUD)),
        *(["cloud", "faults", name] for name in ("add", "list", "clear")),
        *(["cloud", "clock", name] for name in ("show", "advance", "rate")),
    ],
    ids=" ".join,
)
def test_help_has_an_example(kit, command):
    code, out, _ = kit(*command, "--help")
    assert code == 0 and ("Example" in out or "Start here" in out)


def test_an_unknown_command_is_error_2(kit):
    code, _, err = kit("nosuch")
    assert code == 2 and "No such command" in err


def test_a_mistake_is_one_message_and_exit_code_2(kit):
    code, _, err = kit("cloud", "serve", "nosuch.yaml")
    assert code == 2 and err.startswith("Error: ") and "nosuch.yaml" in err and "Traceback" not in err


def test_the_package_and_its_help_load_no_jupyter():
    script = (
        "import sys, kit; assert 'click' not in sys.modules\n"
        "from kit.cli.main import kit; kit(['--help'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('IPython', 'ipywidgets', 'jupyterlab', 'openstack')])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"
