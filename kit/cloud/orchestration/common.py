"""What the operations of the orchestration service share: a stack by name and id, the request's data, limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.orchestration import holding
from kit.cloud.orchestration.backend import CloudBackend
from kit.cloud.orchestration.errors import HeatError, bad_request, not_found, of_engine
from kit.cloud.orchestration.models import stacks
from kit.cloud.orchestration.resources.finding import constraint
from kit.cloud.orchestration.stack_views import address
from kit.cloud.store import Row
from kit.errors import HotError
from kit.hot import Stack
from kit.hot.constraints import asking

# What may follow a stack's name without its id. Source: heat.api.openstack.v1, `stack_lookup_subpath`.
SUBPATHS = ("resources", "events", "template", "actions", "environment", "files", "outputs", "snapshots", "export")


def body(call: Call) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty one.

    Raises
    ------
    HeatError
        400 when it is something else.
    """
    if not call.body:
        return {}
    try:
        found = call.json()
    except BadRequest:
        raise bad_request("JSON body size or form is wrong: Expecting value.") from None
    if not isinstance(found, dict):
        raise bad_request("The request's body must be a JSON object.")
    return found


def truth(call: Call, name: str, default: bool = False) -> bool:
    """A parameter of the query string that is true or false.

    Raises
    ------
    HeatError
        400 when it is neither.
    """
    given = call.query.one(name)
    if given is None:
        return default
    word = given.strip().lower()
    if word in ("true", "1", "t", "yes", "y", "on"):
        return True
    if word in ("false", "0", "f", "no", "n", "off"):
        return False
    known = "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"
    raise bad_request(f"Unrecognized value '{given}' for \"{name}\", acceptable values are: {known}.")


def number(call: Call, name: str) -> int | None:
    """A parameter of the query string that is a whole number from 0 on.

    Raises
    ------
    HeatError
        400 when it is none.
    """
    given = call.query.one(name)
    if given is None:
        return None
    try:
        found = int(given)
    except ValueError:
        raise bad_request(f"Only integer is allowed for '{name}', got '{given}'.") from None
    if found < 0:
        raise bad_request(f"Value '{given}' is invalid for '{name}' which only accepts non-negative integer.")
    return found


def visible(call: Call, row: Row | None, tenant: str | None = None) -> bool:
    """Whether a stack's row is one of the project's, or the caller the administrator."""
    if row is None:
        return False
    return row["project_id"] == (tenant or call.context.project_id) or call.context.is_admin


def by_name(call: Call, tenant: str, name: str, deleted: bool = False) -> Row:
    """A stack's row by name, id or ARN.

    Raises
    ------
    HeatError
        404 when there is none.
    """
    if name.startswith("arn:"):
        name = name.rpartition("/")[2]
    row = call.tx.get(stacks, name)
    if row is None:
        found = call.tx.rows(stacks, name=name, project_id=tenant, absent=("deleted_at",))
        row = found[0] if found else None
    if row is None or not visible(call, row, tenant) or (row["deleted_at"] is not None and not deleted):
        raise not_found("Stack", name)
    return row


def by_identity(call: Call, tenant: str, name: str, id: str, deleted: bool = False) -> Row:
    """A stack's row by name and id.

    Raises
    ------
    HeatError
        404 when there is none of both.
    """
    row = call.tx.get(stacks, id)
    if row is None or row["name"] != name or not visible(call, row, tenant):
        raise not_found("Stack", name)
    if row["deleted_at"] is not None and not deleted:
        raise not_found("Stack", name)
    return row


def redirect(call: Call, row: Row, *more: str) -> Answer:
    """302 to a stack's own address, with the query string of the request."""
    href = address(call, row["project_id"], row["name"], row["id"], *more)
    if call.query:
        href += f"?{urlencode(call.query, doseq=True, quote_via=quote)}"
    text = f'The resource was found at <a href="{href}">{href}</a>;\nyou should be redirected automatically.'
    return Answer(302, {"message": text, "code": "302 Found", "title": "Found"}, {"Location": href})


def root_of(call: Call, row: Row) -> tuple[Row, Stack]:
    """The root's row and its tree of stacks."""
    root = row if row["root_id"] == row["id"] else call.tx.get(stacks, row["root_id"])
    assert root is not None
    return root, holding.load(call.cloud, call.tx, root)


def both(call: Call, row: Row) -> tuple[Stack, Stack]:
    """The root of the tree that a row's stack is in, and the stack itself.

    Raises
    ------
    HeatError
        404 when the tree has it no longer.
    """
    _, root = root_of(call, row)
    found = holding.find(root, row["id"])
    if found is None:
        raise not_found("Stack", row["name"])
    return root, found


def stack_of(call: Call, row: Row) -> Stack:
    """The stack of a row, ready to be looked at.

    Raises
    ------
    HeatError
        404 when the tree has it no longer.
    """
    return both(call, row)[1]


@contextmanager
def engine(call: Call, root: Stack | None = None) -> Iterator[None]:
    """Work with the engine: its refusals become Heat's, and custom constraints ask the cloud."""
    from kit.cloud.orchestration.ask import Ask

    backend = root.backend if root is not None else None
    ask = backend.ask if isinstance(backend, CloudBackend) else Ask(call.cloud, call.tx, call.context)
    try:
        with asking(lambda name, value: constraint(ask, name, value)):
            yield
    except HeatError:
        raise
    except HotError as error:
        raise of_engine(error) from error


def keep(call: Call, root: Stack) -> None:
    """Go on with a tree of stacks as far as possible now, and write it back."""
    holding.advance(root)
    holding.save(call.cloud, call.tx, root)
