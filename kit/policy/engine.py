"""The engine: policies with their tables and rules, asked by queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kit.policy import derivation, missing, reading, simulate, stratify, updates
from kit.policy.abduce import Plan, plans
from kit.policy.arity import check_rows
from kit.policy.ask import ask
from kit.policy.core import Key
from kit.policy.difference import Difference
from kit.policy.errors import PolicyExists, StatementError
from kit.policy.findings import Findings
from kit.policy.ledger import Ledger
from kit.policy.lint import lint
from kit.policy.model import Model
from kit.policy.parser import parse
from kit.policy.policies import Policies, Policy
from kit.policy.proof import Proof
from kit.policy.query import Query
from kit.policy.quiet import no_collection
from kit.policy.repairs import Repairs, repairs
from kit.policy.rows import Rows
from kit.policy.values import to_row
from kit.policy.watch import Action, Event, Listener, Watcher
from kit.policy.whynot import WhyNot


def _utc_now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Engine:
    """Policies in the Congress dialect of Datalog, over tables that are kept in memory.

    Every change is made whole or not at all: after an error all is as it was.

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
    >>> engine.simulate("named(x)", 'nova:servers-("s1", "web")', delta=True)
    named-("web")
    """

    def __init__(self, *, now: Callable[[], str] = _utc_now, home: str = "classification") -> None:
        self.home = home
        self.policies = Policies()
        self.model = Model(now)
        self.watcher = Watcher()
        self._open: Ledger | None = None
        self.create(home)

    def _home(self, policy: str | None) -> Policy:
        return self.policies.find(self.home if policy is None else policy)

    @contextmanager
    def _changing(self) -> Iterator[Ledger]:
        """A change: taken back when it fails, told to those who watch when it is made."""
        outer, ledger = self._open, Ledger(self.model)
        self._open = ledger
        try:
            yield ledger
            changes = self.model.changes() if outer is None else {}
        except BaseException:
            ledger.undo()
            raise
        finally:
            self._open = outer
        if outer is not None:
            outer.on_undo(ledger.undo)
        elif changes:
            self.watcher.record(changes)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make several changes one: those who watch are told once, and after an error none is left."""
        with self._changing():
            yield

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
        with self._changing() as ledger:
            self.policies[name] = Policy(name, kind, columns, complete)
            ledger.on_undo(lambda: self.policies.pop(name))
            updates.resolve_anew(name, self.policies, ledger)

    def drop(self, name: str) -> None:
        """Delete a policy with its tables and rules.

        Raises
        ------
        UnknownPolicy
            There is none of that name.
        """
        policy = self.policies.find(name)
        with self._changing() as ledger:
            ledger.rules(policy, remove=list(policy.rules))
            own = [key for key in self.model.base if key.policy == name]
            ledger.facts({key: (set(self.model.base[key].rows), set()) for key in own})
            del self.policies[name]
            ledger.on_undo(lambda: self.policies.update({name: policy}))

    def add(
        self, name: str, schema: Mapping[str, Iterable[str]], tables: Mapping[str, Iterable[Iterable[Any]]]
    ) -> None:
        """Make a data source with its tables at once; an old one of that name is brought up to date."""
        columns = {table: tuple(names) for table, names in schema.items()}
        if name not in self.policies:
            self.create(name, "datasource", schema=columns)
        policy = self.policies[name]
        with self._changing() as ledger:
            if policy.schema != columns:
                old, policy.schema = policy.schema, columns
                ledger.on_undo(lambda: setattr(policy, "schema", old))
                updates.resolve_anew(name, self.policies, ledger)
            with no_collection():
                ledger.facts(updates.replaced(self.model, policy, tables))

    def load(self, policy: str, table: str, rows: Iterable[Iterable[Any]]) -> None:
        """Replace the rows of a table of a data source.

        null, true and false become the texts `None`, `True` and `False`, as in Congress.

        Raises
        ------
        ArityError
            A row does not fit the columns.
        """
        found = self.policies.find(policy)
        with self._changing() as ledger, no_collection():
            ledger.facts(updates.replaced(self.model, found, {table: rows}))

    def change(
        self, policy: str, table: str, *, add: Iterable[Iterable[Any]] = (), remove: Iterable[Iterable[Any]] = ()
    ) -> None:
        """Add rows to a table and remove rows from it; costs what they touch, not the table."""
        found, key = self.policies.find(policy), Key(policy, table)
        come, gone = {to_row(row) for row in add}, {to_row(row) for row in remove}
        check_rows(key, come, found.schema)
        with self._changing() as ledger:
            ledger.facts({key: (gone, come)})

    # Statements

    def insert(self, text: str, policy: str | None = None) -> None:
        """Add facts and rules, all or none.

        Raises
        ------
        StatementError
            A class of its own for each mistake; its text says line and column, quotes the literal
            and suggests what was meant; `all` holds the other mistakes of the text. Nothing is changed then.
        """
        home = self._home(policy)
        found = reading.read(text, self.policies, self.model, home)
        found.raise_first()
        with self._changing() as ledger:
            for key in {rule.head for rule in found.fresh if rule.head.kind == "execute"} - self.model.watched:
                self.model.watch(key)
                ledger.on_undo(lambda key=key: self.model.watched.discard(key))  # type: ignore[misc]
            ledger.rules(home, add=found.rules)
            stratify.check(self.model, self.policies, found.fresh)
            ledger.facts({key: (set(), set(rows)) for key, rows in found.facts.items()})

    def delete(self, text: str, policy: str | None = None) -> None:
        """Remove those very facts and rules; what is not there is no mistake."""
        home = self._home(policy)
        found = reading.Reading()
        for statement in parse(text):
            reading.take(statement, self.policies, None, home, found)
        found.raise_first()
        with self._changing() as ledger:
            ledger.rules(home, remove=found.rules)
            ledger.facts({key: (set(rows), set()) for key, rows in found.facts.items()})

    def check(self, text: str, policy: str | None = None) -> list[StatementError]:
        """All mistakes of a text, in its order, each with its position; nothing is changed."""
        return reading.check_text(text, self.policies, self.model, self._home(policy))

    def lint(self, text: str | None = None, policy: str | None = None) -> Findings:
        """What is legal but surely wrong in a text for a policy, or in the policy's own rules."""
        return lint(text, self.policies, self.model, self._home(policy))

    def rules(self, policy: str | None = None) -> list[str]:
        """The rules of a policy, as text, in the order in which they came."""
        return [str(statement) for statement in self._home(policy).rules.values()]

    def tables(self, policy: str) -> dict[str, int]:
        """The tables of a policy and how many rows each has."""
        found = self.policies.find(policy)
        names = {
            *found.schema,
            *(k.table for k in (*self.model.base, *self.model.rules) if k.policy == policy and k.kind == "table"),
        }
        return {name: len(self.model.rows(Key(policy, name))) for name in sorted(names)}

    # Questions

    def query(self, text: str, policy: str | None = None) -> Query:
        """A query, read and checked, to be asked of the tables as they are."""
        self.model.tick()
        return Query(text, self.policies, self.model, self._home(policy).name)

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
        return self.query(query, policy).answer()

    def ask(self, body: str, policy: str | None = None) -> Rows:
        """The values of the variables of a body: `nova:servers(id=s, name=n), neutronv2:ports(device_id=s)`.

        Raises
        ------
        StatementError
            A literal is wrong; the text suggests what was meant.
        """
        return ask(self, body, policy)

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
        query = self.query(fact, policy)
        answer = query.answer().list
        if not answer or not query.keys:
            return None
        row = to_row(answer[0])
        key = next(key for key in query.keys if row in self.model.rows(key))
        return derivation.find(self.model, self.policies, key, row, query.home)

    def why_not(self, fact: str, policy: str | None = None) -> WhyNot | None:
        """Why a row is missing, or None when it holds.

        Parameters
        ----------
        fact : str
            An atom: `error("web-1")`; variables and `_` stand for anything.

        Returns
        -------
        WhyNot or None
            For each rule the first literal that nothing satisfies, and the rows nearest to it.
        """
        return missing.explain(self.query(fact, policy))

    def repairs(self, fact: str, policy: str | None = None, *, most: int = 3) -> Repairs:
        """The smallest sets of facts to add or remove: a row that holds goes, one that does not appears.

        Parameters
        ----------
        most : int
            The largest number of facts in a set.
        """
        return repairs(self.query(fact, policy), most=most)

    def simulate(
        self, query: str, sequence: str, *, policy: str | None = None, action_policy: str | None = None,
        delta: bool = False,
    ) -> Rows | Difference:  # fmt: skip
        """The answers to a query as if a sequence of changes had happened; nothing is changed or demanded.

        Parameters
        ----------
        query : str
            As for `rows`.
        sequence : str
            Signed facts (`p+(1)`, `nova:servers-("a", "b")`), signed rules (`p+(x) :- q(x)`), and calls of the
            actions that `action_policy` describes, maybe with a body that gives their arguments
            (`stop(x) :- nova:servers(id=x)`); done in order.
        delta : bool
            Give the answers gained and lost instead of all.

        Raises
        ------
        StatementError
            An element is wrong; `NotAnUpdate` when it is neither signed nor an action.
        """
        home = self._home(policy)
        actions = self.policies.find(action_policy) if action_policy else None
        asked = self.query(query, home.name)
        steps = simulate.Sequence(sequence, self.policies, self.model, home, actions)
        return simulate.difference(asked, steps) if delta else simulate.ask(asked, steps)

    def remediate(self, goal: str, action_policy: str) -> list[Plan]:
        """The plans of actions that bring about a change.

        Parameters
        ----------
        goal : str
            `table+(...)` or `table-(...)`, as the heads of the action policy are.

        Returns
        -------
        list of list
            Each plan is a list of `(action, arguments)`; None is an argument left free.
        """
        return plans(goal, self.policies, self.model, self.policies.find(action_policy))

    # Changes

    def watch(self, policy: str, table: str, listener: Callable[[Event], object] | None = None) -> None:
        """Record the changes of a table from now on; `events` gives them, a listener is called with each."""
        self.policies.find(policy)
        key = Key(policy, table)
        self.model.tick()
        self.model.watch(key)
        listeners = self.watcher.tables.setdefault(key, [])
        if listener is not None:
            listeners.append(listener)

    def events(self) -> list[Event]:
        """The changes of watched tables since this was last asked; one for each step that changed a table."""
        return self.watcher.events()

    def actions(self) -> list[Action]:
        """The calls demanded since this was last asked: new rows of `execute[...]`, by data or by rules."""
        return self.watcher.actions()

    def on_action(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every action demanded from now on; call the result to end it."""
        return self.watcher.listen(listener)
