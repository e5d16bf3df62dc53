"""A mock OpenStack: services over one store and one clock, in process or on a port.

>>> from kit.cloud import Cloud
>>> conn = Cloud(clock="manual", random_seed=0).connect()
>>> conn.current_project.name
'admin'
"""

from kit.cloud.clock import Clock
from kit.cloud.cloud import Cloud
from kit.cloud.faults import Fault
from kit.cloud.record import Exchange

__all__ = ["Clock", "Cloud", "Exchange", "Fault"]
