"""Long lists of servers, asked for again and again: each server's JSON is kept as long as nothing of it changes.

A client that waits polls the whole list, and to show a thousand servers anew costs more than to find out
that they are as they were. So the text of a server is kept under everything that it is made of, as the
database has it; where any of that differs, the text is made anew.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.building import step
from kit.cloud.compute.common import MAX_LIMIT, next_link, number
from kit.cloud.compute.hosts import up, zones
from kit.cloud.compute.models import servers, services
from kit.cloud.compute.serverview import details
from kit.cloud.compute.v2.paths import place_of
from kit.cloud.lane import columns
from kit.cloud.network.models import addresses, floating_ips, networks, ports, security_groups

ORDER = [servers.c.created_at.desc(), servers.c.number.desc()]

Raw = tuple[Any, ...]

_LIMIT = 8192  # texts of some two kilobytes each
_texts: dict[Raw, str] = {}

_NAMES = columns(servers).names
_ID, _TASK = _NAMES.index("id"), _NAMES.index("task_state")


def listed(call: Call, equals: dict[str, Any], absent: tuple[str, ...]) -> bytes | None:
    """The answer to a list of servers, or None where the store cannot tell quickly.

    Parameters
    ----------
    equals, absent
        Columns with the values that they are to have, and columns that are to have none.
    """
    rows = call.tx.raw(servers, order=ORDER, absent=absent, **equals)
    if rows is None:
        return None
    start = call.query.one("marker")
    if start is not None and all(row[_ID] != start for row in rows):
        return None  # a page may begin after a server that the filters leave out
    page, marker = _page(call, rows)
    parts = _parts(call, page)
    shared = _shared(call, page, parts)
    keys = [(shared, row, parts[row[_ID]], _moment(call, row)) for row in page]
    texts = [_texts.get(key) for key in keys]
    missed = [place for place, text in enumerate(texts) if text is None]
    if missed:
        made = details(call, [columns(servers).row(page[place]) for place in missed], listed=True)
        if len(_texts) + len(made) > _LIMIT:
            _texts.clear()
        for place, shown in zip(missed, made, strict=True):
            texts[place] = _texts[keys[place]] = json.dumps(shown)
    tail = f', "servers_links": {json.dumps(next_link(call, marker))}' if marker else ""
    return f'{{"servers": [{", ".join(map(str, texts))}]{tail}}}'.encode()


def _moment(call: Call, row: Raw) -> str:
    """What of a server moves with the clock, and not with its row: its progress, or the step of its build."""
    if row[_TASK] == "spawning":
        return step(call, columns(servers).row(row)) or ""
    return call.tx.stamp if row[_TASK] == "migrating" else ""


def _page(call: Call, rows: list[Raw]) -> tuple[list[Raw], str | None]:
    marker = call.query.one("marker")
    if marker is not None:
        rows = rows[[row[_ID] for row in rows].index(marker) + 1 :]
    limit = min(number(call, "limit", MAX_LIMIT), MAX_LIMIT)
    page = rows[:limit]
    full = page and len(page) == limit and ("limit" in call.query or len(rows) > limit)
    return page, str(page[-1][_ID]) if full else None


def _raw(call: Call, table: Any, only: tuple[str, ...], order: Any = None, **equals: Any) -> list[Raw]:
    return call.tx.raw(table, order=order, only=only, **equals) or []


def _parts(call: Call, page: list[Raw]) -> dict[str, Raw]:
    """Server to its ports: network, MAC address and groups of each, then its addresses, fixed and floating."""
    found: dict[str, list[Any]] = {row[_ID]: [] for row in page}
    names = ("id", "device_id", "network_id", "mac_address", "security_groups")
    rows = _raw(call, ports, names, [ports.c.created_at, ports.c.id], device_id=list(found))
    ids = [row[0] for row in rows]
    below: dict[str, list[str]] = defaultdict(list)
    for port_id, address in _raw(call, addresses, ("port_id", "ip_address"), addresses.c.id, port_id=ids):
        below[port_id].append(address)
    floating = ("port_id", "fixed_ip_address", "floating_ip_address")
    for port_id, fixed, outside in _raw(call, floating_ips, floating, floating_ips.c.id, port_id=ids):
        below[port_id].append(f"{fixed} {outside}")
    for row in rows:
        found[row[1]].append((*row[2:], *below[row[0]]))
    return {id: tuple(part) for id, part in found.items()}


def _shared(call: Call, page: list[Raw], parts: dict[str, Raw]) -> Raw:
    """What all texts depend on: who asks how, and what servers refer to by id."""
    seen = {port[:3:2] for part in parts.values() for port in part}  # (network, groups as JSON)
    nets = {network for network, _ in seen}
    groups = {id for _, text in seen if text for id in json.loads(text)}
    found: list[Any] = [
        call.version, call.context.is_admin, call.root, place_of(call.path).prefix, *zones(call.tx).items(),
        *_raw(call, networks, ("id", "name"), networks.c.id, id=nets),
        *_raw(call, security_groups, ("id", "name"), security_groups.c.id, id=groups),
    ]  # fmt: skip
    if call.context.is_admin:
        rows = call.tx.rows(services, binary="nova-compute")
        found += ((row["host"], row["disabled"], up(call.cloud, row)) for row in rows)
    return tuple(found)
