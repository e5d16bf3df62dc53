"""The warts of the cloud: where it breaks the API guidelines because the real service does.

`warts.yaml` beside this file is a configuration of `kit api audit`, so the list can be read, shown, and used to
see what an audit of the cloud finds besides.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from kit.guidelines import Config, Excuse, read_config


@cache
def warts() -> Config:
    """The list as a configuration: its exceptions are the warts, each with reason and source."""
    with as_file(files(__package__).joinpath("warts.yaml")) as path:
        return read_config(path)


def warts_of(rule: str = "*") -> list[Excuse]:
    """The warts that break a rule; all of them, in the order of the file, without one."""
    return [wart for wart in warts().excuses if rule in ("*", wart.rule)]
