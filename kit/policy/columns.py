"""From the arguments of an atom to one term for every column of its table."""

from __future__ import annotations

from enum import Enum

from kit.policy.errors import (
    ArityError,
    ColumnConflict,
    ColumnIndex,
    ColumnRefNeedsDatasource,
    UnknownColumn,
    UnknownSchema,
    UnknownTable,
)
from kit.policy.policies import Policies
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Atom, Term


class Gap(Enum):
    """A column that the atom does not mention."""

    GAP = "gap"


GAP = Gap.GAP


def place(atom: Atom, policies: Policies, home: str) -> list[Term | Gap]:
    """Put the arguments of an atom into the columns of its table.

    Parameters
    ----------
    atom : Atom
        As written, with arguments by position, by name or by number.
    policies : Policies
        Where the columns of cloud tables are known.
    home : str
        The policy of an atom that names none.

    Raises
    ------
    StatementError
        One of the family `schema`.
    """
    policy = policies.get(atom.policy or home)
    columns = None if atom.modal or policy is None else policy.columns(atom.table)
    if atom.columns:
        columns = _needed(atom, policies, home)
    elif policy and policy.complete and columns is None and not atom.modal:
        raise _unknown_table(atom, policies, home)
    if columns is None:
        return list(atom.args)
    if len(atom.args) > len(columns):
        what = f"`{atom.name}` has {len(columns)} columns, but `{atom}` gives {len(atom.args)} arguments."
        raise ArityError(what, position=atom.position, literal=str(atom), todo=f"They are: {', '.join(columns)}.")
    terms: list[Term | Gap] = [*atom.args, *[GAP] * (len(columns) - len(atom.args))]
    for ref, term in atom.columns:
        number = _number(ref, atom, columns)
        if terms[number] is not GAP:
            what = f"Column `{columns[number]}` is given twice in `{atom}`."
            raise ColumnConflict(what, position=term.position, literal=f"{ref}={term}")
        terms[number] = term
    return terms


def _needed(atom: Atom, policies: Policies, home: str) -> tuple[str, ...]:
    name = atom.policy or home
    literal = str(atom)
    if name not in policies and not atom.modal:
        what = f"`{literal}` names columns, but there is no policy `{name}`."
        raise UnknownSchema(what, position=atom.position, literal=literal, todo=did_you_mean(name, policies))
    if atom.modal or policies[name].kind != "datasource":
        what = f"`{literal}` names columns, but only tables of a cloud have column names."
        raise ColumnRefNeedsDatasource(
            what,
            position=atom.position,
            literal=literal,
            todo="Write a cloud's table with its service, such as `nova:servers`; or give the arguments by position.",
        )
    columns = policies[name].columns(atom.table)
    if columns is None:
        raise _unknown_table(atom, policies, home)
    return columns


def _unknown_table(atom: Atom, policies: Policies, home: str) -> UnknownTable:
    name = atom.policy or home
    todo = did_you_mean(atom.table, policies[name].schema, prefix=f"{name}:")
    return UnknownTable(
        f"There is no table `{name}:{atom.table}`.", position=atom.position, literal=str(atom), todo=todo
    )


def _number(ref: str | int, atom: Atom, columns: tuple[str, ...]) -> int:
    if isinstance(ref, str):
        if ref in columns:
            return columns.index(ref)
        what = f"`{atom.name}` has no column `{ref}`."
        raise UnknownColumn(what, position=atom.position, literal=str(atom), todo=did_you_mean(ref, columns))
    if not 0 <= ref < len(columns):
        what = f"`{atom.name}` has no column number {ref}."
        raise ColumnIndex(
            what, position=atom.position, literal=str(atom), todo=f"Columns count from 0 to {len(columns) - 1}."
        )
    return ref
