"""The synthetic cloud that the policy benchmarks run on: ports, groups, rules, servers and users."""

from __future__ import annotations

import random
from typing import Any

from kit.policy import SCHEMAS, Engine

SUMMIT = """
error(user_id,email,vm_name,id) :-
    connected_to_internet(id,device_id),
    neutronv2:security_group_port_bindings (port_id=id, security_group_id=group_id),
    neutronv2:security_group_rules(security_group_id=group_id, direction="ingress",
                                   protocol="tcp", ethertype="IPv4",
                                   port_range_min=port_min , port_range_max=port_max),
    lteq(port_min,80),
    gteq(port_max,80),
    nova:servers(id=device_id, name = vm_name, user_id=user_id),
    keystone:users(id=user_id, email=email)
"""
Rows = list[tuple[Any, ...]]


def row(service: str, table: str, **columns: Any) -> tuple[Any, ...]:
    """A row of a cloud's table with only the columns that matter."""
    return tuple(columns.get(name) for name in SCHEMAS[service][table])


def tables(ports: int) -> dict[tuple[str, str], Rows]:
    """The tables of a cloud with so many ports: 3.5 rows for each."""
    pick = random.Random(ports)
    groups, servers, users = ports // 10, ports // 2, ports // 20
    ranges = [(22, 22), (80, 80), (1, 1024), (443, 443), (8000, 9000), (5432, 5432), (3306, 3306), (53, 53)]
    rules: Rows = []
    for group in range(groups):
        for number in range(5):
            low, high = pick.choice(ranges)
            rules.append(
                row(
                    "neutronv2",
                    "security_group_rules",
                    security_group_id=f"g{group}",
                    id=f"r{group}-{number}",
                    direction=pick.choice(("ingress", "egress")),
                    ethertype=pick.choice(("IPv4", "IPv6")),
                    protocol=pick.choice(("tcp", "udp")),
                    port_range_min=low,
                    port_range_max=high,
                )
            )
    return {
        ("classification", "connected_to_internet"): [(f"p{n}", f"v{n}") for n in range(ports // 2)],
        ("neutronv2", "security_group_port_bindings"): [
            (f"p{n}", f"g{group}") for n in range(ports) for group in pick.sample(range(groups), min(2, groups))
        ],
        ("neutronv2", "security_group_rules"): rules,
        ("nova", "servers"): [
            row("nova", "servers", id=f"v{n}", name=f"vm{n}", status="ACTIVE", user_id=f"u{pick.randrange(users)}")
            for n in range(servers)
        ],
        ("keystone", "users"): [row("keystone", "users", id=f"u{n}", email=f"u{n}@example.org") for n in range(users)],
    }


def cloud(ports: int, rule: str = SUMMIT) -> Engine:
    """An engine over the synthetic cloud, with the summit's rule."""
    engine = Engine()
    for service in ("neutronv2", "nova", "keystone"):
        engine.create(service, "datasource", schema=SCHEMAS[service])
    for (policy, table), rows in tables(ports).items():
        engine.load(policy, table, rows)
    if rule:
        engine.insert(rule)
    return engine
