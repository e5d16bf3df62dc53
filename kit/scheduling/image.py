"""Images: the properties that Nova knows, in the form it compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kit.scheduling.cpus import parse_cpus
from kit.scheduling.errors import RequestError

# nova/objects/image_meta.py: names that older images use.
_OLD_NAMES = {
    "architecture": "hw_architecture",
    "owner_id": "img_owner_id",
    "vmware_disktype": "hw_disk_type",
    "vmware_image_version": "img_version",
    "vmware_ostype": "os_distro",
    "auto_disk_config": "hw_auto_disk_config",
    "ipxe_boot": "hw_ipxe_boot",
    "vm_mode": "hw_vm_mode",
    "hypervisor_version_requires": "img_hv_requested_version",
    "hypervisor_type": "img_hv_type",
}
_NUMBERS = frozenset(
    [
        "hw_cpu_cores",
        "hw_cpu_sockets",
        "hw_cpu_max_cores",
        "hw_cpu_max_sockets",
        "hw_cpu_max_threads",
        "hw_cpu_threads",
        "hw_device_id",
        "hw_numa_nodes",
        "hw_serial_port_count",
        "hw_video_ram",
        "hw_maxphysaddr_bits",
        "hw_redirected_usb_ports",
        "img_compression_level",
        "img_version",
    ]
)
_FLAGS = frozenset(
    [
        "hw_boot_menu",
        "hw_firmware_stateless",
        "hw_ipxe_boot",
        "hw_locked_memory",
        "hw_mem_encryption",
        "hw_pmu",
        "hw_qemu_guest_agent",
        "hw_time_hpet",
        "hw_vif_multiqueue_enabled",
        "hw_ephemeral_encryption",
        "hw_virtio_packed_ring",
        "img_bittorrent",
        "img_bdm_v2",
        "img_cache_in_nova",
        "img_linked_clone",
        "img_use_agent",
        "img_hide_hypervisor_id",
        "os_require_quiesce",
        "os_skip_agent_inject_files_at_boot",
        "os_skip_agent_inject_ssh",
    ]
)
_TEXTS = frozenset(
    [
        "hw_architecture",
        "hw_emulation_architecture",
        "hw_auto_disk_config",
        "hw_cdrom_bus",
        "hw_cpu_policy",
        "hw_cpu_thread_policy",
        "hw_cpu_realtime_mask",
        "hw_disk_bus",
        "hw_disk_type",
        "hw_floppy_bus",
        "hw_firmware_type",
        "hw_input_bus",
        "hw_machine_type",
        "hw_mem_encryption_model",
        "hw_mem_page_size",
        "hw_pci_numa_affinity_policy",
        "hw_pointer_model",
        "hw_rescue_bus",
        "hw_rescue_device",
        "hw_rng_model",
        "hw_scsi_model",
        "hw_video_model",
        "hw_vif_model",
        "hw_viommu_model",
        "hw_vm_mode",
        "hw_watchdog_action",
        "hw_tpm_model",
        "hw_tpm_version",
        "hw_ephemeral_encryption_format",
        "hw_ephemeral_encryption_secret_uuid",
        "hw_maxphysaddr_mode",
        "hw_sound_model",
        "hw_usb_model",
        "img_hv_requested_version",
        "img_hv_type",
        "img_config_drive",
        "img_owner_id",
        "img_root_device_name",
        "img_signature",
        "img_signature_hash_method",
        "img_signature_certificate_uuid",
        "img_signature_key_type",
        "os_admin_user",
        "os_command_line",
        "os_distro",
        "os_secure_boot",
        "os_type",
    ]
)
KNOWN = _NUMBERS | _FLAGS | _TEXTS | {"hw_numa_cpus", "hw_numa_mem", "traits_required"}
_CELLS = 128


def architecture(name: str | None) -> str | None:
    """The one name of an architecture: `amd64` is `x86_64`."""
    if name is None:
        return None
    lower = name.lower()
    if lower in ("i386", "i486", "i586", "x86_32", "x86_32p"):
        return "i686"
    return "x86_64" if lower == "amd64" else lower


def hypervisor(name: str | None) -> str | None:
    """The one name of a kind of hypervisor."""
    lower = None if name is None else name.lower()
    return "xen" if lower == "xapi" else lower


def vm_mode(name: str | None) -> str | None:
    """The one name of a virtual machine mode."""
    lower = None if name is None else name.lower()
    return {"pv": "xen", "hv": "hvm", "baremetal": "hvm"}.get(lower or "", lower)


@dataclass(frozen=True)
class Image:
    """An image as the scheduler sees it.

    Attributes
    ----------
    id, disk_format : str, optional
        As in the image service.
    given : mapping
        Its properties as stored: text.
    """

    id: str | None = None
    disk_format: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def properties(self) -> dict[str, Any]:
        """What Nova knows of the properties, with its types; all else is unknown to every filter.

        Raises
        ------
        RequestError
            A property that must be a number is none.

        Source: nova/objects/image_meta.py, Nova 34.
        """
        renamed = {_OLD_NAMES[name]: value for name, value in self.given.items() if name in _OLD_NAMES}
        named = {name: value for name, value in self.given.items() if name not in _OLD_NAMES}
        found = {name: _typed(name, value) for name, value in (renamed | named).items() if name in KNOWN}
        for name, read in (("hw_numa_cpus", parse_cpus), ("hw_numa_mem", int)):
            cells = _by_cell(named, name, read)
            if cells:
                found[name] = cells
        traits = [name[6:] for name, value in named.items() if name.startswith("trait:") and str(value) == "required"]
        if traits:
            found["traits_required"] = traits
        return found

    @cached_property
    def stated(self) -> frozenset[tuple[str, str]]:
        """Properties as pairs of text, to be compared with those of other images."""
        return frozenset((name, str(value)) for name, value in self.properties.items())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Image:
        """An image from `{"id", "disk_format", "properties"}`."""
        data = data or {}
        return cls(data.get("id"), data.get("disk_format"), dict(data.get("properties") or {}))


def _by_cell(named: Mapping[str, Any], name: str, read: Any) -> list[Any]:
    found = []
    for cell in range(_CELLS):
        if f"{name}.{cell}" not in named:
            break
        found.append(read(named[f"{name}.{cell}"]))
    return found


def _typed(name: str, value: Any) -> Any:
    """A property in the type that Nova gives it."""
    try:
        if name in _NUMBERS:
            return int(value)
    except (TypeError, ValueError):
        raise RequestError(f"image property {name} is {value!r}, not a number") from None
    if name in _FLAGS:
        return value if isinstance(value, bool) else truth(value)
    if name in ("hw_architecture", "hw_emulation_architecture"):
        return architecture(str(value))
    if name == "img_hv_type":
        return hypervisor(str(value))
    if name == "hw_vm_mode":
        return vm_mode(str(value))
    return value if isinstance(value, list) else str(value)


def truth(value: Any) -> bool:
    """Whether a text means yes, as oslo.utils reads it."""
    return str(value).strip().lower() in ("1", "t", "true", "on", "y", "yes")
