"""Find: the cloud as tables, joins, negation, the summit's policy, and its rows as they come."""

from __future__ import annotations

from typing import Any

from kit.lab import Lab, NotAttempted, NotYet, Step, Wrong
from kit.lab.answers import function, shown
from kit.policy import Engine, add_cloud

from .clouds import CONNECTED, SUMMIT, other_cloud, other_tables, rule, text


class Tables(Step):
    name = "tables"
    title = "The cloud as tables"
    minutes = 4
    variables = ("query",)
    hints = (
        "A query names a table and the columns you care about: nova:servers(name=n).",
        "A column may be a variable, such as n, or a value in double quotes.",
        """query = 'nova:servers(name=n, status="SHUTOFF")'""",
    )
    solution = """query = 'nova:servers(name=n, status="SHUTOFF")'"""
    wrong = {
        "all": Wrong("query = 'nova:servers(name=n)'", "that runs"),
        "column": Wrong("""query = 'nova:servers(name=n, state="SHUTOFF")'""", "column"),
        "typo": Wrong("""query = 'nova:sevrers(name=n, status="SHUTOFF")'""", "Did you mean"),
        "running": Wrong("""query = 'nova:servers(name=n, status="ACTIVE")'""", "that runs"),
        "ids": Wrong("""query = 'nova:servers(id=i, name=n, status="SHUTOFF")'""", "names only"),
        "lower-case": Wrong("""query = 'nova:servers(name=n, status="shutoff")'""", "upper case"),
        "unquoted": Wrong("query = 'nova:servers(name=n, status=SHUTOFF)'", "is a variable"),
        "status-too": Wrong(
            """query = 'nova:servers(name=n, status=s), equal(s, "SHUTOFF")'""", "gives SHUTOFF as well"
        ),
        "by-position": Wrong("""query = 'nova:servers(n, "SHUTOFF")'""", "names no column"),
        "by-heart": Wrong("""query = 'nova:servers(name="db-1", status="SHUTOFF")'""", "another cloud"),
    }

    def check(self, lab: Lab, query: Any) -> str:
        rows = other_tables().ask(text(query, "A query"))
        found = {value for row in rows for value in row}
        if {"south", "west"} & found:
            bare = "SHUTOFF" in query and '"SHUTOFF"' not in query and "'SHUTOFF'" not in query
            raise NotYet(
                "Your query also gives a server that runs.", 'Only those whose status is "SHUTOFF" were asked for.',
                "A word without quotes is a variable: it takes any status." if bare else "",
            )  # fmt: skip
        if {"v1", "v3"} & found:
            raise NotYet("Your query gives ids as well.", "The names only were asked for.", "Leave the column id out.")
        more = sorted(map(str, found - {"north", "east"}))
        if {"north", "east"} < found:
            raise NotYet(
                f"Your query gives {more[0]} as well.", "The names only were asked for.",
                'A value in its column, status="...", is no column of the answer; a variable is.',
            )  # fmt: skip
        if "=" not in query:
            raise NotYet("Your query names no column.", "Then the values go by position.", "table(column=what, ...)")
        if found != {"north", "east"}:
            shut = '"SHUTOFF"' in query
            raise NotYet(
                f"On another cloud your query finds {len(found) or 'nothing'}.", "Two servers are switched off there.",
                "Let the name be a variable." if shut else 'Name the table and its columns; a status is in upper case, "SHUTOFF".',
            )  # fmt: skip
        return "A variable for what you want, a value for what you know."


class Connected(Step):
    name = "connected"
    title = "A rule that joins two tables"
    minutes = 7
    variables = ("connected",)
    hints = (
        "A port is reachable when a floating IP points at it: both tables know the port's id.",
        "Two tables share a value when both use the same variable: neutronv2:ports(id=port_id, ...) and neutronv2:floating_ips(port_id=port_id).",
        CONNECTED.strip(),
    )
    solution = f'connected = """{CONNECTED}"""'
    wrong = {
        "all-ports": Wrong("connected = 'connected_to_internet(p, d) :- neutronv2:ports(id=p, device_id=d)'", "no floating IP"),
        "not-joined": Wrong(
            "connected = 'connected_to_internet(p, d) :- neutronv2:ports(id=p, device_id=d), neutronv2:floating_ips(port_id=q)'",
            "no floating IP",
        ),
        "swapped": Wrong(
            "connected = 'connected_to_internet(d, p) :- neutronv2:ports(id=p, device_id=d), neutronv2:floating_ips(port_id=p)'",
            "order",
        ),
        "other-column": Wrong(
            "connected = 'connected_to_internet(p, d) :- neutronv2:ports(id=p, device_id=d), neutronv2:floating_ips(id=p)'",
            "in its column port_id",
        ),
        "unsafe": Wrong("connected = 'connected_to_internet(p, d) :- neutronv2:floating_ips(port_id=p)'", "is not in the body"),
        "other-name": Wrong("connected = 'online(p, d) :- neutronv2:ports(id=p, device_id=d)'", "no table `connected_to_internet`"),
    }  # fmt: skip

    def check(self, lab: Lab, connected: Any) -> str:
        engine = other_tables()
        written = rule(connected, "connected_to_internet", 2)
        engine.insert(written)
        found = set(engine.rows("connected_to_internet"))
        if ("p1", "v1") in found:
            raise NotYet("Your rule takes port p1, which has no floating IP.", "", "Use one variable in both tables.")
        if ("v2", "p2") in found:
            raise NotYet(
                "The columns are in the other order.", "connected_to_internet(port_id, device_id) was asked for."
            )
        if "=" not in written:
            raise NotYet(
                "Your rule names no column of the two tables.",
                "Then they go by position.",
                "table(column=variable, ...)",
            )
        if found != {("p2", "v2"), ("p3", "v3"), ("p5", "v4")}:
            raise NotYet(
                f"On another cloud your rule finds {len(found)} ports.",
                "Three ports have a floating IP there.",
                "neutronv2:floating_ips names the port in its column port_id.",
            )
        return "The join is the variable: the same name, the same value."


HIDDEN = """
hidden(name) :-
    nova:servers(id=device, name=name),
    not connected_to_internet(_, device)
"""


class Hidden(Step):
    name = "hidden"
    title = "Negation, and an unsafe rule mended"
    minutes = 7
    variables = ("hidden",)
    hints = (
        "Read the error: which variable has no value when the negated literal is looked at?",
        "`not t(x)` asks whether one known row is missing. For a column that may be anything, write _ instead of a name.",
        HIDDEN.strip(),
    )
    solution = f'hidden = """{HIDDEN}"""'
    wrong = {
        "starter": Wrong(
            "hidden = 'hidden(n) :- nova:servers(id=d, name=n), not connected_to_internet(port, d)'", "bound by nothing"
        ),
        "some-port": Wrong(
            "hidden = 'hidden(n) :- nova:servers(id=d, name=n), neutronv2:ports(id=p, device_id=d), not connected_to_internet(p, d)'",
            "west has two ports",
        ),
        "not-negated": Wrong(
            "hidden = 'hidden(n) :- nova:servers(id=d, name=n), connected_to_internet(_, d)'", "can be reached"
        ),
        "all": Wrong("hidden = 'hidden(n) :- nova:servers(name=n)'", "can be reached"),
    }

    def check(self, lab: Lab, hidden: Any) -> str:
        engine = other_tables()
        engine.insert(CONNECTED)
        engine.insert(rule(hidden, "hidden", 1))
        names = {row[0] for row in engine.rows("hidden")}
        if "south" in names:
            raise NotYet(
                "south is in your table, but it can be reached.", "Servers without any reachable port were asked for.",
                "In quotes _ is a text; without them it is anything." if "'_'" in hidden or '"_"' in hidden
                else "Ask of each server whether a port of its own is connected.",
            )  # fmt: skip
        if "west" in names:
            raise NotYet(
                "west has two ports, and one of them is reachable.",
                "It is not hidden.",
                "No port at all may be connected: _",
            )
        if names != {"north"}:
            raise NotYet(
                f"On another cloud your rule finds {sorted(names) or 'nothing'}.",
                "One server is hidden there.",
                "Both literals speak of one server: by one variable.",
            )
        return "Safe: every variable has a value before its absence is asked for."


class Summit(Step):
    name = "summit"
    title = "The summit's policy finds the violators"
    minutes = 7
    variables = ("violators",)
    hints = (
        "The table error has a column for the server's name.",
        'engine.ask("error(_, _, vm_name, _)") gives one row a violator.',
        'violators = sorted({row[0] for row in engine.ask("error(_, _, vm_name, _)")})',
    )
    solution = 'violators = sorted({row[0] for row in engine.ask("error(_, _, vm_name, _)")})'
    wrong = {
        "all-old-web": Wrong("violators = ['cache-1', 'try-1', 'web-2', 'web-3']", "cache-1"),
        "one": Wrong("violators = ['web-2']", "is missing"),
        "rows": Wrong('violators = list(engine.rows("error"))', "names"),
    }

    def check(self, lab: Lab, violators: Any) -> str:
        if not isinstance(violators, list | tuple | set):
            raise NotYet(f"violators is {shown(violators)}.", "A list of names was asked for.")
        strange = next((item for item in violators if not isinstance(item, str)), None)
        if strange is not None or len(set(violators)) < len(violators):
            raise NotYet(
                "Your list does not hold names." if strange is not None else "Your list has a name twice.",
                "The names of the servers were asked for, each once.",
                "Take the name out of each row: it is its third value." if isinstance(strange, tuple) else "",
            )
        conn = lab.fresh_cloud().connect()
        want, servers = _violators(conn), {server.name for server in conn.compute.servers(all_projects=True)}
        extra, missing = sorted(set(violators) - want), sorted(want - set(violators))
        if "cache-1" in extra:
            raise NotYet(
                "cache-1 lets port 80 in, but nobody reaches it: it has no floating IP.", "", "Let the rule decide."
            )
        if extra:
            raise NotYet(
                f"{extra[0]} {'violates nothing' if extra[0] in servers else 'is not the name of a server'}.",
                "The servers in the table error were asked for.",
                "Let the rule decide: engine.ask",
            )
        if missing and missing[0] not in _violators(lab.connect()):
            raise NotYet(
                "Nobody violates the policy in the lab's cloud as it is now: it was repaired.",
                f"{len(want)} servers did when the lab began.",
                "lab.restore() brings them back; then give a fresh engine both rules again.",
            )
        if missing:
            raise NotYet(
                f"{missing[0]} is missing.",
                f"The rule finds {len(want)} servers.",
                "A range of ports may hold 80, too.",
            )
        return "Three servers, found by seven conditions that nobody had to program."


def _violators(conn: Any) -> set[str]:
    engine = Engine()
    add_cloud(engine, conn, ("nova", "neutronv2", "keystone"))
    engine.insert(CONNECTED + ";" + SUMMIT)
    return {row[2] for row in engine.rows("error")}


OPEN_PORT = """
def open_port(conn):
    group = conn.network.find_security_group("secure-web")
    return conn.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp",
        port_range_min=80, port_range_max=80)
"""


class Monitor(Step):
    name = "monitor"
    title = "Scenario 1: watch the cloud"
    minutes = 6
    variables = ("open_port",)
    hints = (
        "conn.network.create_security_group_rule makes a rule in a group.",
        "It needs security_group_id, direction, protocol, port_range_min and port_range_max.",
        OPEN_PORT.strip(),
    )
    solution = OPEN_PORT
    wrong = {
        "egress": Wrong(OPEN_PORT.replace("ingress", "egress"), "lets traffic out"),
        "other-port": Wrong(OPEN_PORT.replace("=80", "=8080"), "nobody violates"),
        "udp": Wrong(OPEN_PORT.replace("tcp", "udp"), "nobody violates"),
        "other-group": Wrong(OPEN_PORT.replace("secure-web", "default"), "nobody violates"),
        "version-6": Wrong(OPEN_PORT.replace('ingress"', 'ingress", ethertype="IPv6"'), "speaks of IPv4"),
        "some-only": Wrong(OPEN_PORT.replace("=80)", '=80, remote_ip_prefix="10.0.0.0/8")'), "for everybody"),
        "nothing": Wrong(
            "def open_port(conn):\n    return conn.network.find_security_group('secure-web')", "made no rule"
        ),
    }

    def check(self, lab: Lab, open_port: Any) -> str:
        alice, congress = other_cloud(lab)
        congress.insert(CONNECTED + ";" + SUMMIT)
        before = {row[2] for row in congress.rows("error")}
        rules = {rule.id for rule in alice.network.security_group_rules()}
        if function(open_port, "conn to a rule", nothing=True)(alice) is ...:
            raise NotAttempted
        made = [rule for rule in alice.network.security_group_rules() if rule.id not in rules]
        if not made:
            raise NotYet("Your function made no rule.", "A rule in the group secure-web was asked for.")
        new = made[0]
        if new.direction != "ingress":
            raise NotYet("Your rule lets traffic out.", "Port 80 should let it in.", 'direction="ingress"')
        group = alice.network.get_security_group(new.security_group_id).name
        if group != "secure-web":
            raise NotYet(
                f"Your rule is in the group {group}, where nobody violates the policy by it.",
                "secure-web was asked for.",
            )
        if new.remote_ip_prefix not in (None, "0.0.0.0/0", "::/0") or new.remote_group_id:
            raise NotYet(
                f"Your rule lets in {new.remote_ip_prefix or 'a group'} alone.", "Alice's mistake is for everybody.",
                "Leave the remote side out.",
            )  # fmt: skip
        if "web-1" not in {row[2] for row in congress.rows("error")} - before:
            ports = f"{new.protocol} {new.port_range_min} to {new.port_range_max} for {new.ether_type}"
            raise NotYet(
                f"Your rule opens {ports}, and nobody violates the policy by it.",
                "TCP port 80 of secure-web was asked for.",
                "The policy speaks of IPv4." if new.ether_type != "IPv4" else "",
            )
        return "web-1 is in the table the moment its group lets port 80 in."
