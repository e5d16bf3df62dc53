"""A question: one atom, and the rows of its table that fit it."""

from __future__ import annotations

from collections.abc import Iterable

from kit.policy.arity import Arities, wrong_width
from kit.policy.core import Const, Goal, Key
from kit.policy.derivation import ask_builtin
from kit.policy.errors import UnknownTable
from kit.policy.model import Model
from kit.policy.parser import parse_query
from kit.policy.policies import Policies
from kit.policy.resolve import Resolver
from kit.policy.rows import Rows
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Variable
from kit.policy.values import Row, Value, in_order


class Query:
    """An atom with constants and variables, or the bare name of a table, ready to be asked.

    Parameters
    ----------
    text : str
        `error(x, "web")`, `nova:servers(name=n)`, `execute[nova:pause(x)]`, or `error`.
    home : str
        The policy of an atom that names none.

    Attributes
    ----------
    keys : list of Key
        The tables that answer; none for a builtin.
    columns : tuple of str
        Names for the columns of the answer.

    Raises
    ------
    StatementError
        When it is no atom, or its table is unknown or has other columns.
    """

    def __init__(self, text: str, policies: Policies, model: Model, home: str) -> None:
        self.policies = policies
        self.model = model
        self.home = home
        self.atom = parse_query(text)
        self.goal: Goal | None = None
        self.keys: list[Key] = []
        self.columns: tuple[str, ...] = ()
        self._bound: dict[int, Value] = {}
        self._repeated: list[list[int]] = []
        if not list(self.atom.terms()):
            self._whole()
        else:
            self._part()

    @property
    def ground(self) -> bool:
        """Whether it asks for one row and leaves nothing open."""
        terms = list(self.atom.terms())
        return bool(terms) and not any(isinstance(term, Variable) for term in terms)

    def _part(self) -> None:
        goal = self.goal = Resolver(self.policies, self.home).query(self.atom)
        if goal.key is None:
            return
        self.keys = [goal.key]
        width = len(goal.terms)
        if goal.key.kind == "table":
            known = Arities(self.model, self.policies).of(goal.key)
            if known not in (None, width):
                raise wrong_width(self.atom, known or 0, width)
        self.columns = self._names(width)
        self._bound = {place: term.value for place, term in enumerate(goal.terms) if isinstance(term, Const)}
        places: dict[int, list[int]] = {}
        for place, term in enumerate(goal.terms):
            if isinstance(term, int):
                places.setdefault(term, []).append(place)
        self._repeated = [where for where in places.values() if len(where) > 1]

    def _names(self, width: int) -> tuple[str, ...]:
        """The names of the columns: the schema's, or the variables of the query."""
        policy = self.policies.get(self.atom.policy or self.home)
        columns = policy.columns(self.atom.table) if policy and not self.atom.modal else None
        names = list(columns or [""] * width)
        for place, term in enumerate(self.atom.args):
            if isinstance(term, Variable) and term.name != "_" and not columns:
                names[place] = term.name
        return tuple(names[:width])

    def _whole(self) -> None:
        atom, model = self.atom, self.model
        if atom.modal:
            name = f"{atom.policy or self.home}:{atom.table}"
            self.keys = sorted(k for k in model.rules if k.kind == "execute" and k.table == name)
            return
        key = Key(atom.policy or self.home, atom.table + atom.sign)
        if atom.policy is None and atom.table in ("true", "false") and not atom.sign:
            self.goal = Goal((), truth=atom.table == "true")
            return
        policy = self.policies.find(key.policy)
        self.keys = [key]
        if not (key in model.rules or key in model.base or key in model.readers or atom.table in policy.schema):
            known = {k.table for k in (*model.rules, *model.base) if k.policy == key.policy and k.kind == "table"}
            what = f"There is no table `{atom.name}`."
            todo = did_you_mean(atom.table, known | set(policy.schema))
            raise UnknownTable(what, position=atom.position, literal=str(atom), todo=todo)
        self.columns = policy.columns(key.table) or tuple(
            str(term) for rule in model.rules.get(key, ())[:1] for term in rule.statement.head.args
        )

    def fits(self, row: Row) -> bool:
        """Whether a row of the table is an answer."""
        if self.goal is None:
            return True
        return (
            len(row) == len(self.goal.terms)
            and all(row[place] == value for place, value in self._bound.items())
            and all(len({row[place] for place in where}) == 1 for where in self._repeated)
        )

    def found(self) -> list[Row]:
        """The rows that answer, as the engine holds them."""
        if self.goal is not None and self.goal.builtin is not None:
            return list(ask_builtin(self.goal))
        if self.goal is not None and self.goal.key is None:
            return [()] if self.goal.truth else []
        self.model.ensure(self.keys)
        known = [key for key in self.keys if key in self.model.derived or key in self.model.base]
        return [row for key in known for row in self.model.table(key).match(self._bound) if self.fits(row)]

    def answer(self, rows: Iterable[Row] | None = None) -> Rows:
        """The answers in order, or such rows as are given."""
        return Rows(in_order(set(self.found() if rows is None else rows)), self.columns)
