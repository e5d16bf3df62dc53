"""Policies in the Congress dialect of Datalog: rules over the tables of a cloud, and proofs of their answers.

    from kit.policy import Engine, add_cloud

    engine = Engine()
    add_cloud(engine, connection)               # an openstack Connection
    engine.insert('stopped(name) :- nova:servers(name=name, status="SHUTOFF")')
    engine.rows("stopped(name)")                # a table of rows
    engine.why('stopped("web-1")')              # the proof of one

The package needs no cloud of ours and no Jupyter.
"""

from __future__ import annotations

from kit.policy.difference import Difference
from kit.policy.engine import Engine
from kit.policy.proof import Proof
from kit.policy.rows import Rows
from kit.policy.sources import SCHEMAS, add_cloud

__all__ = ["SCHEMAS", "Difference", "Engine", "Proof", "Rows", "add_cloud"]
