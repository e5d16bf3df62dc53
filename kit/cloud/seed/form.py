"""The form of a seed: its sections and their fields, as a JSON schema."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
WORD = {"type": ["string", "integer"]}  # YAML reads an id such as 1 as a number
COUNT = {"type": "integer", "minimum": 0}
NUMBER = {"type": "number", "minimum": 0}
FLAG = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}
MAP = {"type": "object"}
ONE_OR_MORE = {"anyOf": [TEXT, TEXTS]}
# One port, `80`, a range, `8000-8080`, or nothing for all.
PORTS = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 65535},
        {"type": "string", "pattern": r"^\d+-\d+$"},
    ]
}
CIDR = {"type": "string", "pattern": r"^[0-9a-fA-F.:]+/\d+$"}


def _things(required: list[str], **fields: Any) -> dict[str, Any]:
    item = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
    return {"type": "array", "items": item}


SUBNET = _things(
    ["cidr"],
    name=TEXT, cidr=CIDR, gateway={"type": ["string", "null"]}, dns=TEXTS, dhcp=FLAG, subnet_pool=TEXT,
    pools=_things(["start", "end"], start=TEXT, end=TEXT),
)  # fmt: skip

RULE = _things(
    [],
    direction={"enum": ["ingress", "egress"]}, ethertype={"enum": ["IPv4", "IPv6"]}, protocol=WORD, port=PORTS,
    remote_ip=CIDR, remote_group=TEXT, description=TEXT,
)  # fmt: skip

# One set of CPUs: `0-3,^2`, a number, or a list.
CPUS = {"anyOf": [TEXT, COUNT, {"type": "array", "items": COUNT}]}
CELL = _things(
    ["memory_mb"],
    cpus=CPUS, dedicated=CPUS, memory_mb={"type": "integer", "minimum": 1}, socket=COUNT,
    pages={"type": "object", "additionalProperties": COUNT},  # size in KiB to number of pages
    threads={"type": "array", "items": {"type": "array", "items": COUNT}},  # siblings, core by core
)  # fmt: skip
DEVICES = _things(
    ["vendor_id", "product_id"],
    vendor_id=WORD, product_id=WORD, count={"type": "integer", "minimum": 1}, numa_node={"type": ["integer", "null"]},
    dev_type={"enum": ["type-PCI", "type-PF", "type-VF", "vdpa"]}, tags=MAP,
)  # fmt: skip

STATES = ("ACTIVE", "BUILD", "ERROR", "PAUSED", "SHELVED_OFFLOADED", "SHUTOFF", "SUSPENDED")

VOLUME_STATES = (
    "attaching", "available", "creating", "deleting", "detaching", "error", "error_deleting", "in-use", "maintenance",
)  # fmt: skip

SECTIONS: dict[str, Any] = {
    "description": TEXT,
    "random_seed": {"type": "integer"},
    "clock": {"anyOf": [{"enum": ["real", "manual"]}, NUMBER]},
    "admin_password": TEXT,
    "timings": {"type": "object", "additionalProperties": NUMBER},
    # Options of Nova's scheduler by `group.name`, or in a mapping by group: filters, weighers, multipliers, `pci.alias`.
    "scheduler": MAP,
    "compute": {
        "type": "object", "additionalProperties": False,
        "properties": {"legacy_v2": FLAG, "disabled_extensions": TEXTS},
    },
    "projects": _things(["name"], name=TEXT, description=TEXT, enabled=FLAG, tags=TEXTS),
    "users": _things(
        ["name"],
        name=TEXT, password=TEXT, email=TEXT, project=TEXT, description=TEXT, enabled=FLAG,
        roles={"type": "object", "additionalProperties": ONE_OR_MORE},
    ),
    "quotas": _things(["project"], project=TEXT, compute=MAP, network=MAP, volume=MAP),
    "flavors": _things(
        ["name", "vcpus", "ram", "disk"],
        name=TEXT, id=WORD, vcpus=COUNT, ram=COUNT, disk=COUNT, ephemeral=COUNT, swap=COUNT, public=FLAG,
        extra_specs=MAP, description=TEXT, projects=TEXTS,
    ),
    "images": _things(
        ["name"],
        name=TEXT, project=TEXT, size=COUNT, disk_format=TEXT, container_format=TEXT, min_disk=COUNT, min_ram=COUNT,
        visibility={"enum": ["public", "private", "shared", "community"]}, properties=MAP, tags=TEXTS,
        protected=FLAG,
    ),
    "hosts": _things(
        ["name"],
        name=TEXT, vcpus=COUNT, memory_mb=COUNT, local_gb=COUNT, reserved_memory_mb={"type": "integer"},
        cpu_allocation_ratio=NUMBER, ram_allocation_ratio=NUMBER, disk_allocation_ratio=NUMBER, cpu_info=MAP,
        hypervisor_type=TEXT, hypervisor_version=COUNT, host_ip=TEXT, disabled=FLAG, disabled_reason=TEXT,
        forced_down=FLAG, reserved_cpus=COUNT, reserved_disk_gb=COUNT, numa=CELL, pci=DEVICES, traits=TEXTS,
        inventory={"type": "object", "additionalProperties": COUNT},
        metrics={"type": "object", "additionalProperties": {"type": "number"}}, live_migration=MAP,
    ),
    "live_migration": MAP,  # what is inside is kit.cloud.compute.live.settings' affair
    "aggregates": _things(["name"], name=TEXT, availability_zone=TEXT, hosts=TEXTS, metadata=MAP),
    "subnet_pools": _things(
        ["name", "prefixes"],
        name=TEXT, project=TEXT, prefixes={"type": "array", "minItems": 1, "items": CIDR}, default_prefixlen=COUNT,
        min_prefixlen=COUNT, max_prefixlen=COUNT, shared=FLAG, default=FLAG, description=TEXT,
    ),
    "networks": _things(
        ["name"],
        name=TEXT, project=TEXT, external=FLAG, default=FLAG, shared=FLAG, mtu=COUNT, description=TEXT, subnets=SUBNET,
    ),
    "routers": _things(["name"], name=TEXT, project=TEXT, external=TEXT, subnets=TEXTS, networks=TEXTS),
    "security_groups": _things(["name"], name=TEXT, project=TEXT, description=TEXT, rules=RULE),
    "keypairs": _things(["name", "user"], name=TEXT, user=TEXT, public_key=TEXT),
    "server_groups": _things(
        ["name", "policy"], name=TEXT, user=TEXT, project=TEXT,
        policy={"enum": ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]}, rules=MAP,
    ),
    "servers": _things(
        ["name", "flavor", "image"],
        name=TEXT, user=TEXT, project=TEXT, count={"type": "integer", "minimum": 1}, flavor=TEXT, image=TEXT,
        network=TEXT, networks=TEXTS, security_groups=TEXTS, keypair=TEXT, server_group=TEXT,
        availability_zone=TEXT, host=TEXT, metadata=MAP, description=TEXT, tags=TEXTS, user_data=TEXT,
        floating_ip=TEXT, hints=MAP, workload=MAP, state={"enum": list(STATES)},
    ),
    "volume_types": _things(
        ["name"], name=TEXT, description=TEXT, public=FLAG, extra_specs=MAP, projects=TEXTS
    ),
    "volumes": _things(
        ["name", "size"],
        name=TEXT, size={"type": "integer", "minimum": 1}, user=TEXT, project=TEXT, image=TEXT, type=TEXT,
        description=TEXT, metadata=MAP, availability_zone=TEXT, bootable=FLAG, server=TEXT,
        state={"enum": list(VOLUME_STATES)}, snapshots=_things(["name"], name=TEXT, description=TEXT),
    ),
    # What Manila would say of its shares; Nova attaches them to servers (2.97).
    "shares": _things(
        ["id"], id={"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}, name=TEXT, project=TEXT,
        protocol=TEXT, export_location=TEXT, status=TEXT, public=FLAG,
    ),
    "floating_ips": _things(["network"], network=TEXT, project=TEXT, count={"type": "integer", "minimum": 1}),
    "faults": {"type": "array", "items": MAP},
}  # fmt: skip

SCHEMA: dict[str, Any] = {"type": "object", "properties": SECTIONS, "additionalProperties": False}
