"""What a create or an update would do in a cloud: its own answer, with the properties old and new beside it.

Heat's preview of an update names the resources only. What changes in each is worked out here, from the template,
environment and files that the cloud keeps of the stack; which class each is in stays the cloud's word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kit.errors import HotError
from kit.hot.backend import MemoryBackend
from kit.hot.environment import read_environment
from kit.hot.errors import FileError
from kit.hot.files import read_text
from kit.hot.plan import WORDS, Plan, PropertyChange, Step
from kit.hot.remote.client import Heat, path_of
from kit.hot.resources.software import SoftwareDeployment
from kit.hot.resources.wait import WaitConditionHandle
from kit.hot.stack import Stack
from kit.hot.template import Template

SIGNALS = 100  # a resource gets at most so many while the stack of today is made in memory
STEPS = 10_000


@dataclass(frozen=True)
class Request:
    """What a create or an update sends; the names of files are URLs, as Heat's own client makes them."""

    template: dict[str, Any]
    files: dict[str, Any]
    environment: dict[str, Any]
    parameters: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """The part of the request's body that creates and updates share."""
        return {
            "template": self.template, "files": self.files, "environment": self.environment,
            "parameters": self.parameters,
        }  # fmt: skip


def read_request(
    template: Path, environments: Sequence[Path] = (), parameters: Mapping[str, Any] | None = None
) -> Request:
    """A template with all that it and its environments name.

    Raises
    ------
    HotError
        A file is missing, or is none of the kind; with line and column where there are any.
    """
    from openstack.exceptions import SDKException
    from openstack.orchestration.util import template_utils

    Template.read(read_text(template), str(template))
    for path in environments:
        read_environment(read_text(path), str(path))
    try:
        files, merged = template_utils.process_multiple_environments_and_files([str(path) for path in environments])
        more, read = template_utils.get_template_contents(str(template))
    except (SDKException, OSError, ValueError) as error:
        todo = "Files that a template names lie beside it."
        raise FileError(f"cannot read what it names: {error}", where=str(template), todo=todo) from None
    return Request(read or {}, {**files, **more}, merged, dict(parameters or {}))


def plan_create(heat: Heat, name: str, request: Request) -> Plan:
    """What creating a stack would make in a cloud.

    Raises
    ------
    RemoteError
        The cloud refuses the template, or does not answer.
    """
    found = heat.part("stack", "/stacks/preview", "POST", {"stack_name": name, **request.body})
    return Plan([
        Step(
            each["resource_name"], each["resource_type"], "created",
            tuple(PropertyChange(key, None, value) for key, value in (each.get("properties") or {}).items()),
        )
        for each in _flat(found["resources"])
    ])  # fmt: skip


def _flat(resources: list[Any]) -> Iterator[dict[str, Any]]:
    """Resources; those of a stack inside come as a list of their own."""
    for each in resources:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def plan_update(heat: Heat, name: str, request: Request, *, existing: bool = False) -> Plan:
    """What updating a stack would do in a cloud.

    Parameters
    ----------
    existing : bool
        Whether parameters and environment that are not given stay as they are.

    Raises
    ------
    RemoteError
        There is no such stack, the cloud refuses the template, or does not answer.
    """
    stack = heat.stack(name)
    path = path_of(stack)
    answer = heat.part("resource_changes", f"{path}/preview", "PATCH" if existing else "PUT", request.body)
    kinds = {word: kind for kind, word in WORDS.items()}
    steps = [
        Step(
            each["resource_name"], each["resource_type"], kinds[word],
            tuple(
                PropertyChange(one["name"], one["old"], one["new"], one["forces_replacement"])
                for one in each.get("property_changes") or ()
            ),
            each.get("reason") or "",
        )
        for word in ("replaced", "updated", "added", "deleted", "unchanged")
        for each in answer.get(word) or ()
    ]  # fmt: skip
    if any("property_changes" in each for word in kinds for each in answer.get(word) or ()):
        return Plan(steps)
    return Plan(list(_detailed(steps, _worked_out(heat, path, request, existing))))


def _worked_out(heat: Heat, path: str, request: Request, existing: bool) -> Plan:
    """The plan by the engine here; empty where it cannot follow, as with types that only that cloud has."""
    kept = {part: heat.get(f"{path}/{part}") or {} for part in ("template", "environment", "files")}
    try:
        stack = settled(kept["template"], environment=kept["environment"], files=kept["files"])
        return stack.preview_update(
            request.template, files=request.files, environment=request.environment, parameters=request.parameters,
            existing=existing,
        )  # fmt: skip
    except HotError:
        return Plan()


def _detailed(steps: list[Step], worked_out: Plan) -> Iterator[Step]:
    known = {each.name: each for each in worked_out.steps}
    for step in steps:
        own = known.get(step.name)
        if own is None or own.type != step.type:
            yield step
        else:
            reason = own.reason if own.change == step.change else ""
            yield replace(step, properties=own.properties, reason=reason)


def settled(template: Any, **inputs: Any) -> Stack:
    """A stack of records in memory, made to the end; what waits for signals gets them.

    Raises
    ------
    TemplateError
        The template is refused.
    """
    stack = Stack.create("plan", template, MemoryBackend(), **inputs, wait=False)
    sent: dict[str, int] = {}
    for _ in range(STEPS):
        if not stack.step():
            break
        for name, each in list(stack.resources.items()):
            takes = isinstance(each.kind, WaitConditionHandle | SoftwareDeployment)
            if takes and each.action == "CREATE" and sent.get(name, 0) < SIGNALS:
                sent[name] = sent.get(name, 0) + 1
                stack.signal(name, None)
        stack.backend.wait(1.0)
    return stack
