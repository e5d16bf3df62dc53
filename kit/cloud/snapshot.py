"""A cloud's whole state as bytes, the same form for every database."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from kit.cloud import schema
from kit.cloud.clock import parse, stamp
from kit.cloud.tables import metadata
from kit.errors import StoreError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction

FORMAT = 1


def state(cloud: Cloud) -> dict[str, Any]:
    """Every row, the time, the faults and the state of the identifiers."""
    with cloud.read() as tx:
        tables = {}
        for table in metadata.sorted_tables:
            order = list(table.primary_key) or list(table.c)
            rows = [list(row) for row in tx.connection.execute(sa.select(table).order_by(*order))]
            if rows and table is not schema.facts:
                tables[table.name] = {"columns": list(table.c.keys()), "rows": rows}
        services = schema.recall(tx.connection, "services")
    return {**beside(cloud), "services": services, "tables": tables}


def beside(cloud: Cloud) -> dict[str, Any]:
    """What a state holds beside the rows."""
    return {
        "format": FORMAT,
        "now": stamp(cloud.clock.now()),
        "ids": [cloud.ids.seed, cloud.ids.count, cloud.request_ids.count],
        "faults": cloud.faults.to_json(),
        "timings": cloud.timings,
        "passwords": cloud.passwords,
    }


def take(cloud: Cloud) -> bytes:
    """The state, compressed."""
    return zlib.compress(json.dumps(state(cloud), default=_bytes_to_json, separators=(",", ":")).encode(), 6)


def _bytes_to_json(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _bytes_from_json(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"$bytes"}:
        return base64.b64decode(value["$bytes"])
    return value


def restore(cloud: Cloud, data: bytes) -> None:
    """Put the state into the cloud's store, in one transaction.

    Raises
    ------
    StoreError
        When the bytes are no snapshot of a format this version reads.
    """
    from kit.cloud import opening

    try:
        found = json.loads(zlib.decompress(data))
        version = found["format"]
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "these bytes are no snapshot of a cloud", todo="Give what Cloud.snapshot() returned."
        ) from error
    if version != FORMAT:
        raise StoreError(f"a snapshot of format {version}; this version reads {FORMAT}", todo="Take it anew.")
    with cloud.store.write(parse(found["now"]), cloud.ids) as tx:
        for table in reversed(metadata.sorted_tables):
            if table is not schema.facts:
                tx.connection.execute(sa.delete(table))
        tx.forget()
        fill(tx, found)
        opening.complete(cloud, tx)
        dress(cloud, found)
        if not cloud.store.memory:
            cloud.keeping.join(tx)
            cloud.keeping.save(tx, restored=True)
    cloud.events.forget()


def fill(tx: Transaction, state: dict[str, Any]) -> None:
    """Write the rows of a state into an empty store."""
    for table in metadata.sorted_tables:
        kept = state["tables"].get(table.name)
        if kept:
            rows = [
                {name: _bytes_from_json(value) for name, value in zip(kept["columns"], row, strict=True)}
                for row in kept["rows"]
            ]
            tx.insert_many(table, rows)
            tx.count_on(table)
    schema.remember(tx.connection, "services", state.get("services"))


def dress(cloud: Cloud, state: dict[str, Any]) -> None:
    """Give a cloud what a state holds beside the rows."""
    cloud.clock.set(parse(state["now"]))
    cloud.ids.seed, cloud.ids.count, cloud.request_ids.count = state["ids"]
    cloud.faults.load(state["faults"])
    cloud.timings = dict(state["timings"])
    cloud.passwords = dict(state["passwords"])
