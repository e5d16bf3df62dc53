"""Extra specs of flavors that Nova knows, and what their values may be (checked from 2.86 on).

Source: nova/api/validation/extra_specs, Nova 34.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kit.cloud.compute.common import truth
from kit.cloud.errors import BadRequest
from kit.cloud.placement.resource_classes import STANDARD as CLASSES
from kit.cloud.placement.standard_traits import STANDARD as TRAITS


@dataclass(frozen=True)
class Rule:
    """What the value of an extra spec may be; a rule without any part takes all text.

    Attributes
    ----------
    kind : str
        `str`, `int` or `bool`.
    words : tuple of str
        The only values.
    least, most : int or None
        Bounds of a number, both included.
    pattern : str
        What a text matches as a whole.
    """

    kind: str = "str"
    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    pattern: str = ""

    def refusal(self, value: str) -> str:
        """What is wrong with a value, or nothing."""
        if self.kind == "int":
            return self._number(value)
        if self.kind == "bool" and not (truth(value.strip()) or value.strip().lower() in _NO):
            return f"'{value}' is not a valid boolean-like value."
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"'{value}' is not of the format '{self.pattern}'."
        return f"'{value}' is not one of: {', '.join(self.words)}." if self.words and value not in self.words else ""

    def _number(self, value: str) -> str:
        try:
            number = int(value)
        except ValueError:
            return f"'{value}' is not a valid integer value."
        if self.most is not None and number > self.most:
            return f"'{number}' is greater than the max value of '{self.most}'."
        low = self.least is not None and number < self.least
        return f"'{number}' is less than the min value of '{self.least}'." if low else ""


_NO = ("0", "false", "off", "no", "n", "f")
_ANY, _BOOL, _INT, _FROM_0, _FROM_1 = Rule(), Rule("bool"), Rule("int"), Rule("int", least=0), Rule("int", least=1)
_CPUS = Rule(pattern=r"\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*")
_SHARES = Rule(words=("custom", "high", "normal", "low"))
_HOST = (
    "aggregates cell_uuid cpu_allocation_ratio current_workload disk_allocation_ratio disk_available_least disk_mb_used "
    "failed_builds free_disk_gb free_disk_mb free_ram_mb host host_ip hypervisor_hostname hypervisor_type "
    "hypervisor_version id local_gb local_gb_used mapped memory_mb memory_mb_used num_instances num_io_ops "
    "ram_allocation_ratio running_vms service_id total_usable_disk_gb total_usable_ram_mb updated uuid vcpus vcpus_total "
    "vcpus_used"
)
_QUOTAS = (
    "cpu_limit cpu_period cpu_shares cpu_shares_share disk_io_limit disk_io_shares_share disk_read_bytes_sec "
    "disk_read_iops_sec disk_total_bytes_sec disk_total_iops_sec disk_write_bytes_sec disk_write_iops_sec memory_limit "
    "memory_shares_share vif_inbound_average vif_inbound_burst vif_inbound_peak vif_limit vif_outbound_average "
    "vif_outbound_burst vif_outbound_peak vif_shares_share"
)
RULES: dict[str, Rule] = {
    "accel:device_profile": _ANY, "vmware:hw_version": _ANY, "vmware:storage_policy": _ANY,
    "group_policy": Rule(words=("isolate", "none")), "hide_hypervisor_id": _BOOL, "hw_rng:allowed": _BOOL,
    "hw_rng:rate_bytes": _FROM_0, "hw_rng:rate_period": _FROM_0, "hw_video:ram_max_mb": _FROM_0,
    "os:secure_boot": Rule(words=("disabled", "required")),
    "pci_passthrough:alias": Rule(pattern=r"[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*"),
    **dict.fromkeys((f"capabilities:{name}" for name in _HOST.split()), _ANY),
    **dict.fromkeys((f"quota:{name}" for name in _QUOTAS.split()), _FROM_0),
    **dict.fromkeys((f"quota:{name}_reservation" for name in ("cpu", "disk_io", "memory", "vif")), _INT),
    **dict.fromkeys((f"quota:{name}_shares_level" for name in ("cpu", "disk_io", "memory", "vif")), _SHARES),
    "quota:cpu_quota": _INT,
    **dict.fromkeys(
        ("hw:boot_menu", "hw:cpu_realtime", "hw:ephemeral_encryption", "hw:hide_hypervisor_id", "hw:locked_memory",
         "hw:mem_encryption", "hw:pmu", "hw:vif_multiqueue_enabled", "hw:virtio_packed_ring"), _BOOL,
    ),
    **dict.fromkeys(
        ("hw:cpu_cores", "hw:cpu_max_cores", "hw:cpu_max_sockets", "hw:cpu_max_threads", "hw:cpu_sockets", "hw:cpu_threads",
         "hw:numa_nodes"), _FROM_1,
    ),
    "hw:serial_port_count": _FROM_0, "hw:redirected_usb_ports": Rule("int", least=0, most=15),
    "hw:cpu_dedicated_mask": _CPUS, "hw:cpu_realtime_mask": Rule(pattern=r"(\^)?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*"),
    "hw:cpu_policy": Rule(words=("dedicated", "shared", "mixed")), "hw:cpu_thread_policy": Rule(words=("prefer", "isolate", "require")),
    "hw:emulator_threads_policy": Rule(words=("isolate", "share")),
    "hw:ephemeral_encryption_format": Rule(words=("plain", "luks", "luksv2")),
    "hw:mem_encryption_model": Rule(words=("amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx")),
    "hw:mem_page_size": Rule(pattern=r"(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)"),
    "hw:pci_numa_affinity_policy": Rule(words=("required", "preferred", "legacy", "socket")),
    "hw:pmem": Rule(pattern="([a-zA-Z0-9_]+(,)?)+"),
    "hw:sound_model": Rule(words=("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio")),
    "hw:tpm_model": Rule(words=("tpm-tis", "tpm-crb")), "hw:tpm_version": Rule(words=("1.2", "2.0")),
    "hw:tpm_secret_security": Rule(words=("user", "host", "deployment")),
    "hw:usb_model": Rule(words=("none", "nec-xhci", "qemu-xhci")),
    "hw:viommu_model": Rule(words=("intel", "smmuv3", "virtio", "auto")),
    "hw:watchdog_action": Rule(words=("none", "pause", "poweroff", "reset", "disabled")),
}  # fmt: skip
_GROUP = r"([a-zA-Z0-9_-]{1,64})?"
PATTERNS: tuple[tuple[str, Rule], ...] = (
    (r"hw:numa_cpus\.\d+", _CPUS), (r"hw:numa_mem\.\d+", _FROM_1), (r"aggregate_instance_extra_specs:.+", _ANY),
    (r"capabilities:(cpu_info|instances|limits|metrics|nodename|numa_topology|pci_device_pools|pci_stats|stats|supported_hv_specs"
     r"|supported_instances)(:\w+)*", _ANY),
    (rf"resources{_GROUP}:(CUSTOM_[A-Z0-9_]+|{'|'.join(CLASSES)})", _INT),
    (rf"trait{_GROUP}:(CUSTOM_[A-Z0-9_]+|{'|'.join(TRAITS)})", Rule(words=("required", "forbidden"))),
)  # fmt: skip
_NAMESPACES = re.compile(
    "accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough|quota|vmware"
    rf"|(resources|trait){_GROUP}"
)


def check_specs(given: Mapping[str, str]) -> None:
    """Refuse extra specs that a namespace of Nova's does not know, or whose values make no sense.

    Raises
    ------
    BadRequest
        In Nova's words.
    """
    for name, value in given.items():
        rule = RULES.get(name) or next((rule for pattern, rule in PATTERNS if re.fullmatch(pattern, name)), None)
        said = ""
        if rule is not None:
            said = rule.refusal(value)
        elif ":" in name and _NAMESPACES.fullmatch(name.partition(":")[0]):
            said = f"extra spec '{name}' does not appear to be a valid extra spec."
        if said:
            raise BadRequest(f"Validation failed; {said}")
