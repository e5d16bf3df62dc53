"""A cloud's whole state as bytes, the same form for every database."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from kit.cloud.clock import parse, stamp
from kit.cloud.tables import metadata
from kit.errors import StoreError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

FORMAT = 1


def take(cloud: Cloud) -> bytes:
    """Every row, the time, the faults and the state of the identifiers, compressed."""
    with cloud.read() as tx:
        tables = {}
        for table in metadata.sorted_tables:
            order = list(table.primary_key) or list(table.c)
            rows = [list(row) for row in tx.connection.execute(sa.select(table).order_by(*order))]
            if rows:
                tables[table.name] = {"columns": list(table.c.keys()), "rows": rows}
    state = {
        "format": FORMAT,
        "now": stamp(cloud.clock.now()),
        "ids": [cloud.ids.seed, cloud.ids.count, cloud.request_ids.count],
        "faults": cloud.faults.to_json(),
        "timings": cloud.timings,
        "passwords": cloud.passwords,
        "tables": tables,
    }
    return zlib.compress(json.dumps(state, default=_bytes_to_json, separators=(",", ":")).encode(), 6)


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
    try:
        state = json.loads(zlib.decompress(data))
        version = state["format"]
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "these bytes are no snapshot of a cloud", todo="Give what Cloud.snapshot() returned."
        ) from error
    if version != FORMAT:
        raise StoreError(f"a snapshot of format {version}; this version reads {FORMAT}", todo="Take it anew.")
    with cloud.store.write(parse(state["now"]), cloud.ids) as tx:
        for table in reversed(metadata.sorted_tables):
            tx.connection.execute(sa.delete(table))
        for table in metadata.sorted_tables:
            kept = state["tables"].get(table.name)
            if kept:
                rows = [
                    {name: _bytes_from_json(value) for name, value in zip(kept["columns"], row, strict=True)}
                    for row in kept["rows"]
                ]
                tx.insert_many(table, rows)
    cloud.clock.set(parse(state["now"]))
    cloud.ids.seed, cloud.ids.count, cloud.request_ids.count = state["ids"]
    cloud.faults.load(state["faults"])
    cloud.timings = dict(state["timings"])
    cloud.passwords = dict(state["passwords"])
    cloud.events.forget()
