"""Hands-on OpenStack labs, and the engines and the mock cloud they run on."""

__version__ = "0.1.0"
