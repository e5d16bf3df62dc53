"""The steps of the Congress lab, first part: find what violates a policy."""

from __future__ import annotations

from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.policy import SCHEMAS, Engine, add_cloud

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


def tables(policy: str, **rows: list[dict[str, Any]]) -> tuple[str, dict[str, list[tuple[Any, ...]]]]:
    """Rows of a data source, written with only the columns that matter."""
    return policy, {
        name: [tuple(row.get(column) for column in SCHEMAS[policy][name]) for row in found]
        for name, found in rows.items()
    }


def another_cloud() -> Engine:
    """An engine over tables that no learner has seen."""
    engine = Engine()
    for policy, found in (
        tables("nova", servers=[
            {"id": "v1", "name": "north", "status": "SHUTOFF", "user_id": "u1"},
            {"id": "v2", "name": "south", "status": "ACTIVE", "user_id": "u1"},
            {"id": "v3", "name": "east", "status": "SHUTOFF", "user_id": "u1"},
        ]),
        tables(
            "neutronv2",
            ports=[{"id": "p1", "device_id": "v1"}, {"id": "p2", "device_id": "v2"}, {"id": "p3", "device_id": "v3"}],
            floating_ips=[{"id": "f1", "port_id": "p2"}, {"id": "f2", "port_id": "p3"}, {"id": "f3", "port_id": None}],
        ),
        tables("keystone", users=[{"id": "u1", "email": "u1@example.org"}]),
    ):  # fmt: skip
        engine.add(policy, SCHEMAS[policy], found)
    return engine


def text(value: Any, what: str) -> str:
    """The learner's text."""
    if not isinstance(value, str):
        raise NotYet(f"That is a {type(value).__name__}.", f"{what} as a text was asked for.", "Put it in quotes.")
    return value


class Tables(Step):
    name = "tables"
    title = "The cloud as tables"
    minutes = 4
    variables = ("query",)
    hints = (
        "A query is a table with names of columns: nova:servers(name=n).",
        "A column may be a variable, such as n, or a value in double quotes.",
        """query = 'nova:servers(name=n, status="SHUTOFF")'""",
    )
    solution = """query = 'nova:servers(name=n, status="SHUTOFF")'"""
    wrong = {
        "all": Wrong("query = 'nova:servers(name=n)'", "that runs"),
        "single-equals": Wrong("""query = 'nova:servers(name=n, state="SHUTOFF")'""", "column"),
        "typo": Wrong("""query = 'nova:sevrers(name=n, status="SHUTOFF")'""", "Did you mean"),
        "running": Wrong("""query = 'nova:servers(name=n, status="ACTIVE")'""", "that runs"),
    }

    def check(self, lab: Lab, query: Any) -> str:
        rows = another_cloud().rows(text(query, "A query"))
        names = {value for row in rows for value in row}
        if "south" in names:
            raise NotYet(
                "Your query also gives a server that runs.", 'Only servers whose status is "SHUTOFF" were asked for.'
            )
        if not {"north", "east"} <= names:
            raise NotYet(
                "On another cloud your query misses a server that is switched off.", "", "Let the name be a variable."
            )
        return "A table, a variable for what you want, a value for what you know."


class Rule(Step):
    name = "rule"
    title = "A first rule"
    minutes = 4
    variables = ("rule",)
    hints = (
        "A rule is: what holds :- when that holds.",
        "Begin with  off(name) :-  and go on with your query.",
        """rule = 'off(name) :- nova:servers(name=name, status="SHUTOFF")'""",
    )
    solution = """rule = 'off(name) :- nova:servers(name=name, status="SHUTOFF")'"""
    wrong = {
        "unsafe": Wrong("""rule = 'off(name) :- nova:servers(name=n, status="SHUTOFF")'""", "is not in the body"),
        "constant": Wrong("""rule = 'off("db-1") :- nova:servers(name="db-1", status="SHUTOFF")'""", "another cloud"),
        "not-off": Wrong("""rule = 'off(name) :- nova:servers(name=name)'""", "that runs"),
        "other-name": Wrong(
            """rule = 'stopped(name) :- nova:servers(name=name, status="SHUTOFF")'""", "no table `off`"
        ),
    }

    def check(self, lab: Lab, rule: Any) -> str:
        engine = another_cloud()
        engine.insert(text(rule, "A rule"))
        names = {row[0] for row in engine.rows("off")}
        if "south" in names:
            raise NotYet("By your rule a server that runs is off.", "", 'Ask for the status, too: status="SHUTOFF"')
        if names != {"north", "east"}:
            raise NotYet(
                f"On another cloud your rule finds {sorted(names) or 'nothing'}.",
                "Two servers are off there.",
                "Use a variable for the name.",
            )
        return "off(name) is a table now; other rules may use it."


class Connected(Step):
    name = "connected"
    title = "Who can be reached from the internet?"
    minutes = 5
    variables = ("connected",)
    hints = (
        "A port is reachable when a floating IP points at it.",
        "Two tables share a value when both use the same variable: neutronv2:ports(id=port_id, ...) and neutronv2:floating_ips(port_id=port_id).",
        CONNECTED.strip(),
    )
    solution = f'connected = """{CONNECTED}"""'
    wrong = {
        "all-ports": Wrong(
            "connected = 'connected_to_internet(p, d) :- neutronv2:ports(id=p, device_id=d)'", "no floating IP"
        ),
        "not-joined": Wrong(
            "connected = 'connected_to_internet(p, d) :- neutronv2:ports(id=p, device_id=d), neutronv2:floating_ips(port_id=q)'",
            "no floating IP",
        ),
        "swapped": Wrong(
            "connected = 'connected_to_internet(d, p) :- neutronv2:ports(id=p, device_id=d), neutronv2:floating_ips(port_id=p)'",
            "order",
        ),
    }

    def check(self, lab: Lab, connected: Any) -> str:
        engine = another_cloud()
        engine.insert(text(connected, "A rule"))
        found = set(engine.rows("connected_to_internet"))
        if ("p1", "v1") in found:
            raise NotYet("Your rule takes a port that has no floating IP.", "", "Use one variable in both tables.")
        if ("v2", "p2") in found:
            raise NotYet(
                "The columns are in the other order.", "connected_to_internet(port_id, device_id) was asked for."
            )
        if found != {("p2", "v2"), ("p3", "v3")}:
            raise NotYet(f"On another cloud your rule finds {len(found)} ports.", "Two ports have a floating IP there.")
        return "The join is the variable: the same name, the same value."


class Summit(Step):
    name = "summit"
    title = "The summit's policy finds the violators"
    minutes = 4
    variables = ("violators",)
    hints = (
        "The table `error` has a column vm_name.",
        'engine.rows("error") gives rows of user_id, email, vm_name, id: take the third of each.',
        'violators = sorted({row[2] for row in engine.rows("error")})',
    )
    solution = 'violators = sorted({row[2] for row in engine.rows("error")})'
    wrong = {
        "all-old-web": Wrong("violators = ['cache-1', 'try-1', 'web-2', 'web-3']", "cache-1"),
        "one": Wrong("violators = ['web-2']", "is missing"),
        "rows": Wrong('violators = list(engine.rows("error"))', "names"),
    }

    def check(self, lab: Lab, violators: Any) -> str:
        if isinstance(violators, str) or not all(isinstance(item, str) for item in violators):
            raise NotYet(
                "Your list does not hold names.",
                "The names of the servers were asked for.",
                "Take vm_name of each row.",
            )
        engine = Engine()
        add_cloud(engine, lab.cloud.connect(), ("nova", "neutronv2", "keystone"))
        engine.insert(CONNECTED + ";" + SUMMIT)
        want = {row[2] for row in engine.rows("error")}
        extra, missing = sorted(set(violators) - want), sorted(want - set(violators))
        if "cache-1" in extra:
            raise NotYet(
                "cache-1 lets port 80 in, but nobody reaches it: it has no floating IP.",
                "",
                "Let the rule decide: engine.rows",
            )
        if extra:
            raise NotYet(f"{extra[0]} violates nothing.", "", "Let the rule decide: engine.rows")
        if missing:
            raise NotYet(
                f"{missing[0]} is missing.",
                f"The rule finds {len(want)} servers.",
                "A range of ports may hold 80, too.",
            )
        return "Three servers, found by seven conditions that nobody had to program."


class Proof(Step):
    name = "proof"
    title = "Why is try-1 on the list?"
    minutes = 4
    variables = ("ports",)
    hints = (
        "engine.why gives a tree: each row and what it rests on.",
        "Look for neutronv2:security_group_rules in the tree; it has port_range_min and port_range_max.",
        "The range begins at 1.",
    )
    solution = "ports = (1, 1024)"
    wrong = {
        "eighty": Wrong("ports = (80, 80)", "web-2"),
        "texts": Wrong("ports = ('1', '1024')", "numbers"),
    }

    def check(self, lab: Lab, ports: Any) -> str:
        pair = tuple(ports) if isinstance(ports, list | tuple) else (ports,)
        if any(isinstance(item, str) for item in pair):
            raise NotYet("Those are texts.", "Two numbers were asked for, as the proof shows them.")
        if pair == (80, 80):
            raise NotYet(
                "Port 80 alone is what lets web-2 in.", "try-1 was asked for.", "Ask for the proof of its row."
            )
        if pair != (1, 1024):
            raise NotYet(f"{pair} is not the range in the proof.", "", "Look at port_range_min and port_range_max.")
        return "A range holds 80 as well: the policy saw what a look at the list would have missed."
