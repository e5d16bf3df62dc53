"""Data sources: drivers over the cloud's services, and sources that rows are pushed to."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.policy import tables
from kit.cloud.policy.common import body, only_admin, text
from kit.cloud.policy.drivers import DRIVERS
from kit.cloud.policy.errors import PolicyApiError, bad, not_found, refusal
from kit.cloud.policy.models import sources
from kit.cloud.policy.standing import of
from kit.cloud.store import Row
from kit.errors import PolicyError
from kit.policy import SCHEMAS
from kit.policy.actions import ACTIONS, perform

PUSH = "push"


def document(row: Row) -> dict[str, Any]:
    """A data source as Congress shows it."""
    return {
        "id": row["id"], "name": row["name"], "driver": row["driver"], "description": row["description"], "type": None,
        "enabled": row["enabled"], "config": row["config"] or {},
    }  # fmt: skip


def find(call: Call, name: str) -> Row:
    """The data source of that name or id.

    Raises
    ------
    PolicyApiError
        404 when there is none.
    """
    row = call.tx.first(sources, name=name) or call.tx.get(sources, name)
    if row is None:
        raise not_found(f"Datasource not found {name}")
    return row


def index(call: Call) -> dict[str, Any]:
    """List the data sources."""
    only_admin(call, "get_data-sources")
    return {"results": [document(row) for row in call.tx.rows(sources, order=sources.c.name)]}


def show(call: Call, source_id: str) -> dict[str, Any]:
    """Show one, by name or id."""
    only_admin(call, "get_data-sources")
    return document(find(call, source_id))


def create(call: Call) -> Answer:
    """Add one: a second name for a driver, or one of driver `push`."""
    only_admin(call, "create_data-sources")
    item = body(call)
    name, driver = text(item, "name"), text(item, "driver")
    if not name or not driver:
        raise bad("Both 'name' and 'driver' are required")
    if driver not in DRIVERS and driver != PUSH:
        raise PolicyApiError(400, 400, f"Driver {driver} not found")
    if name in of(call.cloud).runtime.current(call.tx, ()).policies:
        raise PolicyApiError(409, 409, f"Datasource already in use with name {name}")
    row = call.tx.insert(
        sources, id=call.tx.ids.uuid(), name=name, driver=driver, description=text(item, "description") or "",
        enabled=bool(item.get("enabled", True)), config=item.get("config") or {}, pushed={},
    )  # fmt: skip
    return Answer(201, document(row), {"Location": f"{call.url}/{row['id']}"})


def delete(call: Call, source_id: str) -> dict[str, Any]:
    """Remove one; rules that name it find nothing from then on."""
    only_admin(call, "delete_data-sources")
    row = find(call, source_id)
    call.tx.delete(sources, id=row["id"])
    return document(row)


def _columns(row: Row, table: str) -> dict[str, Any]:
    names = _schema(row)[table]
    return {"table_id": table, "columns": [{"name": name, "description": "None"} for name in names]}


def _schema(row: Row) -> dict[str, Any]:
    if row["driver"] in SCHEMAS:
        return dict(SCHEMAS[row["driver"]])
    return {table: found["columns"] for table, found in (row["pushed"] or {}).items()}


def schema(call: Call, source_id: str) -> dict[str, Any]:
    """The columns of every table."""
    only_admin(call, "get_data-sources")
    row = find(call, source_id)
    return {"tables": [_columns(row, table) for table in sorted(_schema(row))]}


def spec(call: Call, source_id: str, table: str) -> dict[str, Any]:
    """The columns of one table."""
    only_admin(call, "get_data-sources")
    row = find(call, source_id)
    if table not in _schema(row):
        raise not_found(f"Table '{table}' for datasource '{row['name']}' has no schema ")
    return _columns(row, table)


def status(call: Call, source_id: str) -> dict[str, Any]:
    """Whether its tables are filled, and how often they were."""
    only_admin(call, "get_data-sources")
    row = find(call, source_id)
    used = row["name"] in of(call.cloud).runtime.used()
    return {
        "last_updated": str(call.tx.now), "last_error": "None", "initialized": "True",
        "number_of_updates": str(call.cloud.generation), "subscribers": "['engine']" if used else "[]",
        "subscriptions": "[]",
    }  # fmt: skip


def actions(call: Call, source_id: str) -> dict[str, Any]:
    """What may be executed on it."""
    only_admin(call, "get_data-sources")
    row = find(call, source_id)
    return {
        "results": [
            {"name": name, "args": [{"name": arg, "description": ""} for arg in verb.args], "description": verb.description}
            for name, verb in sorted(ACTIONS.get(row["driver"], {}).items())
        ]
    }  # fmt: skip


def act(call: Call, source_id: str) -> dict[str, Any]:
    """`?action=request-refresh` reads its tables anew, `?action=execute` calls one of its actions."""
    only_admin(call, "create_data-sources")
    row = find(call, source_id)
    wanted = call.query.one("action")
    runtime = of(call.cloud).runtime
    if wanted == "request-refresh":
        runtime.current(call.tx, ())
        runtime.refresh(call.tx, [row["name"]], force=True)
        return {}
    if wanted != "execute":
        raise missing_action(wanted)
    item = body(call)
    execute(call, row["driver"], str(item.get("name", "")), item.get("args", {}))
    return {}


def missing_action(wanted: str | None) -> PolicyApiError:
    """What an action that is none is refused with."""
    if wanted is None:
        return bad("Missing required action parameter.")
    return PolicyApiError(501, 501, "Method not supported")


def execute(call: Call, service: str, name: str, args: Any) -> None:
    """Call an action on one of the cloud's services, in this request's transaction.

    Raises
    ------
    PolicyApiError
        1018 for arguments of another form, 1016 when the action fails.
    """
    from kit.cloud.inner import Inside

    if not isinstance(args, dict) or not isinstance(args.get("positional", []), list):
        raise refusal("execute_action_args_syntax")
    given = [*args.get("positional", []), *args.get("named", {}).values()]
    try:
        perform(Inside(call.cloud, of(call.cloud).runtime.context(call.tx), call.tx), service, name, tuple(given))
    except PolicyError as error:
        raise refusal("execute_error", str(error)) from error


def list_tables(call: Call, source_id: str) -> dict[str, Any]:
    """List its tables."""
    only_admin(call, "get_tables")
    return {"results": [{"id": name} for name in sorted(_schema(find(call, source_id)))]}


def show_table(call: Call, source_id: str, table: str) -> dict[str, Any]:
    """Whether there is such a table."""
    only_admin(call, "get_tables")
    if table not in _schema(find(call, source_id)):
        raise not_found()
    return {"id": table}


def rows(call: Call, source_id: str, table: str) -> dict[str, Any]:
    """The rows of a table, as the service has them now."""
    only_admin(call, "get_rows")
    name = find(call, source_id)["name"]
    return tables.answer(call, of(call.cloud).runtime.current(call.tx, [name]), name, table)


def push(call: Call, source_id: str, table: str) -> None:
    """Replace the rows of a table of a `push` source."""
    only_admin(call, "update_rows")
    row = find(call, source_id)
    if row["driver"] != PUSH:
        raise bad(f"Datasource {row['name']} does not accept pushed rows")
    try:
        given = call.json()
    except Exception as error:
        raise bad(f"Failed to parse body as application/json: {error}") from None
    found = given.get("rows", given) if isinstance(given, dict) else given
    if not isinstance(found, list) or not all(isinstance(item, list) for item in found):
        raise bad("Rows must be a list of lists")
    widths = {len(item) for item in found}
    if len(widths) > 1:
        raise bad("Rows must be of one length")
    width = widths.pop() if widths else 0
    kept = dict(row["pushed"] or {})
    kept[table] = {"columns": [f"col{number}" for number in range(width)], "rows": found}
    call.tx.update(sources, row["id"], pushed=kept)
