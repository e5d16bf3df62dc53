"""Filters that are gone since Liberty: retries, zones, kinds of servers, trust."""

from __future__ import annotations

from kit.scheduling.aggregate import metadata
from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.host import Host


class RetryFilter(Filter):
    """Not where the build failed before. Placement's alternates took its place.

    Source: nova/scheduler/filters/retry_filter.py, Nova 12.
    """

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.retried)

    def reason(self, host: Host, ask: Ask) -> str:
        return "was tried before" if host.name in ask.request.retried else ""


class AvailabilityZoneFilter(Filter):
    """Only hosts of the zone; those in no zone are in the default one.

    Source: nova/scheduler/filters/availability_zone_filter.py, Nova 12.
    """

    once = True

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.availability_zone)

    def reason(self, host: Host, ask: Ask) -> str:
        wanted = ask.request.availability_zone
        zones = metadata(host, "availability_zone").get("availability_zone")
        zones = zones or {ask.options["DEFAULT.default_availability_zone"]}
        return "" if not wanted or wanted in zones else f"is in zone {', '.join(sorted(zones))}, not {wanted}"


class TypeAffinityFilter(Filter):
    """No host with servers of another flavor.

    Source: nova/scheduler/filters/type_filter.py, Nova 12.
    """

    def reason(self, host: Host, ask: Ask) -> str:
        others = sorted({each.flavor for each in host.instances.values()} - {ask.flavor.name})
        return f"carries servers of {', '.join(others)}" if others else ""


class TrustedFilter(Filter):
    """A host's trust, as an attestation service tells it, must be what `trust:trusted_host` asks for.

    Source: nova/scheduler/filters/trusted_filter.py, Nova 12.
    """

    once = True

    def applies(self, ask: Ask) -> bool:
        return "trust:trusted_host" in ask.flavor.extra_specs

    def reason(self, host: Host, ask: Ask) -> str:
        wanted = ask.flavor.extra_specs.get("trust:trusted_host")
        return "" if wanted in (None, host.trusted) else f"its trust is {host.trusted}; {wanted} is asked for"
