"""Subnet pools: ranges from which subnets are cut."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import address_scopes, listing, quotas, sharing
from kit.cloud.network import checks as is_
from kit.cloud.network.attributes import COMMON, READ_ONLY, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_allowed, not_found
from kit.cloud.network.models import subnet_pools, subnets
from kit.cloud.store import Row

FORM = Form("subnetpool", (
    *COMMON,
    Field("name", is_.filled_name, REQUIRED),
    Field("prefixes", is_.list_of(net_.cidr), REQUIRED),
    Field("min_prefixlen", is_.natural, UNSET),
    Field("max_prefixlen", is_.natural, UNSET),
    Field("default_prefixlen", is_.natural, UNSET),
    Field("default_quota", is_.natural, None),
    Field("shared", is_.boolean, False, put=False, admin=True),
    Field("is_default", is_.boolean, False, admin=True),
    Field("address_scope_id", is_.none_or(is_.uuid), None),
), (*READ_ONLY, "ip_version"))  # fmt: skip

# The shortest and the longest prefix by IP version.
_BOUNDS = {4: (8, 32), 6: (64, 128)}


def find(call: Call, subnetpool_id: str) -> Row:
    """A pool that the caller sees: own ones and shared ones."""
    row = call.tx.get(subnet_pools, subnetpool_id)
    if row is None or not sharing.sees(call, row):
        raise not_found("Subnet pool", subnetpool_id)
    return row


def documents(call: Call, rows: list[Row], spelt: Callable[[int], Any] = str) -> list[dict[str, Any]]:
    """Pools as Neutron shows them; lengths of prefixes are texts, but in the answer to a change."""
    names = ("id", "name", "prefixes", "default_quota", "is_default", "address_scope_id", "ip_version")
    lengths = ("min_prefixlen", "max_prefixlen", "default_prefixlen")
    shared = sharing.shared_with(call, rows)
    return [
        {
            **{name: row[name] for name in names},
            "shared": row["id"] in shared,
            **{name: spelt(row[name]) for name in lengths},
            **listing.standard(row),
        }
        for row in rows
    ]


def index(call: Call) -> dict[str, Any]:
    """List subnet pools."""
    rows = listing.fetch(
        call, subnet_pools, sharing.visible(call, subnet_pools), [subnet_pools.c.created_at, subnet_pools.c.id]
    )
    return listing.answer(call, "subnetpools", rows, lambda found: documents(call, found))


def create(call: Call) -> dict[str, Any]:
    """Create a subnet pool."""
    values = FORM.create(call, FORM.one(call))
    quotas.reserve(call, "subnetpool", values["project_id"])
    version, prefixes = _prefixes(values["prefixes"])
    values |= {"ip_version": version, "prefixes": prefixes, **_lengths(version, values)}
    address_scopes.admit(call, values["address_scope_id"], values)
    if values["is_default"]:
        _no_other_default(call, version)
    row = call.tx.insert(subnet_pools, **values, **listing.new(call, 0))
    sharing.follow(call, "subnetpool", row, values, new=True)
    return {"subnetpool": documents(call, [row])[0]}


def _no_other_default(call: Call, version: int) -> None:
    if call.tx.first(subnet_pools, is_default=True, ip_version=version):
        raise invalid_input(
            "A default subnetpool for this IP family has already been set. Only one default may exist per IP family"
        )


def _prefixes(given: list[str]) -> tuple[int, list[str]]:
    """The pool's IP version, and its prefixes put together where they touch."""
    nets: list[Any] = [ipaddress.ip_network(text) for text in given]
    if not nets:
        raise bad_request("Empty subnet pool prefix list.", "EmptySubnetPoolPrefixList")
    if len({net.version for net in nets}) > 1:
        raise bad_request("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", "PrefixVersionMismatch")
    return nets[0].version, [str(net) for net in ipaddress.collapse_addresses(nets)]


def _lengths(version: int, given: dict[str, Any]) -> dict[str, int]:
    """The three lengths of prefixes, defaults where the body says nothing."""
    low = given.get("min_prefixlen", _BOUNDS[version][0])
    high = given.get("max_prefixlen", _BOUNDS[version][1])
    default = given.get("default_prefixlen", low)
    for name, value, base_name, base, wrong in (
        ("max_prefixlen", high, "ip_version_max", _BOUNDS[version][1], high > _BOUNDS[version][1]),
        ("min_prefixlen", low, "max_prefixlen", high, low > high),
        ("default_prefixlen", default, "min_prefixlen", low, default < low),
        ("default_prefixlen", default, "max_prefixlen", high, default > high),
    ):
        if wrong:
            raise bad_request(
                f"Illegal prefix bounds: {name}={value}, {base_name}={base}.", "IllegalSubnetPoolPrefixBounds"
            )
    return {"min_prefixlen": low, "max_prefixlen": high, "default_prefixlen": default}


def show(call: Call, subnetpool_id: str) -> dict[str, Any]:
    """Show a subnet pool."""
    return {"subnetpool": listing.pick(call, documents(call, [find(call, subnetpool_id)])[0])}


def changeable(call: Call, subnetpool_id: str, rule: str) -> Row:
    """A pool that the caller may change: one that is only shared with them is not."""
    row = find(call, subnetpool_id)
    if not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_allowed(rule)
    return row


def update(call: Call, subnetpool_id: str) -> dict[str, Any]:
    """Change a pool; its prefixes may only grow."""
    row = changeable(call, subnetpool_id, "update_subnetpool")
    values = FORM.update(call, FORM.one(call))
    if "prefixes" in values:
        version, prefixes = _prefixes(values["prefixes"])
        wider: list[Any] = [ipaddress.ip_network(text) for text in prefixes]
        for text in row["prefixes"]:
            old: Any = ipaddress.ip_network(text)
            if version != row["ip_version"] or not any(old.subnet_of(net) for net in wider):
                raise bad_request(
                    "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.",
                    "IllegalSubnetPoolPrefixUpdate",
                )
        values["prefixes"] = prefixes
    if values.get("is_default") and not row["is_default"]:
        _no_other_default(call, row["ip_version"])
    values |= _lengths(row["ip_version"], {**row, **values})
    address_scopes.admit(call, values.get("address_scope_id", row["address_scope_id"]), {**row, **values})
    return {"subnetpool": documents(call, [listing.change(call, subnet_pools, row, values)], int)[0]}


def delete(call: Call, subnetpool_id: str) -> None:
    """Delete a pool that no subnet was cut from."""
    row = changeable(call, subnetpool_id, "delete_subnetpool")
    if call.tx.first(subnets, subnetpool_id=subnetpool_id):
        raise bad_request(
            "Unable to delete subnet pool: Subnet pool has existing allocations.", "SubnetPoolDeleteError"
        )
    listing.match(call, row)
    sharing.forget(call, subnetpool_id)
    call.tx.delete(subnet_pools, id=subnetpool_id)


def cut(call: Call, pool_id: str, wanted: str | None, length: int | None, version: int) -> str:
    """The range of a new subnet: the one asked for, or the pool's first free one of the length.

    Raises
    ------
    BadRequest, Conflict
        A length or a range that the pool does not give, or no room left.
    """
    pool = find(call, pool_id)
    if version != pool["ip_version"]:
        raise bad_request(
            f"Bad subnets request: Cannot allocate IPv{version} subnet from IPv{pool['ip_version']} subnet pool.",
            "BadRequest",
        )
    if length is None:
        length = ipaddress.ip_network(wanted).prefixlen if wanted else pool["default_prefixlen"]
    for name, bound, wrong in (
        ("minimum", pool["min_prefixlen"], length < pool["min_prefixlen"]),
        ("maximum", pool["max_prefixlen"], length > pool["max_prefixlen"]),
    ):
        if wrong:
            raise bad_request(
                f"Unable to allocate subnet with prefix length {length}, {name} allowed prefix is {bound}.",
                "MinPrefixSubnetAllocationError" if name == "minimum" else "MaxPrefixSubnetAllocationError",
            )
    taken: list[Any] = [ipaddress.ip_network(row["cidr"]) for row in call.tx.rows(subnets, subnetpool_id=pool_id)]
    if wanted is not None:
        net: Any = ipaddress.ip_network(wanted)
        inside = any(net.subnet_of(ipaddress.ip_network(text)) for text in pool["prefixes"])
        if not inside or any(net.overlaps(other) for other in taken):
            raise _no_room("Cannot allocate requested subnet from the available set of prefixes")
        return str(net)
    for text in pool["prefixes"]:
        found = _first_free(ipaddress.ip_network(text), length, taken)
        if found:
            return found
    raise _no_room(f"Insufficient prefix space to allocate subnet size /{length}")


def _first_free(prefix: Any, length: int, taken: list[Any]) -> str | None:
    """The first subnet of that length in a prefix that overlaps nothing; it leaps over what is taken."""
    if length < prefix.prefixlen:
        return None
    step = 1 << (prefix.max_prefixlen - length)
    place, end = int(prefix.network_address), int(prefix.broadcast_address)
    while place + step - 1 <= end:
        net = type(prefix)((place, length))
        blocking = next((other for other in taken if other.overlaps(net)), None)
        if blocking is None:
            return str(net)
        after = max(int(blocking.broadcast_address) + 1, place + step)
        place = -(-after // step) * step
    return None


def _no_room(reason: str) -> Exception:
    return conflict("SubnetAllocationError", f"Failed to allocate subnet: {reason}.")
