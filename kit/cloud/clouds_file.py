"""The entry in a clouds.yaml by which every OpenStack client finds a cloud."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kit.errors import CloudError

MARK = "# Written by the lab kit; entries below are replaced when a cloud of the same name starts.\n"


def write_entry(path: Path, name: str, entry: Mapping[str, Any]) -> Path:
    """Put one entry below `clouds:` of a file and return the file that holds it.

    A file that somebody else wrote is left as it is, and `clouds-NAME.yaml` beside it is written instead.

    Raises
    ------
    CloudError
        When the file cannot be written.
    """
    if path.exists() and not _ours(path):
        path = path.with_name(f"clouds-{name}.yaml")
    clouds = _entries(path)
    clouds[name] = dict(entry)
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(mode=0o600)  # it holds a password
        fresh.write_text(MARK + yaml.safe_dump({"clouds": clouds}, sort_keys=False), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise CloudError(
            f"cannot write the cloud's entry: {error}", where=str(path), todo="Choose another file with --clouds-yaml."
        ) from error
    return path


def _ours(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8").startswith(MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _entries(path: Path) -> dict[str, Any]:
    if not path.exists() or not _ours(path):
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return {}
    found = data.get("clouds") if isinstance(data, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def is_found(path: Path) -> bool:
    """Whether clients find the file by themselves: by its name in this folder, or by the environment."""
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if named:
        return Path(named).resolve() == path.resolve()
    return path.resolve() == (Path.cwd() / "clouds.yaml").resolve()
