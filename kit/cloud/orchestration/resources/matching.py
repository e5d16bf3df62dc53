"""Which of a server's interfaces an update of `networks` keeps.

Source: Heat 27, `server_network_mixin`. The networks of before learn port, address and subnet from the interfaces
that stand for them; a new network that says nothing else than one of those do is the same interface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.hot.properties import PropertySchema

Network = dict[str, Any]

MANAGED = ("port", "network", "fixed_ip", "subnet")
OTHER = ("port_extra_properties", "floating_ip", "allocate_network", "tag")


@dataclass(frozen=True)
class Matched:
    """What becomes of the networks.

    Attributes
    ----------
    gone, come : list
        To detach and to attach; those that are gone have their ports where known.
    changed : list
        Port and the extra properties that it gets in place.
    kept : int
        How many interfaces stay.
    """

    gone: list[Network]
    come: list[Network]
    changed: list[tuple[str, Network]]
    kept: int


def match(
    old: Sequence[Network], new: Sequence[Network], interfaces: Sequence[Mapping[str, Any]], own: Sequence[str],
    extra: Mapping[str, PropertySchema],
) -> Matched:  # fmt: skip
    """Compare networks whose names are ids already.

    Parameters
    ----------
    interfaces : sequence
        As Nova tells them.
    own : sequence of str
        The ports that were made for the server.
    extra : mapping
        The schema of `port_extra_properties`: what of them may be changed in place.
    """
    before = _with_ports([_full(each) for each in old], interfaces)
    come, changed, kept = [], [], 0
    for wanted in map(_full, new):
        reduced = {key: value for key, value in wanted.items() if key not in MANAGED or value is not None}
        found = _best(before, reduced)
        if found is None:
            bare = {key: value for key, value in reduced.items() if key != "port_extra_properties"}
            near = _best(before, bare)
            if near is not None and near["port"] in own and _in_place(near, wanted, extra):
                changed.append((near["port"], wanted["port_extra_properties"]))
                found = near
        if found is None:
            come.append(wanted)
        else:
            kept += 1
            before.remove(found)
    return Matched(before, come, changed, kept)


def _full(network: Network) -> Network:
    return {key: network.get(key) or None for key in (*MANAGED, *OTHER)}


def _with_ports(networks: list[Network], interfaces: Sequence[Mapping[str, Any]]) -> list[Network]:
    left = []
    for each in interfaces:
        first = (each.get("fixed_ips") or [{}])[0]
        left.append(
            {"port": each["port_id"], "network": each["net_id"], "fixed_ip": first.get("ip_address"),
             "subnet": first.get("subnet_id")}
        )  # fmt: skip
    for network in networks:
        found = _best(left, {key: network[key] for key in MANAGED if network[key] is not None})
        if found is not None:
            network.update(found)
            left.remove(found)
    return networks


def _best(there: list[Network], wanted: Network) -> Network | None:
    """The first that says all that is wanted; whoever wants nothing finds none."""
    if not wanted:
        return None
    return next((each for each in there if all(each.get(key) == value for key, value in wanted.items())), None)


def _in_place(old: Network, new: Network, extra: Mapping[str, PropertySchema]) -> bool:
    before, after = old["port_extra_properties"] or {}, new["port_extra_properties"]
    if after is None:
        return False
    names = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    return all(name in extra and extra[name].update_allowed for name in names)
