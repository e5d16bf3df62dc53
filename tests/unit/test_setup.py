"""What people install: the environments say the same as pyproject.toml, and Binder understands them."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def environment(path: str) -> tuple[list[str], set[str]]:
    found = yaml.safe_load((ROOT / path).read_text())["dependencies"]
    pip = next(item["pip"] for item in found if isinstance(item, dict))
    return [item for item in found if isinstance(item, str)], {str(Requirement(line)) for line in pip}


def test_conda_and_binder_get_the_same():
    assert (ROOT / "environment.yml").read_text() == (ROOT / "binder" / "environment.yml").read_text()


def test_they_get_what_pip_gets():
    wanted = {str(Requirement(line)) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lab"])}
    conda, pip = environment("environment.yml")
    assert pip == wanted and "python=3.12" in conda


def test_every_dependency_has_a_range():
    for extra in ({"": PROJECT["dependencies"]} | PROJECT["optional-dependencies"]).values():
        assert all(Requirement(line).specifier for line in extra)


def test_binder_builds_from_the_folder(tmp_path):
    command = shutil.which("jupyter-repo2docker", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("jupyter-repo2docker is not installed")
    copied = tmp_path / "repository"
    shutil.copytree(ROOT / "binder", copied / "binder")
    done = subprocess.run([command, "--no-build", "--debug", str(copied)], capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    assert "binder/environment.yml" in said and "binder/postBuild" in said and "binder/start" in said


def test_the_floors_and_the_version_agree():
    import kit

    assert kit.__version__ == PROJECT["version"]
