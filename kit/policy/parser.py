"""From text to statements: the grammar of the dialect, and errors that say line and column.

Names hold dots (`nova:servers.addresses`), so a full stop that ends a statement needs a space after it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kit.policy.errors import (
    ModalNotAllowed,
    PolicySyntaxError,
    Position,
    PositionalAfterNamed,
    StatementError,
)
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Aggregate, Atom, Constant, Literal, Statement, Term, Variable
from kit.policy.values import Real, Value

# Characters of a line that a message quotes.
QUOTED = 160
AGGREGATES = ("count", "max", "min", "sum")

GRAMMAR = r"""
start: statement*
statement: literals [IMPLIES literals] TERMINATOR?
literals: literal ("," literal)*
literal: [NOT] (atom | modal)
modal: MODAL "[" literals [IMPLIES literals] [TERMINATOR STRING] "]"
atom: ID (":" ID)* [SIGN] ["(" [param ("," param)*] ")"]
param: [column "="] term
!column: ID | INT
term: INT | FLOAT | STRING | ID | call
call: ID "(" [term ("," term)*] ")"

IMPLIES: ":-"
TERMINATOR.5: /;|\.(?!\.*\w)/
NOT.5: /(not|NOT)(?![\w.])|!/
MODAL.5: /(execute|insert|delete)(?![\w.])/
SIGN: "+" | "-"
FLOAT.3: /-?((\d+\.\d*|\.\d+)([eE][+-]?\d+)?|\d+[eE][+-]?\d+)(?![\w.])/
INT.2: /-?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0+(?!\d)|[1-9]\d*)/
STRING.4: /[uUrR]?(\"\"\"(\\.|[^\\])*?\"\"\"|'''(\\.|[^\\])*?'''|"(\\[^\r\n]|[^"\\\r\n])*"|'(\\[^\r\n]|[^'\\\r\n])*')/s
ID: /(\.+(?=\w)|[^\W\d])([\w.]*\w)?/
COMMENT: /\/\/[^\n]*|#[^\n]*|\/\*.*?\*\//s
%ignore COMMENT
%ignore /\s+/
"""

_NAMES = {
    "COMMA": "`,`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "IMPLIES": "`:-`",
    "TERMINATOR": "`;`",
    "NOT": "`not`",
    "MODAL": "`execute`",
    "SIGN": "a sign",
    "ID": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "STRING": "a text",
    "$END": "the end",
}
_ESCAPE = re.compile(r"""\\(?:(["'\\])|([nrt])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))""")
_BEGINS = re.compile(r"^[^\W\d]", re.MULTILINE)
_ENDS = re.compile(r""";|"[^"\n]*"|'[^'\n]*'|(?:#|//).*""")
MOST_LINES_BACK = 40
_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}


@lru_cache(maxsize=1)
def _lark() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=True)


def parse(text: str) -> tuple[Statement, ...]:
    """Read statements; the first mistake is raised, with the others in its `others`.

    Parameters
    ----------
    text : str
        Facts and rules.

    Raises
    ------
    StatementError
        `PolicySyntaxError`, `PositionalAfterNamed` or `ModalNotAllowed`, with line and column.
    """
    statements, errors = parse_all(text)
    if errors:
        errors[0].others = errors[1:]
        raise errors[0]
    return statements


def parse_all(text: str) -> tuple[tuple[Statement, ...], list[StatementError]]:
    """Read what can be read: after a mistake, go on behind the next `;` or with the next line that begins a statement."""
    statements: list[Statement] = []
    errors: list[StatementError] = []
    start = 0
    while start < len(text) or not start:
        try:
            tree = _tree(text, start, len(text))
        except UnexpectedInput as e:
            error = _syntax_error(e, text)
            errors.append(error)
            place = _offset(text, error.position or Position(1, 1))
            _keep_before(text, start, place, statements, errors)
            start = _next_statement(text, place)
        else:
            _take(tree, statements, errors)
            break
    return tuple(statements), sorted(errors, key=lambda e: e.position or Position(0, 0))


def _tree(text: str, start: int, end: int) -> Tree[Token]:
    """Parse a part of a text; blanks stand for what is before it, so that places are those of the whole."""
    before = text[:start]
    line_start = before.rfind("\n") + 1
    return _lark().parse("\n" * before.count("\n") + " " * (start - line_start) + text[start:end])


def _offset(text: str, position: Position) -> int:
    lines = text.split("\n")
    return sum(len(each) + 1 for each in lines[: position.line - 1]) + position.column - 1


def parse_one(text: str) -> Statement:
    """Read exactly one statement, such as a query."""
    statements = parse(text)
    if len(statements) != 1:
        what = f"One statement is wanted here, not {len(statements)}."
        raise PolicySyntaxError(what, position=Position(1, 1), literal=text)
    return statements[0]


def parse_query(text: str) -> Atom:
    """Read one atom: a table with constants and variables."""
    statement = parse_one(text)
    if not statement.is_fact:
        what = "A query is one atom, such as `error(x)`, not a rule."
        raise PolicySyntaxError(what, position=statement.position, literal=str(statement))
    return statement.head


def _take(tree: Tree[Token], statements: list[Statement], errors: list[StatementError]) -> None:
    for child in cast("list[Tree[Token]]", tree.children):
        try:
            statements.append(_statement(child))
        except StatementError as e:
            errors.append(e)


def _keep_before(text: str, start: int, place: int, statements: list[Statement], errors: list[StatementError]) -> None:
    """Read what stands before a mistake: up to where the statement that it is in may begin."""
    ends = [m.end() for m in _ENDS.finditer(text, start, place) if m[0] == ";"][-1:]
    ends += [m.start() for m in _BEGINS.finditer(text, start + 1, place + 1)][-MOST_LINES_BACK:]
    for end in sorted(ends, reverse=True):
        try:
            tree = _tree(text, start, end)
        except UnexpectedInput:
            continue
        _take(tree, statements, errors)
        return


def _next_statement(text: str, place: int) -> int:
    """Where to go on after a mistake: behind a `;` on its line, or at the next line that begins with a name."""
    line_end = text.find("\n", place)
    for found in _ENDS.finditer(text, place, line_end if line_end >= 0 else len(text)):
        if found[0] == ";" and text[found.end() : line_end if line_end >= 0 else len(text)].strip():
            return found.end()
    line = _BEGINS.search(text, place + 1)
    return line.start() if line else len(text)


def _syntax_error(e: UnexpectedInput, text: str) -> PolicySyntaxError:
    at_end = isinstance(e, UnexpectedToken) and e.token.type == "$END"
    if at_end or e.line < 1:
        lines = text.rstrip().split("\n")
        position = Position(len(lines), len(lines[-1]) + 1)
        found = "the text ends"
    else:
        position = Position(e.line, e.column)
        token = e.token if isinstance(e, UnexpectedToken) else e.char if isinstance(e, UnexpectedCharacters) else ""
        found = f"there is `{token}`"
        before = text.split("\n")[: e.line - 1]
        while e.column == 1 and before and not before[-1].strip():
            before.pop()
        if e.column == 1 and before and isinstance(e, UnexpectedToken):
            position = Position(len(before), len(before[-1]) + 1)  # the line before is not finished
            found = "the line ends"
    wanted = ""
    if isinstance(e, UnexpectedToken):
        names = sorted({_NAMES.get(name, name) for name in e.accepts or e.expected})
        wanted = f"Expected {', '.join(names[:-1])} or {names[-1]}." if len(names) > 1 else f"Expected {names[0]}."
    lines = text.split("\n")
    quote = _around(lines[position.line - 1], position.column) if position.line <= len(lines) else ""
    what = f"This does not parse: {found} in `{quote}`." if quote else f"This does not parse: {found}."
    return PolicySyntaxError(what, position=position, literal=quote, todo=wanted)


def _around(line: str, column: int) -> str:
    """The part of a line that a message has room for."""
    low = max(column - QUOTED // 2, 0) if len(line) > QUOTED else 0
    part = line[low : low + QUOTED].strip()
    return f"{'…' if low else ''}{part}{'…' if low + QUOTED < len(line) else ''}"


def _at(token: Token) -> Position:
    return Position(token.line or 1, token.column or 1)


def _statement(tree: Tree[Token]) -> Statement:
    heads_tree, implies, body_tree, *_ = cast("list[Any]", tree.children)
    heads = _literals(heads_tree, in_head=True)
    for head in heads:
        if head.negated:
            what = f"A head cannot be negated: `{head}`."
            raise PolicySyntaxError(what, position=head.position, literal=str(head))
    if implies is None and len(heads) > 1:
        what = f"A comma joins the atoms of a body; `{heads[0]}` and `{heads[1]}` have no `:-`."
        raise PolicySyntaxError(
            what, position=heads[1].position, literal=str(heads[1]), todo="Leave the comma out between facts."
        )
    body = None if implies is None else _literals(body_tree)
    return Statement(tuple(h.atom for h in heads), body)


def _literals(tree: Tree[Token], in_head: bool = False) -> tuple[Literal, ...]:
    return tuple(_literal(cast("Tree[Token]", child), in_head) for child in tree.children)


def _literal(tree: Tree[Token], in_head: bool) -> Literal:
    negation, inner = cast("list[Any]", tree.children)
    if inner.data == "modal":
        return Literal(_modal(inner), negation is not None)
    return Literal(_atom(inner, in_head), negation is not None)


def _modal(tree: Tree[Token]) -> Atom:
    parts: list[Any] = [*tree.children, None, None]
    modal, inner, implies, _, end, policy = parts[:6]
    literals = _literals(inner)
    first = literals[0]
    if implies is not None or end is not None or policy is not None:
        what = f"`{modal}[...]` with a rule inside describes a change; no policy accepts it."
        raise ModalNotAllowed(what, position=_at(modal), literal=f"{modal}[{first}]")
    if len(literals) > 1 or first.negated or first.atom.modal:
        what = f"`{modal}[...]` holds exactly one atom."
        raise PolicySyntaxError(what, position=_at(modal), literal=f"{modal}[{first}]")
    atom = first.atom
    return Atom(atom.table, atom.args, atom.policy, atom.columns, atom.sign, str(modal), _at(modal))


def _atom(tree: Tree[Token], in_head: bool) -> Atom:
    names, sign, args, columns = [], "", [], []
    for child in cast("list[Any]", tree.children):
        if child is None:
            continue
        if isinstance(child, Token):
            if child.type == "ID":
                names.append(child)
            else:
                sign = str(child)
            continue
        column, term_tree = child.children
        term = _term(term_tree, in_head)
        if column is not None:
            token = column.children[0]
            columns.append((_integer(token) if token.type == "INT" else str(token), term))
        elif columns:
            what = f"The argument `{term}` by position follows `{columns[-1][0]}=...` in `{names[-1]}`."
            raise PositionalAfterNamed(
                what, position=term.position, literal=str(term), todo="Put it first, or name its column."
            )
        else:
            args.append(term)
    policy = str(names[0]) if len(names) > 1 else None
    table = ":".join(names[1:] if len(names) > 1 else names)
    return Atom(table, tuple(args), policy, tuple(columns), sign, "", _at(names[0]))


def _term(tree: Tree[Token], in_head: bool) -> Term:
    child = cast("Any", tree.children[0])
    if isinstance(child, Tree):
        return _aggregate(cast("Tree[Token]", child), in_head)
    position = _at(child)
    if child.type == "ID":
        return Variable(str(child), position)
    if child.type == "INT":
        return Constant(_integer(child), position)
    if child.type == "FLOAT":
        return Constant(Real(child), position)
    return Constant(_text(child), position)


def _aggregate(tree: Tree[Token], in_head: bool) -> Aggregate:
    name, *inner = cast("list[Any]", tree.children)
    position = _at(name)
    if not in_head or name not in AGGREGATES:
        what = f"`{name}(...)` cannot be an argument here."
        todo = "Only a head holds aggregates, such as `many(host, count(vm))`."
        if in_head:
            todo = did_you_mean(str(name), AGGREGATES)
        raise PolicySyntaxError(what, position=position, literal=str(name), todo=todo)
    args = [_term(term, False) for term in inner if term is not None]
    variables = tuple(arg for arg in args if isinstance(arg, Variable))
    if len(variables) < len(args) or (not args and name != "count"):
        what = f"`{name}` takes variables, such as `{name}(x)`."
        raise PolicySyntaxError(what, position=position, literal=str(name))
    return Aggregate(str(name), variables, position)


def _integer(token: Token) -> int:
    try:
        return int(token, 10 if token.lstrip("-").strip("0").isdecimal() or not token.strip("-0") else 0)
    except ValueError:
        what = f"The number at this place has {len(token)} digits, which is too many."
        raise PolicySyntaxError(what, position=_at(token), literal=f"{token[:20]}...") from None


def _text(token: Token) -> Value:
    text = str(token)
    raw = text[0] in "rR"
    text = text.lstrip("uUrR")
    quotes = 3 if len(text) >= 6 and text[:3] in ('"""', "'''") else 1
    text = text[quotes:-quotes]
    if not raw:
        text = _ESCAPE.sub(_unescape, text)
    if any("\ud800" <= c <= "\udfff" for c in text):
        what = "A text holds half of a surrogate pair, which is no character."
        raise PolicySyntaxError(what, position=_at(token), literal=str(token)[:20].encode("ascii", "replace").decode())
    return text


def _unescape(match: re.Match[str]) -> str:
    quoted, control, *numbers = match.groups()
    if quoted:
        return quoted
    if control:
        return _CONTROL[control]
    number = int(next(n for n in numbers if n), 16)
    return chr(number) if number < 0x110000 else match.group()
