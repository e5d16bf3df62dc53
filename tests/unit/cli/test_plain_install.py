"""What `pip install openstack-labkit` alone can do: the packages of the extras, and what they bring along, are hidden."""

import os
import subprocess
import sys

import pytest

HIDDEN = (
    "numpy", "matplotlib", "IPython", "ipykernel", "ipywidgets", "anywidget", "jupyterlab", "jupyter_client", "nbformat",
    "nbclient", "nbval", "papermill", "voila", "psycopg", "heatclient", "openstackclient", "rfc3987", "rfc3987_syntax",
    "rfc3986_validator", "rfc3339_validator", "webcolors", "fqdn", "isoduration", "uri_template", "pytest",
)  # fmt: skip
HOOK = f"""
import importlib.abc, sys
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HIDDEN!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hide())
# find_spec of importlib.util asks the same finders, and is to say None
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.partition(".")[0] in {HIDDEN!r} else real(name, package)
"""


def plain(code, cwd):
    return subprocess.run(
        [sys.executable, "-c", HOOK + code],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
    )


def kit(cwd, *arguments):
    return plain(f"sys.argv = ['kit', *{arguments!r}]\nfrom kit.cli.main import main\nmain()", cwd)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["api", "rules", "RC-01"], 0, "Creating at once answers 201."),
        (["migrate", "simulate", "--memory", "128"], 0, "completed"),
        (
            ["migrate", "plan", "--memory", "512", "--max-pause", "300", "--max-time", "60"],
            0,
            "live_migration_bandwidth",
        ),
        (["migrate", "compare", "--recorded"], 0, "Without NumPy the model goes pass by pass"),
        (["migrate", "simulate", "--page"], 2, 'pip install "openstack-labkit[migration]"'),
        (["migrate", "simulate", "--plot", "x.png"], 2, "matplotlib"),
        (["policy", "lint", "a.policy"], 0, "Nothing found."),
        (["cloud", "seed", "--servers", "2", "--store", "sqlite:///a.db"], 0, "2 servers"),
        (["cloud", "seed", "--servers", "40", "--hosts", "20", "--store", "sqlite:///b.db"], 0, "40 servers"),
        (
            ["cloud", "serve", "--store", "postgresql://x@127.0.0.1:9/y"],
            2,
            'pip install "openstack-labkit[postgresql]"',
        ),
        (["lab", "--list"], 0, "00-quick-start"),
        (["lab", "--dir", "labs"], 2, 'pip install "openstack-labkit[lab]"'),
        (["run", "00-quick-start"], 2, 'pip install "openstack-labkit[lab]"'),
        (["demo"], 2, 'pip install "openstack-labkit[lab]"'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_command_works_or_says_what_to_install(tmp_path, arguments, code, says):
    (tmp_path / "a.policy").write_text("p(x) :- nova:servers(id=x)\n")
    ended = kit(tmp_path, *arguments)
    assert says in ended.stdout + ended.stderr and ended.returncode == code
    assert "Traceback" not in ended.stderr


def test_the_cloud_in_process_makes_servers(tmp_path):
    code = (
        "from kit.cloud import Cloud\n"
        "cloud = Cloud.from_seed('devstack', random_seed=1, clock='manual')\n"
        "conn = cloud.connect('demo', 'demo')\n"
        "print(conn.create_server('web', image='cirros', flavor='m1.tiny', wait=True).status)"
    )
    ended = plain(code, tmp_path)
    assert ended.stdout.strip() == "ACTIVE", ended.stderr[-1000:]


def test_the_engines_load_and_say_what_a_map_needs(tmp_path):
    code = (
        "import kit.policy, kit.hot, kit.migration, kit.scheduling, kit.guidelines\n"
        "from kit.errors import KitError\n"
        "try:\n    kit.migration.sweep\nexcept KitError as error:\n    print(error)"
    )
    assert "a map needs NumPy" in plain(code, tmp_path).stdout
