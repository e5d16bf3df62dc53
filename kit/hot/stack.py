"""A stack: made, changed, looked at and deleted, over any backend.

Calls that take time begin here and go on with `step`; `run` steps until the end. Source: Heat 27, its service
and its convergence engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kit.hot import adopt, snapshots
from kit.hot.acting import Acting
from kit.hot.converge import Converge
from kit.hot.definition import Definition
from kit.hot.environment import Environment
from kit.hot.errors import (
    FunctionError,
    ImmutableParameterModified,
    NotSupported,
)
from kit.hot.inputs import Source, read_environment, read_template
from kit.hot.parts import Names
from kit.hot.plan import Plan, plan_update
from kit.hot.resources.base import Backend, Resource
from kit.hot.template import Template
from kit.hot.validate import Validation


class Stack(Acting):
    """A stack.

    Attributes
    ----------
    name, id, project_id : str
        What it is called.
    action, status, reason : str
        `CREATE`, `COMPLETE`, and why.
    failure : ResourceFailure or None
        The failed leaf, with its path.
    changes : dict
        What the last update did, by class.

    Examples
    --------
    >>> from kit.hot import Stack
    >>> stack = Stack.create("s", '''
    ... heat_template_version: 2021-04-16
    ... resources: {a: {type: OS::Heat::TestResource, properties: {value: hi}}}
    ... outputs: {o: {value: {get_attr: [a, output]}}}
    ... ''')
    >>> stack.state, stack.outputs
    ('CREATE_COMPLETE', {'o': 'hi'})
    """

    def __init__(
        self, name: str, backend: Backend, project_id: str = "", timeout_mins: int = 60, id: str | None = None
    ) -> None:  # fmt: skip
        super().__init__(name, backend, project_id, timeout_mins, id)
        self.environment = Environment()
        self.files: Mapping[str, str] = {}
        self.parent: Resource | None = None
        self.depth = 0
        self.generation = self.previous = ""
        self.created_at = self.updated_at = backend.now()
        self.adopting: Mapping[str, Any] = {}
        self._before: tuple[Template, Environment, Mapping[str, str], str] | None = None
        self._generations = 0

    # Making

    @classmethod
    def create(
        cls, name: str, template: Source, backend: Backend | None = None, *,
        parameters: Mapping[str, Any] | None = None, environment: Mapping[str, Any] | str | None = None,
        files: Mapping[str, str] | None = None, environment_files: Sequence[str] = (), rollback: bool = False,
        project_id: str = "", functions: Mapping[str, Callable[..., Any]] | None = None, wait: bool = True,
        timeout_mins: int = 60, adopt: Mapping[str, Any] | None = None,
    ) -> Stack:  # fmt: skip
        """Make a stack.

        Parameters
        ----------
        template : str, mapping or Template
            What it is made of.
        backend : Backend, optional
            Default one that keeps records only.
        parameters : mapping, optional
            Values; they win over those of the environment.
        files : mapping, optional
            Texts for get_file, nested templates and environment files.
        rollback : bool
            Whether a failure takes everything back.
        functions : mapping, optional
            Functions of your own, written in Python.
        wait : bool
            Whether it runs to the end; otherwise call `step`.
        adopt : mapping, optional
            Name to what `abandon` told of a resource that is there already, and is taken over.

        Raises
        ------
        TemplateError
            The template is refused; nothing is made. The first fault is the one Heat tells, `all` are beside it.
        """
        if backend is None:
            from kit.hot.backend import MemoryBackend

            backend = MemoryBackend()
        stack = cls(name, backend, project_id, timeout_mins)
        stack.rollback = rollback
        read = read_template(template, functions)
        env = read_environment(read, parameters, environment, files or {}, environment_files, True)
        stack.adopting = adopt or {}
        stack._start("CREATE" if adopt is None else "ADOPT", read, env, files or {})
        if wait:
            stack.run()
        return stack

    def _define(self, template: Template, environment: Environment, files: Mapping[str, str]) -> Definition:
        return Definition(template, environment, files, Names(self.name, self.id, self.project_id), parent=self._facade)

    def _facade(self, part: str) -> Any:
        if self.parent is None:
            raise FunctionError("resource_facade works only in a template that another one uses as a type")
        default: Any = "Delete" if part == "deletion_policy" else {}
        return self.parent.frozen.get(part) or default

    def _start(self, action: str, template: Template, environment: Environment, files: Mapping[str, str]) -> None:
        """Validate, and begin to bring the stack to the template."""
        definition = self._define(template, environment, files)
        checked = Validation(definition, self.backend, True, self.depth)
        checked.raise_first()
        self._before = (self.template, self.environment, self.files, self.generation)
        self.previous = self.generation
        self._generations += 1
        self._begin(action, definition, checked, f"{self.id}-{self._generations}")

    def _begin(self, action: str, definition: Definition, checked: Validation, generation: str) -> None:
        self.template, self.environment, self.files = definition.template, definition.environment, definition.files
        self.definition, self.generation = definition, generation
        definition.view = self.view
        self.failure = None
        if action != "ROLLBACK":
            self._changes = {}
        self.started = self.backend.now()
        self.set_stack_state(action, "IN_PROGRESS", f"Stack {action} started")
        self.task = Converge(self, action, definition, checked.lookup, checked.graph)

    def begin_child(self, parent: Resource, template: Template, environment: Environment) -> Stack:
        """Begin the stack inside a resource."""
        child = Stack(self.physical_name(parent), self.backend, self.project_id, self.timeout_mins)
        child.parent, child.depth = parent, self.depth + 1
        adopted = self.action == "ADOPT" and parent.name in self.adopting
        child.adopting = self.adopting[parent.name].get("resources") or {} if adopted else {}
        child._start("ADOPT" if adopted else "CREATE", template, environment, self.files)
        self.children[parent.id] = child
        return child

    # Changing

    def update(
        self, template: Source | None = None, *, parameters: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | str | None = None, files: Mapping[str, str] | None = None,
        environment_files: Sequence[str] = (), existing: bool = False, clear_parameters: Sequence[str] = (),
        rollback: bool | None = None, functions: Mapping[str, Callable[..., Any]] | None = None, wait: bool = True,
        converge: bool | None = None,
    ) -> Stack:  # fmt: skip
        """Bring the stack to another template, or other parameters.

        Parameters
        ----------
        existing : bool
            Whether parameters, files and template that are not given stay; otherwise they fall to the defaults.
        clear_parameters : sequence of str
            With `existing`, those that do not stay.
        converge : bool
            Whether resources are compared with what is really there, and not with what they were made of: what was
            changed or deleted behind the stack's back is mended. None: as with the last update.

        Raises
        ------
        TemplateError
            The template is refused, and the stack is as it was.
        NotSupported
            The stack is suspended, or being changed or deleted.
        """
        if self.action in ("SUSPEND", "DELETE") and self.state != "DELETE_COMPLETE":
            word = "suspended" if self.action == "SUSPEND" else "deleting"
            raise NotSupported(f"Updating a stack when it is {word} is not supported.", where=self.name)
        given = (template, parameters, environment, files, environment_files, existing, clear_parameters, functions)
        read, env, all_files = self._prepare(*given)
        self.rollback = self.rollback if rollback is None else rollback
        self.converge = self.converge if converge is None else converge
        self._start("UPDATE", read, env, all_files)
        if wait:
            self.run()
        return self

    def _prepare(
        self, template: Source | None, parameters: Mapping[str, Any] | None, environment: Mapping[str, Any] | str | None,
        files: Mapping[str, str] | None, environment_files: Sequence[str], existing: bool,
        clear_parameters: Sequence[str], functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> tuple[Template, Environment, Mapping[str, str]]:  # fmt: skip
        """The template, environment and files of an update."""
        self._present()
        if template is None and not existing:
            raise NotSupported("An update needs a template, or --existing.", where=self.name)
        read = self.template if template is None else read_template(template, functions)
        all_files = {**self.files, **(files or {})} if existing else dict(files or {})
        env = read_environment(read, parameters, environment, all_files, environment_files, True)
        if existing:
            env = adopt.retained(self.environment, env, clear_parameters, read)
        self._immutable(self._define(read, env, all_files), env)
        return read, env, all_files

    def _immutable(self, definition: Definition, environment: Environment) -> None:
        changed = []
        for name, parameter in definition.parameters.declared.items():
            old = self.definition.parameters
            if not parameter.immutable or name not in old.declared:
                continue
            try:
                new = environment.parameters[name] if name in environment.parameters else definition.parameters[name]
                if old[name] != new:
                    changed.append(name)
            except FunctionError:
                continue
        if changed:
            what = f"The following parameters are immutable and may not be updated: {', '.join(changed)}"
            error = ImmutableParameterModified(what, anchor=(definition.section.parameters, changed[0]))
            raise definition.template.place(error)

    def begin_update(self, template: Template, environment: Environment, files: Mapping[str, str]) -> None:
        """Begin to change a stack inside another."""
        self.converge = self.parent is not None and self.parent.stack.converge
        self._start("UPDATE", template, environment, files)

    def preview_update(
        self, template: Source | None = None, *, parameters: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | str | None = None, files: Mapping[str, str] | None = None,
        environment_files: Sequence[str] = (), existing: bool = False, clear_parameters: Sequence[str] = (),
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Plan:  # fmt: skip
        """What an update would do, per resource and property; nothing is changed.

        Raises
        ------
        TemplateError, NotSupported
            As the update itself.
        """
        given = (template, parameters, environment, files, environment_files, existing, clear_parameters, functions)
        return plan_update(self, self.checked_update(*given))

    def checked_update(self, *given: Any, **named: Any) -> Validation:
        """The validation on which `plan_update` rests, of what `preview_update` takes.

        Raises
        ------
        TemplateError, NotSupported
            As the update itself.
        """
        checked = Validation(self._define(*self._prepare(*given, **named)), self.backend, True, self.depth)
        checked.raise_first()
        return checked

    def begin_restore(self, kept: Mapping[str, Any]) -> None:
        """Begin to go back to a snapshot, as `kit.hot.snapshots.take` gives it.

        Raises
        ------
        TemplateError
            The kept template is refused today.
        """
        template, environment, files = snapshots.wanted(self, kept)
        self._start("RESTORE", template, environment, files)

    def restore(self, kept: Mapping[str, Any]) -> Stack:
        """Go back to a snapshot."""
        self.begin_restore(kept)
        return self.run()

    def delete(self, wait: bool = True) -> Stack:
        """Delete the stack; what has the policy Retain stays in the cloud."""
        self._present()
        self.begin_delete()
        if wait:
            self.run()
        return self

    def begin_delete(self) -> None:
        """Begin to delete the stack."""
        if self.task is not None and isinstance(self.task, Converge):
            self.task.abort("DELETE started")
        definition = self._define(adopt.without_resources(self.template), self.environment, self.files)
        checked = Validation(definition, self.backend, False, self.depth)
        template = self.template
        self._generations += 1
        self._begin("DELETE", definition, checked, f"{self.id}-{self._generations}")
        self.template = template

    # Going on

    def step(self) -> bool:
        """Go on as far as possible now; whether there is more to do."""
        return self._step()[0]

    def step_inside(self) -> bool:
        """Go on with stacks inside that are busy on their own, after a signal; whether anything happened."""
        moved = False
        for id, child in list(self.children.items()):
            record = self.records.get(id)
            if record is None:
                continue
            busy = self.task is not None and (id in self.task.running or record.name in self.task.running)
            if child.task is not None and not busy:
                more, changed = child._step()
                moved = moved or changed
                if not more:
                    record.kind.settled(record)
                    self.refresh_metadata()
                    if child.state == "DELETE_COMPLETE":
                        del self.children[id]
                        continue
            moved = child.step_inside() or moved
        return moved

    def wakes(self) -> float | None:
        """The moment at which it goes on though nothing else happens: a timeout, or the end of a wait."""
        found = [self.started + self.timeout_mins * 60] if self.task is not None and self.depth == 0 else []
        if self.task is not None:
            for key in self.task.running:
                record = self.records.get(key) or self.resources.get(key)
                if record is None:
                    continue
                moment = record.data["again"]["at"] if "again" in record.data else record.kind.wakes(record)
                found += [moment] if moment is not None else []
        found += [moment for child in self.children.values() if (moment := child.wakes()) is not None]
        return min(found, default=None)

    def _step(self) -> tuple[bool, bool]:
        if self.task is None:
            return False, False
        late = self.backend.now() - self.started > self.timeout_mins * 60
        if late and self.depth == 0 and not self.task.drained:
            self.stop("Timed out")
        more, moved = self.task.step()
        if more:
            return True, moved
        return self._end(), True

    def run(self) -> Stack:
        """Step until the end; when nothing moves, time passes, and a hook of the environment stops it."""
        while True:
            more, moved = self._step()
            if not more:
                return self
            if isinstance(self.task, Converge) and self.task.paused and not self.task.running and not moved:
                return self
            if not moved:
                self.backend.wait(1.0)

    def _end(self) -> bool:
        task = self.task
        assert task is not None
        self.task = None
        if task.drained:
            return False
        if task.failure is None:
            self.set_stack_state(task.action, "COMPLETE", f"Stack {task.action} completed successfully")
            self.updated_at = self.backend.now()
            return False
        self.failure = task.failure
        back = self.rollback and task.action in ("CREATE", "UPDATE") and self.parent is None
        if not (back and self.cancelled):
            for failure, op in [(task.failure, task.failed_action), *([] if back else task.more)]:
                told = f"Resource {op} failed: {failure.text}" if op else failure.what
                self.set_stack_state(task.action, "FAILED", told)
        self.cancelled = False
        if back:
            self._roll_back(task.action)
            return True
        if task.action == "UPDATE":
            self._settle()
        return False

    def _roll_back(self, action: str) -> None:
        assert self._before is not None
        self.previous = self.generation
        template, environment, files, generation = self._before
        if action == "CREATE":
            template, environment, files = adopt.without_resources(self.template), self.environment, self.files
            generation = f"{self.id}-0"
        definition = self._define(template, environment, files)
        failure = self.failure
        self._begin("ROLLBACK", definition, Validation(definition, self.backend, False, self.depth), generation)
        self.failure = failure
