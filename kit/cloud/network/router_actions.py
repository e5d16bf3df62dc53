"""Changes to a router's routes and gateways that leave the rest of them alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, router_gateways, router_routes, routers
from kit.cloud.network.errors import invalid
from kit.cloud.network.models import routers as router_table
from kit.cloud.store import Row


def _given(call: Call, name: str, check: is_.Check) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = check(routers.FORM.one(call).get(name, []))
    except is_.Unfit as reason:
        raise invalid(name, str(reason)) from None
    return found


def _answer(call: Call, row: Row, **fields: Any) -> dict[str, Any]:
    return {"router": routers.documents(call, [listing.change(call, router_table, row, fields)])[0]}


def _routes(call: Call, router_id: str, change: Callable[[list[Any], list[Any]], list[Any]]) -> dict[str, Any]:
    row = routers.find(call, router_id)
    wanted = change(row["routes"] or [], _given(call, "routes", router_routes.ROUTES))
    router_routes.reachable(call, row, wanted)
    return _answer(call, row, routes=wanted)


def add_routes(call: Call, router_id: str) -> dict[str, Any]:
    """Add routes to those that a router has; one that is there already stays."""
    return _routes(call, router_id, lambda old, new: old + [route for route in new if route not in old])


def remove_routes(call: Call, router_id: str) -> dict[str, Any]:
    """Take routes from a router; one that is not there is no error."""
    return _routes(call, router_id, lambda old, gone: [route for route in old if route not in gone])


def _gateways(call: Call, router_id: str, change: Callable[..., Row]) -> dict[str, Any]:
    row = routers.find(call, router_id)
    return _answer(call, change(call, row, _given(call, "external_gateways", router_gateways.several)))


def add_gateways(call: Call, router_id: str) -> dict[str, Any]:
    """Connect a router with further external networks, or with one more than once."""
    return _gateways(call, router_id, router_gateways.add)


def update_gateways(call: Call, router_id: str) -> dict[str, Any]:
    """Let a router have these gateways and no others."""
    return _gateways(call, router_id, router_gateways.replace)


def remove_gateways(call: Call, router_id: str) -> dict[str, Any]:
    """Take gateways from a router."""
    return _gateways(call, router_id, router_gateways.remove)
