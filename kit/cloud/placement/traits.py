"""Traits: the standard ones, and those of the operator (1.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kit.cloud.call import Answer, Call
from kit.cloud.placement import schemas, validation
from kit.cloud.placement.errors import Missing, bad_request, conflict, not_found
from kit.cloud.placement.models import providers, traits
from kit.cloud.placement.service import empty, fresh
from kit.cloud.placement.standard_traits import STANDARD
from kit.cloud.store import Row, Transaction


def known(tx: Transaction, names: Iterable[str]) -> None:
    """Refuse names that are no trait's.

    Raises
    ------
    Missing
        With all of them.
    """
    custom = [name for name in names if name not in STANDARD]
    if custom:
        there = {row["name"] for row in tx.rows(traits, name=custom)}
        missing = [name for name in custom if name not in there]
        if missing:
            raise Missing(f"No such trait(s): {', '.join(sorted(missing))}.")


def index(call: Call) -> Answer:
    """List traits: all, those named, those with a prefix, those that a provider has."""
    validation.query(call, schemas.GET_TRAITS)
    names = [*STANDARD, *(row["name"] for row in call.tx.rows(traits, order=traits.c.id))]
    if "name" in call.query:
        text = call.query.one("name") or ""
        how, colon, value = text.partition(":")
        if not colon:
            raise bad_request(
                "Badly formatted name parameter. Expected name query string parameter in form: "
                f'?name=[in|startswith]:[name1,name2|prefix]. Got: "{text}"'
            )
        if how == "in":
            names = [name for name in names if name in value.split(",")]
        elif how == "startswith":
            names = [name for name in names if name.startswith(value)]
    if "associated" in call.query:
        asked = (call.query.one("associated") or "").lower()
        if asked not in ("true", "false"):
            raise bad_request('The query parameter "associated" only accepts "true" or "false"')
        there = {name for row in call.tx.rows(providers) for name in row["traits"]}
        names = [name for name in names if (name in there) == (asked == "true")]
    return fresh(call, {"traits": names})


def _custom(call: Call, name: str) -> Row | None:
    try:
        known(call.tx, (name,))
    except Missing as missing:
        raise not_found(str(missing)) from None
    return call.tx.first(traits, name=name)


def show(call: Call, name: str) -> Answer:
    """Say whether there is such a trait."""
    row = _custom(call, name)
    return empty(call, 204, row["created_at"] if row else call.tx.stamp)


def create(call: Call, name: str) -> Answer:
    """Let a trait of the operator's be there."""
    if len(name) > 255 or not re.search(schemas.CUSTOM, name):
        raise bad_request(
            "The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix "
            '"CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"'
        )
    row, status = call.tx.first(traits, name=name), 204
    if row is None:
        row, status = call.tx.insert(traits, name=name, created_at=call.tx.stamp, updated_at=call.tx.stamp), 201
    return empty(call, status, row["created_at"], location=f"{call.base}{call.service.path}/traits/{name}")


def delete(call: Call, name: str) -> None:
    """Remove a trait that no provider has."""
    row = _custom(call, name)
    if row is None:
        raise bad_request(f"Cannot delete standard trait {name}.")
    if any(name in provider["traits"] for provider in call.tx.rows(providers)):
        raise conflict(f"The trait {name} is in use by a resource provider.")
    call.tx.delete(traits, id=row["id"])
