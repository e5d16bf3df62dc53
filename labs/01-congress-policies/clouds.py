"""Fresh tables and clouds that no learner has seen, and the policies that the lab speaks of."""

from __future__ import annotations

import re
from typing import Any

from kit.lab import Lab, NotYet
from kit.lab.answers import shown
from kit.policy import SCHEMAS, Congress, Engine, Rows
from kit.policy.parser import parse

CONNECTED = """
connected_to_internet(port_id, device_id) :-
    neutronv2:ports(id=port_id, device_id=device_id),
    neutronv2:floating_ips(port_id=port_id)
"""

# The policy as it was shown at the Vancouver summit in May 2015.
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


def fill(engine: Engine, policy: str, **rows: list[dict[str, Any]]) -> None:
    """Give a data source rows, written with only the columns that matter."""
    schema = SCHEMAS[policy]
    tables = {
        name: [tuple(row.get(column) for column in schema[name]) for row in found] for name, found in rows.items()
    }
    engine.add(policy, schema, tables)


def other_tables() -> Engine:
    """An engine over the tables of another cloud: four servers, one of them with two ports."""
    engine = Engine()
    fill(engine, "nova", servers=[
        {"id": "v1", "name": "north", "status": "SHUTOFF", "user_id": "u1"},
        {"id": "v2", "name": "south", "status": "ACTIVE", "user_id": "u1"},
        {"id": "v3", "name": "east", "status": "SHUTOFF", "user_id": "u1"},
        {"id": "v4", "name": "west", "status": "ACTIVE", "user_id": "u1"},
    ])  # fmt: skip
    fill(
        engine, "neutronv2",
        ports=[{"id": f"p{n}", "device_id": f"v{min(n, 4)}"} for n in range(1, 6)],
        floating_ips=[{"id": f"f{n}", "port_id": port, "status": "ACTIVE" if port else "DOWN"}
                      for n, port in enumerate(("p2", "p3", "p5", None))],
        security_group_port_bindings=[{"port_id": "p2", "security_group_id": "g1"}, {"port_id": "p3", "security_group_id": "g2"}],
        security_group_rules=[{"security_group_id": "g2", "id": "r1", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
                               "port_range_min": 443, "port_range_max": 443}],
    )  # fmt: skip
    fill(engine, "keystone", users=[{"id": "u1", "email": "u1@example.org"}])
    return engine


def other_cloud(lab: Lab) -> tuple[Any, Congress]:
    """The lab's cloud with other ids: alice's connection, and its policy service."""
    cloud = lab.fresh_cloud(random_seed=4711)
    return cloud.connect("alice", "shop"), Congress(cloud.connect())


def hand_over(congress: Congress, *texts: Any) -> None:
    """Give the policy service these rules in place of all that it has; one that is not written yet is left out."""
    for rule in congress.rules():
        congress.delete(rule)
    for each in texts:
        if each is not ...:
            congress.insert(each)


def text(value: Any, what: str) -> str:
    """The learner's text."""
    if isinstance(value, Rows):
        raise NotYet("Those are rows, what a query answers.", f"{what} as a text was asked for.", "Write it in quotes.")
    if not isinstance(value, str):
        raise NotYet(f"That is {shown(value)}.", f"{what} as a text was asked for.", "Write it in quotes.")
    if not value.strip():
        raise NotYet("That is an empty text.", f"{what} was asked for.")
    return value


def rule(value: Any, head: str, columns: int) -> str:
    """The learner's rules, once they define the table that was asked for, with its columns."""
    written = text(value, "A rule")
    code = re.sub(r'"[^"]*"|\'[^\']*\'', '""', written)
    if re.search(r"\)\s*and\b", code):
        raise NotYet("Your rule has the word `and` in it.", "A comma joins the conditions of a body.")
    if re.search(r"[<>]", code):
        raise NotYet("Your rule compares by a sign.", "Comparisons are builtins, such as `lteq(low, 80)`.")
    heads = [statement.head for statement in parse(written)]
    found = [each for each in heads if each.table == head]
    if not found:
        told = ", ".join(sorted({f"`{each.table}`" for each in heads}))
        raise NotYet(f"Your text makes {told}.", f"It makes no table `{head}`.", "What stands before :- is its name.")
    wide = len(found[0].args)
    if wide != columns:
        raise NotYet(
            f"Your table is `{found[0]}`.",
            f"{columns} column{'s were' if columns > 1 else ' was'} asked for, not {wide}.",
        )
    return written


def open_to(
    conn: Any, group: str, low: int = 80, high: int = 80, *, protocol: str = "tcp", direction: str = "ingress"
) -> int:
    """Open ports in a security group; the status of the answer."""
    rule = {
        "security_group_id": conn.network.find_security_group(group).id, "direction": direction, "protocol": protocol,
        "port_range_min": low, "port_range_max": high,
    }  # fmt: skip
    return int(conn.network.post("/security-group-rules", json={"security_group_rule": rule}).status_code)


def near_misses(conn: Any) -> dict[str, str]:
    """Add rules that look like a violation and are none: what each is, to its id."""
    conn.network.create_security_group(name="quiet-web")
    open_to(conn, "quiet-web")
    boot(conn, "quiet-1", "quiet-web")
    open_to(conn, "old-web", protocol="udp")
    open_to(conn, "old-web", direction="egress")
    made = {}
    for what, group, protocol, direction in (
        ("the rule for UDP port 80", "old-web", "udp", "ingress"),
        ("the rule that lets port 80 out", "old-web", "tcp", "egress"),
        ("the rule of a group whose server nobody reaches", "quiet-web", "tcp", "ingress"),
    ):
        group_id = conn.network.find_security_group(group).id
        for rule in conn.network.security_group_rules(security_group_id=group_id):
            if (rule.protocol, rule.direction, rule.port_range_min) == (protocol, direction, 80):
                made[what] = rule.id
    return made


def boot(conn: Any, name: str, group: str) -> int:
    """Ask for a server with a security group; the status of the answer."""
    server = {
        "name": name, "imageRef": conn.image.find_image("debian").id, "flavorRef": conn.compute.find_flavor("small").id,
        "networks": [{"uuid": conn.network.find_network("shop-net").id}], "security_groups": [{"name": group}],
    }  # fmt: skip
    return int(conn.compute.post("/servers", json={"server": server}).status_code)
