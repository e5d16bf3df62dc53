"""How a served cloud is steered over its own port, below `/kit/v1`: status, faults, clock, snapshots, the log.

The path is no service's: what happens there is not recorded, meets no fault, and takes no time.
"""

from kit.cloud.control.app import Control
from kit.cloud.control.client import Remote

__all__ = ["Control", "Remote"]
