"""What a port needs of its host so that its QoS policy's guarantees hold (`resource_request`)."""

from __future__ import annotations

import re
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import owning
from kit.cloud.network.models_extensions import qos_rules
from kit.cloud.store import Row

_WAYS = {"egress": "EGR", "ingress": "IGR"}


def requests(call: Call, rows: list[Row], networks: dict[str, Row]) -> dict[str, dict[str, Any]]:
    """Port to its request; a port that guarantees nothing has none.

    Parameters
    ----------
    networks : dict
        The ports' networks, by id.
    """
    policies = {row["id"]: row["qos_policy_id"] or networks[row["network_id"]]["qos_policy_id"] for row in rows}
    wanted = {id for id in policies.values() if id}
    if not wanted:
        return {}
    kinds = ["minimum_bandwidth", "minimum_packet_rate"]
    rules = call.tx.rows(qos_rules, qos_policy_id=wanted, type=kinds, order=qos_rules.c.number)
    found = {}
    for row in rows:
        mine = [rule for rule in rules if rule["qos_policy_id"] == policies[row["id"]]]
        groups = _groups(row, networks[row["network_id"]], mine)
        if groups:
            found[row["id"]] = {"request_groups": groups, "same_subtree": [group["id"] for group in groups]}
    return found


def _groups(port: Row, network: Row, rules: list[Row]) -> list[dict[str, Any]]:
    vnic = "CUSTOM_VNIC_TYPE_" + _trait(port["vnic_type"] or "normal")
    physical = network["physical_network"]
    width = {
        f"NET_BW_{_WAYS[rule['values']['direction']]}_KILOBIT_PER_SEC": rule["values"]["min_kbps"]
        for rule in rules if rule["type"] == "minimum_bandwidth"
    }  # fmt: skip
    rate = {
        f"NET_PACKET_RATE_{way + '_' if (way := _WAYS.get(rule['values']['direction'], '')) else ''}KILOPACKET_PER_SEC":
        rule["values"]["min_kpps"] for rule in rules if rule["type"] == "minimum_packet_rate"
    }  # fmt: skip
    groups = []
    # Bandwidth is that of a physical network: on a tunnelled one nothing can be guaranteed.
    if width and physical:
        traits = [f"CUSTOM_PHYSNET_{_trait(physical)}", vnic]
        groups.append({"id": owning.derived(port["id"], "bandwidth"), "required": traits, "resources": width})
    if rate:
        groups.append({"id": owning.derived(port["id"], "packet rate"), "required": [vnic], "resources": rate})
    return groups


def _trait(word: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", word.upper())
