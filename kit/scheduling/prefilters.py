"""What narrows a query before Placement answers: zones, tenants, image types, disabled hosts."""

from __future__ import annotations

from collections.abc import Sequence

from kit.scheduling.aggregate import Aggregate
from kit.scheduling.host import Host
from kit.scheduling.options import Options
from kit.scheduling.request import Request
from kit.scheduling.resources import ResourceQuery, asks_for, resources_of

DISABLED = "COMPUTE_STATUS_DISABLED"
IMAGE_TYPES = frozenset(["AKI", "AMI", "ARI", "ISO", "QCOW2", "RAW", "VDI", "VHD", "VHDX", "VMDK", "PLOOP"])
EMULATED = frozenset(["AARCH64", "PPC64LE", "MIPSEL", "S390X", "RISCV64", "X86_64"])
NEAR_HINTS = ("group", "same_host", "different_host")
_BY_PROPERTY = {
    "hw_cdrom_bus": "COMPUTE_STORAGE_BUS",
    "hw_disk_bus": "COMPUTE_STORAGE_BUS",
    "hw_video_model": "COMPUTE_GRAPHICS_MODEL",
    "hw_vif_model": "COMPUTE_NET_VIF_MODEL",
    "hw_architecture": "HW_ARCH",
    "hw_emulation_architecture": "COMPUTE_ARCH",
}


class Refused(Exception):
    """No query is made: the request cannot be met by any host."""


def query_for(
    request: Request, options: Options, aggregates: Sequence[Aggregate], hosts: Sequence[Host], *, pinned: bool = True
) -> ResourceQuery:
    """The query that Nova sends to Placement for a request.

    Parameters
    ----------
    pinned : bool
        False for the fall-back query, which asks dedicated CPUs as VCPU.

    Raises
    ------
    Refused
        The project has no aggregate and must have one, or the named host is not there.

    Source: nova/scheduler/request_filter.py and utils.py (resources_from_request_spec), Nova 34.
    """
    query = resources_of(request, limit=options["scheduler.max_placement_results"], pinned=pinned)
    _aggregates(query, request, options, aggregates)
    query.root_forbidden.add(DISABLED)
    query.root_required |= _root_traits(request, options)
    _target(query, request, hosts)
    if any(name in request.hints for name in NEAR_HINTS):
        query.limit = None
    return query


def _aggregates(query: ResourceQuery, request: Request, options: Options, aggregates: Sequence[Aggregate]) -> None:
    """Aggregates that a host must be in, or must not be in."""
    group = query.group()
    if options["scheduler.limit_tenants_to_placement_aggregate"]:
        own = {
            each.name
            for each in aggregates
            if request.project_id in each.metadata.values()
            and any(key.startswith("filter_tenant_id") for key in each.metadata)
        }
        if own:
            group.member_of.append(frozenset(own))
        elif options["scheduler.placement_aggregate_required_for_tenants"]:
            raise Refused(f"project {request.project_id} has no aggregate of its own, and must have one")
    zone = request.availability_zone
    inside = {each.name for each in aggregates if zone and each.metadata.get("availability_zone") == zone}
    if inside:
        group.member_of.append(frozenset(inside))
    if options["scheduler.enable_isolated_aggregate_filtering"]:
        wanted = {f"trait:{name}" for name in resources_of(request).traits}
        group.not_member_of |= {
            each.name
            for each in aggregates
            if any(
                key.startswith("trait:") and value == "required" and key not in wanted
                for key, value in each.metadata.items()
            )
        }


def _root_traits(request: Request, options: Options) -> set[str]:
    """Traits that the compute node itself must have."""
    found: set[str] = set()
    image, specs = request.image, request.extra_specs
    if options["scheduler.query_placement_for_image_type_support"] and not request.is_bfv:
        kind = (image.disk_format or "").upper()
        if kind in IMAGE_TYPES:
            found.add(f"COMPUTE_IMAGE_TYPE_{kind}")
    if options["scheduler.image_metadata_prefilter"]:
        found |= _by_property(request)
    if specs.get("accel:device_profile"):
        found.add("COMPUTE_ACCELERATORS")
    if asks_for(request, "virtio_packed_ring"):
        found.add("COMPUTE_NET_VIRTIO_PACKED")
    if asks_for(request, "ephemeral_encryption"):
        form = specs.get("hw:ephemeral_encryption_format") or image.properties.get("hw_ephemeral_encryption_format")
        found |= {"COMPUTE_EPHEMERAL_ENCRYPTION", *([f"COMPUTE_EPHEMERAL_ENCRYPTION_{form.upper()}"] if form else [])}
    if (specs.get("hw:sound_model") or image.properties.get("hw_sound_model")) == "virtio":
        found.add("COMPUTE_SOUND_MODEL_VIRTIO")
    if specs.get("hw:tpm_version") or image.properties.get("hw_tpm_version"):
        found.add(f"COMPUTE_SECURITY_TPM_SECRET_SECURITY_{specs.get('hw:tpm_secret_security', 'user').upper()}")
    return found


def _by_property(request: Request) -> set[str]:
    """Traits for devices that the image names; none at all when one of them has no trait, as in Nova."""
    properties = request.image.properties
    if "hw_viommu_model" in properties:  # the prefix Nova builds its trait from makes none that exists
        return set()
    values = {name: str(properties[name]).replace("-", "_").upper() for name in _BY_PROPERTY if name in properties}
    if values.get("hw_emulation_architecture", "X86_64") not in EMULATED:
        return set()
    return {f"{_BY_PROPERTY[name]}_{value}" for name, value in values.items()}


def _target(query: ResourceQuery, request: Request, hosts: Sequence[Host]) -> None:
    """The one provider when a host or node is named."""
    name = request.destination_host or next(iter(request.force_hosts), None)
    node = request.destination_node or next(iter(request.force_nodes), None)
    if not name and not node:
        return
    found = [host for host in hosts if name in (None, host.name) and node in (None, host.node)]
    if not found:
        raise Refused(f"there is no host {name or node}")
    if len(found) == 1:
        query.group().in_tree = found[0].node
    else:
        query.limit = None  # Placement takes one tree only; the scheduler picks the nodes of the host itself
