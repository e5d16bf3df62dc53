"""The OpenStack API guidelines as rules, and an auditor that judges by them.

    from kit.guidelines import audit, diff, probe, recorded, judge_traffic, find_rule

    audit(Path("compute.yaml"))                  # an OpenAPI 3.0 or 3.1 description
    diff(Path("old.yaml"), Path("new.yaml"))     # what needed a new microversion and got none
    probe("http://localhost:8774/")              # a live service, by safe requests; or a WSGI application
    judge_traffic(read_har(Path("net.har")))     # recorded exchanges
    judge_traffic(recorded(cloud.exchanges))
    advise("Our SDK always sends latest.")       # a paragraph of a specification
    find_rule("RC-01")                           # what a rule asks, and where it is written

All give `Findings`: rule, level, severity, place, reason and remedy of each, as text, JSON, SARIF, JUnit, HTML.
The package needs no cloud of ours and no Jupyter.
"""

from __future__ import annotations

from kit.guidelines.audit import audit, judge_traffic
from kit.guidelines.config import Config, Excuse, baseline_text, find_config, read_baseline, read_config
from kit.guidelines.description.document import Document, load
from kit.guidelines.description.operation import Description
from kit.guidelines.diff import diff
from kit.guidelines.finding import Finding, Findings
from kit.guidelines.paragraph import advise
from kit.guidelines.probe import probe
from kit.guidelines.report import render
from kit.guidelines.rule import Rule, all_rules, find_rule
from kit.guidelines.traffic.exchange import Context, Exchange, Session, make_session
from kit.guidelines.traffic.har import read_har, recorded

__all__ = [
    "Config",
    "Context",
    "Description",
    "Document",
    "Exchange",
    "Excuse",
    "Finding",
    "Findings",
    "Rule",
    "Session",
    "advise",
    "all_rules",
    "audit",
    "baseline_text",
    "diff",
    "find_config",
    "find_rule",
    "judge_traffic",
    "load",
    "make_session",
    "probe",
    "read_baseline",
    "read_config",
    "read_har",
    "recorded",
    "render",
]
