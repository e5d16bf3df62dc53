"""Tests of policies: cases with tables and expected rows, and the rules that no case exercised.

from kit.policy import SCHEMAS
from kit.policy.testing import Case, run_cases

report = run_cases(policy, [
    Case("a closed port is fine", {"neutronv2:ports": [{"id": "p1"}]}, "error", absent=[("p1",)]),
], schemas=SCHEMAS)
report.raise_for_failures()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.errors import KitError
from kit.policy.core import Key
from kit.policy.engine import Engine
from kit.policy.errors import SourceError
from kit.policy.graph import downstream
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Statement
from kit.policy.tree import code, label, node, tree
from kit.policy.values import Row, in_order, show, to_row

Schemas = Mapping[str, Mapping[str, Iterable[str]]]
SHOWN = 5


@dataclass(frozen=True)
class Case:
    """One case: tables, a question, and the rows that the answer must and must not hold.

    Parameters
    ----------
    name : str
        What is tested, as a sentence.
    tables : mapping
        `policy:table` to rows, each a sequence or a mapping from column to value.
    query : str
        One atom, or the bare name of a table.
    present, absent : sequence of rows
        Rows that must be in the answer, and rows that must not.
    only : sequence of rows, optional
        The whole answer.
    """

    name: str
    tables: Mapping[str, Sequence[Any]]
    query: str
    present: Sequence[Sequence[Any]] = ()
    absent: Sequence[Sequence[Any]] = ()
    only: Sequence[Sequence[Any]] | None = None


@dataclass(frozen=True)
class Result:
    """What came of a case: failures say what was expected and why it is otherwise."""

    case: Case
    failures: tuple[str, ...] = ()
    fired: frozenset[int] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


@dataclass
class Report:
    """The results of all cases, and which rules of the policy they exercised.

    Attributes
    ----------
    results : list of Result
        In the order of the cases.
    rules : list of str
        The rules of the policy.
    idle : list of Statement
        The rules that gave no row in any case.
    """

    results: list[Result]
    rules: list[str]
    idle: list[Statement] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(result.passed for result in self.results)

    @property
    def coverage(self) -> float:
        """The part of the rules that some case exercised."""
        return 1 - len(self.idle) / len(self.rules) if self.rules else 1.0

    def _summary(self) -> str:
        good = sum(result.passed for result in self.results)
        ran = f"{good} passed, {len(self.results) - good} failed"
        return f"{ran}; {len(self.rules) - len(self.idle)} of {len(self.rules)} rules exercised"

    def __repr__(self) -> str:
        lines = []
        for result in self.results:
            lines.append(f"{'passed' if result.passed else 'FAILED'}: {result.case.name}")
            lines += [f"    {line}" for failure in result.failures for line in failure.splitlines()]
        lines += [f"no case exercises line {rule.position.line}: {rule}" for rule in self.idle]
        return "\n".join([*lines, self._summary()])

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        cases = [{"name": r.case.name, "passed": r.passed, "failures": list(r.failures)} for r in self.results]
        idle = [{"line": rule.position.line, "rule": str(rule)} for rule in self.idle]
        return {"passed": self.passed, "cases": cases, "rules": len(self.rules), "idle": idle}

    def _repr_html_(self) -> str:
        items = []
        for result in self.results:
            word, tone = ("passed", "good") if result.passed else ("failed", "bad")
            items.append(
                node(f"{label(word, tone)} {code(result.case.name)}", [node(code(f)) for f in result.failures])
            )
        items += [node(f"{label('no case exercises', 'warn')} {code(str(rule))}") for rule in self.idle]
        return tree("Tests of a policy", [*items, node(code(self._summary()))])

    def raise_for_failures(self) -> None:
        """Raise an `AssertionError` with the whole report when a case failed."""
        if not self.passed:
            raise AssertionError(repr(self))


def run_cases(
    policy: str,
    cases: Iterable[Case],
    *,
    schemas: Schemas | None = None,
    kind: str = "nonrecursive",
    home: str = "policy",
) -> Report:
    """Run cases against a policy, each on an engine of its own.

    Parameters
    ----------
    policy : str
        The text of the policy.
    cases : iterable of Case
        What to try.
    schemas : mapping, optional
        Data source to table to columns, such as `SCHEMAS`; rows may then be given by column.
    kind : str
        The kind of the policy: `nonrecursive` or `recursive`.

    Raises
    ------
    StatementError
        The policy itself is wrong.
    """
    results: list[Result] = []
    fired: set[int] = set()
    rules: list[Statement] = []
    for case in cases:
        engine = _engine(policy, schemas or {}, kind, home)
        rules = list(engine.policies[home].rules.values())
        result = _run(engine, case)
        fired |= result.fired
        results.append(result)
    if not results:
        rules = list(_engine(policy, schemas or {}, kind, home).policies[home].rules.values())
    idle = [rule for place, rule in enumerate(rules) if place not in fired]
    return Report(results, [str(rule) for rule in rules], idle)


def _engine(policy: str, schemas: Schemas, kind: str, home: str) -> Engine:
    engine = Engine(home=home)
    engine.policies[home].kind = kind
    for name, schema in schemas.items():
        if name != home:
            engine.create(name, "datasource", schema=schema)
    engine.insert(policy)
    return engine


def _run(engine: Engine, case: Case) -> Result:
    try:
        _fill(engine, case)
        got = {to_row(row) for row in engine.rows(case.query)}
    except KitError as e:
        return Result(case, (str(e),))
    failures = []
    present = [to_row(row) for row in (*case.present, *(case.only or ()))]
    absent = [to_row(row) for row in case.absent]
    if case.only is not None:
        absent += sorted(got - set(present), key=repr)
    for row in present:
        if row not in got:
            failures.append(_missing(engine, case, row, got))
    for row in absent:
        if row in got:
            failures.append(_extra(engine, case, row))
    return Result(case, tuple(failures), _fired(engine, case))


def _fill(engine: Engine, case: Case) -> None:
    for name, rows in case.tables.items():
        policy, colon, table = name.partition(":")
        if not colon:
            policy, table = engine.home, name
        if policy not in engine.policies:
            engine.create(policy, "datasource")
        columns = engine.policies[policy].columns(table)
        engine.load(policy, table, [_row(name, row, columns) for row in rows])


def _row(table: str, row: Any, columns: Sequence[str] | None) -> Sequence[Any]:
    if not isinstance(row, Mapping):
        return tuple(row)
    if columns is None:
        raise SourceError(f"The columns of `{table}` are not known.", todo="Give its rows by position, or its schema.")
    for name in row:
        if name not in columns:
            raise SourceError(f"`{table}` has no column `{name}`.", todo=did_you_mean(str(name), columns))
    return [row.get(column) for column in columns]


def _written(case: Case, row: Row) -> str:
    name = case.query.partition("(")[0].strip()
    return f"{name}({', '.join(map(show, row))})"


def _missing(engine: Engine, case: Case, row: Row, got: set[Row]) -> str:
    lines = [f"expected {_written(case, row)}, but it is missing"]
    shown = [_written(case, each) for each in in_order(got)[:SHOWN]]
    lines.append(f"  got: {', '.join(shown) or 'no rows'}{' ...' if len(got) > SHOWN else ''}")
    try:
        reason = engine.why_not(_written(case, row))
    except KitError as e:
        return "\n".join([*lines, f"  {e}"])
    return "\n".join([*lines, *(f"  {line}" for line in (repr(reason).splitlines() if reason else []))])


def _extra(engine: Engine, case: Case, row: Row) -> str:
    proof = engine.why(_written(case, row))
    lines = repr(proof).splitlines() if proof else []
    return "\n".join([f"expected no {_written(case, row)}, but it holds, because", *(f"  {line}" for line in lines)])


def _fired(engine: Engine, case: Case) -> frozenset[int]:
    """The rules, by place, that gave a row and that the question rests on."""
    model = engine.model
    rests: set[Key] = downstream(
        engine.query(case.query).keys,
        lambda key: [goal.key for rule in model.rules.get(key, ()) for goal in rule.goals if goal.key],
    )
    found = set()
    for place, ready in enumerate(engine.policies[engine.home].ready.values()):
        rule = ready[1] if ready[0].folds else ready[0]
        if rule.head in rests or ready[0].head in rests:
            model.ensure(goal.key for goal in rule.goals if goal.key)
            rows: dict[Row, int] = {}
            model.program(rule, "every")(rows, 1)
            if rows:
                found.add(place)
    return frozenset(found)
