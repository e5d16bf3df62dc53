"""Tests of kit.scheduling."""
