"""The summit's rule over a cloud of a few rows."""

from __future__ import annotations

from typing import Any

from kit.policy import SCHEMAS, Engine

CONNECTED = """
connected_to_internet(port_id, device_id) :-
    neutronv2:ports(id=port_id, device_id=device_id),
    neutronv2:floating_ips(port_id=port_id)
"""
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


def load(engine: Engine, name: str, *rows: dict[str, Any]) -> None:
    """Load rows that are given by column."""
    policy, _, table = name.partition(":")
    engine.load(policy, table, [[row.get(column) for column in SCHEMAS[policy][table]] for row in rows])


def summit() -> Engine:
    """`web` is reached on port 80, `api` on 8080, `db` has no floating IP."""
    engine = Engine()
    for service, schema in SCHEMAS.items():
        engine.create(service, "datasource", schema=schema)
    load(engine, "neutronv2:ports", *({"id": f"p{n}", "device_id": f"v{n}"} for n in (1, 2, 3)))
    load(engine, "neutronv2:floating_ips", {"id": "f1", "port_id": "p1"}, {"id": "f2", "port_id": "p2"})
    load(
        engine,
        "neutronv2:security_group_port_bindings",
        {"port_id": "p1", "security_group_id": "web"},
        {"port_id": "p2", "security_group_id": "api"},
        {"port_id": "p3", "security_group_id": "web"},
    )
    tcp = {"direction": "ingress", "protocol": "tcp", "ethertype": "IPv4"}
    load(
        engine,
        "neutronv2:security_group_rules",
        {"id": "r1", "security_group_id": "web", **tcp, "port_range_min": 1, "port_range_max": 1024},
        {"id": "r2", "security_group_id": "api", **tcp, "port_range_min": 8080, "port_range_max": 8080},
        {"id": "r3", "security_group_id": "api", **tcp, "protocol": "udp", "port_range_min": 80, "port_range_max": 80},
    )
    names = ((1, "web"), (2, "api"), (3, "db"))
    load(engine, "nova:servers", *({"id": f"v{n}", "name": name, "user_id": "u1"} for n, name in names))
    load(engine, "keystone:users", {"id": "u1", "email": "u1@example.org"})
    engine.insert(CONNECTED + ";" + SUMMIT)
    return engine
