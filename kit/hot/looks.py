"""What a stack tells: outputs, its own name in the cloud, and what `stack show` answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kit.errors import HotError
from kit.hot import adopt
from kit.hot.definition import Definition
from kit.hot.errors import FunctionError
from kit.hot.records import Records
from kit.hot.resources.base import Backend
from kit.hot.suggest import did_you_mean
from kit.hot.template import Template

if TYPE_CHECKING:
    from kit.hot.stack import Stack


class Looks(Records):
    """A stack as one looks at it.

    Attributes
    ----------
    template, definition
        What it is made of.
    project_id : str
        Whose it is.
    """

    def __init__(
        self, name: str, backend: Backend, project_id: str, timeout_mins: int, id: str | None = None
    ) -> None:  # fmt: skip
        super().__init__(name, backend, id)
        self.project_id = project_id
        self.template = Template({"heat_template_version": "2021-04-16"})
        self.definition = Definition(self.template)
        self.rollback = False
        self.timeout_mins = timeout_mins
        self.tags: list[str] = []

    @property
    def arn(self) -> str:
        """The stack's own name in the cloud."""
        return f"arn:openstack:heat::{self.project_id}:stacks/{self.name}/{self.id}"

    @property
    def url(self) -> str:
        """Where the stack is found in the API."""
        return f"{self.backend.endpoint(self.project_id)}/stacks/{self.name}/{self.id}"

    @property
    def outputs(self) -> dict[str, Any]:
        """Name to value; an output with an error has None, see `output_errors`."""
        found: dict[str, Any] = {}
        for name in self.definition.outputs:
            try:
                found[name] = self.output(name)
            except FunctionError:
                found[name] = None
        return found

    @property
    def output_errors(self) -> dict[str, str]:
        """Name to sentence, for outputs that have no value."""
        found = {}
        for name in self.definition.outputs:
            try:
                self.output(name)
            except HotError as error:
                found[name] = error.what
        return found

    def output(self, name: str) -> Any:
        """The value of an output.

        Raises
        ------
        FunctionError
            It has none.
        """
        if name not in self.definition.outputs:
            todo = did_you_mean(name, self.definition.outputs, "It has")
            raise FunctionError(f"Specified output key {name} not found.", where=self.name, todo=todo)
        return self.definition.resolve_output(name)

    def shown(self) -> dict[str, Any]:
        """What `stack show` tells."""
        return {
            "stack_name": self.name, "id": self.id, "stack_status": self.state, "stack_status_reason": self.reason,
            "description": self.template.description, "parameters": self.definition.parameters.shown(),
            "outputs": self.outputs, "tags": self.tags, "timeout_mins": self.timeout_mins,
            "disable_rollback": not self.rollback,
        }  # fmt: skip

    def abandon(self) -> dict[str, Any]:
        """A description of the stack by which another Heat could adopt its resources."""
        return adopt.description(cast("Stack", self))
