"""A stack: made, changed, looked at and deleted, over any backend.

Calls that take time begin here and go on with `step`; `run` steps until the end. Source: Heat 27, its service
and its convergence engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kit.hot import adopt, states
from kit.hot.converge import Converge
from kit.hot.definition import Definition
from kit.hot.environment import Environment
from kit.hot.errors import (
    FunctionError,
    ImmutableParameterModified,
    NotSupported,
    ResourceFailure,
    ResourceNotAvailable,
    ResourceNotFound,
)
from kit.hot.inputs import Source, read_environment, read_template
from kit.hot.looks import Looks
from kit.hot.parts import Names
from kit.hot.plan import Plan, plan_update
from kit.hot.resources.base import Backend, Resource
from kit.hot.suggest import did_you_mean
from kit.hot.template import Template
from kit.hot.validate import Validation


class Stack(Looks):
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

    def __init__(self, name: str, backend: Backend, project_id: str = "", timeout_mins: int = 60) -> None:
        super().__init__(name, backend, project_id, timeout_mins)
        self.environment = Environment()
        self.files: Mapping[str, str] = {}
        self.failure: ResourceFailure | None = None
        self.parent: Resource | None = None
        self.depth = 0
        self.generation = ""
        self.created_at = self.updated_at = backend.now()
        self.url = f"http://heat.example/v1/{project_id or 'project'}/stacks/{name}/{self.id}"
        self.task: Converge | states.Walk | None = None
        self._started = 0.0
        self._before: tuple[Template, Environment, Mapping[str, str], str] | None = None
        self._generations = 0

    # Making

    @classmethod
    def create(
        cls, name: str, template: Source, backend: Backend | None = None, *,
        parameters: Mapping[str, Any] | None = None, environment: Mapping[str, Any] | str | None = None,
        files: Mapping[str, str] | None = None, environment_files: Sequence[str] = (), rollback: bool = False,
        project_id: str = "", functions: Mapping[str, Callable[..., Any]] | None = None, wait: bool = True,
        timeout_mins: int = 60,
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
        stack._start("CREATE", read, env, files or {})
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
        self._generations += 1
        self._begin(action, definition, checked, f"{self.id}-{self._generations}")

    def _begin(self, action: str, definition: Definition, checked: Validation, generation: str) -> None:
        self.template, self.environment, self.files = definition.template, definition.environment, definition.files
        self.definition, self.generation = definition, generation
        definition.view = self.view
        self.failure = None
        if action != "ROLLBACK":
            self._changes = {}
        self._started = self.backend.now()
        self.set_stack_state(action, "IN_PROGRESS", f"Stack {action} started")
        self.task = Converge(self, action, definition, checked.lookup, checked.graph)

    def begin_child(self, parent: Resource, template: Template, environment: Environment) -> Stack:
        """Begin the stack inside a resource."""
        child = Stack(self.physical_name(parent), self.backend, self.project_id, self.timeout_mins)
        child.parent, child.depth = parent, self.depth + 1
        child._start("CREATE", template, environment, self.files)
        self.children[parent.id] = child
        return child

    # Changing

    def update(
        self, template: Source | None = None, *, parameters: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | str | None = None, files: Mapping[str, str] | None = None,
        environment_files: Sequence[str] = (), existing: bool = False, clear_parameters: Sequence[str] = (),
        rollback: bool | None = None, functions: Mapping[str, Callable[..., Any]] | None = None, wait: bool = True,
    ) -> Stack:  # fmt: skip
        """Bring the stack to another template, or other parameters.

        Parameters
        ----------
        existing : bool
            Whether parameters, files and template that are not given stay; otherwise they fall to the defaults.
        clear_parameters : sequence of str
            With `existing`, those that do not stay.

        Raises
        ------
        TemplateError
            The template is refused, and the stack is as it was.
        NotSupported
            The stack is suspended, or being changed or deleted.
        """
        given = (template, parameters, environment, files, environment_files, existing, clear_parameters, functions)
        read, env, all_files = self._prepare(*given)
        self.rollback = self.rollback if rollback is None else rollback
        self._start("UPDATE", read, env, all_files)
        if wait:
            self.run()
        return self

    def _prepare(
        self, template: Source | None, parameters: Mapping[str, Any] | None, environment: Mapping[str, Any] | str | None,
        files: Mapping[str, str] | None, environment_files: Sequence[str], existing: bool,
        clear_parameters: Sequence[str], functions: Mapping[str, Callable[..., Any]] | None,
    ) -> tuple[Template, Environment, Mapping[str, str]]:  # fmt: skip
        """The template, environment and files of an update."""
        if self.action in ("SUSPEND", "DELETE"):
            word = "suspended" if self.action == "SUSPEND" else "deleting"
            raise NotSupported(f"Updating a stack when it is {word} is not supported.", where=self.name)
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
        read, env, all_files = self._prepare(*given)
        checked = Validation(self._define(read, env, all_files), self.backend, True, self.depth)
        checked.raise_first()
        return plan_update(self, checked)

    def delete(self, wait: bool = True) -> Stack:
        """Delete the stack; what has the policy Retain stays in the cloud."""
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

    def suspend(self) -> Stack:
        """Suspend all resources, those that need others first."""
        return self._action("SUSPEND")

    def resume(self) -> Stack:
        """Resume all resources."""
        return self._action("RESUME")

    def check(self) -> Stack:
        """Look whether all resources are still what they should be."""
        return self._action("CHECK")

    def _action(self, action: str) -> Stack:
        self.begin_action(action)
        self.run()
        return self

    def begin_action(self, action: str) -> None:
        """Begin to suspend, resume or check."""
        if (action, "COMPLETE") == (self.action, self.status) and action != "CHECK":
            return
        self.failure = None
        self._started = self.backend.now()
        self.set_stack_state(action, "IN_PROGRESS", f"Stack {action} started")
        self.task = states.Walk(self, action)

    # Going on

    def step(self) -> bool:
        """Go on as far as possible now; whether there is more to do."""
        return self._step()[0]

    def _step(self) -> tuple[bool, bool]:
        if self.task is None:
            return False, False
        if self.backend.now() - self._started > self.timeout_mins * 60 and self.depth == 0:
            self.task.abort("Timed out")
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
        if task.failure is None:
            self.set_stack_state(task.action, "COMPLETE", f"Stack {task.action} completed successfully")
            self.updated_at = self.backend.now()
            return False
        self.failure = task.failure
        told = f"Resource {task.failed_action} failed: {task.failure.text}" if task.failed_action else task.failure.what
        self.set_stack_state(task.action, "FAILED", told)
        if self.rollback and task.action in ("CREATE", "UPDATE") and self.parent is None:
            self._roll_back(task.action)
            return True
        return False

    def _roll_back(self, action: str) -> None:
        assert self._before is not None
        template, environment, files, generation = self._before
        if action == "CREATE":
            template, environment, files = adopt.without_resources(self.template), self.environment, self.files
            generation = f"{self.id}-0"
        definition = self._define(template, environment, files)
        failure = self.failure
        self._begin("ROLLBACK", definition, Validation(definition, self.backend, False, self.depth), generation)
        self.failure = failure

    # Single resources

    def find(self, name: str) -> Resource:
        """A resource.

        Raises
        ------
        ResourceNotFound
            The stack has none of that name.
        """
        found = self.resources.get(name)
        if found is None:
            raise ResourceNotFound(
                f"The Resource ({name}) could not be found in Stack {self.name}.",
                todo=did_you_mean(name, self.resources, "It has"),
            )
        return found

    def signal(self, name: str, data: Any = None) -> None:
        """Signal a resource: a scaling policy, a wait condition's handle, a deployment; or clear a hook.

        Raises
        ------
        ResourceNotFound, ResourceNotAvailable
            It is not there, or not made yet.
        ResourceActionNotSupported, NotSupported
            Its type takes no signal, or not in this state.
        ResourceFailure
            What the signal asks for failed.
        """
        resource = self.find(name)
        if isinstance(data, dict) and "unset_hook" in data:
            states.unset_hook(resource, str(data["unset_hook"]))
            return
        if resource.action in ("SUSPEND", "DELETE"):
            raise NotSupported(f"Signal resource during {resource.action} is not supported.", where=name)
        if resource.action == "INIT":
            raise ResourceNotAvailable(f"The Resource ({name}) is not available.", where=self.name)
        states.signal(resource, data)

    def mark_unhealthy(self, name: str, unhealthy: bool = True, reason: str = "") -> None:
        """Mark a resource as broken, so that the next update replaces it; or take that back.

        Raises
        ------
        ResourceNotFound
            It is not there.
        """
        resource = self.find(name)
        if unhealthy and resource.action != "DELETE":
            self.set_state(resource, "CHECK", "FAILED", reason or "state changed by resource_mark_unhealthy api")
        elif not unhealthy and resource.state == "CHECK_FAILED":
            self.set_state(resource, "CHECK", "COMPLETE", reason or "state changed by resource_mark_unhealthy api")
