"""Attributes of ports that extensions add; a port keeps those that were given in one column."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import owning
from kit.cloud.network.attributes import UNSET, Field
from kit.cloud.network.errors import not_allowed
from kit.cloud.store import Row


def _hints(value: Any) -> dict[str, Any] | None:
    """Hints to Open vSwitch: `{"openvswitch": {"other_config": {"tx-steering": "hash"}}}`."""
    if value is None:
        return None
    steering = is_.record([], **{"tx-steering": is_.one_of("thread", "hash")})
    found: dict[str, Any] = is_.record([], openvswitch=is_.record([], other_config=steering))(value)
    return found


FIELDS = (
    Field("tags", is_.list_of(is_.text()), UNSET, put=False),
    Field("propagate_uplink_status", is_.boolean, UNSET),
    Field("dns_domain", is_.text(), UNSET),
    Field("data_plane_status", is_.none_or(is_.one_of("ACTIVE", "DOWN")), UNSET, post=False, admin=True),
    Field("device_profile", is_.none_or(is_.text()), UNSET, put=False),
    Field("hardware_offload_type", is_.one_of("switchdev"), UNSET, put=False),
    Field("hints", _hints, UNSET, admin=True),
    Field("numa_affinity_policy", is_.none_or(is_.one_of("required", "preferred", "legacy", "socket")), UNSET),
    Field("trusted", is_.boolean, UNSET, admin=True),
)  # fmt: skip

DEFAULTS: dict[str, Any] = {
    "propagate_uplink_status": True, "dns_domain": "", "data_plane_status": None, "device_profile": None,
    "numa_affinity_policy": None,
}  # fmt: skip
# What only the administrator sees.
_OPERATOR: dict[str, Any] = {"hints": None, "trusted": None}
# What is shown only where it was given.
_RARE = ("hardware_offload_type",)


def pack(values: dict[str, Any], kept: dict[str, Any] | None = None) -> dict[str, Any]:
    """A body's values with those of extensions in the column `options`, beside those that are kept."""
    names = (*DEFAULTS, *_OPERATOR, *_RARE)
    given = {name: values.pop(name) for name in names if name in values}
    return {**values, "options": {**(kept or {}), **given}} if given else values


def show(call: Call, row: Row) -> dict[str, Any]:
    """What a port shows of its extensions."""
    kept = row["options"] or {}
    shown = {name: kept.get(name, default) for name, default in DEFAULTS.items()}
    if call.context.is_admin:
        shown |= {name: kept.get(name, default) for name, default in _OPERATOR.items()}
    return shown | {name: kept[name] for name in _RARE if name in kept}


def profile(row: Row) -> dict[str, Any]:
    """A port's binding profile: whether its interface is trusted stands there too."""
    trusted = (row["options"] or {}).get("trusted")
    return {**(row["profile"] or {}), **({} if trusted is None else {"trusted": trusted})}


# What only the network's owner may say about a port, beside the administrator (neutron.conf.policies.port).
_OWNERS = ("mac_address", "port_security_enabled", "allowed_address_pairs")


def permit(call: Call, network: Row, given: dict[str, Any], verb: str) -> None:
    """Refuse what a project may not say about its port on another project's network.

    Parameters
    ----------
    given : dict
        The attributes that the body has.
    verb : str
        `create` or `update`.
    """
    if owning.owns(call, network) or "service" in call.context.roles:
        if verb == "update" and "mac_address" in given and not owning.manages(call):
            raise not_allowed("update_port:mac_address")
        return
    for name in _OWNERS:
        if given.get(name) not in (None, []):
            raise not_allowed(f"{verb}_port:{name}")
        if name in given and verb == "update":
            raise not_allowed(f"{verb}_port:{name}")
    if str(given.get("device_owner") or "").startswith("network:"):
        raise not_allowed(f"{verb}_port:device_owner")
    if "fixed_ips" in given and verb == "update":
        raise not_allowed("update_port:fixed_ips")
    if any("ip_address" in item for item in given.get("fixed_ips") or []):
        raise not_allowed(f"{verb}_port:fixed_ips:ip_address")
