"""The agent on the servers of this lab: it runs what software deployments ask for, and tells how it ended.

A real server runs `os-collect-config`; this one knows a single command, `apt-get install`, and the packages below.
"""

from __future__ import annotations

import re
from typing import Any

PACKAGES = frozenset({"nginx", "haproxy", "postgresql", "redis", "memcached"})
INSTALL = re.compile(r"^\s*apt-get install -y (.+)$", re.MULTILINE)


def poll(conn: Any) -> int:
    """Run every deployment that waits; how many there were."""
    waiting = [each for each in conn.orchestration.software_deployments() if each.status == "IN_PROGRESS"]
    for each in waiting:
        config = conn.orchestration.get_software_config(each.config_id)
        inputs = {given["name"]: str(given.get("value")) for given in config.inputs}
        code, out, error = run(config.config, inputs)
        told = {"deploy_status_code": code, "deploy_stdout": out, "deploy_stderr": error}
        conn.session.post(inputs["deploy_signal_id"], json=told)
    return len(waiting)


def run(script: str, inputs: dict[str, str]) -> tuple[int, str, str]:
    """Exit code, output and error output of a script; inputs are its environment."""
    out = []
    for line in INSTALL.findall(script):
        for package in re.sub(r"\$(\w+)", lambda match: inputs.get(match[1], ""), line).split():
            if package not in PACKAGES:
                return 100, "\n".join(out), f"E: Unable to locate package {package}"
            out.append(f"Setting up {package} ...")
    return 0, "\n".join(out), ""
