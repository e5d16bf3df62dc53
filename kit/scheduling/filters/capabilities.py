"""The filter on capabilities: extra specs against what a host says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.filters.operators import match
from kit.scheduling.host import Host


class ComputeCapabilitiesFilter(Filter):
    """Extra specs of scope `capabilities`, and those without a scope that name a value of the host.

    A scope may go deeper: `capabilities:cpu_info:features`. Other scopes are not looked at.

    Source: nova/scheduler/filters/compute_capabilities_filter.py, Nova 34.
    """

    once = True

    def applies(self, ask: Ask) -> bool:
        return bool(_specs(ask))

    def reason(self, host: Host, ask: Ask) -> str:
        for path, wanted, scoped in _specs(ask):
            if not scoped and not _known(host, path[0]):
                continue
            found = capability(host, path)
            name = ":".join(path)
            if found is None:
                return f"says nothing of {name}, which must be {wanted}"
            if not match(str(found), wanted):
                return f"has {name} {found}; it must be {wanted}"
        return ""


def _specs(ask: Ask) -> list[tuple[list[str], str, bool]]:
    """Paths with what is wanted there, and whether the scope was written."""
    specs = dict(ask.flavor.extra_specs)
    bits = specs.pop("hw:maxphysaddr_bits", None)
    if bits is not None:
        specs["capabilities:cpu_info:maxphysaddr:bits"] = f">= {bits}"
    found = []
    for key, wanted in specs.items():
        path = key.split(":")
        if len(path) == 1:
            found.append((path, wanted, False))
        elif path[0] == "capabilities":
            found.append((path[1:], wanted, True))
    return found


def _known(host: Host, name: str) -> bool:
    try:
        host.attribute(name)
    except KeyError:
        return name in host.attribute("stats")
    return True


def capability(host: Host, path: list[str]) -> Any:
    """What a host says at a path; None where it says nothing."""
    found: Any = None
    for depth, name in enumerate(path):
        if depth == 0:
            try:
                found = host.attribute(name)
            except KeyError:
                found = None
            found = host.attribute("stats").get(name) if found is None else found
        else:
            if isinstance(found, str):
                try:
                    found = json.loads(found)
                except ValueError:
                    return None
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None:
            return None
    return found
