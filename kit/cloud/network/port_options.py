"""Attributes of ports that extensions add; a port keeps those that were given in one column."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import dns_checks as dns_
from kit.cloud.network import owning
from kit.cloud.network.attributes import UNSET, Field
from kit.cloud.network.errors import invalid_input, not_allowed
from kit.cloud.store import Row


def _hints(value: Any) -> dict[str, Any] | None:
    """Hints to Open vSwitch: `{"openvswitch": {"other_config": {"tx-steering": "hash"}}}`."""
    if value is None:
        return None
    steering = is_.record([], **{"tx-steering": is_.one_of("thread", "hash")})
    found: dict[str, Any] = is_.record([], openvswitch=is_.record([], other_config=steering))(value)
    return found


def _line(value: Any) -> str:
    """Text that is not blank."""
    found: str = is_.text()(value)
    if not found.strip() or len(found.splitlines()) > 1:
        raise is_.Unfit(f"'{value}' is not a line")
    return found


_VERSION = is_.one_of(4, 6)
_BARE = is_.record(
    ["opt_name", "opt_value"], opt_name=is_.one_of("router", "classless-static-route"), opt_value=is_.none_or(is_.text()),
    ip_version=lambda value: _VERSION(is_.number(value)),
)  # fmt: skip
_OPTION = is_.record(
    ["opt_name", "opt_value"], opt_name=lambda value: _line(is_.text(64)(value)), opt_value=is_.none_or(_line),
    ip_version=lambda value: _VERSION(is_.number(value)),
)  # fmt: skip


def dhcp_options(value: Any) -> list[dict[str, Any]]:
    """Options that DHCP gives a port (neutron_lib.api.definitions.extra_dhcp_opt)."""

    def option(one: Any) -> Any:
        for check in (_BARE, _OPTION):
            try:
                return check(one)
            except is_.Unfit:
                continue
        raise is_.Unfit(f"No valid key specs matched for: {one}")

    try:
        found: list[dict[str, Any]] = is_.list_of(option)(value if value is not None else [])
    except is_.Unfit as reason:
        raise invalid_input(str(reason)) from None
    # An option without a value is taken away; one without a version is IPv4's.
    return [{"ip_version": 4, **one} for one in found if one["opt_value"] is not None]


VNICS = (
    "normal", "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "vdpa",
    "accelerator-direct", "accelerator-direct-physical", "remote-managed",
)  # fmt: skip

FIELDS = (
    Field("tags", is_.list_of(is_.text()), UNSET, put=False),
    Field("propagate_uplink_status", is_.boolean, UNSET),
    Field("dns_domain", dns_.domain, UNSET),
    Field("data_plane_status", is_.none_or(is_.one_of("ACTIVE", "DOWN")), UNSET, post=False, admin=True),
    Field("device_profile", lambda value: is_.none_or(is_.text())(value) or None, UNSET, put=False),
    Field("hardware_offload_type", is_.one_of("switchdev"), UNSET, put=False, ruled=True),
    Field("hints", _hints, UNSET, admin=True),
    Field("numa_affinity_policy", is_.none_or(is_.one_of("required", "preferred", "legacy", "socket")), UNSET),
    Field("trusted", is_.boolean, UNSET, admin=True),
)  # fmt: skip

DEFAULTS: dict[str, Any] = {
    "propagate_uplink_status": True, "dns_domain": "", "data_plane_status": None, "device_profile": None,
    "numa_affinity_policy": None, "hardware_offload_type": None,
}  # fmt: skip
# What only the administrator sees.
_OPERATOR: dict[str, Any] = {"hints": None, "trusted": None}


def pack(values: dict[str, Any], kept: dict[str, Any] | None = None) -> dict[str, Any]:
    """A body's values with those of extensions in the column `options`, beside those that are kept."""
    names = (*DEFAULTS, *_OPERATOR)
    given = {name: values.pop(name) for name in names if name in values}
    return {**values, "options": {**(kept or {}), **given}} if given else values


def show(call: Call, row: Row) -> dict[str, Any]:
    """What a port shows of its extensions."""
    kept = row["options"] or {}
    shown = {name: kept.get(name, default) for name, default in DEFAULTS.items()}
    if call.context.is_admin:
        shown |= {name: kept.get(name, default) for name, default in _OPERATOR.items()}
    return shown


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
            raise not_allowed("update_port", "mac_address")
        return
    for name in _OWNERS:
        if given.get(name) not in (None, []):
            raise not_allowed(f"{verb}_port", name)
        if name in given and verb == "update":
            raise not_allowed(f"{verb}_port", name)
    if str(given.get("device_owner") or "").startswith("network:"):
        raise not_allowed(f"{verb}_port", "device_owner")
    if "fixed_ips" in given and verb == "update":
        raise not_allowed("update_port", "fixed_ips")
    if any("ip_address" in item for item in given.get("fixed_ips") or []):
        raise not_allowed(f"{verb}_port", ("fixed_ips", "fixed_ips:ip_address"))
