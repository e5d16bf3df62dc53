"""Types of resources that only an administrator may use. Source: Heat 27, `heat.policies.resource_types`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.cloud.call import Context
from kit.cloud.orchestration.errors import forbidden

if TYPE_CHECKING:
    from kit.hot import Template

ADMIN_ONLY = frozenset(
    {
        "OS::Blazar::Host", "OS::Cinder::EncryptedVolumeType", "OS::Cinder::QoSAssociation", "OS::Cinder::QoSSpecs",
        "OS::Cinder::Quota", "OS::Cinder::VolumeType", "OS::Manila::ShareType", "OS::Neutron::ProviderNet",
        "OS::Neutron::QoSBandwidthLimitRule", "OS::Neutron::QoSDscpMarkingRule", "OS::Neutron::QoSMinimumBandwidthRule",
        "OS::Neutron::QoSMinimumPacketRateRule", "OS::Neutron::QoSPolicy", "OS::Neutron::Quota", "OS::Neutron::Segment",
        "OS::Nova::Flavor", "OS::Nova::HostAggregate", "OS::Nova::Quota", "OS::Octavia::AvailabilityZone",
        "OS::Octavia::AvailabilityZoneProfile", "OS::Octavia::Flavor", "OS::Octavia::FlavorProfile",
        "OS::Octavia::Quota",
    }
)  # fmt: skip
PREFIXES = ("OS::Keystone::",)


def may_use(context: Context, type: str) -> bool:
    """Whether somebody may use a type."""
    return context.is_admin or not (type in ADMIN_ONLY or type.startswith(PREFIXES))


def enforce_type(context: Context, type: str) -> None:
    """Refuse a type that somebody may not use.

    Raises
    ------
    HeatError
        403.
    """
    if not may_use(context, type):
        raise forbidden(f"You are not authorized to use {type}.")


def enforce(context: Context, template: Template) -> None:
    """Refuse a template with a type that somebody may not use.

    Raises
    ------
    HeatError
        403.
    """
    names = template.version.names
    for each in template.section(names.resources).values():
        type = each.get(names.type) if isinstance(each, dict) else None
        if isinstance(type, str):
            enforce_type(context, type)
