"""From a rule to Python: nested loops over dictionary indexes, in the order of the plan.

Only numbers of variables and columns enter the text; names and values of the user are passed in
beside it. Three shapes are made:

    every     run(out, sign)               all derivations, counted into `out`
    change    run(delta, skip, out, sign)  those that use a row of `delta` at one place of the body;
                                           earlier places of the same table leave out the rows in `skip`
    given     run(row)                     yields the values of all variables for one row of the head
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kit.policy.builtins import BUILTINS
from kit.policy.core import Const, Goal, Rule, Slot
from kit.policy.plan import Lookup, order
from kit.policy.table import UNKNOWN
from kit.policy.values import Value

Fresh = Callable[[Rule, int], Value]
"""Makes the value of a variable that nothing binds."""

DEEPEST = 14
WIDE_BUCKET = 32

_INLINE = {"lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}


class Writer:
    """Writes the program of one rule in one shape."""

    def __init__(
        self, rule: Rule, lookup: Lookup, now: Callable[[], Value], start: int = -1, fresh: Fresh | None = None
    ) -> None:
        self.rule = rule
        self.lookup = lookup
        self.now = now
        self.start = start
        self.fresh = fresh
        self.space: dict[str, Any] = {"EMPTY": (), "ONCE": (0,)}
        self.functions: list[list[str]] = []
        self.bound: frozenset[int] = frozenset()
        self.depth = 0
        self.loops = 0
        self.shape = ""
        counted: dict[int, int] = {}
        for term in [*rule.terms, *(t for goal in rule.goals for t in goal.terms)]:
            if isinstance(term, int):
                counted[term] = counted.get(term, 0) + 1
        self.single = {slot for slot, count in counted.items() if count == 1}

    def every(self) -> Callable[..., None]:
        """Compile all derivations."""
        return self._compile("every", "out, sign", self.rule.goals)

    def change(self) -> Callable[..., None]:
        """Compile the derivations that use a changed row at the place `start`."""
        return self._compile("change", "delta, skip, out, sign", self.rule.goals)

    def given(self) -> Callable[..., Iterable[tuple[Value, ...]]]:
        """Compile the derivations of one row of the head."""
        self.single = set()
        return self._compile("given", "row", self.rule.goals)

    def _compile(self, shape: str, arguments: str, goals: tuple[Goal, ...]) -> Callable[..., Any]:
        self.shape = shape
        self._function("run", arguments)
        if shape != "given":
            self._line("get = out.get")
        self._loop("for _ in ONCE:")
        rest = list(goals)
        if shape == "given":
            self._head_in()
        elif shape == "change":
            first = goals[self.start]
            rest.remove(first)
            self._loop("for r in delta:")
            self._width(first, "r")
            self._take(first, "r", ())
        for goal in order(rest, self.bound, self.lookup):
            self._goal(goal)
        self._emit()
        source = "\n".join(line for function in self.functions for line in function)
        exec(compile(source, f"<{self.rule.head}>", "exec"), self.space)
        return self.space["run"]

    def _function(self, name: str, arguments: str) -> None:
        self.functions.append([f"def {name}({arguments}):"])
        self.depth, self.loops = 1, 0

    def _line(self, text: str) -> None:
        self.functions[-1].append("    " * self.depth + text)

    def _loop(self, text: str) -> None:
        if self.loops >= DEEPEST:
            self._continue_elsewhere()
        self._line(text)
        self.depth += 1
        self.loops += 1

    def _continue_elsewhere(self) -> None:
        """Go on in a function of its own, as Python nests no more than twenty blocks."""
        name = f"step{len(self.functions)}"
        shared = {"every": "out, get, sign", "change": "skip, out, get, sign", "given": "row"}[self.shape]
        arguments = ", ".join([shared, *(f"v{slot}" for slot in sorted(self.bound - self.single))])
        self._line(f"{'yield from ' if self.shape == 'given' else ''}{name}({arguments})")
        self._function(name, arguments)
        self._line("for _ in ONCE:")
        self.depth += 1
        self.loops += 1

    def _name(self, prefix: str, thing: Any) -> str:
        name = f"{prefix}{len(self.space)}"
        self.space[name] = thing
        return name

    def _expression(self, term: Slot) -> str:
        return self._name("c", term.value) if isinstance(term, Const) else f"v{term}"

    def _tuple(self, terms: Iterable[Slot]) -> str:
        parts = [self._expression(term) for term in terms]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"

    def _head_in(self) -> None:
        self._line(f"if len(row) != {len(self.rule.terms)}: continue")
        for column, term in enumerate(self.rule.terms):
            if isinstance(term, Const) or term in self.bound:
                self._line(f"if row[{column}] != {self._expression(term)}: continue")
            else:
                self._line(f"v{term} = row[{column}]")
                self.bound |= {term}

    def _take(self, goal: Goal, row: str, known: tuple[int, ...]) -> None:
        """Check the columns that the index has not, and bind the new variables."""
        for column, term in enumerate(goal.terms):
            if column in known:
                continue
            if isinstance(term, Const) or term in self.bound:
                self._line(f"if {row}[{column}] != {self._expression(term)}: continue")
            else:
                if term not in self.single:
                    self._line(f"v{term} = {row}[{column}]")
                self.bound |= {term}

    def _skips(self, goal: Goal) -> bool:
        first = self.rule.goals[self.start] if self.shape == "change" else None
        return first is not None and goal.key == first.key and self.rule.goals.index(goal) < self.start

    def _goal(self, goal: Goal) -> None:
        if goal.builtin:
            self._builtin(goal)
        elif goal.key is None:
            if goal.truth is goal.negated:
                self._line("continue")
        elif goal.negated:
            row, rows = self._tuple(goal.terms), self._name("t", self.lookup(goal.key).rows)
            present = f"{row} in {rows}"
            self._line(
                f"if {present} and {row} not in skip: continue" if self._skips(goal) else f"if {present}: continue"
            )
        else:
            self._read(goal)

    def _read(self, goal: Goal) -> None:
        assert goal.key is not None
        table = self.lookup(goal.key)
        bound = [c for c, t in enumerate(goal.terms) if isinstance(t, Const) or t in self.bound]
        if len(bound) == len(goal.terms):
            row, rows = self._tuple(goal.terms), self._name("t", table.rows)
            self._line(f"if {row} not in {rows}: continue")
            if self._skips(goal):
                self._line(f"if {row} in skip: continue")
            return
        columns = tuple(c for c in bound if not isinstance(goal.terms[c], Const)) or tuple(bound)
        if columns and len(columns) < len(bound) and len(table) > WIDE_BUCKET * len(table.index(columns)):
            columns = tuple(bound)
        row = f"r{len(self.bound)}_{self.depth}"
        if columns:
            parts = [self._expression(goal.terms[c]) for c in columns]
            key = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
            self._loop(f"for {row} in {self._name('i', table.index(columns))}.get({key}, EMPTY):")
        else:
            self._loop(f"for {row} in {self._name('t', table.rows)}:")
        self._width(goal, row)
        if self._skips(goal):
            self._line(f"if {row} in skip: continue")
        self._take(goal, row, columns)

    def _width(self, goal: Goal, row: str) -> None:
        """Pass over rows of another width; a table of one width needs no look at each row."""
        assert goal.key is not None
        if self.lookup(goal.key).width not in (UNKNOWN, len(goal.terms)):
            self._line(f"if len({row}) != {len(goal.terms)}: continue")

    def _builtin(self, goal: Goal) -> None:
        builtin = goal.builtin
        assert builtin is not None
        inputs = [self._expression(t) for t in goal.terms[: len(builtin.inputs)]]
        outputs = goal.terms[len(builtin.inputs) :]
        if goal.negated and not outputs and builtin.name in _INLINE:
            self._test(f"not ({inputs[0]} {_INLINE[builtin.name]} {inputs[1]})", "pass")
        elif not outputs and builtin.name in _INLINE:
            self._test(f"{inputs[0]} {_INLINE[builtin.name]} {inputs[1]}", "continue")
        else:
            function = self.now if builtin.volatile else BUILTINS[builtin.name].function
            call = f"{self._name('f', function)}({', '.join(inputs)})"
            if goal.negated:
                same = call if not outputs else f"{call} == {self._expected(outputs)}"
                self._test(f"not {same}" if not outputs else f"not ({same})", "pass")
            elif not outputs:
                self._test(call, "continue")
            else:
                self._outputs(call, outputs)

    def _test(self, condition: str, on_error: str) -> None:
        self._line("try:")
        self._line(f"    if not ({condition}): continue")
        self._line(f"except Exception: {on_error}")

    def _expected(self, outputs: tuple[Slot, ...]) -> str:
        return self._tuple(outputs) if len(outputs) > 1 else self._expression(outputs[0])

    def _outputs(self, call: str, outputs: tuple[Slot, ...]) -> None:
        self._line(f"try: o = {call}")
        self._line("except Exception: continue")
        for place, term in enumerate(outputs):
            value = f"o[{place}]" if len(outputs) > 1 else "o"
            if isinstance(term, Const) or term in self.bound:
                self._line(f"if {value} != {self._expression(term)}: continue")
            else:
                self._line(f"v{term} = {value}")
                self.bound |= {term}

    def _emit(self) -> None:
        if self.shape == "given":
            slots = [f"v{n}" if n in self.bound else "None" for n in range(len(self.rule.names))]
            self._line(f"yield ({', '.join(slots)}{',' if len(slots) == 1 else ''})")
            return
        for slot in sorted(self.rule.unbound()):
            if self.fresh is None:
                self._line("continue")  # only a simulation makes values
                return
            self._line(f"v{slot} = {self._name('f', self.fresh)}({self._name('r', self.rule)}, {slot})")
        self._line(f"h = {self._tuple(self.rule.terms)}")
        self._line("out[h] = get(h, 0) + sign")
