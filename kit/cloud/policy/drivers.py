"""What every cloud's policy service knows by name: its own policies, data sources and kinds of policy."""

from __future__ import annotations

from dataclasses import dataclass

# The policies that are always there.
SYSTEM = ("classification", "action")
NAME = "congress"


@dataclass(frozen=True)
class Driver:
    """What fills the tables of a data source."""

    service: str
    description: str


DRIVERS: dict[str, Driver] = {
    "nova": Driver("compute", "Servers, flavors, hypervisors and services of OpenStack Compute."),
    "neutronv2": Driver("network", "Networks, ports, routers and security groups of OpenStack Networking."),
    "keystone": Driver("identity", "Users with their e-mail addresses, tenants and roles, as of Keystone v2."),
    "keystonev3": Driver("identity", "Users, projects, domains and roles of Keystone v3."),
    "glancev2": Driver("image", "Images of OpenStack Image."),
    "cinder": Driver("block-storage", "Volumes, snapshots and services of OpenStack Block Storage."),
    "heat": Driver("orchestration", "Stacks and resources of OpenStack Orchestration."),
}
"""Data sources by name; those whose service the cloud has are there from the start."""

KINDS = {
    "nonrecursive": "nonrecursive", "database": "nonrecursive", "materialized": "recursive", "z3": "recursive",
    "recursive": "recursive", "action": "action",
}  # fmt: skip
"""Congress's kinds of policy, and what each is to the engine."""
