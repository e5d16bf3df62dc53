"""Templates looked at without a stack: validated; which versions there are, and which functions each has."""

from __future__ import annotations

import inspect
from typing import Any

from kit.cloud.call import Call
from kit.cloud.orchestration.backend import CloudBackend
from kit.cloud.orchestration.common import body, engine, truth
from kit.cloud.orchestration.errors import HeatError
from kit.cloud.orchestration.function_texts import sentence
from kit.cloud.orchestration.instantiation import Given
from kit.hot import VERSIONS, Version, shown

MARK = " (an extension of this cloud, not in real Heat)"


def validate(call: Call, tenant: str) -> dict[str, Any]:
    """Check a template, and tell its parameters."""
    given = Given(body(call))
    inputs = given.inputs
    backend = CloudBackend(call.cloud, call.base)
    backend.attach(call.tx, call.context)
    with engine(call):
        return shown(given.template, **inputs, backend=backend, nested=truth(call, "show_nested"))


def _label(version: Version) -> str:
    return f"{version.key}.{version.name}"


def versions(call: Call, tenant: str) -> dict[str, Any]:
    """The versions of templates, with the names that stand for the same."""
    found = {}
    for version in VERSIONS.values():
        aliases = [f"{version.key}.{version.alias}"] if version.alias else []
        kind = "hot" if version.hot else "cfn"
        if version.extension:
            kind = "hot, extended: not real Heat"
        found[_label(version)] = {"version": _label(version), "type": kind, "aliases": aliases}
    return {"template_versions": [found[name] for name in sorted(found)]}


def functions(call: Call, tenant: str, version: str) -> dict[str, Any]:
    """The functions of a version."""
    wanted = next(
        (each for each in VERSIONS.values() if version in (_label(each), f"{each.key}.{each.alias}")), None
    )  # fmt: skip
    if wanted is None:
        raise HeatError(404, f"Template with version {version} not found", "NotFound")
    conditions = truth(call, "with_condition_func")
    classes = {**dict(wanted.conditions), **dict(wanted.functions)} if conditions else dict(wanted.functions)
    told = []
    for name in wanted.function_names(conditions):
        said = sentence(name, wanted.name)
        if said is None:
            text = inspect.getdoc(classes[name]) or ""
            said = text.split("\n\n")[0].replace("\n", " ") + MARK
        told.append({"functions": name, "description": said})
    return {"template_functions": told}
