"""Allocation candidates: the ways in which the cloud could give what is asked for (1.10)."""

from __future__ import annotations

from itertools import islice
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.placement import capacity, resource_classes, schemas, traits, validation
from kit.cloud.placement.errors import Missing, bad_request
from kit.cloud.placement.models import providers
from kit.cloud.placement.request_groups import Wish, read
from kit.cloud.placement.search import Candidate, Search
from kit.cloud.placement.service import fresh
from kit.cloud.store import Row


def index(call: Call) -> Answer:
    """List them, and what there is to know about the providers in them."""
    validation.query(call, schemas.at(call, schemas.GET_CANDIDATES))
    wish = read(call)
    _check_names(call, wish)
    search = Search(call.tx.rows(providers, order=providers.c.number), wish)
    found = list(islice(_served(call, search), wish.limit))
    body = {
        "allocation_requests": [_request(call, one) for one in found],
        "provider_summaries": _summaries(call, search, found),
    }
    return fresh(call, body)


def _check_names(call: Call, wish: Wish) -> None:
    """Refuse classes and traits that do not exist."""
    try:
        if wish.root_required or wish.root_forbidden:
            traits.known(call.tx, wish.root_required)
            traits.known(call.tx, wish.root_forbidden)
        for group in wish.groups.values():
            try:
                resource_classes.known(call.tx, group.resources)
            except Missing as missing:
                raise bad_request(f"Invalid resource class in resources parameter: {missing}") from None
            for some in group.required:
                traits.known(call.tx, some)
            traits.known(call.tx, group.forbidden)
    except Missing as missing:
        raise bad_request(str(missing)) from None


def _served(call: Call, search: Search) -> Any:
    """The candidates that the request's version can show: until 1.28 no two providers of one tree."""
    for one in search.candidates():
        uuids = {uuid for uuid, _ in one.amounts}
        roots = {search.rows[uuid]["root_uuid"] for uuid in uuids}
        if call.at_least("1.29") or len(uuids) == len(roots):
            yield one


def _request(call: Call, one: Candidate) -> dict[str, Any]:
    """A candidate in the form in which allocations are put."""
    held: dict[str, dict[str, int]] = {}
    for (uuid, name), amount in one.amounts.items():
        held.setdefault(uuid, {})[name] = amount
    if not call.at_least("1.12"):
        listed = [{"resource_provider": {"uuid": uuid}, "resources": resources} for uuid, resources in held.items()]
        return {"allocations": listed}
    shown: dict[str, Any] = {"allocations": {uuid: {"resources": resources} for uuid, resources in held.items()}}
    if call.at_least("1.34"):
        shown["mappings"] = {suffix: sorted(uuids) for suffix, uuids in one.mappings.items()}
    return shown


def _summaries(call: Call, search: Search, found: list[Candidate]) -> dict[str, Any]:
    involved = {uuid for one in found for uuid, _ in one.amounts}
    roots = {search.rows[uuid]["root_uuid"] for uuid in involved}
    asked = {name for group in search.wish.groups.values() for name in group.resources}
    whole = call.at_least("1.27")
    return {
        row["uuid"]: _summary(call, row, set(row["inventories"]) if whole else asked)
        for row in search.rows.values()
        if row["root_uuid"] in roots and (call.at_least("1.29") or row["uuid"] in involved)
    }


def _summary(call: Call, row: Row, names: set[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "resources": {
            name: {"capacity": capacity.capacity(inventory), "used": row["used"].get(name, 0)}
            for name, inventory in row["inventories"].items() if name in names
        }
    }  # fmt: skip
    if call.at_least("1.17"):
        shown["traits"] = row["traits"]
    if call.at_least("1.29"):
        shown |= {"parent_provider_uuid": row["parent_uuid"], "root_provider_uuid": row["root_uuid"]}
    return shown
