"""Heat's templates and stacks: answers computed by the whole real engine (see data/hot/FORMAT.md)."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.errors import HotError
from kit.hot import MemoryBackend, ResourceFailure, Stack, TemplateError, inspect_template, plan, shown

CLASSES = ("created", "updated", "replaced", "deleted", "untouched")
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
NAME = "teststack"


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each case's id, and what is wrong or None."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            case = json.loads(line)
            try:
                yield case["id"], Case(case).run()
            except Exception as error:  # a crash is a failed case, and the next one is run
                yield case["id"], f"{type(error).__name__}: {error}"


class Case:
    """One case: a stack in an empty cloud."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.name = case.get("stack_name") or NAME
        self.backend = MemoryBackend()
        self.stack: Stack | None = None
        self.seen = 0

    def run(self) -> str | None:
        """Run the steps; what is wrong with the first that fails."""
        for number, (step, expect) in enumerate(zip(self.case["steps"], self.case["expect"], strict=True)):
            problem = self.step(step, expect)
            if problem:
                return f"step {number + 1} {step['op']}: {problem}"
        return None

    def step(self, step: dict[str, Any], expect: dict[str, Any]) -> str | None:
        self.seen = len(self.stack.events) if self.stack else 0
        try:
            got = getattr(self, f"do_{step['op']}")(step)
        except HotError as error:
            if expect["verdict"] != "rejected":
                return f"expected {expect['verdict']}, got a refusal: {type(error).__name__}: {error}"
            return refusal(error, expect)
        if expect["verdict"] == "rejected":
            return f"expected a refusal ({expect['error']}: {expect['message']}), got none"
        return self.compare(got, expect)

    # The steps

    def inputs(self, step: dict[str, Any]) -> dict[str, Any]:
        return {
            "parameters": step.get("params"), "environment": step.get("env"), "files": step.get("files"),
            "environment_files": step.get("environment_files") or (),
        }  # fmt: skip

    def do_create(self, step: dict[str, Any]) -> None:
        stack = Stack.create(
            self.name, step["template"], self.backend, **self.inputs(step), rollback=bool(step.get("rollback")),
            project_id="test_tenant_id", wait=False,
        )  # fmt: skip
        self.stack = stack
        signals = list(step.get("signal_when") or ())
        told = -1
        while True:
            while signals and self.made(signals[0]["resource"]):
                signal = signals.pop(0)
                with contextlib.suppress(ResourceFailure):  # the call is answered before the signal is looked at
                    stack.signal(signal["resource"], signal["data"])
            if not stack.step() or self.backend.now() > 10_000:
                return
            if told == len(stack.events):
                self.backend.wait(1)
            told = len(stack.events)

    def made(self, name: str) -> bool:
        assert self.stack is not None
        found = self.stack.resources.get(name)
        return found is not None and found.state == "CREATE_COMPLETE"

    def do_update(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        args = step.get("args") or {}
        self.stack.update(
            step.get("template"), **self.inputs(step), existing=bool(args.get("existing")),
            clear_parameters=args.get("clear_parameters") or (), rollback=bool(step.get("rollback")),
        )  # fmt: skip

    def do_preview_update(self, step: dict[str, Any]) -> dict[str, Any]:
        assert self.stack is not None
        args = step.get("args") or {}
        found = self.stack.preview_update(
            step.get("template"), **self.inputs(step), existing=bool(args.get("existing")),
            clear_parameters=args.get("clear_parameters") or (),
        )  # fmt: skip
        return {word: found.names(word) for word in ("added", "updated", "replaced", "deleted", "unchanged")}

    def do_preview(self, step: dict[str, Any]) -> dict[str, Any]:
        found = plan(step["template"], name=self.name, **self.inputs(step))
        return {"resources": [each.name for each in found.steps]}

    def do_graph(self, step: dict[str, Any]) -> dict[str, Any]:
        checked = inspect_template(step["template"], name=self.name, **self.inputs(step))
        checked.raise_first()
        return {"requires": [list(edge) for edge in checked.graph.edges], "waves": checked.graph.waves()}

    def do_validate(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"result": shown(step["template"], **self.inputs(step))}

    def do_delete(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        self.stack.delete()

    def do_suspend(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        self.stack.suspend()

    def do_resume(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        self.stack.resume()

    def do_check(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        self.stack.check()

    def do_abandon(self, step: dict[str, Any]) -> dict[str, Any]:
        assert self.stack is not None
        data = self.stack.abandon()
        resource = next(iter(data["resources"].values()), {})
        return {"keys": sorted(data), "resource_keys": sorted(resource)}

    def do_signal(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        with contextlib.suppress(ResourceFailure):
            self.stack.signal(step["resource"], step.get("data"))

    def do_mark_unhealthy(self, step: dict[str, Any]) -> None:
        assert self.stack is not None
        self.stack.mark_unhealthy(step["resource"], step.get("unhealthy", True))

    # What came of them

    def compare(self, got: dict[str, Any] | None, expect: dict[str, Any]) -> str | None:
        for key in ("added", "updated", "replaced", "deleted", "unchanged", "requires", "waves", "result", "keys",
                    "resource_keys", *(["resources"] if got and "resources" in got else [])):  # fmt: skip
            if got is not None and key in expect and not same(order(got.get(key)), order(expect[key])):
                return f"{key}: expected {expect[key]}, got {got.get(key)}"
        if got is not None or self.stack is None:
            return None
        stack = self.stack
        if "status" in expect and stack.state != expect["status"]:
            return f"status: expected {expect['status']}, got {stack.state}: {stack.reason}"
        for name in expect.get("reason_mention") or ():
            if name not in stack.reason:
                return f"reason: {name!r} is not told: {stack.reason}"
        return (
            outputs(stack, expect.get("outputs"))
            or (("resources" in expect and resources(stack, expect["resources"])) or None)
            or (("changes" in expect and changes(stack, expect["changes"])) or None)
            or (("events" in expect and self.events(expect["events"])) or None)
        )

    def events(self, expect: list[str]) -> str | None:
        assert self.stack is not None
        got = [
            str(event) if event.name != self.stack.name else f"<STACK> {event.state}"
            for event in self.stack.events[self.seen :]
        ]
        if sorted(got) != sorted(expect):
            return f"events: expected {expect}, got {got}"
        for place, event in enumerate(got):
            if event.endswith("_COMPLETE") and f"{event[:-9]}_IN_PROGRESS" in got[place + 1 :]:
                again = got[:place].count(f"{event[:-9]}_IN_PROGRESS")
                if not again:
                    return f"events: {event} came before it began"
        return None


def refusal(error: HotError, expect: dict[str, Any]) -> str | None:
    """What is wrong with an error that was expected."""
    told = str(error)
    if isinstance(error, TemplateError):
        told = error.message
    for word in expect.get("mention") or ():
        if word not in told:
            return f"{word!r} is not told: {told}"
    where = expect.get("where")
    if where and re.split(r"[.\[]", where)[1].split("<")[0] not in told:
        return f"the place {where} is not told: {told}"
    code = getattr(error, "code", type(error).__name__)
    if expect["error"] not in (code, "Error"):
        return f"expected {expect['error']}, got {code}: {told}"
    return None


def outputs(stack: Stack, expect: dict[str, Any] | None) -> str | None:
    """What is wrong with the outputs."""
    values, errors = stack.outputs, stack.output_errors
    if expect is None:
        return None
    if set(values) != set(expect):
        return f"outputs: expected {sorted(expect)}, got {sorted(values)}"
    for name, wanted in expect.items():
        if "value" in wanted:
            if name in errors:
                return f"output {name}: expected {wanted['value']!r}, got the error {errors[name]}"
            if not same(values[name], wanted["value"], stack):
                return f"output {name}: expected {wanted['value']!r}, got {values[name]!r}"
        elif name not in errors:
            return f"output {name}: expected the error {wanted['error_message']}, got {values[name]!r}"
        else:
            for word in wanted.get("mention") or ():
                if word not in errors[name]:
                    return f"output {name}: {word!r} is not told: {errors[name]}"
    return None


def resources(stack: Stack, expect: dict[str, Any]) -> str | None:
    """What is wrong with the tree."""
    names = [name for name in expect if not name.startswith("<RANDOM")]
    if len(expect) != len(stack.resources) or (len(names) == len(expect) and set(expect) != set(stack.resources)):
        return f"resources: expected {sorted(expect)}, got {sorted(stack.resources)}"
    if len(names) != len(expect):
        wanted = sorted((each["type"], each["status"]) for each in expect.values())
        found = sorted((each.type, each.state) for each in stack.resources.values())
        return None if wanted == found else f"members: expected {wanted}, got {found}"
    for name, wanted in expect.items():
        found_one = stack.resources[name]
        if (found_one.type, found_one.state) != (wanted["type"], wanted["status"]):
            return (
                f"resource {name}: expected {wanted['type']} {wanted['status']}, got {found_one.type} {found_one.state}"
            )
        child = stack.children.get(found_one.id)
        if "children" in wanted:
            if child is None:
                return f"resource {name}: it has no stack inside"
            problem = resources(child, wanted["children"])
            if problem:
                return f"in {name}: {problem}"
        elif child is not None and child.resources:
            return f"resource {name}: expected no children, got {sorted(child.resources)}"
    return None


def changes(stack: Stack, expect: dict[str, list[str]]) -> str | None:
    """What is wrong with the classes of an update."""
    other = set(expect.get("other", ()))
    got = {key: sorted(set(stack.changes.get(key, ())) - other) for key in CLASSES}
    wanted = {key: sorted(expect.get(key, ())) for key in CLASSES}
    return None if got == wanted else f"changes: expected {wanted}, got {got}"


def order(value: Any) -> Any:
    """Lists of names sorted, where their order is free."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return sorted(value)
    return value


def same(got: Any, expect: Any, stack: Stack | None = None) -> bool:
    """Whether two values are alike, placeholders filled."""
    if isinstance(expect, str) and "<" in expect:
        return like(got, expect, stack)
    if isinstance(expect, dict):
        return isinstance(got, dict) and set(got) == set(expect) and all(same(got[k], expect[k], stack) for k in expect)
    if isinstance(expect, list):
        return (
            isinstance(got, list) and len(got) == len(expect) and all(map(lambda a, b: same(a, b, stack), got, expect))
        )
    return type(got) is type(expect) and bool(got == expect)


def like(got: Any, expect: str, stack: Stack | None) -> bool:
    if not isinstance(got, str):
        return False
    name = re.escape(stack.name) if stack else NAME
    parts = {
        "<STACK>": name, "<STACK_ID>": re.escape(stack.id) if stack else UUID.pattern, "<UUID>": UUID.pattern,
        "<12CHARS>": "[a-z0-9]{12}",
    }  # fmt: skip
    pattern = "".join(parts.get(piece, re.escape(piece)) for piece in re.split(r"(<[A-Z0-9_]+>)", expect))
    return re.fullmatch(pattern, got) is not None
