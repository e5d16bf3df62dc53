"""Tests of kit.policy."""
