"""Measurements: run by hand, never a pass or fail."""
