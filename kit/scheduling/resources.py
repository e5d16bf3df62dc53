"""What a request asks of Placement: resources, traits, aggregates; and its query text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kit.scheduling.cpu_policy import HYPERTHREADING, both, cpu_policy, dedicated_mask, emulator_policy, realtime_mask
from kit.scheduling.cpu_policy import thread_policy as thread_policy_of
from kit.scheduling.image import truth
from kit.scheduling.pci import numa_policy
from kit.scheduling.request import Request

_KEY = re.compile(r"^(resources|trait)([a-zA-Z0-9_-]{1,64})?:(.*)$")
_ENCRYPTED = {
    "amd-sev-es": "HW_CPU_X86_AMD_SEV_ES",
    "amd-sev-snp": "HW_CPU_X86_AMD_SEV_SNP",
    "intel-tdx": "HW_CPU_X86_INTEL_TDX",
}
STANDARD = frozenset(
    [
        "VCPU",
        "MEMORY_MB",
        "DISK_GB",
        "PCI_DEVICE",
        "SRIOV_NET_VF",
        "NUMA_SOCKET",
        "NUMA_CORE",
        "NUMA_THREAD",
        "NUMA_MEMORY_MB",
        "IPV4_ADDRESS",
        "VGPU",
        "VGPU_DISPLAY_HEAD",
        "NET_BW_EGR_KILOBIT_PER_SEC",
        "NET_BW_IGR_KILOBIT_PER_SEC",
        "PCPU",
        "MEM_ENCRYPTION_CONTEXT",
        "FPGA",
        "PGPU",
        "NET_PACKET_RATE_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
    ]
)


@dataclass
class RequestGroup:
    """Resources and traits that one provider must have.

    Attributes
    ----------
    resources : dict
        Resource class to amount, in the unit of the class: vCPUs, MiB, GiB.
    required, forbidden : set of str
        Traits.
    member_of : list of sets
        Aggregates; the provider is in one of each set.
    not_member_of : set of str
        Aggregates that the provider is in none of.
    in_tree : str, optional
        The only provider.
    """

    resources: dict[str, int] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    member_of: list[frozenset[str]] = field(default_factory=list)
    not_member_of: set[str] = field(default_factory=set)
    in_tree: str | None = None

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing; a place alone is nothing."""
        return not (self.resources or self.required or self.forbidden or self.member_of or self.not_member_of)

    def add_resource(self, name: str, amount: object) -> None:
        """Ask for an amount; a class that is not known, or no amount, is passed over as Nova does."""
        if (name.startswith("CUSTOM_") or name in STANDARD) and str(amount).strip().isdigit():
            self.resources[name] = int(str(amount))

    def add_trait(self, name: str, kind: str) -> None:
        """Require or forbid a trait; other words are passed over."""
        if kind in ("required", "forbidden"):
            getattr(self, kind).add(name)

    def parameters(self, suffix: str = "") -> Iterator[tuple[str, str]]:
        """Members of the query."""
        yield f"resources{suffix}", ",".join(sorted(f"{name}:{amount}" for name, amount in self.resources.items()))
        traits = [*sorted(self.required), *(f"!{name}" for name in sorted(self.forbidden))]
        if traits:
            yield f"required{suffix}", ",".join(traits)
        for group in self.member_of:
            yield f"member_of{suffix}", "in:" + ",".join(f"{{{name}}}" for name in sorted(group))
        if self.not_member_of:
            yield f"member_of{suffix}", "!in:" + ",".join(f"{{{name}}}" for name in sorted(self.not_member_of))
        if self.in_tree:
            yield f"in_tree{suffix}", f"{{{self.in_tree}}}"


@dataclass
class ResourceQuery:
    """A query for allocation candidates.

    Attributes
    ----------
    groups : dict
        By suffix; the one without a suffix is "".
    root_required, root_forbidden : set of str
        Traits of the compute node itself.
    limit : int, optional
        At most so many candidates.
    group_policy : str, optional
        `isolate` wants a provider for each group with a suffix, `none` does not.
    pinned : bool
        Whether dedicated CPUs were turned into PCPU, so that a second query asks for VCPU.
    """

    groups: dict[str, RequestGroup] = field(default_factory=dict)
    root_required: set[str] = field(default_factory=set)
    root_forbidden: set[str] = field(default_factory=set)
    limit: int | None = 1000
    group_policy: str | None = None
    pinned: bool = False

    def group(self, suffix: str = "") -> RequestGroup:
        """The group of a suffix; made when there is none."""
        return self.groups.setdefault(suffix, RequestGroup())

    @property
    def resources(self) -> dict[str, int]:
        """Amounts of all groups together."""
        total: dict[str, int] = {}
        for group in self.groups.values():
            for name, amount in group.resources.items():
                total[name] = total.get(name, 0) + amount
        return total

    @property
    def traits(self) -> set[str]:
        """Traits that any group requires."""
        return set().union(*(group.required for group in self.groups.values()))

    def __str__(self) -> str:
        parts = [] if self.limit is None else [("limit", str(self.limit))]
        if self.group_policy:
            parts.append(("group_policy", self.group_policy))
        root = [*sorted(self.root_required), *(f"!{name}" for name in sorted(self.root_forbidden))]
        if root:
            parts.append(("root_required", ",".join(root)))
        for suffix, group in self.groups.items():
            parts += group.parameters(suffix)
        return "&".join(f"{name}={value}" for name, value in sorted(parts))


def resources_of(request: Request, *, limit: int | None = 1000, pinned: bool = True) -> ResourceQuery:
    """The query that a flavor and an image make.

    Parameters
    ----------
    pinned : bool
        Whether dedicated CPUs are asked as PCPU; the fall-back query asks them as VCPU.

    Source: nova/scheduler/utils.py, ResourceRequest.from_request_spec, Nova 34.
    """
    query, flavor = ResourceQuery(limit=limit), request.flavor
    for key, value in flavor.extra_specs.items():
        match = _KEY.match(key)
        if key == "group_policy" and value in ("none", "isolate"):
            query.group_policy = value
        elif match and match[1] == "resources":
            query.group(match[2] or "").add_resource(match[3], value)
        elif match:
            query.group(match[2] or "").add_trait(match[3], value)
    for trait in request.image.properties.get("traits_required", ()):
        query.group().add_trait(trait, "required")
    if pinned:
        _pin(query, request)
    own, asked = query.group(), query.resources
    if "VCPU" not in asked and "PCPU" not in asked:
        own.add_resource("VCPU", flavor.vcpus)
    if "MEMORY_MB" not in asked:
        own.add_resource("MEMORY_MB", flavor.memory_mb)
    if "DISK_GB" not in asked and request.disk_gb:
        own.add_resource("DISK_GB", request.disk_gb)
    _features(own, request)
    for suffix, group in list(query.groups.items()):
        group.resources = {name: amount for name, amount in group.resources.items() if amount}
        if group.empty:
            del query.groups[suffix]
    return query


def _pin(query: ResourceQuery, request: Request) -> None:
    """Dedicated CPUs as PCPU, thread policies as a trait."""
    policy, vcpus = cpu_policy(request), request.flavor.vcpus
    if policy in ("dedicated", "mixed"):
        pcpus = vcpus
        if policy == "mixed":
            pcpus = len(dedicated_mask(request) or realtime_mask(request))
            query.group().add_resource("VCPU", vcpus - pcpus)
        query.pinned = policy == "dedicated"
        query.group().add_resource("PCPU", pcpus + (emulator_policy(request) == "isolate"))
    kind = {"isolate": "forbidden", "require": "required"}.get(thread_policy_of(request) or "")
    if kind:
        query.group().add_trait(HYPERTHREADING, kind)


def _features(group: RequestGroup, request: Request) -> None:
    """Resources and traits of what a guest may have: encrypted memory, a TPM, secure boot and others."""
    specs, image = request.extra_specs, request.image.properties
    if truth(specs.get("hw:mem_encryption", "")) or image.get("hw_mem_encryption"):
        model = specs.get("hw:mem_encryption_model") or image.get("hw_mem_encryption_model") or "amd-sev"
        group.add_resource("MEM_ENCRYPTION_CONTEXT", 1)
        group.add_trait(_ENCRYPTED.get(model, "HW_CPU_X86_AMD_SEV"), "required")
    labels = [label for label in specs.get("hw:pmem", "").split(",") if label]
    for label in labels:
        group.add_resource(f"CUSTOM_PMEM_NAMESPACE_{label.strip().upper()}", labels.count(label))
    version = specs.get("hw:tpm_version") or image.get("hw_tpm_version")
    if version:
        model = specs.get("hw:tpm_model") or image.get("hw_tpm_model") or "tpm-tis"
        group.add_trait(f"COMPUTE_SECURITY_TPM_{'CRB' if model == 'tpm-crb' else 'TIS'}", "required")
        group.add_trait(f"COMPUTE_SECURITY_TPM_{version.replace('.', '_')}", "required")
    if numa_policy(request) == "socket":
        group.add_trait("COMPUTE_SOCKET_PCI_NUMA_AFFINITY", "required")
    if (specs.get("os:secure_boot") or image.get("os_secure_boot")) == "required":
        group.add_trait("COMPUTE_SECURITY_UEFI_SECURE_BOOT", "required")
    space = {"passthrough": "PASSTHROUGH", "emulate": "EMULATED"}.get(
        specs.get("hw:maxphysaddr_mode") or image.get("hw_maxphysaddr_mode") or ""
    )
    if space:
        group.add_trait(f"COMPUTE_ADDRESS_SPACE_{space}", "required")
    if image.get("hw_firmware_stateless"):
        group.add_trait("COMPUTE_SECURITY_STATELESS_FIRMWARE", "required")


def asks_for(request: Request, key: str) -> bool:
    """Whether flavor or image says yes to a feature."""
    flavor, image = both(request, key)
    return truth(flavor or "") or image is True
