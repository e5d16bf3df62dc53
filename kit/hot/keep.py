"""A stack as plain data, and from it the same stack again, also in the middle of its work.

What can be found anew is not kept: definitions are parsed from the templates, kinds are asked for by their names.
The texts of nested templates, which many resources share, are kept once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from kit.hot import adopt
from kit.hot.cleanup import Cleanup
from kit.hot.converge import Converge
from kit.hot.definition import Definition
from kit.hot.environment import Environment
from kit.hot.errors import ResourceFailure, StackValidationFailed, TemplateError
from kit.hot.graph import Graph
from kit.hot.lookup import Lookup
from kit.hot.quiet import no_collection
from kit.hot.resources.base import Backend, Kind, Resource
from kit.hot.resources.nested import TemplateKind
from kit.hot.stack import Stack
from kit.hot.states import Walk
from kit.hot.template import Template

FORMAT = 1
PLAIN = ("name", "id", "action", "status", "reason", "project_id", "timeout_mins", "depth", "rollback", "tags",
         "generation", "created_at", "updated_at", "started", "adopting", "cancelled", "converge", "previous")  # fmt: skip
RECORD = ("id", "name", "type", "physical_id", "action", "status", "reason", "frozen", "data", "metadata", "requires",
          "generation", "replaced_by", "created_at", "updated_at", "since")  # fmt: skip

Data = dict[str, Any]


def to_dict(stack: Stack) -> Data:
    """The stack, and the stacks inside it, as plain data; its events are not among it."""
    texts: dict[str, str] = {}
    return {"format": FORMAT, "stack": _stack(stack, texts, None), "texts": texts}


def from_dict(data: Mapping[str, Any], backend: Backend) -> Stack:
    """The stack that `to_dict` told of, on a backend that knows the same types.

    Raises
    ------
    StackValidationFailed
        The data are of another format.
    """
    if data.get("format") != FORMAT:
        raise StackValidationFailed(f"A stack kept in format {data.get('format')}; this version reads {FORMAT}.")
    with no_collection():
        return _Reader(data["texts"], backend).stack(data["stack"], None, None)


# Keeping


def _stack(stack: Stack, texts: dict[str, str], files: Mapping[str, str] | None) -> Data:
    kept: Data = {name: getattr(stack, name) for name in PLAIN}
    kept |= {
        "template": dict(stack.template.data), "environment": _environment(stack.environment),
        "files": None if files is not None and stack.files == files else dict(stack.files),
        "failure": _failure(stack.failure), "changes": stack._changes, "generations": stack._generations,
        "before": _before(stack), "task": _task(stack.task),
        "records": [_record(record, texts) for record in stack.records.values()],
        "resources": {name: record.id for name, record in stack.resources.items()},
        "children": {id: _stack(child, texts, stack.files) for id, child in stack.children.items()},
    }  # fmt: skip
    return kept


def _environment(environment: Environment) -> Data:
    return environment.to_dict() | {"encrypted_param_names": environment.encrypted_param_names}


def _failure(failure: ResourceFailure | None) -> list[Any] | None:
    return None if failure is None else [failure.what, failure.kind, list(failure.path)]


def _before(stack: Stack) -> Data | None:
    """What a rollback would go back to; only while it may be needed."""
    if stack._before is None or stack.task is None:
        return None
    template, environment, files, generation = stack._before
    return {
        "template": dict(template.data), "environment": _environment(environment),
        "files": None if files == stack.files else dict(files), "generation": generation,
    }  # fmt: skip


def _task(task: Converge | Walk | None) -> Data | None:
    if task is None:
        return None
    kept: Data = {
        "action": task.action, "waiting": task.waiting, "paused": task.paused, "failure": _failure(task.failure),
        "failed_action": task.failed_action, "drained": task.drained,
        "more": [[_failure(failure), op] for failure, op in task.more],
    }  # fmt: skip
    if isinstance(task, Walk):
        return kept | {"kind": "walk", "running": sorted(task.running)}
    return kept | {
        "kind": "converge", "running": task.running, "inherited": task.inherited, "done": sorted(task.done),
        "cleanup": _cleanup(task.cleanup), "previous": task.previous,
        "cleared": sorted(map(list, task.cleared)), "generation": task.generation,
        "needs": {name: sorted(needs) for name, needs in task.graph.needs.items()},
    }  # fmt: skip


def _cleanup(cleanup: Cleanup) -> Data:
    return {
        "before": [[id, sorted(others)] for id, others in cleanup.before.items()], "after": cleanup.after,
        "settled": sorted(cleanup.settled),
    }  # fmt: skip


def _record(record: Resource, texts: dict[str, str]) -> Data:
    kept: Data = {name: getattr(record, name) for name in RECORD}
    kind = record.kind
    kept["kind"] = kind.type.name
    if isinstance(kind, TemplateKind):
        digest = hashlib.sha256(kind.template.text.encode()).hexdigest()[:16]
        texts[digest] = kind.template.text
        kept |= {"file": kind.url, "text": digest}
    return kept


# Making it again


class _Reader:
    def __init__(self, texts: Mapping[str, str], backend: Backend) -> None:
        self.texts = texts
        self.backend = backend

    def stack(self, kept: Data, parent: Resource | None, files: Mapping[str, str] | None) -> Stack:
        stack = Stack(kept["name"], self.backend, kept["project_id"], kept["timeout_mins"], kept["id"])
        for name in PLAIN:
            setattr(stack, name, kept.get(name, getattr(stack, name)))
        stack.parent = parent
        stack.files = dict(files or {}) if kept["files"] is None else kept["files"]
        stack.template = Template(kept["template"])
        stack.environment = Environment(kept["environment"])
        stack.failure = _failed(kept["failure"])
        stack._changes, stack._generations = kept["changes"], kept["generations"]
        before = kept["before"]
        if before is not None:
            old_files = stack.files if before["files"] is None else before["files"]
            stack._before = (
                Template(before["template"]), Environment(before["environment"]), old_files, before["generation"]
            )  # fmt: skip
        template = adopt.without_resources(stack.template) if stack.action == "DELETE" else stack.template
        stack.definition = stack._define(template, stack.environment, stack.files)
        lookup = Lookup(stack.definition, self.backend, stack.depth)
        for told in kept["records"]:
            record = Resource(stack, told["name"], told["type"], self._kind(told, lookup), told["id"])
            for name in RECORD:
                setattr(record, name, told[name])
            stack.records[record.id] = record
        stack.resources = {name: stack.records[id] for name, id in kept["resources"].items()}
        stack.definition.view = stack.view
        for id, child in kept["children"].items():
            stack.children[id] = self.stack(child, stack.records[id], stack.files)
        if kept["task"] is not None:
            stack.task = _resumed(stack, kept["task"], lookup)
        return stack

    def _kind(self, told: Data, lookup: Lookup) -> Kind:
        """The kind of a record: that of the definition where it is the same, so that one serves many."""
        definition = lookup.definition.resources.get(told["name"])
        if definition is not None and definition.type == told["type"]:
            try:
                found = lookup.kind(definition)
            except TemplateError:
                found = None
            if found is not None and found.type.name == told["kind"] and self._same_file(found, told):
                return found
        facade = self.backend.kind(told["kind"])
        if "file" in told:
            around = SimpleNamespace(
                files={told["file"]: self.texts[told["text"]]}, environment=lookup.definition.environment
            )
            return TemplateKind(told["kind"], told["file"], cast(Definition, around), facade)
        if facade is None:
            raise StackValidationFailed(f"The Resource Type ({told['kind']}) could not be found.")
        return facade

    def _same_file(self, kind: Kind, told: Data) -> bool:
        if not isinstance(kind, TemplateKind):
            return "file" not in told
        return kind.url == told.get("file") and kind.template.text == self.texts.get(told.get("text", ""))


def _failed(kept: list[Any] | None) -> ResourceFailure | None:
    return None if kept is None else ResourceFailure(kept[0], kept[1], tuple(kept[2]))


def _resumed(stack: Stack, kept: Data, lookup: Lookup) -> Converge | Walk:
    if kept["kind"] == "walk":
        walk = Walk(stack, kept["action"])
        walk.running = set(kept["running"])
        task: Converge | Walk = walk
    else:
        graph = Graph({name: set(needs) for name, needs in kept["needs"].items()})
        # Waiting, and so new records, come from what was kept.
        work = Converge(stack, kept["action"], stack.definition, lookup, graph)
        work.generation, work.previous = kept["generation"], kept.get("previous", "")
        work.running, work.done = dict(kept["running"]), set(kept["done"])
        work.inherited = dict(kept["inherited"])
        work.cleared = {(id, hook) for id, hook in kept["cleared"]}
        if (told := kept.get("cleanup")) is not None:  # older stores tell none: then it is as at the beginning
            cleanup = work.cleanup
            cleanup.before = {id: set(others) for id, others in told["before"]}
            cleanup.after, cleanup.settled = dict(told["after"]), set(told["settled"])
        task = work
    task.waiting, task.paused = list(kept["waiting"]), dict(kept["paused"])
    task.drained = kept.get("drained", False)
    task.failure, task.failed_action = _failed(kept["failure"]), kept["failed_action"]
    task.more = [(failure, op) for each, op in kept.get("more", ()) if (failure := _failed(each))]
    return task
