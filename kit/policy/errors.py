"""The errors of policies.

    PolicyError                     (kit.errors) anything below
    ├── StatementError              a statement cannot be accepted; knows line, column, literal
    │   ├── PolicySyntaxError       the text does not parse
    │   ├── FactNotGround           a fact holds a variable
    │   ├── UnsafeHead, UnsafeBody  a variable that nothing binds
    │   ├── Recursive               tables defined by themselves; prints the cycle
    │   ├── FactNamesPolicy, HeadNamesPolicy, BuiltinRedefined
    │   ├── ModalInBody, ModalNotAllowed, MultipleHeads
    │   ├── UnknownTable, UnknownColumn, UnknownSchema, ColumnConflict, ColumnIndex,
    │   │   PositionalAfterNamed, ColumnRefNeedsDatasource, ArityError
    │   └── NotAnUpdate             an element of a simulation that changes nothing
    ├── UnknownPolicy, PolicyExists a policy is missing, or there already
    ├── EndlessRecursion            a recursive rule makes new values without end
    ├── SourceError                 a cloud did not give a table
    ├── ActionError                 an action does not exist, or a cloud refuses it
    ├── FileError                   a file of policies, tables or cases is of another form
    └── ServiceError                the policy service refuses a request

`code` and `family` are stable names for programs; the text is for people.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from kit.errors import PolicyError


class Position(NamedTuple):
    """A place in a text, both counted from 1."""

    line: int
    column: int


class StatementError(PolicyError):
    """A statement cannot be accepted.

    Parameters
    ----------
    what : str
        What is wrong, one sentence.
    position : Position, optional
        Where in the text.
    literal : str
        The part of the statement that is meant, as written.
    todo : str
        What to do about it.
    """

    code: ClassVar[str] = "statement"
    family: ClassVar[str] = "syntax"

    def __init__(self, what: str, *, position: Position | None = None, literal: str = "", todo: str = "") -> None:
        place = f"line {position.line}, column {position.column}" if position else ""
        super().__init__(what, where=place, todo=todo)
        self.position = position
        self.literal = literal
        self.others: list[StatementError] = []

    @property
    def all(self) -> list[StatementError]:
        """This error and those found beside it, by position."""
        return [self, *self.others]


class PolicySyntaxError(StatementError):
    """The text does not parse."""

    code, family = "syntax", "syntax"


class FactNotGround(StatementError):
    """A fact holds a variable."""

    code, family = "fact-not-ground", "safety"


class UnsafeHead(StatementError):
    """A variable of the head is in no literal of the body."""

    code, family = "unsafe-head", "safety"


class UnsafeBody(StatementError):
    """A variable of a negated literal, or an input of a builtin, is bound by nothing."""

    code, family = "unsafe-body", "safety"


class Recursive(StatementError):
    """Tables are defined by themselves where that is not allowed."""

    code, family = "recursive", "recursion"

    def __init__(
        self,
        what: str,
        *,
        cycle: tuple[str, ...] = (),
        position: Position | None = None,
        literal: str = "",
        todo: str = "",
    ) -> None:
        super().__init__(what, position=position, literal=literal, todo=todo)
        self.cycle = cycle


class FactNamesPolicy(StatementError):
    """A fact names a policy, but belongs to the one it is inserted into."""

    code, family = "fact-names-policy", "naming"


class HeadNamesPolicy(StatementError):
    """The head of a rule names another policy."""

    code, family = "head-names-policy", "naming"


class BuiltinRedefined(StatementError):
    """A fact or rule defines a name that is built in."""

    code, family = "builtin-redefined", "naming"


class ModalInBody(StatementError):
    """A body holds `execute[...]`."""

    code, family = "modal-in-body", "modal"


class ModalNotAllowed(StatementError):
    """A head holds `insert[...]` or `delete[...]`."""

    code, family = "modal-not-allowed", "modal"


class MultipleHeads(StatementError):
    """A rule has more than one head."""

    code, family = "multiple-heads", "modal"


class UnknownTable(StatementError):
    """A cloud has no such table."""

    code, family = "unknown-table", "schema"


class UnknownColumn(StatementError):
    """A table has no such column."""

    code, family = "unknown-column", "schema"


class UnknownSchema(StatementError):
    """Columns are named on a policy that nobody has created."""

    code, family = "unknown-schema", "schema"


class ColumnConflict(StatementError):
    """A column is given twice."""

    code, family = "column-conflict", "schema"


class ColumnIndex(StatementError):
    """A column number is too large for the table."""

    code, family = "column-index", "schema"


class PositionalAfterNamed(StatementError):
    """An argument by position follows one by name."""

    code, family = "positional-after-named", "schema"


class ColumnRefNeedsDatasource(StatementError):
    """Columns are named on a table that is not cloud data."""

    code, family = "column-ref-needs-datasource", "schema"


class ArityError(StatementError):
    """A table is used with a number of arguments it does not have."""

    code, family = "arity", "schema"


class NotAnUpdate(StatementError):
    """An element of a simulation is neither signed nor an action."""

    code, family = "not-an-update", "update"


class UnknownPolicy(PolicyError):
    """There is no such policy."""

    code, family = "unknown-policy", "policy"


class PolicyExists(PolicyError):
    """There is a policy of that name already."""

    code, family = "policy-exists", "policy"


class EndlessRecursion(PolicyError):
    """A recursive rule makes new values without end."""

    code, family = "endless-recursion", "recursion"


class SourceError(PolicyError):
    """A cloud did not give a table."""

    code, family = "source", "source"


class ActionError(PolicyError):
    """An action does not exist, or a cloud refuses it."""

    code, family = "action", "action"


class FileError(PolicyError):
    """A file of policies, tables or cases cannot be read, or is of another form."""

    code, family = "file", "file"


class ServiceError(PolicyError):
    """The policy service refuses a request.

    Attributes
    ----------
    status : int
        Of the answer.
    data : object
        What the service adds for programs: positions of mistakes, say.
    """

    code, family = "service", "service"

    def __init__(self, what: str, status: int = 0, data: object = None) -> None:
        super().__init__(what)
        self.status = status
        self.data = data
