"""`/v2` of the compute API: today's compatible mode, and for comparison the legacy tree that Nova had until Newton."""

from kit.cloud.compute.v2.differences import DIFFERENCES, Difference, Try, tries

__all__ = ["DIFFERENCES", "Difference", "Try", "tries"]
