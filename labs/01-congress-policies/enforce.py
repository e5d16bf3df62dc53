"""Enforce: ask what a change would do, let the cloud refuse it, let it repair itself."""

from __future__ import annotations

import re
from typing import Any

from kit.lab import Lab, NotAttempted, NotYet, Step, Wrong
from kit.lab.answers import function
from kit.policy import Difference

from .clouds import CONNECTED, SUMMIT, boot, near_misses, open_to, other_cloud, other_tables, rule, text

SEQUENCE = """
def sequence(group):
    return f'neutronv2:security_group_rules+("{group}", "new", "None", "None", "ingress", "IPv4", "tcp", 80, 80, "None")'
"""


class Simulate(Step):
    name = "simulate"
    title = "Scenario 2: what would it do?"
    minutes = 8
    variables = ("sequence",)
    hints = (
        "A fact that comes is written with a plus: table+(...). One that goes, with a minus.",
        "Give all ten columns in their order: group, id, tenant, remote group, direction, ethertype, protocol, low, high, remote prefix.",
        SEQUENCE.strip(),
    )
    solution = SEQUENCE
    wrong = {
        "removed": Wrong(SEQUENCE.replace("rules+(", "rules-("), "takes a row away"),
        "unsigned": Wrong(SEQUENCE.replace("rules+(", "rules("), "it has no sign"),
        "bare-table": Wrong(SEQUENCE.replace("neutronv2:", ""), "table of your own"),
        "by-heart": Wrong(SEQUENCE.replace("{group}", "g1"), "touches another"),
        "text-ports": Wrong(SEQUENCE.replace("80, 80", '"80", "80"'), "nobody"),
        "https": Wrong(SEQUENCE.replace("80, 80", "443, 443"), "nobody"),
        "short": Wrong(SEQUENCE.replace(', "None")', ")"), "every column"),
    }

    def check(self, lab: Lab, sequence: Any) -> str:
        sequence = function(sequence, "group to a sequence")
        for group, server in (("g1", "south"), ("g2", "east")):
            change = sequence(group)
            if change is ...:
                raise NotAttempted
            self._judge(text(change, "A sequence"), group, server)
        return "The answer is known, and nothing has happened."

    def _judge(self, change: str, group: str, server: str) -> None:
        engine = other_tables()
        engine.insert(CONNECTED + ";" + SUMMIT)
        found = engine.simulate("error(u, e, name, p)", change, delta=True)
        assert isinstance(found, Difference)
        if "rules-(" in change:
            raise NotYet("Your sequence takes a row away.", "The rule should come.", "Write + behind the table's name.")
        if "neutronv2:" not in change:
            raise NotYet(
                "The fact is of a table of your own.",
                "The cloud's is neutronv2:security_group_rules.",
                "neutronv2:...+(...)",
            )
        came = [row[2] for row in found.added]
        if came and came != [server]:
            raise NotYet(
                f"For the group {group} your sequence touches another.", "", "Put the given group into the text."
            )
        if not came:
            raise NotYet(
                "By your sequence nobody violates the policy.",
                "A rule for TCP port 80, ingress, should come to the given group.",
                "80 is a number." if '"80"' in change else "Go through the ten columns once more, in their order.",
            )


RISKY = """
risky(name) :-
    nova:servers(id=device, name=name),
    neutronv2:ports(id=port, device_id=device),
    neutronv2:security_group_port_bindings(port_id=port, security_group_id=group),
    neutronv2:security_group_rules(security_group_id=group, direction="ingress", protocol="tcp",
                                   port_range_min=low, port_range_max=high),
    lteq(low, 80), gteq(high, 80)
"""


class Deny(Step):
    name = "deny"
    title = "Scenario 2: let the cloud refuse it"
    minutes = 9
    variables = ("risky",)
    hints = (
        "A server that is just being made has no floating IP yet, so leave connected_to_internet out.",
        "Start from the summit's policy: servers, their ports, the ports' groups, the groups' rules.",
        RISKY.strip(),
    )
    solution = f'risky = """{RISKY}"""'
    wrong = {
        "reachable-only": Wrong(
            'risky = """' + RISKY.replace("neutronv2:ports(id=port, device_id=device)", "connected_to_internet(port, device)") + '"""',
            "no floating IP yet",
        ),
        "only-80": Wrong(
            'risky = """'
            + RISKY.replace("port_range_min=low, port_range_max=high),\n    lteq(low, 80), gteq(high, 80)", "port_range_min=80, port_range_max=80)")
            + '"""',
            "1 to 1024",
        ),
        "every-port": Wrong('risky = """' + RISKY.replace(",\n    lteq(low, 80), gteq(high, 80)", "") + '"""', "port 443 in only"),
        "any-protocol": Wrong('risky = """' + RISKY.replace(', protocol="tcp"', "") + '"""', "UDP port 80"),
        "less-than": Wrong('risky = """' + RISKY.replace("lteq", "lt").replace("gteq", "gt") + '"""', "not below 80"),
        "signs": Wrong('risky = """' + RISKY.replace("lteq(low, 80), gteq(high, 80)", "low <= 80, high >= 80") + '"""', "by a sign"),
        "egress": Wrong('risky = """' + RISKY.replace("ingress", "egress") + '"""', "let it in"),
    }  # fmt: skip

    def check(self, lab: Lab, risky: Any) -> str:
        alice, congress = other_cloud(lab)
        congress.insert(CONNECTED)
        written = rule(risky, "risky", 1)
        congress.insert(written)
        congress.enforce(deny=["classification:risky"])
        if open_to(alice, "secure-web", 8443, 8443) == 403:
            raise NotYet("Your policy refuses port 8443.", "Only port 80 is forbidden.", "Compare the range with 80.")
        if open_to(alice, "secure-web", protocol="udp") == 403:
            raise NotYet(
                "Your policy refuses UDP port 80.",
                "Only TCP port 80 is forbidden.",
                'A value is in quotes: protocol="tcp"',
            )
        if boot(alice, "fine", "secure-web") == 403:
            raise NotYet("Your policy refuses a server of secure-web.", "That group lets port 443 in only.")
        if open_to(alice, "secure-web") != 403:
            raise NotYet(
                "Port 80 was opened in secure-web, and the cloud let it in.",
                "It should answer 403.",
                "80 is not below 80: lteq, gteq." if re.search(r"\b[lg]t\(", written) else "Which row would be new?",
            )
        if boot(alice, "evil", "old-web") != 403:
            raise NotYet(
                "A new server of old-web was let through: it has no floating IP yet.",
                "Both should be refused, the rule and the server.", "Leave connected_to_internet out.",
            )  # fmt: skip
        if open_to(alice, "secure-web", 1, 1024) != 403:
            raise NotYet(
                "Ports 1 to 1024 were opened in secure-web.", "80 lies in that range.", "lteq(low, 80), gteq(high, 80)"
            )
        return "403, with the reason, and nothing has changed."


REPAIR = """
execute[neutronv2:delete_security_group_rule(rule)] :-
    error(user, email, name, port),
    neutronv2:security_group_port_bindings(port_id=port, security_group_id=group),
    neutronv2:security_group_rules(id=rule, security_group_id=group, direction="ingress", protocol="tcp",
                                   port_range_min=low, port_range_max=high),
    lteq(low, 80), gteq(high, 80)
"""


class Repair(Step):
    name = "repair"
    title = "Scenario 3: let it repair itself"
    minutes = 9
    variables = ("repair",)
    hints = (
        "The head is execute[neutronv2:delete_security_group_rule(rule)]; the body must find that rule's id.",
        "Begin the body with error(user, email, name, port), and go from the port to its groups and to their rules.",
        REPAIR.strip(),
    )
    solution = f'repair = """{REPAIR}"""'
    wrong = {
        "everything": Wrong(
            "repair = 'execute[neutronv2:delete_security_group_rule(r)] :- error(u, e, n, p), "
            "neutronv2:security_group_port_bindings(port_id=p, security_group_id=g), "
            'neutronv2:security_group_rules(id=r, security_group_id=g, direction="ingress")\'',
            "port 443",
        ),
        "group": Wrong(
            "repair = 'execute[neutronv2:delete_security_group(g)] :- error(u, e, n, p), "
            "neutronv2:security_group_port_bindings(port_id=p, security_group_id=g)'",
            "The cloud refused",
        ),
        "servers": Wrong(
            "repair = 'execute[nova:servers.delete(s)] :- error(u, e, n, p), nova:servers(id=s, name=n)'", "rules alone"
        ),
        "no-error": Wrong('repair = """' + REPAIR.replace("error(user, email, name, port),", "") + '"""', "nobody reaches"),
        "any-direction": Wrong('repair = """' + REPAIR.replace(' direction="ingress",', "") + '"""', "lets port 80 out"),
        "other-id": Wrong('repair = """' + REPAIR.replace("_rule(rule)", "_rule(port)") + '"""', "the id of a security group rule"),
        "no-action": Wrong("repair = 'mend(r) :- neutronv2:security_group_rules(id=r, port_range_min=80)'", "demands nothing"),
        "typo": Wrong('repair = """' + REPAIR.replace("delete_security_group_rule", "remove_rule") + '"""', "no action"),
    }  # fmt: skip

    def check(self, lab: Lab, repair: Any) -> str:
        alice, congress = other_cloud(lab)
        spared, servers = near_misses(alice), {server.name for server in alice.compute.servers()}
        congress.insert(CONNECTED + ";" + SUMMIT)
        congress.insert(text(repair, "A rule"))
        journal = congress.journal()
        failed = [entry for entry in journal if entry.kind == "failed"]
        if failed:
            raise NotYet(
                f"The cloud refused {failed[0].what}:",
                failed[0].result.splitlines()[0],
                "Its argument is the id of a security group rule, which the body finds."
                if "security_group_rule(" in failed[0].what
                else "Delete the rule, not more.",
            )
        if not journal:
            raise NotYet(
                "Your rule demands nothing.",
                "Its head should be an action.",
                "execute[neutronv2:delete_security_group_rule(...)]",
            )
        gone = sorted(servers - {server.name for server in alice.compute.servers()})
        if gone:
            raise NotYet(
                f"The server {gone[0]} is gone.",
                "The rules alone were to be deleted.",
                "execute[neutronv2:delete_security_group_rule(...)]",
            )
        if congress.rows("error"):
            raise NotYet(
                f"{congress.rows('error')[0][2]} still violates the policy.",
                "Every offending rule should be gone.",
                "80 may lie inside a range of ports.",
            )
        group = alice.network.find_security_group("secure-web").id
        ports = {rule.port_range_min for rule in alice.network.security_group_rules(security_group_id=group)}
        if 443 not in ports:
            raise NotYet(
                "Your rule deletes more than was asked: port 443 of secure-web is gone.",
                "",
                "Compare the range with 80.",
            )
        left = {rule.id for rule in alice.network.security_group_rules()}
        for what, id in spared.items():
            if id not in left:
                raise NotYet(
                    f"Your rule deletes more than was asked: {what} is gone.",
                    "It does not violate the summit's policy.",
                    "The body has the conditions of error(...), with the same variables.",
                )
        open_to(alice, "secure-web")
        if congress.rows("error"):
            raise NotYet(
                "A port 80 that is opened later stays open.", "", "Begin with error(...), not with names or ids."
            )
        return f"{len(congress.journal())} rules were deleted, each with its reason."
