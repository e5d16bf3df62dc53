"""The engine: policies with their tables and rules, asked by queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kit.policy import proof, stratify
from kit.policy.core import Const, Goal, Key, Rule
from kit.policy.errors import PolicyExists, StatementError, UnknownTable
from kit.policy.model import Model
from kit.policy.parser import parse, parse_query
from kit.policy.policies import Policies, Policy
from kit.policy.proof import Proof
from kit.policy.resolve import Resolver, accept
from kit.policy.rows import Rows
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Atom, Statement, Variable
from kit.policy.table import Table
from kit.policy.values import Row, in_order, to_row


def _utc_now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Engine:
    """Policies in the Congress dialect of Datalog, over tables that are kept in memory.

    Parameters
    ----------
    now : callable, optional
        Answers the builtin `now`; default the real time in UTC.
    home : str
        The policy that texts and queries belong to when none is named.

    Examples
    --------
    >>> engine = Engine()
    >>> engine.add("nova", {"servers": ["id", "name"]}, {"servers": [["s1", "web"], ["s2", "db"]]})
    >>> engine.insert('named(n) :- nova:servers(name=n)')
    >>> engine.rows("named(x)")
    x
    ---
    db
    web
    2 rows
    """

    def __init__(self, *, now: Callable[[], str] = _utc_now, home: str = "classification") -> None:
        self.home = home
        self.policies = Policies()
        self.model = Model(now)
        self.create(home)

    # Policies

    def create(
        self, name: str, kind: str = "nonrecursive", *, schema: Mapping[str, Iterable[str]] | None = None,
        complete: bool = False,
    ) -> None:  # fmt: skip
        """Make a policy.

        Parameters
        ----------
        kind : str
            `nonrecursive`, `recursive`, `action` or `datasource`.
        schema : mapping
            For a data source, table to column names; `complete` makes any other table an error.

        Raises
        ------
        PolicyExists
            There is one of that name.
        """
        if name in self.policies:
            raise PolicyExists(f"There is a policy `{name}` already.", todo="Delete it first, or choose another name.")
        columns = {table: tuple(names) for table, names in (schema or {}).items()}
        self.policies[name] = Policy(name, kind, columns, complete)
        self._resolve_anew(name)

    def drop(self, name: str) -> None:
        """Delete a policy with its tables and rules.

        Raises
        ------
        UnknownPolicy
            There is none of that name.
        """
        policy = self.policies.find(name)
        self.model.change_rules([rule for rules in policy.ready.values() for rule in rules])
        own = [key for key in self.model.base if key.policy == name]
        self.model.apply({key: (set(self.model.base[key].rows), set()) for key in own})
        del self.policies[name]

    def _resolve_anew(self, name: str) -> None:
        """Place the columns of rules that name a policy whose columns have just become known."""
        for policy in self.policies.values():
            for identity, statement in policy.rules.items():
                if any(literal.atom.policy == name for literal in statement.literals):
                    fresh = accept(statement, self.policies, policy.name)
                    assert not isinstance(fresh[0], Key)
                    self.model.change_rules(policy.ready[identity], fresh)
                    policy.ready[identity] = fresh

    def add(
        self, name: str, schema: Mapping[str, Iterable[str]], tables: Mapping[str, Iterable[Iterable[Any]]]
    ) -> None:
        """Make a data source with its tables at once; an old one of that name is replaced."""
        if name in self.policies:
            policy = self.policies[name]
            policy.schema = {table: tuple(names) for table, names in schema.items()}
            self._resolve_anew(name)
        else:
            self.create(name, "datasource", schema=schema)
        for table, rows in tables.items():
            self.load(name, table, rows)

    def load(self, policy: str, table: str, rows: Iterable[Iterable[Any]]) -> None:
        """Replace the rows of a table of a data source.

        null, true and false become the texts `None`, `True` and `False`, as in Congress.
        """
        self.policies.find(policy)
        key = Key(policy, table)
        fresh = {to_row(row) for row in rows}
        have = set(self.model.table_base(key).rows)
        self.model.apply({key: (have - fresh, fresh - have)})

    # Statements

    def insert(self, text: str, policy: str | None = None) -> None:
        """Add facts and rules, all or none.

        Raises
        ------
        StatementError
            A class of its own for each mistake; its text says line and column, quotes the literal
            and suggests what was meant. Nothing is changed then.
        """
        home = self.policies.find(policy or self.home)
        facts: dict[Key, set[Row]] = {}
        rules: dict[tuple[object, ...], tuple[Statement, tuple[Rule, ...]]] = {}
        for statement in parse(text):
            found = accept(statement, self.policies, home.name)
            if statement.is_fact:
                key, row = found
                facts.setdefault(key, set()).add(row)  # type: ignore[arg-type]
            elif statement.identity() not in home.rules:
                rules[statement.identity()] = (statement, found)  # type: ignore[assignment]
        fresh = [rule for _, ready in rules.values() for rule in ready]
        self.model.change_rules(add=fresh)
        try:
            stratify.check(self.model, self.policies, fresh)
        except StatementError:
            self.model.change_rules(remove=fresh)
            raise
        for identity, (statement, ready) in rules.items():
            home.rules[identity], home.ready[identity] = statement, ready
        self.model.apply({key: (set(), rows) for key, rows in facts.items()})

    def delete(self, text: str, policy: str | None = None) -> None:
        """Remove those very facts and rules; what is not there is no mistake."""
        home = self.policies.find(policy or self.home)
        for statement in parse(text):
            if statement.is_fact:
                key, row = accept(statement, self.policies, home.name)
                self.model.apply({key: ({row}, set())})  # type: ignore[dict-item, arg-type]
                continue
            identity = statement.identity()
            if identity in home.rules:
                self.model.change_rules(remove=home.ready.pop(identity))
                del home.rules[identity]

    def rules(self, policy: str | None = None) -> list[str]:
        """The rules of a policy, as text, in the order in which they came."""
        return [str(statement) for statement in self.policies.find(policy or self.home).rules.values()]

    def tables(self, policy: str) -> dict[str, int]:
        """The tables of a policy and how many rows each has."""
        found = self.policies.find(policy)
        names = {
            *found.schema,
            *(k.table for k in (*self.model.base, *self.model.rules) if k.policy == policy and k.kind == "table"),
        }
        return {name: len(self.model.rows(Key(policy, name))) for name in sorted(names)}

    # Questions

    def rows(self, query: str, policy: str | None = None) -> Rows:
        """The answers to a query.

        Parameters
        ----------
        query : str
            One atom with constants and variables: `error(x, "web")`, `nova:servers(name=n)`; or the bare name
            of a table, which asks for all of it.

        Raises
        ------
        StatementError
            When it is no atom, or no table; the text suggests what was meant.
        UnknownPolicy
            When there is no such policy.
        """
        home = self.policies.find(policy or self.home).name
        atom = parse_query(query)
        if not list(atom.terms()):
            return self._whole(atom, home)
        goal = Resolver(self.policies, home).query(atom)
        self.model.tick()
        return Rows(in_order(self._matching(goal)), _names(atom, self.policies, home, len(goal.terms)))

    def _whole(self, atom: Atom, home: str) -> Rows:
        key = (
            Key(atom.policy or home, f"{atom.policy or home}:{atom.table}", "execute")
            if atom.modal
            else Key(atom.policy or home, atom.table + atom.sign)
        )
        self.model.tick()
        if atom.modal:
            found = [k for k in self.model.rules if k.kind == "execute" and k.table == key.table]
            return Rows(in_order({row for k in found for row in self.model.rows(k)}), ())
        if (
            key not in self.model.rules
            and key not in self.model.base
            and atom.table not in self.policies.find(key.policy).schema
        ):
            known = {
                k.table for k in (*self.model.rules, *self.model.base) if k.policy == key.policy and k.kind == "table"
            }
            known |= set(self.policies.find(key.policy).schema)
            what = f"There is no table `{atom.name}`."
            raise UnknownTable(what, position=atom.position, literal=str(atom), todo=did_you_mean(atom.table, known))
        return Rows(in_order(self.model.rows(key)), self._columns(key))

    def _columns(self, key: Key) -> tuple[str, ...]:
        """The names of a table's columns: the schema's, or those of the head that defines it."""
        policy = self.policies.get(key.policy)
        named = policy.columns(key.table) if policy else None
        if named is None:
            for rule in self.model.rules.get(key, ()):
                return tuple(str(term) for term in rule.statement.head.args)
        return named or ()

    def _matching(self, goal: Goal) -> set[Row]:
        """The rows that a query's goal has."""
        if goal.builtin is not None:
            return proof.ask_builtin(goal)
        if goal.key is None:
            return {()} if goal.truth else set()
        bound = {place: term.value for place, term in enumerate(goal.terms) if isinstance(term, Const)}
        places: dict[int, list[int]] = {}
        for place, term in enumerate(goal.terms):
            if isinstance(term, int):
                places.setdefault(term, []).append(place)
        repeated = [where for where in places.values() if len(where) > 1]
        self.model.ensure([goal.key])
        table: Table = self.model.table(goal.key)
        width = len(goal.terms)
        rows = (row for row in table.match(bound) if len(row) == width)
        return {row for row in rows if all(len({row[place] for place in where}) == 1 for where in repeated)}

    def why(self, fact: str, policy: str | None = None) -> Proof | None:
        """The proof of one row, or None when it does not hold.

        Parameters
        ----------
        fact : str
            A ground atom: `error("web-1")`. Variables are filled with the first row that fits.

        Returns
        -------
        Proof or None
            A tree: each row with the rule that gives it and the rows that the rule's body found.
        """
        home = self.policies.find(policy or self.home).name
        atom = parse_query(fact)
        if any(isinstance(term, Variable) for term in atom.terms()) or not list(atom.terms()):
            found = self.rows(fact, home)
            if not found:
                return None
            goal_key = Resolver(self.policies, home).query(atom).key
            assert goal_key is not None
            return proof.find(self.model, self.policies, goal_key, to_row(found.list[0]), home)
        goal = Resolver(self.policies, home).query(atom)
        rows = self._matching(goal)
        if not rows or goal.key is None:
            return None
        return proof.find(self.model, self.policies, goal.key, next(iter(rows)), home)


def _names(atom: Atom, policies: Policies, home: str, width: int) -> tuple[str, ...]:
    """Names for the columns of an answer: the variables of the query, where it has any."""
    policy = policies.get(atom.policy or home)
    columns = policy.columns(atom.table) if policy and not atom.modal else None
    names = list(columns or [""] * width)
    for place, term in enumerate(atom.args):
        if isinstance(term, Variable) and term.name != "_" and not columns:
            names[place] = term.name
    return tuple(names[:width])
