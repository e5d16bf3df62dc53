"""Mend: wrong policies found and proved wrong, recursion, and a policy of the learner's own."""

from __future__ import annotations

from typing import Any

import yaml

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import kind, shown
from kit.policy import SCHEMAS, Case, Engine, StatementError, run_cases

from .clouds import fill, rule, text

# The four library policies and the check of the linter that finds what is wrong with each.
FAULTS = {
    "open-to-all": "repeated-anything",
    "plain-volumes": "constant-like",
    "foreign-networks": "swapped-columns",
    "old-images": "cross-product",
}

RIGHT_IMAGES = """
old(server_name, image_name) :-
    nova:servers(name=server_name, image_id=image),
    glancev2:images(id=image, name=image_name),
    not allowed(image_name)
allowed("debian-13")
"""

ONE_SERVER = '{"nova:servers": [{"name": "w", "image_id": "i"}], "glancev2:images": [{"id": "i", "name": "x"}]}'

CASES = """
cases = [
    Case(
        "a server of an allowed image is fine",
        {"nova:servers": [{"name": "web", "image_id": "i1"}],
         "glancev2:images": [{"id": "i1", "name": "debian-13"}, {"id": "i2", "name": "debian-8"}]},
        "old", only=[],
    ),
]
"""


def rules_of(lab: Lab, name: str) -> str:
    """The rules of a library policy as one text."""
    found = yaml.safe_load(lab.file(f"library/{name}.yaml").read_text(encoding="utf-8"))
    return "\n".join(rule["rule"] for rule in found["rules"])


def first_line(failures: tuple[str, ...]) -> str:
    """What a case expected, without the proof that follows."""
    return failures[0].splitlines()[0].removesuffix(", because").rstrip(".") + "."


def listed(cases: Any) -> list[Case]:
    """The learner's cases."""
    found = [cases] if isinstance(cases, Case) else list(cases) if isinstance(cases, list | tuple) else []
    if not found or not all(isinstance(case, Case) for case in found):
        raise NotYet("There is no case in your list.", "A list of Case(...) was asked for.")
    for case in found:
        for word in ("present", "absent", "only"):
            rows = getattr(case, word) or ()
            if isinstance(rows, str) or not all(isinstance(row, list | tuple) for row in rows):
                raise NotYet(
                    f"Your case {case.name!r} has {word}={shown(rows, 50)}.",
                    "A list of rows was asked for, and a row is a tuple.",
                    f'{word}=[("web", "x")]',
                )
    return found


class Library(Step):
    name = "library"
    title = "Four policies that are legal and wrong"
    minutes = 7
    variables = ("faults",)
    hints = (
        "engine.lint(text) says what is legal but surely not meant; each finding has a code.",
        "`found` has the findings of each policy by its name. The code stands in brackets at the end of a finding, and is finding.code.",
        f"faults = {FAULTS}",
    )
    solution = "faults = {name: findings[0].code for name, findings in found.items()}"
    wrong = {
        "same": Wrong("faults = dict.fromkeys(found, 'single-use')", "single-use"),
        "three": Wrong("faults = {name: items[0].code for name, items in list(found.items())[:3]}", "is missing"),
        "text": Wrong("faults = 'constant-like'", "dictionary"),
    }  # fmt: skip

    def check(self, lab: Lab, faults: Any) -> str:
        if not isinstance(faults, dict):
            raise NotYet(f"That is {kind(faults)}.", "A dictionary was asked for: the policy's name to a code.")
        for name, code in FAULTS.items():
            if name not in faults:
                raise NotYet(f"{name} is missing.", "All four are wrong.", f"engine.lint on library/{name}.yaml")
            if not isinstance(faults[name], str):
                raise NotYet(
                    f"For {name} you have {shown(faults[name], 50)}.", "A code was asked for, a text.", "finding.code"
                )
            if faults[name] != code:
                raise NotYet(
                    f"{name} is not broken by {faults[name]!r:.60}.",
                    "Which finding says why it misses what it should find?",
                    f"Look at found[{name!r}].",
                )
        return "The engine accepted all four; a reader would have, too."


class Proved(Step):
    name = "proved"
    title = "Prove one of them wrong"
    minutes = 8
    variables = ("cases",)
    hints = (
        "What should the policy find, and what should it leave alone? Give a case in which the two differ.",
        "One server of an allowed image, and another image beside it that no server uses: only=[] expects no row.",
        CASES.strip(),
    )
    solution = CASES
    wrong = {
        "none": Wrong("cases = []", "no case"),
        "column": Wrong(f"cases = [Case('none', {ONE_SERVER.replace('image_id', 'image')}, 'old', only=[])]", "cannot be run"),
        "agrees": Wrong(f'cases = [Case("found", {ONE_SERVER}, "old", present=[("w", "x")])]', "pass on the wrong policy"),
        "too-strict": Wrong(f'cases = [Case("none", {ONE_SERVER}, "old", only=[])]', "fails on a policy that is right"),
    }  # fmt: skip

    def check(self, lab: Lab, cases: Any) -> str:
        found = listed(cases)
        right = run_cases(RIGHT_IMAGES, found, schemas=SCHEMAS)
        if not right.passed:
            failed = next(result for result in right.results if not result.passed)
            if "expected" not in failed.failures[0]:
                raise NotYet(f"Your case {failed.case.name!r} cannot be run:", first_line(failed.failures))
            raise NotYet(
                f"Your case {failed.case.name!r} fails on a policy that is right:", first_line(failed.failures),
                "A server is to be found when its own image is not allowed, and only then.",
            )  # fmt: skip
        if run_cases(rules_of(lab, "old-images"), found, schemas=SCHEMAS).passed:
            raise NotYet(
                "Your cases pass on the wrong policy, too.", "One should fail.", "Add an image that no server uses."
            )
        return "A test that fails is worth more than a suspicion."


REACH = """
attached(router, net) :- neutronv2:routers(id=router), neutronv2:ports(device_id=router, network_id=net)
reach(net) :- neutronv2:external_gateway_infos(router_id=router), attached(router, net)
reach(far) :- reach(near), attached(router, near), attached(router, far)
"""


class Reach(Step):
    name = "reach"
    title = "How far does the internet reach?"
    minutes = 8
    variables = ("reach",)
    hints = (
        "Two rules for one table: where it begins, and how it goes on from a row that is there.",
        "reach(far) :- reach(near), and a router that has a port on both near and far.",
        REACH.strip(),
    )
    solution = f'reach = """{REACH}"""'
    wrong = {
        "one-step": Wrong('reach = """' + "\n".join(REACH.splitlines()[:3]) + '"""', "two routers away"),
        "everything": Wrong("reach = 'reach(n) :- neutronv2:networks(id=n)'", "no router leads to it"),
        "no-start": Wrong('reach = """' + "\n".join(REACH.splitlines()[i] for i in (1, 3)) + '"""', "nothing"),
        "names": Wrong(
            "reach = 'reach(name) :- neutronv2:external_gateway_infos(router_id=r), neutronv2:ports(device_id=r, network_id=n), "
            "neutronv2:networks(id=n, name=name)'",
            "ids were asked for",
        ),
        "no-table": Wrong("reach = 'near(n) :- neutronv2:external_gateway_infos(network_id=n)'", "no table `reach`"),
    }

    def check(self, lab: Lab, reach: Any) -> str:
        engine = Engine()
        engine.create("reach", "recursive")
        ports = [("r1", "dmz"), ("r2", "dmz"), ("r2", "back"), ("r3", "back"), ("r3", "vault"), ("r4", "island")]
        fill(
            engine, "neutronv2", routers=[{"id": f"r{n}"} for n in range(1, 5)],
            external_gateway_infos=[{"router_id": "r1", "network_id": "internet"}],
            networks=[{"id": name, "name": f"{name}-net"} for name in ("internet", "dmz", "back", "vault", "island")],
            ports=[{"id": f"p{n}", "device_id": router, "network_id": net} for n, (router, net) in enumerate(ports)],
        )  # fmt: skip
        written = rule(reach, "reach", 1)
        engine.insert(written, "reach")
        found = {row[0] for row in engine.rows("reach", "reach")} - {"internet"}
        if any(str(each).endswith("-net") for each in found):
            raise NotYet("Your table holds names of networks.", "Their ids were asked for.", "Leave the names out.")
        if "island" in found:
            raise NotYet(
                "island is in your table, but no router leads to it from outside.", "", "Go from router to router."
            )
        if "dmz" not in found:
            raise NotYet(
                "On another cloud your rules reach nothing.",
                "The dmz's router has a gateway.",
                "Start with external_gateway_infos.",
            )
        if not {"back", "vault"} <= found:
            raise NotYet(
                "On another cloud the network vault is missing: it is two routers away.",
                "",
                "From a network in reach to a router on it, and to the router's other networks."
                if written.count("reach(") > 2
                else "Let reach call itself.",
            )
        return "Recursion ends by itself: a table only grows, and a cloud is finite."


WASTE = """
waste(address, "unused") :- neutronv2:floating_ips(floating_ip_address=address, port_id="None")
waste(address, "off") :-
    neutronv2:floating_ips(floating_ip_address=address, port_id=port),
    neutronv2:ports(id=port, device_id=server),
    nova:servers(id=server, status="SHUTOFF")
"""
WASTE_CASES = """
cases = [
    Case("an address without a port", {"neutronv2:floating_ips": [{"floating_ip_address": "a", "port_id": None}]},
         "waste", only=[("a", "unused")]),
    Case("addresses of servers", {
        "neutronv2:floating_ips": [{"floating_ip_address": "a", "port_id": "p"}, {"floating_ip_address": "b", "port_id": "q"}],
        "neutronv2:ports": [{"id": "p", "device_id": "s"}, {"id": "q", "device_id": "t"}],
        "nova:servers": [{"id": "s", "status": "ACTIVE"}, {"id": "t", "status": "SHUTOFF"}]},
        "waste", only=[("b", "off")]),
]
"""

# What the learner's policy is held to: the cases above, and a server that is neither.
OUR_CASES = (
    WASTE_CASES.replace('"status": "SHUTOFF"}]', '"status": "SHUTOFF"}, {"id": "u", "status": "ERROR"}]')
    .replace('"port_id": "q"}]', '"port_id": "q"}, {"floating_ip_address": "c", "port_id": "r"}]')
    .replace('"device_id": "t"}]', '"device_id": "t"}, {"id": "r", "device_id": "u"}]')
)

# Policies that are nearly right: good cases tell them from a right one.
MUTANTS = {
    "forgets addresses that are not in use": "\n".join(WASTE.splitlines()[2:]),
    "forgets servers that are switched off": "\n".join(WASTE.splitlines()[:2]),
    "also takes the address of a server that runs": WASTE.replace(', status="SHUTOFF"', ""),
}


class Challenge(Step):
    name = "challenge"
    title = "A policy of your own, with its tests"
    minutes = 10
    variables = ("policy", "cases")
    hints = (
        "Two rules for one table waste(address, why): one for each reason.",
        'An address that points nowhere has the port_id "None", a text. For the others go from address to port to server.',
        WASTE.strip(),
    )
    solution = f'policy = """{WASTE}"""\n{WASTE_CASES}'
    wrong = {
        "no-tests": Wrong(f'policy = """{WASTE}"""\ncases = []', "no case"),
        "one-rule": Wrong('policy = """' + MUTANTS["forgets servers that are switched off"] + f'"""\n{WASTE_CASES}', "fails"),
        "not-running": Wrong(
            'policy = """' + WASTE.replace('status="SHUTOFF")', 'status=status), not equal(status, "ACTIVE")') + f'"""\n{WASTE_CASES}',
            "Our case",
        ),
        "string-row": Wrong(f'policy = """{WASTE}"""\n' + WASTE_CASES.replace('[("b", "off")]', '("b", "off")'), "a row is a tuple"),
        "null": Wrong(f'policy = """{WASTE.replace(chr(34) + "None" + chr(34), "None")}"""\n{WASTE_CASES}', "fails"),
        "weak-tests": Wrong(
            f'policy = """{WASTE}"""\n' + WASTE_CASES.replace('only=[("b", "off")]', 'present=[("b", "off")]'), "passes your cases"
        ),
        "half-covered": Wrong(f'policy = """{WASTE}"""\n{WASTE_CASES}cases = cases[:1]', "No case exercises"),
    }  # fmt: skip

    def check(self, lab: Lab, policy: Any, cases: Any) -> str:
        written = text(policy, "A policy")
        found = listed(cases)
        report = run_cases(written, found, schemas=SCHEMAS)
        if not report.passed:
            failed = next(result for result in report.results if not result.passed)
            raise NotYet(f"Your case {failed.case.name!r} fails on your policy:", first_line(failed.failures))
        scope: dict[str, Any] = {"Case": Case}
        exec(OUR_CASES, scope)
        ours = run_cases(written, scope["cases"], schemas=SCHEMAS)
        if not ours.passed:
            failed = next(result for result in ours.results if not result.passed)
            raise NotYet(f"Our case {failed.case.name!r} fails on your policy:", first_line(failed.failures))
        if report.idle:
            raise NotYet(
                "No case exercises one of your rules:", str(report.idle[0])[:120], "Add a case that it fires in."
            )
        for mistake, mutant in MUTANTS.items():
            try:
                if run_cases(mutant, found, schemas=SCHEMAS).passed:
                    raise NotYet(
                        f"A policy that {mistake} passes your cases, too.", "", "Use only=[...] to expect nothing else."
                    )
            except StatementError:
                continue
        return f"{len(report.rules)} rules, all exercised, and {len(MUTANTS)} wrong policies caught by your cases."
