"""What a type of resources does: the calls by which a stack makes, changes and deletes a resource.

A `Kind` has no state; all of it is in the `Resource` it is given, as plain data, so that a stack can be stored
at any time. Calls start something and return; `created`, `updated`, ... are asked until they say yes. So a
backend whose resources take time needs no threads: the stack looks again when someone looks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from kit.hot.definition import Definition
from kit.hot.errors import FunctionError, InvalidTemplateAttribute, ResourceActionNotSupported, TemplateError
from kit.hot.functions.refer import select
from kit.hot.parts import ResourceDefinition
from kit.hot.properties import Properties, PropertySchema
from kit.hot.resources.checks import CHECKS
from kit.hot.types import ResourceType

if TYPE_CHECKING:
    from kit.hot.events import Event
    from kit.hot.stack import Stack

READY = frozenset({"CREATE", "ADOPT", "SUSPEND", "RESUME", "UPDATE", "ROLLBACK", "SNAPSHOT", "CHECK"})


class NoActionRequired(Exception):
    """A signal that changes nothing, and leaves no event."""


@dataclass
class Resource:
    """One resource of a stack, as it is.

    Attributes
    ----------
    id : str
        Of the record; a replacement has another.
    physical_id : str or None
        Of the thing itself.
    action, status, reason : str
        `CREATE`, `COMPLETE`, and why.
    frozen : dict
        The definition with its values at the last change.
    data, metadata : dict
        What the kind keeps, and what is told.
    requires : list of str
        The names it needed when it was made.
    generation : str
        The template it belongs to.
    """

    stack: Stack
    name: str
    type: str
    kind: Kind
    id: str
    physical_id: str | None = None
    action: str = "INIT"
    status: str = "COMPLETE"
    reason: str = ""
    frozen: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    requires: list[str] = field(default_factory=list)
    generation: str = ""
    replaced_by: str | None = None
    created_at: float = 0.0
    updated_at: float = 0.0
    since: float = 0.0

    @property
    def state(self) -> str:
        """`CREATE_COMPLETE` and the like."""
        return f"{self.action}_{self.status}"

    @property
    def properties(self) -> dict[str, Any]:
        """The values at the last change, defaults put in."""
        return self.values(self.frozen.get("properties") or {})

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Given values of their kinds, with the defaults of the type."""
        table = self.kind.schema(self, given)
        return Properties(table, dict(given), renamed=self.kind.type.renamed).values()

    # What functions may ask

    @property
    def ready(self) -> bool:
        return self.action in READY

    def knows(self, attribute: str) -> bool:
        if self.kind.type.any_attribute and self.ready and not self.kind.answers_anything:
            try:
                self.kind.attribute(self, attribute, [])
            except InvalidTemplateAttribute:
                return False
            except Exception:  # it is there, and asking for it fails: whoever asks is told why
                return True
        return self.kind.knows(self, attribute)

    def reference(self) -> Any:
        return self.kind.reference(self)

    def attribute(self, name: str, path: Sequence[Any]) -> Any:
        return self.kind.attribute(self, name, list(path))

    def attributes(self) -> dict[str, Any]:
        found = {}
        for name in self.kind.attribute_names(self):
            with contextlib.suppress(InvalidTemplateAttribute):  # one that wants a path
                found[name] = self.kind.attribute(self, name, [])
        return found


@dataclass
class Planned:
    """A resource of a definition that is being validated.

    Attributes
    ----------
    definition, resource : Definition, ResourceDefinition
        The whole, and its part.
    properties : Properties
        Its properties, not resolved yet.
    path : tuple
        `resources` and the name.
    """

    definition: Definition
    resource: ResourceDefinition
    properties: Properties
    path: tuple[str, ...]


class Kind:
    """A type with what it does; the base does nothing, at once.

    Parameters
    ----------
    type : ResourceType
        Its schema.
    """

    nested: ClassVar[bool] = False  # whether it has a stack of its own
    answers_anything: ClassVar[bool] = False  # whether any attribute has a value, null if need be
    always_updates: ClassVar[bool] = False  # whether an update is made even when nothing changed
    always_replaced: ClassVar[bool] = False  # whether any update replaces it
    refreshes_metadata: ClassVar[bool] = False  # whether a signal to another resource renews its metadata

    def __init__(self, type: ResourceType) -> None:
        self.type = type

    @property
    def told_when_done(self) -> str:
        """The reason that goes with a completed action."""
        return "state changed"

    # Validation

    def schema(self, resource: Resource | None, given: Mapping[str, Any]) -> Mapping[str, PropertySchema]:
        """The properties it takes; some depend on what is given."""
        return self.type.properties

    def knows(self, resource: Resource | None, attribute: str) -> bool:
        """Whether an attribute may be asked for."""
        return self.type.knows(attribute)

    def attribute_names(self, resource: Resource) -> list[str]:
        """The attributes that `get_attr` without a name gives."""
        return list(self.type.attributes)

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        """What is wrong beyond the schema.

        Raises
        ------
        FunctionError
            A value that it looks at cannot be told.
        """
        check = CHECKS.get(self.type.name)
        return check(planned.resource.name, planned.properties.values()) if check else iter(())

    def check_in(self, backend: Backend, planned: Planned) -> Iterator[TemplateError]:
        """What is wrong with it where it would be made."""
        return iter(())

    # Life

    def create(self, resource: Resource) -> None:
        """Begin to make it.

        Raises
        ------
        ResourceFailure
            It cannot be made.
        """
        resource.physical_id = resource.stack.backend.new_id()

    def created(self, resource: Resource) -> bool:
        """Whether it is made; asked until it is."""
        return True

    def needs_replace(self, resource: Resource, changed: set[str], after: Mapping[str, Any]) -> bool:
        """Whether a change of properties that could be made in place replaces it nevertheless."""
        return False

    def needs_replace_failed(self, resource: Resource) -> bool:
        """Whether it is replaced, and not updated, when its last action failed."""
        return True

    def live(self, resource: Resource) -> Mapping[str, Any] | None:
        """The properties that can be changed in place as they are now; None when it is gone.

        An update that is asked to converge compares with these. What a type cannot tell is not among them.
        """
        return {}

    def before_replace(self, resource: Resource) -> None:
        """Free what the replacement will need: an address, a name. Source: Heat 27, `prepare_for_replace`."""

    def restore(self, resource: Resource, successor: Resource) -> None:
        """Take back what `before_replace` gave away: the replacement is rolled back."""

    def exists(self, backend: Backend, id: str) -> bool:
        """Whether there is such a thing outside all stacks; true where nobody can tell."""
        return True

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        """Begin to change it in place; `resource.properties` are the new values already.

        Raises
        ------
        ResourceFailure
            It cannot be changed.
        """

    def updated(self, resource: Resource) -> bool:
        """Whether it is changed."""
        return True

    def cancel(self, resource: Resource) -> None:
        """Give up what is under way: its action was cancelled, or took too long."""

    def delete(self, resource: Resource) -> None:
        """Begin to delete it."""

    def deleted(self, resource: Resource) -> bool:
        """Whether it is gone."""
        return True

    def retries_delete(self, resource: Resource, error: Exception) -> bool:
        """Whether deleting it is tried again later: something stands in the way that may go."""
        return False

    def inspect(self, resource: Resource) -> None:
        """Look whether it is still what it should be; only for types that `checks`.

        Raises
        ------
        ResourceFailure
            It is not.
        """

    def wakes(self, resource: Resource) -> float | None:
        """The moment at which it goes on though nothing else happens, where it knows one."""
        return None

    def settled(self, resource: Resource) -> None:
        """Its stack inside has come to an end on its own: after a signal, not for an action of the stack around."""

    def snapshot(self, resource: Resource) -> None:
        """Begin to save its content; what `restored` needs goes into `resource.data`."""

    def snapshotted(self, resource: Resource) -> bool:
        """Whether it is saved."""
        return True

    def forget_snapshot(self, resource: Resource, data: Mapping[str, Any]) -> None:
        """Remove what a snapshot had saved."""

    def restored(self, data: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties by which a restore brings the content back that `data` tells of."""
        return dict(properties)

    def suspend(self, resource: Resource) -> None:
        """Begin to suspend it."""

    def suspended(self, resource: Resource) -> bool:
        """Whether it is suspended."""
        return True

    def resume(self, resource: Resource) -> None:
        """Begin to resume it."""

    def resumed(self, resource: Resource) -> bool:
        """Whether it runs again."""
        return True

    def signal(self, resource: Resource, data: Any) -> str:
        """Take a signal; the answer is told in the event.

        Raises
        ------
        ResourceActionNotSupported
            The type takes none.
        NoActionRequired
            There is nothing to do.
        """
        raise ResourceActionNotSupported(
            f"{resource.type} does not support action signal", where=resource.name, todo="Signal a policy or a handle."
        )

    # Values

    def reference(self, resource: Resource) -> Any:
        """What `get_resource` gives: its id, or its name while there is none."""
        return resource.physical_id if resource.physical_id is not None else resource.name

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        """An attribute, a path followed in it.

        Raises
        ------
        InvalidTemplateAttribute
            It has none of that name.
        """
        if not self.type.knows(name):
            raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")
        return select(self.value(resource, name), path)

    def foresee(
        self, resource: Resource | None, values: Mapping[str, Any], name: str, path: list[Any], unknown: FunctionError
    ) -> Any:
        """An attribute as it will be after a create or an update to some values.

        Parameters
        ----------
        resource : Resource or None
            What is updated; None where it is made anew.
        unknown : FunctionError
            To raise where nobody can tell.
        """
        raise unknown

    def value(self, resource: Resource, name: str) -> Any:
        """The value of an attribute that the type has."""
        return resource.data.get(name, resource.properties.get(name))


class Backend(Protocol):
    """What a stack stands on: kinds, ids, and a clock.

    The mock cloud gives one whose kinds make servers and networks; `MemoryBackend` one that only keeps records.

    Attributes
    ----------
    blocks : bool
        Whether `wait` lets time pass, so that a signal's work is done when the signal returns; otherwise
        `Stack.step_inside` goes on with it.
    """

    blocks: bool

    def kind(self, type: str) -> Kind | None:
        """The kind of a type's name, or None."""
        ...

    def new_id(self) -> str:
        """A fresh id, like a UUID."""
        ...

    def short_id(self) -> str:
        """Twelve letters and digits, for physical names and members of scaling groups."""
        ...

    def now(self) -> float:
        """Seconds."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass; called when nothing can go on."""
        ...

    def endpoint(self, project_id: str) -> str:
        """The address of the orchestration API for a project, for signals."""
        ...

    def tell(self, stack: Stack, event: Event) -> None:
        """Hear of what happens; called after the stack has noted it."""
        ...

    def random(self, size: int) -> list[int]:
        """As many numbers from 0 up to but not including 2**32."""
        ...
