"""A terminal's way to the lab's cloud: the same cloud on a port, with an entry in clouds.yaml."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from html import escape
from pathlib import Path

from kit.cloud import Cloud
from kit.cloud.clouds_file import write_entry
from kit.lab.folder import HOME
from kit.lab.progress import OFF

NAME = "lab"


class Terminal:
    """What to type in a terminal. The port differs each time, so the plain text leaves it out."""

    def __init__(self, cloud: Cloud, user: str, project: str) -> None:
        self.server = cloud.serve()
        named = os.environ.get("OS_CLIENT_CONFIG_FILE")
        home = os.environ.get(HOME)
        # A folder of its own goes with the process: the address in it is of no use afterwards.
        folder = Path(home or tempfile.mkdtemp(prefix="kit-lab-"))
        if not home:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        wish = Path(named) if named else folder / "clouds.yaml"
        self.file = write_entry(wish, NAME, cloud.clouds_yaml(self.server.auth_url, user, project))
        # A terminal that `kit lab` opened knows both already.
        self.stable = os.environ.get(OFF, "").lower() == "off"
        self.ready = named is not None and Path(named) == self.file and os.environ.get("OS_CLOUD") == NAME

    def commands(self) -> list[str]:
        """The lines to type, in order."""
        # A run whose outputs are compared with another's shows neither port nor folder.
        lines = (
            []
            if self.ready or self.stable
            else [f"export OS_CLIENT_CONFIG_FILE={self.file}", f"export OS_CLOUD={NAME}"]
        )
        return [*lines, "openstack server list"]

    def __repr__(self) -> str:
        return "The cloud is open to your terminal. Open one (File, New, Terminal) and type:\n  openstack server list"

    def _repr_html_(self) -> str:
        typed = escape("\n".join(self.commands()))
        return (
            "<p>The cloud is open to your terminal. Open one (<em>File, New, Terminal</em>) and type:</p>"
            f"<pre>{typed}</pre>" + ("" if self.stable else f"<p><small>{escape(self.server.auth_url)}</small></p>")
        )
