"""Policies in the Congress dialect of Datalog: rules over the tables of a cloud, and proofs of their answers.

    from kit.policy import Engine, add_cloud

    engine = Engine()
    add_cloud(engine, connection)               # an openstack Connection
    engine.insert('stopped(name) :- nova:servers(name=name, status="SHUTOFF")')
    engine.rows("stopped(name)")                # a table of rows
    engine.why('stopped("web-1")')              # the proof of one
    engine.why_not('stopped("web-2")')          # what is missing for another
    engine.repairs('stopped("web-1")')          # the smallest changes that make it go
    engine.simulate("stopped(n)", 'nova:servers-(...)', delta=True)   # what if
    engine.actions()                            # calls that `execute[...]` rules demand
    engine.lint(text), engine.check(text)       # what is surely wrong, what is refused

The package needs no cloud of ours and no Jupyter.
"""

from __future__ import annotations

from kit.policy.abduce import Plan
from kit.policy.client import Congress
from kit.policy.difference import Difference
from kit.policy.engine import Engine
from kit.policy.errors import StatementError
from kit.policy.findings import Finding, Findings
from kit.policy.proof import Proof
from kit.policy.repairs import Repair, Repairs
from kit.policy.rows import Rows
from kit.policy.sources import SCHEMAS, Source, add_cloud
from kit.policy.testing import Case, Report, run_cases
from kit.policy.watch import Action, Event
from kit.policy.whynot import WhyNot


def check_text(text: str, engine: Engine | None = None, policy: str | None = None) -> list[StatementError]:
    """All mistakes of a text, in its order, each with line and column; parse errors are passed over and told too.

    Parameters
    ----------
    text : str
        Facts and rules.
    engine : Engine, optional
        Where the tables are known; it is left as it was. Default an empty one.
    policy : str, optional
        The policy that the text is for.
    """
    return (engine or Engine()).check(text, policy)


__all__ = [
    "SCHEMAS",
    "Action",
    "Case",
    "Congress",
    "Difference",
    "Engine",
    "Event",
    "Finding",
    "Findings",
    "Plan",
    "Proof",
    "Repair",
    "Repairs",
    "Report",
    "Rows",
    "Source",
    "StatementError",
    "WhyNot",
    "add_cloud",
    "check_text",
    "run_cases",
]
