"""What types demand beyond their schemas, as far as it can be told without a cloud.

Source: Heat 27, `validate` of each class. A check takes the values of a resource and gives sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kit.hot.errors import (
    PropertyUnspecifiedError,
    ResourcePropertyConflict,
    ResourcePropertyDependency,
    StackValidationFailed,
    TemplateError,
)

Values = Mapping[str, Any]


def _conflict(*names: str) -> ResourcePropertyConflict:
    return ResourcePropertyConflict(f"Cannot define the following properties at the same time: {', '.join(names)}.")


def _unspecified(*names: str) -> PropertyUnspecifiedError:
    return PropertyUnspecifiedError(f"At least one of the following properties must be specified: {', '.join(names)}.")


def _failed(what: str) -> StackValidationFailed:
    return StackValidationFailed(what, rule="property")


def _volume(name: str, values: Values) -> Iterator[TemplateError]:
    sources = [key for key in ("snapshot_id", "source_volid", "image") if values.get(key)]
    if values.get("backup_id"):
        return
    alone = [key for key in sources if key != "image"]
    if values.get("size") is None and (len(alone) != 1 or len(sources) != 1):
        told = 'one and only one of "source_volid", "snapshot_id" must be specified, but currently specified options'
        yield _failed(f'If neither "backup_id" nor "size" is provided, {told}: {sources}.')
    elif values.get("size") and len(sources) > 1:
        told = 'only one of "image", "imageRef", "source_volid", "snapshot_id" can be specified'
        yield _failed(f'If "size" is provided, {told}, but currently specified options: {sources}.')


def _subnet(name: str, values: Values) -> Iterator[TemplateError]:
    pool, cidr = values.get("subnetpool"), values.get("cidr")
    if pool is not None and cidr:
        yield _conflict("subnetpool", "cidr")
    if pool is None and not cidr:
        yield _unspecified("subnetpool", "cidr")
    if values.get("prefixlen") and cidr:
        yield _conflict("prefixlen", "cidr")
    ra, address = values.get("ipv6_ra_mode"), values.get("ipv6_address_mode")
    if values.get("ip_version") == 4 and (ra or address):
        yield _failed("ipv6_ra_mode and ipv6_address_mode are not supported for ipv4.")
    elif ra and address and ra != address:
        yield _failed("When both ipv6_ra_mode and ipv6_address_mode are set, they must be equal.")


def _port(name: str, values: Values) -> Iterator[TemplateError]:
    if values.get("fixed_ips") and values.get("no_fixed_ips"):
        yield _conflict("fixed_ips", "no_fixed_ips")


def _floating_ip(name: str, values: Values) -> Iterator[TemplateError]:
    if values.get("port_id") is None and values.get("fixed_ip_address") is not None:
        yield ResourcePropertyDependency("fixed_ip_address cannot be specified without port_id.")


def _router(name: str, values: Values) -> Iterator[TemplateError]:
    one, several = values.get("l3_agent_id"), values.get("l3_agent_ids")
    if one and several:
        yield _conflict("l3_agent_id", "l3_agent_ids")
    if values.get("distributed") and (one or several):
        yield _conflict("distributed", "l3_agent_id/l3_agent_ids")
    if values.get("distributed") and values.get("ha"):
        yield _conflict("distributed", "ha")
    if not values.get("ha") and len(several or ()) > 1:
        yield _failed("Non HA routers can only have one L3 agent.")


def _router_interface(name: str, values: Values) -> Iterator[TemplateError]:
    subnet, port = values.get("subnet"), values.get("port")
    if subnet is not None and port is not None:
        yield _conflict("subnet", "port")
    if subnet is None and port is None:
        yield _unspecified("subnet", "port")


def _security_group(name: str, values: Values) -> Iterator[TemplateError]:
    if values.get("name") == "default":
        yield _failed('Security groups cannot be assigned the name "default".')


def _server(name: str, values: Values) -> Iterator[TemplateError]:
    old, new = values.get("block_device_mapping") or [], values.get("block_device_mapping_v2") or []
    if old and new:
        yield _conflict("block_device_mapping", "block_device_mapping_v2")
    yield from _boot(name, values, old, new)
    networks = values.get("networks") or []
    for network in networks:
        yield from _network(name, network)
    if any(each.get("allocate_network") for each in networks) and len(networks) != 1:
        told = "can not be specified if multiple network interfaces set for server."
        yield _failed(f'Property "allocate_network" {told}')
    if values.get("security_groups") and any(each.get("port") is not None for each in networks):
        yield _conflict("security_groups", "networks/port")


def _boot(name: str, values: Values, old: list[Any], new: list[Any]) -> Iterator[TemplateError]:
    bootable = values.get("image") is not None
    sources = [values.get("image")]
    for each in old:
        bootable = bootable or each["device_name"] == "vda"
        volume, snapshot = each.get("volume_id"), each.get("snapshot_id")
        if volume is not None and snapshot is not None:
            yield _conflict("volume_id", "snapshot_id")
        if volume is None and snapshot is None:
            told = f"Either volume_id or snapshot_id must be specified for device mapping {each['device_name']}"
            yield _failed(told)
    for each in new:
        disks = [each.get("volume_id"), each.get("snapshot_id"), each.get("image")]
        ephemeral = each.get("ephemeral_size") or each.get("ephemeral_format")
        given = [*disks, each.get("swap_size"), ephemeral]
        if sum(value is not None for value in given) > 1:
            yield _conflict("volume_id", "snapshot_id", "image", "swap_size", "ephemeral_size", "ephemeral_format")
        elif all(value is None for value in given):
            those = "volume_id, snapshot_id, image_id, swap_size, ephemeral_size or ephemeral_format"
            yield _failed(f"Either {those} must be specified.")
        if any(value is not None for value in disks) and each.get("boot_index") in (None, 0):
            bootable = True
            sources += disks
    if not bootable:
        yield _failed(f"Neither image nor bootable volume is specified for instance {name}")
    elif new and sum(source is not None for source in sources) != 1:
        yield _failed(f"Multiple bootable sources for instance {name}.")


def _network(name: str, network: Values) -> Iterator[TemplateError]:
    allocate = network.get("allocate_network")
    net, port, subnet = network.get("network"), network.get("port"), network.get("subnet")
    if net is None and port is None and subnet is None and not allocate:
        those = '"network", "port", "allocate_network" or "subnet"'
        yield _failed(f'One of the properties {those} should be set for the specified network of server "{name}".')
    if allocate and sum(value is not None for value in network.values()) != 1:
        yield _failed('Can not specify "allocate_network" with other keys of networks at the same time.')
    if network.get("fixed_ip") and port is not None:
        yield _conflict("networks/fixed_ip", "networks/port")
    extra = network.get("port_extra_properties")
    if network.get("floating_ip") is not None and net is not None and port is None and subnet is None and not extra:
        told = "because the corresponding port can not be retrieved."
        yield _failed(f'Property "floating_ip" is not supported if only "network" is specified, {told}')


def _one_of(*names: str) -> Callable[[str, Values], Iterator[TemplateError]]:
    """A check that one of some properties is given."""

    def check(name: str, values: Values) -> Iterator[TemplateError]:
        if all(values.get(key) is None for key in names):
            yield _unspecified(*names)

    return check


NETWORK_QUOTA = (
    "subnet", "network", "floatingip", "security_group_rule", "security_group", "router", "port", "subnetpool", "rbac_policy",
)  # fmt: skip
COMPUTE_QUOTA = (
    "cores", "fixed_ips", "floating_ips", "instances", "injected_files", "injected_file_content_bytes",
    "injected_file_path_bytes", "key_pairs", "metadata_items", "ram", "security_groups", "security_group_rules",
    "server_groups", "server_group_members",
)  # fmt: skip

CHECKS: Mapping[str, Callable[[str, Values], Iterator[TemplateError]]] = {
    "OS::Cinder::Volume": _volume, "OS::Neutron::Subnet": _subnet, "OS::Neutron::Port": _port,
    "OS::Neutron::FloatingIP": _floating_ip, "OS::Neutron::Router": _router,
    "OS::Neutron::RouterInterface": _router_interface, "OS::Neutron::SecurityGroup": _security_group,
    "OS::Nova::Server": _server, "OS::Octavia::Pool": _one_of("listener", "loadbalancer"),
    "OS::Mistral::CronTrigger": _one_of("pattern", "first_time"),
    "OS::Neutron::Quota": _one_of(*NETWORK_QUOTA), "OS::Nova::Quota": _one_of(*COMPUTE_QUOTA),
    "OS::Cinder::Quota": _one_of("gigabytes", "snapshots", "volumes", "backups", "backup_gigabytes"),
}  # fmt: skip
